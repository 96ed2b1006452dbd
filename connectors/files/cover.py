"""How far the usage of a set of files is complete, for whom, and where a blank cell leaves it unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.schema import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from connectors.files.settings import Coverage

    Row = dict[str, str | date | None]


@dataclass(slots=True)
class MeterDays:
    """What the files say of one meter: of whom, of which days, and where the quantity was blank."""

    customers: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    blanks: dict[str, set[date]] = field(default_factory=dict)
    """By customer."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a set of files reaches, apart from the meters in it."""

    rule: Coverage
    until: date
    snapshots: Collection[date]
    """The days that the files tell of."""
    cumulative: bool
    by_snapshot: bool
    """Whether usage is dated by the snapshot: then it reaches to the last one, unless the settings say otherwise."""
    earliest_start: date | None
    """Of the contract lines in the same files: a first reading holds all that was used since."""

    def last(self, meter: MeterDays) -> date | None:
        """Return the last day that the meter is complete for, or None."""
        if self.rule.lag_days is not None:
            return self.until - timedelta(days=self.rule.lag_days)
        if (self.rule.to or ("snapshot" if self.by_snapshot else "last-row")) == "snapshot":
            return self._newest(self.snapshots)
        # A counter that was read later says nothing of the days before; single days speak each for itself.
        newest = self._newest(meter.days) if self.cumulative else max(meter.days, default=None)
        return newest and min(newest, self.until)

    def first(self, meter: MeterDays) -> date | None:
        """Return the first day that the meter is complete for, or None."""
        starts = [self.earliest_start] if self.cumulative and self.earliest_start else []
        return self.rule.first or min([*meter.days, *starts], default=None)

    def unknown(self, blanks: Collection[date], meter: MeterDays, first: date, last: date) -> set[date]:
        """Return the days that blank quantities leave unknown for a customer.

        A blank increment leaves its own day unknown. A blank reading leaves everything unknown since the last day on
        which all counters of the customer were read; the next such day makes up for it.
        """
        if not self.cumulative:
            return {day for day in blanks if first <= day <= last}
        known = self._newest([day for day in meter.days if day not in blanks and day <= last])
        return set(_days(known + timedelta(days=1) if known else first, last))

    def _newest(self, days: Collection[date]) -> date | None:
        return max((day for day in days if day <= self.until), default=None)


def coverage(meters: Mapping[str, MeterDays], reach: Reach) -> pa.Table:
    """Return the covered days of each meter, as `connectors.schema.COVERAGE`.

    Stretches that are complete for everybody name no customer; the others name each customer they are complete for.
    """
    rows = [row for name, meter in sorted(meters.items()) for row in _rows(name, meter, reach)]
    return pa.Table.from_pylist(rows, COVERAGE)


def _rows(name: str, meter: MeterDays, reach: Reach) -> Iterator[Row]:
    first, last = reach.first(meter), reach.last(meter)
    if first is None or last is None or last < first:
        return
    unknown = {customer: reach.unknown(days, meter, first, last) for customer, days in meter.blanks.items()}
    yield from covered(name, (first, last), unknown, meter.customers)


def covered(
    name: str, days: tuple[date, date], unknown: Mapping[str, Collection[date]], customers: Collection[str]
) -> Iterator[Row]:
    """Yield the rows of coverage of one meter, complete from one day to another but where it is unknown.

    `unknown` are days by customer, none of them outside; `customers` are all that the meter has.
    """
    first, last = days
    patchy: set[date] = set().union(*unknown.values())
    for start, end in _stretches(set(_days(first, last)) - patchy):
        yield {"meter": name, "customer": None, "first_day": start, "last_day": end}
    of_others = list(_stretches(patchy))
    for customer in sorted(customers) if patchy else ():
        known = _stretches(patchy.difference(unknown[customer])) if customer in unknown else of_others
        for start, end in known:
            yield {"meter": name, "customer": customer, "first_day": start, "last_day": end}


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def _stretches(days: Collection[date]) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each unbroken stretch."""
    ordered = sorted(days)
    if not ordered:
        return
    start = ordered[0]
    for day, following in pairwise(ordered):
        if (following - day).days > 1:
            yield start, day
            start = following
    yield start, ordered[-1]
