"""The source: reads the files day by day, counts every row once, and hands on what is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Batch, Rejects
from connectors.files.checks import check_lines
from connectors.files.chunk import Refusals
from connectors.files.finding import find
from connectors.files.formats import chunks
from connectors.files.mapping import Mapper, count
from connectors.files.snapshot import MERGED, Snapshot
from connectors.files.unique import losers
from connectors.files.usage import SetUsage
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from connectors.base import Window
    from connectors.files.chunk import File
    from connectors.files.mapping import Mapped
    from connectors.files.settings import FileSet, Settings
    from connectors.files.unique import Place


class FilesSource:
    """A CRM, an analytics product or both, as files in a folder or in a bucket."""

    def __init__(self, name: str, settings: Settings, folder: Path) -> None:
        self._name = name
        self._settings = settings
        self._folder = folder

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str | None:
        """Files cost nothing."""
        return None

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield what all files say: snapshots of whatever day, usage of the window, coverage up to its end.

        Every row of every file is counted in `rejects` once. Raises SourceSettingsError with every fault before the
        first batch where files or columns are missing, SourceError where a file cannot be read to its end.
        """
        found = find(self._name, self._settings, self._folder, window.until)
        sets = [_Set(files, paths, window) for files, paths in zip(self._settings.files, found, strict=True)]
        for day in sorted({file.day for files in found for file in files}):
            snapshot = Snapshot()
            for files in sets:
                yield from files.read(day, snapshot, rejects)
            yield from _merged(snapshot, day)
        for files in sets:
            yield from files.finish()


class _Set:
    """One set of files on its way through a reading."""

    def __init__(self, settings: FileSet, files: Sequence[File], window: Window) -> None:
        self._settings = settings
        self._files = files
        self._until = window.until
        self._mapper = Mapper(settings.tables, settings.blank)
        self._usage = SetUsage(settings, settings.tables.usage, files, window) if settings.tables.usage else None

    def read(self, day: date, snapshot: Snapshot, rejects: Rejects) -> Iterator[Batch]:
        """Read the files of one day; what several rows tell of is left in the snapshot."""
        files = [file for file in self._files if file.day == day]
        lost = self._lost(files)
        for file in files:
            for mapped in self._mapped(file, rejects):
                _refuse_losers(file, mapped, lost)
                self._refuse_repeated(file, mapped, snapshot)
                count(file, mapped, rejects)
                snapshot.merge(mapped)
                yield from self._batches(day, mapped)

    def finish(self) -> Iterator[Batch]:
        """Yield what can be told only when all files are read."""
        if self._usage is not None:
            yield from (Batch(Table.USAGE, self._until, rows) for rows in self._usage.increments())
            yield from _unless_empty(Batch(Table.COVERAGE, self._until, self._usage.coverage()))

    def _batches(self, day: date, mapped: Mapped) -> Iterator[Batch]:
        if self._settings.tables.lines is not None:
            yield from _unless_empty(Batch(Table.LINES, day, mapped.rows(Table.LINES, mapped.yielding(Table.LINES))))
        if self._usage is not None:
            yield from (Batch(Table.USAGE, self._until, rows) for rows in self._usage.take(mapped))

    def _mapped(self, file: File, rejects: Rejects) -> Iterator[Mapped]:
        for chunk in chunks(file, Refusals(file, rejects)):
            mapped = self._mapper.map(file.day, chunk)
            check_lines(mapped)
            yield mapped

    def _lost(self, files: Sequence[File]) -> dict[Place, str]:
        """Return the rows that lose to another one with their key; it takes a reading of the files of its own."""
        rule = self._settings.unique
        if rule is None:
            return {}
        # What is refused here is refused again, and counted, when the rows are handed on.
        return losers(rule, ((file, mapped) for file in files for mapped in self._mapped(file, Rejects())))

    def _refuse_repeated(self, file: File, mapped: Mapped, snapshot: Snapshot) -> None:
        if self._settings.tables.lines is not None:
            snapshot.refuse_repeated(file, mapped, "this line_id", mapped.columns[Table.LINES, "line_id"])
        if self._usage is not None and self._usage.cumulative:
            what = "a reading of the same counter and day"
            snapshot.refuse_repeated(file, mapped, what, self._usage.counter_days(mapped))


def _refuse_losers(file: File, mapped: Mapped, lost: Mapping[Place, str]) -> None:
    for row in mapped.good() if lost else ():
        if why := lost.get((file.shown, mapped.chunk.lines[row])):
            mapped.fault(row, "duplicate-key", why)


def _merged(snapshot: Snapshot, day: date) -> Iterator[Batch]:
    for table in MERGED:
        yield from _unless_empty(Batch(table, day, snapshot.records(table)))


def _unless_empty(batch: Batch) -> Iterator[Batch]:
    # No batch leaves the snapshot of the day as it was; an empty one would say that there is no contract at all.
    if batch.rows.num_rows:
        yield batch
