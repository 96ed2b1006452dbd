"""Asks the queries one after the other, maps and counts their rows, and tells how far their usage is complete."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.base import Batch, SourceError, SourceSettingsError
from connectors.files.checks import check_lines
from connectors.files.mapping import Mapper, count
from connectors.files.snapshot import MERGED, Snapshot
from connectors.schema import Table
from connectors.usage.days import last_ended
from connectors.usage.warehouse.asking import askings
from connectors.usage.warehouse.client import Warehouse
from connectors.usage.warehouse.columns import mapping, misnamed
from connectors.usage.warehouse.extent import Extent, Seen, Sighted, complete_days, coverage
from connectors.usage.warehouse.failures import NoWayInError
from connectors.usage.warehouse.settings import Settings
from connectors.usage.warehouse.statement import Days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.files.mapping import Mapped
    from connectors.files.values import Value
    from connectors.usage.warehouse.asking import Asking
    from connectors.usage.warehouse.client import Answer, Connecting

_DAY: Final = timedelta(days=1)
_LOOK_BACK: Final = timedelta(days=62)
"""How far before the window a meter is looked for that nothing is kept of: two months, for what runs monthly."""


def open_source(name: str, settings: BaseModel, places: Places) -> WarehouseSource:
    """Make the source; opens no connection yet. Files of queries lie beside the settings."""
    if not isinstance(settings, Settings):
        raise TypeError(f"wanted the settings of a warehouse, got {type(settings).__name__}")
    return WarehouseSource(name, settings, places)


def _now() -> datetime:
    return datetime.now(UTC)


class WarehouseSource:
    """Tables of one database, by queries.

    Usage is read up to the last day that has ended; the one under way is never covered. A row that is refused leaves
    the day of its customer unknown, if it tells which.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        places: Places,
        connecting: Connecting | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._name = name
        self._now = now
        self._settings = settings
        self._folder = places.settings
        self._sighted = Sighted(places.keep / "first-days.json")
        self._warehouse = Warehouse(name, settings, places.settings, connecting)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str | None:
        """Nothing is counted: there is no budget of queries."""
        return None

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield lines and usage as they come, accounts, people and the coverage at the end.

        Raises SourceSettingsError with the faults of all queries, SourceError when the database cannot be read to the
        end; the coverage has then not been delivered.
        """
        kept = self._sighted.load() if window.since is not None else {}
        asked = self._askings(window, kept)
        snapshot, extents = Snapshot(), list[Extent]()
        for number, asking in enumerate(asked):
            try:
                yield from self._read(asking, window.until, snapshot, rejects, extents)
            except NoWayInError:
                raise
            except SourceSettingsError as error:
                raise self._with_others(error, asked[number + 1 :]) from error
        for table in MERGED:
            yield from _unless_empty(Batch(table, window.until, snapshot.records(table)))
        if extents:
            sighted = _earliest(kept or {}, extents)
            self._sighted.save(sighted)
            yield from _unless_empty(Batch(Table.COVERAGE, window.until, coverage(extents, sighted)))

    def _askings(self, window: Window, kept: Mapping[str, date] | None) -> list[Asking]:
        first = max(window.since or date.min, self._settings.start)
        wanted = Days(first, _last_ended(window.until, self._now(), self._settings.timezone))
        further = Days(first - _LOOK_BACK, wanted.last) if kept is None else wanted
        return askings(self._name, self._settings, self._folder, wanted, further)

    def _read(
        self, asking: Asking, until: date, snapshot: Snapshot, rejects: Rejects, extents: list[Extent]
    ) -> Iterator[Batch]:
        is_usage = asking.table is Table.USAGE
        if is_usage and asking.wanted.last < asking.wanted.first:
            return
        complete_to = self._complete_to(asking) if is_usage else {}
        seen = Seen()
        with self._warehouse.ask(asking.label, asking.sql, asking.asked) as answer:
            mapper = self._mapper(asking, answer)
            for chunk in answer.chunks:
                mapped = mapper.map(until, chunk)
                if is_usage:
                    _refuse_outside(asking, mapped)
                    seen.note(mapped, asking.wanted)
                else:
                    _check_records(asking, mapped, snapshot)
                count(asking, mapped, rejects)
                yield from _batches(asking, mapped, until)
        if is_usage:
            extents.append(Extent(asking.query.coverage, asking.wanted, complete_to, seen.meters))

    def _mapper(self, asking: Asking, answer: Answer) -> Mapper:
        if faults := list(misnamed(asking.table, answer.columns)):
            raise SourceSettingsError(self._name, "\n".join(f"{asking.label}: {fault}" for fault in faults))
        return Mapper(mapping(asking.table, answer.columns, self._settings.timezone))

    def _complete_to(self, asking: Asking) -> dict[str | None, date | None]:
        """Ask how far usage is complete, before it is read: what comes in between is not promised."""
        if asking.complete_to is None:
            return {}
        place = f"{asking.label}.coverage.complete_to"
        with self._warehouse.ask(place, asking.complete_to, asking.asked) as answer:
            rows: list[tuple[Any, ...]] = [row for chunk in answer.chunks for row in zip(*chunk.cells, strict=True)]
            try:
                return complete_days(answer.columns, rows)
            except ValueError as error:
                raise SourceSettingsError(self._name, f"{place}: {error}") from error

    def _with_others(self, first: SourceSettingsError, others: list[Asking]) -> SourceSettingsError:
        """Add the faults of the queries that were not asked yet: all are told at once."""
        problems = [first.problem]
        for asking in others:
            try:
                with self._warehouse.ask(asking.label, asking.sql, asking.asked) as answer:
                    self._mapper(asking, answer)
            except SourceError as error:
                problems.append(error.problem)
        return SourceSettingsError(self._name, "\n".join(dict.fromkeys(problems)))


def _last_ended(until: date, now: datetime, zone: str | None) -> date:
    """Return the last day, up to `until`, that has ended.

    Where no time zone says whose days they are, the last day of the window is taken for the one under way unless it
    ended all over the world: by the clock of UTC alone an evening in America would pass for a whole day.
    """
    if zone is not None:
        return min(until, last_ended(now, zone, 0))
    today = now.astimezone(UTC).date()
    return min(until - _DAY, today - _DAY) if until >= today - _DAY else until


def _refuse_outside(asking: Asking, mapped: Mapped) -> None:
    """Refuse the rows of days that nobody asked for, unless the query is one that answers everything."""
    if asking.query.whole:
        return
    days = mapped.columns[Table.USAGE, "day"]
    outside = _outside(asking.asked, days)
    for row in mapped.good() if outside else ():
        if days[row] in outside:
            asked = f"{asking.asked.first} to {asking.asked.last}"
            mapped.fault(row, "day-outside-window", f"{days[row]} was not asked for: {asked}")


def _outside(span: Days, days: Sequence[Value]) -> set[Value]:
    # Of many rows there are few days.
    return {day for day in set(days) if isinstance(day, date) and not span.first <= day <= span.last}


def _check_records(asking: Asking, mapped: Mapped, snapshot: Snapshot) -> None:
    if asking.table is Table.LINES:
        check_lines(mapped)
        snapshot.refuse_repeated(asking, mapped, "this line_id", mapped.columns[Table.LINES, "line_id"])
    snapshot.merge(mapped)


def _batches(asking: Asking, mapped: Mapped, until: date) -> Iterator[Batch]:
    if asking.table not in {Table.LINES, Table.USAGE}:
        return
    rows = mapped.good()
    if asking.table is Table.USAGE:
        days = mapped.columns[Table.USAGE, "day"]
        if outside := _outside(asking.wanted, days):
            rows = [row for row in rows if days[row] not in outside]
    yield from _unless_empty(Batch(asking.table, until, mapped.rows(asking.table, rows)))


def _unless_empty(batch: Batch) -> Iterator[Batch]:
    # No batch leaves the snapshot of the day as it was; an empty one would say that there is no contract at all.
    if batch.rows.num_rows:
        yield batch


def _earliest(kept: Mapping[str, date], extents: list[Extent]) -> dict[str, date]:
    """Return the first day on which each meter was ever seen."""
    first = dict(kept)
    for extent in extents:
        for name, meter in extent.seen.items():
            first[name] = min(*meter.days, first.get(name, date.max))
    return first
