"""How far the usage of one query is complete, and since when each of its meters is known."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, cast

import pyarrow as pa

from connectors.files.cover import MeterDays, covered
from connectors.schema import COVERAGE, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.files.cover import Row
    from connectors.files.mapping import Mapped
    from connectors.usage.warehouse.settings import Coverage
    from connectors.usage.warehouse.statement import Days

_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Seen:
    """What the rows of one query say of use: whose, of which meters and days, and where a quantity is unknown."""

    meters: dict[str, MeterDays] = field(default_factory=lambda: defaultdict(MeterDays))

    def note(self, mapped: Mapped, wanted: Days) -> None:
        """Take in a chunk. A refused row that tells customer, meter and day leaves that day of theirs unknown."""
        customers, meters, days = (mapped.columns[Table.USAGE, name] for name in ("customer", "meter", "day"))
        good = mapped.good()
        for meter, day in {(meters[row], days[row]) for row in good}:
            self.meters[cast("str", meter)].days.add(cast("date", day))
        for meter, customer in {(meters[row], customers[row]) for row in good}:
            self.meters[cast("str", meter)].customers.add(cast("str", customer))
        for row in mapped.faults:
            meter, customer, day = meters[row], customers[row], days[row]
            if isinstance(meter, str) and isinstance(customer, str) and isinstance(day, date):
                self._note_blank(meter, customer, day, wanted)

    def _note_blank(self, meter: str, customer: str, day: date, wanted: Days) -> None:
        if wanted.first <= day <= wanted.last:
            seen = self.meters[meter]
            seen.days.add(day)
            seen.customers.add(customer)
            seen.blanks.setdefault(customer, set()).add(day)


@dataclass(frozen=True, slots=True)
class Sighted:
    """The first day on which each meter was seen, kept from run to run.

    A reading of this month cannot tell a meter that rests from one that is not measured yet.
    """

    path: Path

    def load(self) -> dict[str, date] | None:
        """Return the first day by meter; None where nothing was kept, or nothing that can be read."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(meter): date.fromisoformat(day) for meter, day in kept.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return None

    def save(self, first_days: Mapping[str, date]) -> None:
        """Keep them; where that is impossible, the next reading looks further back."""
        text = json.dumps({meter: day.isoformat() for meter, day in sorted(first_days.items())}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self.path.with_suffix(".new")
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(self.path)
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class Extent:
    """From which day to which the meters of one query are complete, within the days that were wanted."""

    rule: Coverage
    wanted: Days
    complete_to: Mapping[str | None, date | None]
    """What the query of that name answered; None as a meter stands for all."""
    seen: Mapping[str, MeterDays]

    def meters(self) -> set[str]:
        """Return the meters that this query has told of."""
        return {*self.seen, *(name for name in self.complete_to if name is not None)}

    def span(self, meter: str, sighted: date | None) -> tuple[date, date] | None:
        """Return the first and last complete day of a meter that was first seen on a day, or None."""
        first, last = self.rule.first or sighted, self._last(meter)
        if first is None or last is None:
            return None
        first, last = max(first, self.wanted.first), min(last, self.wanted.last)
        return (first, last) if first <= last else None

    def _last(self, meter: str) -> date | None:
        # The day under way follows the last one that is wanted.
        today = self.wanted.last + _DAY
        if self.rule.lag_days is not None:
            return today - timedelta(days=self.rule.lag_days)
        if self.rule.complete_to is not None:
            return self.complete_to.get(meter, self.complete_to.get(None))
        days = self.seen[meter].days if meter in self.seen else ()
        return max((day for day in days if day <= today), default=None)


def coverage(extents: Sequence[Extent], sighted: Mapping[str, date]) -> pa.Table:
    """Return the covered days of all queries, as `connectors.schema.COVERAGE`.

    A meter that several queries tell of is complete where all of them are.
    """
    names = {name for extent in extents for name in extent.meters()} | {*sighted}
    rows = [row for name in sorted(names) for row in _rows(name, extents, sighted.get(name))]
    return pa.Table.from_pylist(rows, COVERAGE)


def _rows(name: str, extents: Sequence[Extent], sighted: date | None) -> Iterator[Row]:
    # One that rests is in no answer: then it may be any query's, and the least of them counts.
    telling = [extent for extent in extents if name in extent.meters()] or extents
    spans = [extent.span(name, sighted) for extent in telling]
    whole = [span for span in spans if span is not None]
    if len(whole) < len(spans):
        return
    days = (max(first for first, _ in whole), min(last for _, last in whole))
    seen = [extent.seen[name] for extent in telling if name in extent.seen]
    customers = {customer for meter in seen for customer in meter.customers}
    unknown: dict[str, set[date]] = defaultdict(set)
    for meter in seen:
        for customer, blanks in meter.blanks.items():
            unknown[customer].update(day for day in blanks if days[0] <= day <= days[1])
    if days[0] <= days[1]:
        yield from covered(name, days, unknown, customers)


def complete_days(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str | None, date | None]:
    """Read the answer of a `complete_to` query: the last complete day by meter, or under None for all meters.

    Raises ValueError for columns or days that are none.
    """
    names = [name.casefold() for name in columns]
    if sorted(names) not in (["day"], ["day", "meter"]):
        raise ValueError(f"answers the columns {', '.join(names)}; wanted are `day`, or `meter` and `day`")
    day_at, meter_at = names.index("day"), names.index("meter") if "meter" in names else None
    return {None if meter_at is None else str(row[meter_at]): _day(row[day_at]) for row in rows}


def _day(value: object) -> date | None:
    if value is None:
        return None
    text = str(value)[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"answers {value!r}, which is no day") from error
