"""How many of its accounts a source no longer lists."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bot.core.succession import spellings
from connectors.schema import Table

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.facts.store import FactStore, Snapshot

_TYPES: Final[dict[str, pa.DataType]] = {"source": pa.string(), "share": pa.float64()}
_SCHEMA: Final = pa.schema(_TYPES)


def gone_rows(store: FactStore, as_of: date, days: int) -> pa.Table:
    """Columns source, share: of each source of accounts, the share that its latest list up to as-of no longer has.

    Compared with each list of the `days` days before it; the greatest share counts. A list that was cut short is not
    taken for the truth on the next night, and one that stays so is taken for it in the end.
    """
    rows = [
        {"source": latest.source, "share": _share(latest, store, days)} for latest in store.known(Table.ACCOUNTS, as_of)
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _share(latest: Snapshot, store: FactStore, days: int) -> float:
    since = latest.day - timedelta(days=days)
    earlier = [
        one.path
        for one in store.snapshots(Table.ACCOUNTS)
        if one.source == latest.source and since <= one.day < latest.day
    ]
    if not earlier:
        return 0.0
    now = _still_there(latest.path)
    return max(_missing(_ids(path), now) for path in earlier)


def _missing(before: Any, now: Any) -> float:  # noqa: ANN401  # columns of ids
    if not len(before):
        return 0.0
    still: int = pc.sum(pc.is_in(before, value_set=now)).as_py() or 0
    return 1 - still / len(before)


def _still_there(path: Path) -> Any:  # noqa: ANN401  # a column of ids
    """Ids of a list, and those that were merged into them: what was merged is not missing."""
    ids = _ids(path)
    file = pq.ParquetFile(path)
    if "former_ids" not in file.schema_arrow.names:  # an earlier version did not ask for it
        return ids
    former: Any = file.read(columns=["former_ids"]).column("former_ids")
    merged = sorted(
        {spelling for text in former.drop_null().to_pylist() for one in text.split() for spelling in spellings(one)}
    )
    return pa.concat_arrays([ids, pa.array(merged, pa.string())])


def _ids(path: Path) -> Any:  # noqa: ANN401  # a column of ids
    return pq.ParquetFile(path).read(columns=["account_id"]).column("account_id").combine_chunks().unique()
