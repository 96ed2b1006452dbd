"""The Parquet store of facts: what the sources said, by source and day or month.

    <table>/source=<s>/day=<YYYY-MM-DD>/part.parquet    accounts, people, lines: the table as it stood on that day
    usage/source=<s>/month=<YYYY-MM>/part.parquet       daily usage, sorted by customer, meter, day
    daily/source=<s>/month=<YYYY-MM>/part.parquet       the usage of that month rolled up by customer, meter and day
    coverage/source=<s>/part.parquet                    days for which the usage is complete

Every file is put in place by rename; coverage comes last, so that it never promises rows that are not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from bot.facts import spans
from bot.facts.gathering import SNAPSHOTS, Gathered, open_writer
from bot.facts.months import PART, stage_months
from bot.facts.staging import put_in_place, staged, sweep
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.facts.months import Move
    from connectors.base import Batch, Window

_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Written:
    """What one write has put into the store."""

    rows: Mapping[Table, int]
    """Rows that the source delivered, by table."""
    outside: int
    """Rows of usage among them whose day lies outside of the window: not kept, to be read with their own window."""
    last_day: date | None
    """Last covered day of the source after this write."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One table of one source as it stood on one day."""

    source: str
    day: date
    path: Path


class FactStore:
    """Reads and writes the facts below `folder`; several processes may, each source has one writer at a time.

    `wanted` names the sources whose facts are read: what one delivered that is no longer in the settings stays where
    it is, and counts no more. None: all of them.
    """

    def __init__(self, folder: Path, wanted: Collection[str] | None = None) -> None:
        self._folder = folder
        self._wanted = wanted
        self._usage = folder / Table.USAGE
        sweep(folder)

    def write(self, source: str, batches: Iterable[Batch], window: Window) -> Written:
        """Take in everything that a source yields for the window; nothing becomes visible unless all of it was read.

        Snapshots replace those of the same day. Usage and coverage replace what was known of the window's days;
        other days keep what they had. Whatever the iterator raises passes through and changes nothing.
        Raises ValueError for a source name that is no safe folder name, SourceError for rows that do not fit.
        """
        if not _SAFE_NAME.fullmatch(source):
            raise ValueError(f"source name '{source}': use letters, digits, '.', '_' and '-', at most 64")
        with staged(self._folder, source) as stage:
            with Gathered(source, stage) as gathered:
                for batch in batches:
                    gathered.add(batch)
            months = stage_months(self._usage / f"source={source}", gathered.usage, stage, window)
            before, after = self._coverage_moves(source, gathered, stage, window)
            put_in_place([*self._snapshot_moves(source, gathered), *before, *months.moves, *after])
            outside = gathered.rows[Table.USAGE] - months.inside
            return Written(MappingProxyType(dict(gathered.rows)), outside, self.last_complete_day(source))

    @property
    def folder(self) -> Path:
        """Where the facts lie."""
        return self._folder

    @property
    def spill(self) -> Path:
        """Folder beside the facts for what does not fit into memory."""
        return self._folder / ".staging" / "spill"

    def sources(self) -> tuple[str, ...]:
        """Names of all sources that ever delivered something."""
        found = {path.name.removeprefix("source=") for table in Table for path in self._tables(table)}
        return tuple(sorted(found))

    def snapshot_days(self, source: str) -> tuple[date, ...]:
        """Days on which the source's accounts, people or lines were looked at."""
        days = {snapshot.day for table in SNAPSHOTS for snapshot in self.snapshots(table) if snapshot.source == source}
        return tuple(sorted(days))

    def snapshots(self, table: Table) -> list[Snapshot]:
        """Return every snapshot of a table, by day and source."""
        found = [
            Snapshot(
                path.parts[-3].removeprefix("source="), date.fromisoformat(path.parts[-2].removeprefix("day=")), path
            )
            for folder in self._tables(table)
            for path in folder.glob(f"day=*/{PART}")
        ]
        return sorted(found, key=lambda snapshot: (snapshot.day, snapshot.source))

    def last_complete_day(self, source: str) -> date | None:
        """Last day that any coverage of the source reaches; None where it never stated any."""
        return max((span.last for span in self._spans(source)), default=None)

    def known(self, table: Table, as_of: date) -> tuple[Snapshot, ...]:
        """Return each source's latest snapshot of the table up to `as_of`; its first one where all are later."""
        chosen: dict[str, Snapshot] = {}
        for snapshot in self.snapshots(table):  # by day
            if snapshot.day <= as_of or snapshot.source not in chosen:
                chosen[snapshot.source] = snapshot
        return tuple(chosen[source] for source in sorted(chosen))

    def snapshot(self, table: Table, as_of: date) -> pa.Table:
        """Rows of `known`, with a column `source` in front."""
        schema = pa.schema([pa.field("source", pa.string(), nullable=False), *SCHEMAS[table]])
        parts = [_with_source(item.source, item.path, table) for item in self.known(table, as_of)]
        return pa.concat_tables([schema.empty_table(), *parts])

    def coverage(self) -> pa.Table:
        """Coverage of all sources, with a column `source` in front."""
        schema = pa.schema([pa.field("source", pa.string(), nullable=False), *SCHEMAS[Table.COVERAGE]])
        parts = [
            _with_source(folder.name.removeprefix("source="), folder / PART, Table.COVERAGE)
            for folder in self._tables(Table.COVERAGE)
        ]
        return pa.concat_tables([schema.empty_table(), *parts])

    def usage_files(self, until: date) -> list[Path]:
        """Files of usage of the months up to and including the one of `until`; none of them ever goes away."""
        last = f"month={until:%Y-%m}"
        files = (path for folder in self._tables(Table.USAGE) for path in folder.glob(f"month=*/{PART}"))
        return sorted(path for path in files if path.parent.name <= last)

    def usage_bytes(self, until: date) -> int:
        """Size of those files."""
        return sum(path.stat().st_size for path in self.usage_files(until))

    def _snapshot_moves(self, source: str, gathered: Gathered) -> Iterator[Move]:
        for (table, day), ready in sorted(gathered.snapshots.items(), key=lambda item: item[1].name):
            yield ready, self._folder / table / f"source={source}" / f"day={day}" / PART

    def _coverage_moves(
        self, source: str, gathered: Gathered, stage: Path, window: Window
    ) -> tuple[list[Move], list[Move]]:
        """Coverage to be put in place before the months, and after them."""
        place = self._folder / Table.COVERAGE / f"source={source}" / PART
        old = self._spans(source)
        kept = spans.merged(spans.outside(old, window))
        new = spans.merged([*kept, *spans.inside(gathered.coverage, window)])
        after = [(_write_spans(stage / "coverage.parquet", new), place)] if new or old else []
        if spans.still_promised(old, gathered.coverage, window):
            return [], after
        # Taken back first: should this process die among the months, no day that was lost is taken for covered.
        return [(_write_spans(stage / "coverage-taken-back.parquet", kept), place)], after

    def _tables(self, table: Table) -> list[Path]:
        found = sorted((self._folder / table).glob("source=*/"))
        if self._wanted is None:
            return found
        return [folder for folder in found if folder.name.removeprefix("source=") in self._wanted]

    def _spans(self, source: str) -> list[spans.Span]:
        path = self._folder / Table.COVERAGE / f"source={source}" / PART
        return spans.from_rows(pq.read_table(path, partitioning=None)) if path.exists() else []


def _with_source(source: str, path: Path, table: Table) -> pa.Table:
    rows = _as_now(pq.ParquetFile(path).read(), table)
    names = pa.array([source] * rows.num_rows, pa.string())
    return rows.add_column(0, pa.field("source", pa.string(), nullable=False), names)


def _as_now(rows: pa.Table, table: Table) -> pa.Table:
    """Return rows that an earlier version wrote with the columns of this one: what it did not ask for is unknown.

    A required column cannot be made up, nor one that this version does not know be left out: the schemas then clash.
    """
    for field in SCHEMAS[table]:
        if field.nullable and field.name not in rows.schema.names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    known = [name for name in SCHEMAS[table].names if name in rows.schema.names]
    return rows.select([*known, *(name for name in rows.schema.names if name not in known)])


def _write_spans(path: Path, covered: Iterable[spans.Span]) -> Path:
    with open_writer(path, Table.COVERAGE) as writer:
        writer.write_table(spans.to_rows(covered))
    return path
