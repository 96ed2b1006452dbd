"""Use found in one set of files: single days at once, running totals when all readings are known, and the coverage."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from connectors.files.chunk import ROWS
from connectors.files.cover import MeterDays, Reach, coverage
from connectors.files.readings import Counter, Readings
from connectors.schema import USAGE, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.base import Window
    from connectors.files.chunk import File
    from connectors.files.mapping import Mapped
    from connectors.files.settings import FileSet
    from connectors.files.tables import UsageMap
    from connectors.files.values import Value


class SetUsage:
    """Collects what one set of files says of use, chunk by chunk, for the days of the window."""

    def __init__(self, settings: FileSet, usage: UsageMap, files: Sequence[File], window: Window) -> None:
        self.cumulative = usage.reading == "cumulative"
        self._usage = usage
        self._rule = settings.coverage
        self._window = window
        self._snapshots = {file.day for file in files}
        self._readings = Readings()
        self._meters: dict[str, MeterDays] = defaultdict(MeterDays)
        self._earliest_start: date | None = None
        if usage.meter.value is not None:
            # A meter that the settings name is covered even where nobody has used it: then it is zero.
            self._meters[usage.meter.value] = MeterDays()

    def take(self, mapped: Mapped) -> Iterator[pa.Table]:
        """Take in the sound rows of a chunk; yields those of the window, unless they are readings."""
        rows = mapped.yielding(Table.USAGE)
        self._note_days(mapped, rows)
        if self.cumulative:
            self._note_readings(mapped, rows)
        elif wanted := [row for row in rows if self._in_window(mapped.columns[Table.USAGE, "day"][row])]:
            yield mapped.rows(Table.USAGE, wanted)

    def increments(self) -> Iterator[pa.Table]:
        """Yield what was used in between readings, for the days of the window; call it when all chunks are taken."""
        rows = sorted(self._readings.increments(self._window.since, self._window.until), key=lambda row: row.day)
        for start in range(0, len(rows), ROWS):
            some = [row._asdict() for row in rows[start : start + ROWS]]
            yield pa.Table.from_pylist(some, USAGE)

    def coverage(self) -> pa.Table:
        """Return the covered days, up to the end of the window; call it when all chunks are taken."""
        reach = Reach(
            rule=self._rule,
            until=self._window.until,
            snapshots=self._snapshots,
            cumulative=self.cumulative,
            by_snapshot=self._usage.day.snapshot,
            earliest_start=self._earliest_start,
        )
        return coverage(self._meters, reach)

    def counter_days(self, mapped: Mapped) -> list[tuple[Counter, Value] | None]:
        """Return which counter each row reads, and when; None where a row reads none."""
        days = mapped.columns[Table.USAGE, "day"]
        return [counter and (counter, day) for counter, day in zip(_counters(mapped), days, strict=True)]

    def _note_days(self, mapped: Mapped, rows: Sequence[int]) -> None:
        """Note who was seen and when; a row that yields no usage for want of a quantity leaves its day unknown."""
        customers, meters, days = (mapped.columns[Table.USAGE, name] for name in ("customer", "meter", "day"))
        for meter, day in {(meters[row], days[row]) for row in rows}:
            self._meters[cast("str", meter)].days.add(cast("date", day))
        for meter, customer in {(meters[row], customers[row]) for row in rows if self._is_known(days[row])}:
            self._meters[cast("str", meter)].customers.add(cast("str", customer))
        for row in sorted(set(mapped.good()).difference(rows)) if len(rows) < len(mapped.good()) else ():
            self._note_blank(meters[row], customers[row], days[row])
        if Table.LINES in {table for table, _ in mapped.columns}:
            starts = mapped.columns[Table.LINES, "start"]
            known = {cast("date", starts[row]) for row in mapped.yielding(Table.LINES)}
            self._earliest_start = min(known | {day for day in [self._earliest_start] if day}, default=None)

    def _note_blank(self, meter: Value, customer: Value, day: Value) -> None:
        if isinstance(meter, str) and isinstance(customer, str) and isinstance(day, date):
            seen = self._meters[meter]
            seen.days.add(day)
            if self._is_known(day):
                seen.customers.add(customer)
                seen.blanks.setdefault(customer, set()).add(day)

    def _is_known(self, day: Value) -> bool:
        return isinstance(day, date) and day <= self._window.until

    def _note_readings(self, mapped: Mapped, rows: Sequence[int]) -> None:
        customers, days, readings = (mapped.columns[Table.USAGE, name] for name in ("customer", "day", "quantity"))
        counters = _counters(mapped)
        for row in rows:
            if (counter := counters[row]) is not None:
                customer, day, reading = customers[row], days[row], readings[row]
                self._readings.note(counter, cast("str", customer), cast("date", day), cast("float", reading))

    def _in_window(self, day: Value) -> bool:
        since, until = self._window.since, self._window.until
        return isinstance(day, date) and day <= until and (since is None or since <= day)


def _counters(mapped: Mapped) -> list[Counter | None]:
    none: list[Value] = [None] * len(mapped.chunk.lines)
    names = ("customer", "line_id", "meter", "user_id")
    columns = [mapped.columns.get((Table.USAGE, name), none) for name in names]
    return [_counter(*cells) for cells in zip(*columns, strict=True)]


def _counter(customer: Value, line: Value, meter: Value, user: Value) -> Counter | None:
    owner = customer if line is None else line
    if owner is None or meter is None:
        return None
    return Counter(cast("str", owner), line is not None, cast("str", meter), cast("str | None", user))
