"""Single events, as exports hold them, and adding them up by meter, customer and day (and user) on the way.

Never more is kept than one entry by meter, customer, day and, for a meter of users, user.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.usage.exact import ExactSum, number_of
from connectors.usage.meters import SumOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from connectors.usage.meters import MeterQuery
    from connectors.usage.rows import Row


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what a meter needs to know of it."""

    name: str
    day: date
    customers: tuple[str, ...]
    """Who used it; several where the vendor counts an event for several groups, empty where it names none."""
    user: str
    """Who did it; empty where the vendor does not tell."""
    properties: Mapping[str, Any]


class Key(NamedTuple):
    """What is counted together."""

    customer: str
    """Empty: nobody's."""
    day: date
    user: str
    """Of a meter of users; otherwise empty."""


class _Group:
    """What the events of one key come to."""

    __slots__ = ("amount", "total", "unreadable")

    def __init__(self) -> None:
        self.total = 0
        self.unreadable = 0
        self.amount: ExactSum | None = None

    def merge(self, other: _Group) -> None:
        self.total += other.total
        self.unreadable += other.unreadable
        if other.amount is not None:
            self.sum().merge(other.amount)

    def sum(self) -> ExactSum:
        """Return the sum so far; most groups have none, and millions of groups are kept."""
        self.amount = self.amount or ExactSum()
        return self.amount

    def row(self, key: Key, measure: object) -> Row:
        quantity: float | None = self.total
        if isinstance(measure, SumOf):
            quantity = self.amount.total() if self.amount else None
        named = {"customer": key.customer, "day": key.day.isoformat(), "user_id": key.user or None}
        return {**named, "quantity": quantity, "unreadable": self.unreadable, "total": self.total}


@dataclass(slots=True)
class Seen:
    """Which days showed any event, and which an event of each meter."""

    alive: set[date] = field(default_factory=set)
    meters: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))

    def add(self, other: Seen) -> None:
        """Take in what another part of the same reading has seen."""
        self.alive |= other.alive
        for meter, days in other.meters.items():
            self.meters[meter] |= days


class Tally:
    """Adds up events by meter, customer and day, and notes what was seen."""

    def __init__(self, meters: Sequence[MeterQuery]) -> None:
        self._always = tuple(meter for meter in meters if not meter.events)
        self._by_name = {name: self._of(name, meters) for meter in meters for name in meter.events}
        self._groups: dict[str, dict[Key, _Group]] = {meter.meter: {} for meter in meters}
        self.seen = Seen()

    @staticmethod
    def _of(name: str, meters: Sequence[MeterQuery]) -> tuple[MeterQuery, ...]:
        return tuple(meter for meter in meters if not meter.events or name in meter.events)

    def meters_of(self, name: str) -> tuple[MeterQuery, ...]:
        """Return the meters that count events of this name."""
        return self._by_name.get(name, self._always)

    def add(self, event: Event) -> None:
        """Count an event for each of its meters and customers; one without a customer is counted as nobody's."""
        self.seen.alive.add(event.day)
        for meter in self.meters_of(event.name):
            self.seen.meters[meter.meter].add(event.day)
            for customer in event.customers or ("",):
                self._count(meter, customer, event)

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same meters has counted."""
        self.seen.add(other.seen)
        for meter, groups in other._groups.items():
            mine = self._groups[meter]
            for key, group in groups.items():
                mine.setdefault(key, _Group()).merge(group)

    def rows(self, meter: MeterQuery, until: date | None = None) -> list[Row]:
        """Take the rows of a meter out of the tally, in the order of customer, day and user.

        `until` is the last day to take; default: every day.
        """
        groups = self._groups[meter.meter]
        ready = sorted(key for key in groups if until is None or key.day <= until)
        return [groups.pop(key).row(key, meter.measure) for key in ready]

    def put(self, meter: MeterQuery, key: Key, total: int, amount: float | None) -> None:
        """Count so many events at once; for a sum, with what they carry together, None: no number."""
        group = self._groups[meter.meter].setdefault(key, _Group())
        group.total += total
        if not isinstance(meter.measure, SumOf):
            return
        if amount is None:
            group.unreadable += total
        else:
            group.sum().add(amount)

    def _count(self, meter: MeterQuery, customer: str, event: Event) -> None:
        # Nobody needs the users behind events that belong to no customer: a public website has millions.
        user = event.user if meter.measure == "users" and customer else ""
        carried = value_at(event.properties, meter.measure.sum) if isinstance(meter.measure, SumOf) else None
        self.put(meter, Key(customer, event.day, user), 1, number_of(carried))


def value_at(record: Mapping[str, Any], path: str) -> object:
    """Return the value of a property; of one inside of another by steps with dots; None where there is none.

    A name that holds dots itself goes before the steps.
    """
    if path in record:
        return record[path]
    step, _, rest = path.partition(".")
    inner = record.get(step)
    return value_at(inner, rest) if rest and isinstance(inner, dict) else None


def texts_of(value: object) -> tuple[str, ...]:
    """Return the names that a property holds: a text, a number, or a list of them, each once; blanks are none."""
    if not isinstance(value, list):
        text = _text(value)
        return (text,) if text else ()
    return tuple(dict.fromkeys(text for text in map(_text, value) if text))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: a customer 42 may arrive as 42.0
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
