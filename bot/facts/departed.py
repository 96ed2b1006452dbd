"""Accounts that a source's lists had and have no more: what is needed to know them again under another id.

    departed/source=<s>/part.parquet    one row for each time that an account left the list

The file is derived from the lists of accounts and grows with them: each night compares the newest list with the one
before. It says which lists it was made from; where these are others, or it cannot be read, it is made anew.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog

from bot.core.succession import GONE, How, formers
from bot.facts.months import PART
from bot.facts.rollup import fingerprint
from bot.facts.staging import put_in_place, staged
from connectors.base import SourceError
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from bot.core.succession import Former
    from bot.facts.store import FactStore, Snapshot

_log = structlog.get_logger(__name__)

_FOLDER: Final = "departed"
_LISTS: Final = b"made_from"
_KEYS: Final = ("account_id", "external_id", "domain", "name", "former_ids")
_SCHEMA: Final = GONE.append(pa.field("gone_on", pa.date32())).append(pa.field("back_on", pa.date32()))
"""Those of GONE, the day of the first list without the account, and that of the first one that has it again."""


def formers_of(store: FactStore, accounts: pa.Table, as_of: date) -> tuple[Former, ...]:
    """Find the accounts that live on in one of `accounts`, as it was known on a day.

    One that was created again is taken for the same only where the two never stood in one list: a list that was cut
    short makes no account another one.
    """
    found = formers(accounts, departed(store, as_of))
    return tuple(one for one in found if one.how is How.MERGED or not _stood_together(store, one))


def departed(store: FactStore, as_of: date) -> pa.Table:
    """Accounts that no source's latest list up to as-of has, but an earlier one had: columns of GONE."""
    days = {snapshot.source: snapshot.day for snapshot in store.known(Table.ACCOUNTS, as_of)}
    parts = [_of_source(store, source, day) for source, day in days.items()]
    return pa.concat_tables([GONE.empty_table(), *parts])


def _of_source(store: FactStore, source: str, day: date) -> pa.Table:
    lists = [one for one in store.snapshots(Table.ACCOUNTS) if one.source == source]
    if len(lists) < 2:  # noqa: PLR2004  # a first list has nothing before it
        return GONE.empty_table()
    register = _up_to_date(store.folder, source, lists)
    gone = pc.less_equal(register["gone_on"], pa.scalar(day))
    still = pc.or_kleene(pc.is_null(register["back_on"]), pc.greater(register["back_on"], pa.scalar(day)))
    return register.filter(pc.and_kleene(gone, still)).select(GONE.names)


def _up_to_date(facts: Path, source: str, lists: Sequence[Snapshot]) -> pa.Table:
    """Return every departure between the lists of a source; keep those that no later night can change."""
    marks = [f"{one.day}:{fingerprint(one.path)}" for one in lists]
    register, known = _kept(_place(facts, source))
    if not 0 < len(known) < len(marks) or known != marks[: len(known)]:
        register, known = _SCHEMA.empty_table(), marks[:1]
    last = len(lists) - 1
    for number in range(len(known), last):
        register = _compared(register, lists[number - 1], lists[number])
    if len(known) < last:
        # Without the newest list: it may be read again the same day, and be another one then.
        _keep(facts, source, register, marks[:last])
    return _compared(register, lists[last - 1], lists[last])


def _compared(register: pa.Table, before: Snapshot, after: Snapshot) -> pa.Table:
    old, ids = _read(before, _KEYS), _read(after, ("account_id",)).column("account_id").combine_chunks()
    lost = old.filter(pc.invert(pc.is_in(old["account_id"], value_set=ids)))
    back = pc.and_(pc.is_null(register["back_on"]), pc.is_in(register["account_id"], value_set=ids))
    returned = pc.if_else(back, pa.scalar(after.day, pa.date32()), register["back_on"])
    register = register.set_column(register.schema.get_field_index("back_on"), "back_on", returned)
    days = {"last_on": before.day, "gone_on": after.day, "back_on": None}
    for name, value in days.items():
        lost = lost.append_column(name, pa.array([value] * lost.num_rows, pa.date32()))
    return pa.concat_tables([register, lost.select(_SCHEMA.names).cast(_SCHEMA)])


def _read(snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
    file = pq.ParquetFile(snapshot.path)
    there = [name for name in columns if name in file.schema_arrow.names]
    rows = file.read(columns=there)
    for name in columns:
        if name not in there:  # an earlier version did not ask for it
            rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.string()))
    return rows.select(list(columns))


def _kept(path: Path) -> tuple[pa.Table, list[str]]:
    try:
        register = pq.ParquetFile(path).read()
        metadata = register.schema.metadata or {}
        return register.replace_schema_metadata(None).cast(_SCHEMA), list(json.loads(metadata.get(_LISTS, b"[]")))
    except (OSError, pa.ArrowException, ValueError):
        return _SCHEMA.empty_table(), []


def _keep(facts: Path, source: str, register: pa.Table, marks: Iterable[str]) -> None:
    marked = register.replace_schema_metadata({_LISTS: json.dumps(list(marks)).encode()})
    try:
        with staged(facts, f".{_FOLDER}-{source}") as stage:
            ready = stage / PART
            pq.write_table(marked, ready, compression="zstd")
            put_in_place([(ready, _place(facts, source))])
    except (OSError, SourceError) as error:
        # Nothing is lost: the next night compares the same lists again.
        _log.warning("departed accounts not kept", source=source, problem=str(error))


def _place(facts: Path, source: str) -> Path:
    return facts / _FOLDER / f"source={source}" / PART


def _stood_together(store: FactStore, one: Former) -> bool:
    wanted: Any = pa.array([one.survivor, one.account_id])
    for snapshot in store.snapshots(Table.ACCOUNTS):
        if snapshot.day == one.last_on:
            ids = _read(snapshot, ("account_id",)).column("account_id")
            if all(pc.is_in(wanted, value_set=ids.combine_chunks()).to_pylist()):
                return True
    return False
