"""Counters that only grow: from readings to what was used in between."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


class Counter(NamedTuple):
    """What a reading is of: a contract line's meter, or a customer's where no line is named.

    The customer of a line is no part of it: a line that passes to a customer of another name is still the same
    counter, and reading it anew as a whole would count all that was used before twice.
    """

    owner: str
    of_line: bool
    meter: str
    user_id: str | None


class Increment(NamedTuple):
    """What was used since the last reading, told on the day of the reading; negative where it was corrected."""

    customer: str
    meter: str
    day: date
    quantity: float
    user_id: str | None
    line_id: str | None


class Readings:
    """Readings of many counters."""

    def __init__(self) -> None:
        self._by_counter: dict[Counter, dict[date, tuple[str, float]]] = {}

    def note(self, counter: Counter, customer: str, day: date, reading: float) -> None:
        """Keep a reading; a later one of the same day replaces it."""
        self._by_counter.setdefault(counter, {})[day] = (customer, reading)

    def increments(self, since: date | None, until: date) -> Iterator[Increment]:
        """Yield what was used up to each reading, the first one whole: the sum to a day is the reading of that day.

        Only increments from `since` to `until` are yielded, whatever came before is taken off all the same. All of a
        counter's use is told of the customer that its last reading in this time names.
        """
        for counter, readings in self._by_counter.items():
            days = sorted(day for day in readings if day <= until)
            customer = readings[days[-1]][0] if days else ""
            line = counter.owner if counter.of_line else None
            before = 0.0
            for day in days:
                _, reading = readings[day]
                if since is None or day >= since:
                    yield Increment(customer, counter.meter, day, _less(reading, before), counter.user_id, line)
                before = reading


def _less(reading: float, before: float) -> float:
    # Counted in tens, as it was written: 0.3 less 0.1 is 0.2.
    return float(Decimal(repr(reading)) - Decimal(repr(before)))
