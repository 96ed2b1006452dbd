"""What is up for renewal, week by week, and where its dates contradict each other. Pure.

A renewal counts down to the deadline: the earlier of the last day to give notice and the end. After the notice date of
a contract that renews by itself it is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.core.book import Sums, sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HORIZONS: Final = (30, 60, 90, 120)
"""Days ahead that people look at."""
USUAL: Final = 90

Amount = tuple[str | None, float | None]
"""Currency and amount; None is unknown."""
_Due = TypeVar("_Due")


class Contradiction(StrEnum):
    """Two dates of a renewal that cannot both be right."""

    NOTICE_AFTER_END = "notice_after_end"
    """The last day to give notice lies after the end of what it is about."""
    CLOSES_AFTER_END = "closes_after_end"
    """The opportunity is to close when the contract is over."""
    CLOSE_IS_PAST = "close_is_past"
    """The opportunity is open, and should have closed."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A contradiction with its dates."""

    what: Contradiction
    day: date
    """The day that cannot be right beside ..."""
    other: date
    """... this one."""


@dataclass(frozen=True, slots=True)
class Term:
    """A contract line's end and its last day to give notice."""

    end: date
    notice: date | None


def contradictions(as_of: date, renewal_on: date | None, terms: Sequence[Term], closes: date | None) -> tuple[Odd, ...]:
    """Return what contradicts itself: of a contract's lines, and of the open renewal opportunity that `closes`."""
    return tuple(_odd(as_of, renewal_on, terms, closes))


def _odd(as_of: date, renewal_on: date | None, terms: Sequence[Term], closes: date | None) -> Iterator[Odd]:
    late = [(term.notice, term.end) for term in terms if term.notice is not None and term.notice > term.end]
    if late:
        yield Odd(Contradiction.NOTICE_AFTER_END, *min(late))
    if closes is None:
        return
    if closes < as_of:
        yield Odd(Contradiction.CLOSE_IS_PAST, closes, as_of)
    elif renewal_on is not None and closes > renewal_on:
        yield Odd(Contradiction.CLOSES_AFTER_END, closes, renewal_on)


@dataclass(frozen=True, slots=True)
class Week:
    """A calendar week in which something is due."""

    monday: date
    count: int
    arr: Sums


def weeks(due: Iterable[_Due], day_of: Callable[[_Due], date], arr_of: Callable[[_Due], Amount]) -> tuple[Week, ...]:
    """Return the weeks of what is due, which comes sorted by its day."""
    found = []
    for monday, group in groupby(due, key=lambda one: monday_of(day_of(one))):
        some = list(group)
        found.append(Week(monday, len(some), sums(map(arr_of, some))))
    return tuple(found)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def terms_of(lines: Iterable[tuple[date, Mapping[str, Any]]]) -> tuple[Term, ...]:
    """Return the terms of contract lines, each with its end and its further metrics; a ramp ends with its last step."""
    return tuple(Term(_day(more.get("runs_to")) or end, _day(more.get("notice_date"))) for end, more in lines)


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
