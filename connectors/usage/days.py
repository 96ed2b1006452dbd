"""Days of a time zone: spans of them, when one has ended, and the moments at which it begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.base import Window

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def days(self) -> Iterator[date]:
        """Yield each day."""
        return (self.first + ahead * DAY for ahead in range((self.last - self.first).days + 1))

    def halves(self) -> tuple[Span, Span]:
        """Split a span of at least two days."""
        middle = self.first + (self.last - self.first) // 2
        return Span(self.first, middle), Span(middle + DAY, self.last)

    def pieces(self, most: int) -> Iterator[Span]:
        """Split into spans of at most so many days."""
        return (
            Span(day, min(day + (most - 1) * DAY, self.last))
            for day in (self.first + ahead * DAY for ahead in range(0, (self.last - self.first).days + 1, most))
        )


def months(days: Iterable[date], first: date, last: date) -> Iterator[Span]:
    """Yield the months that hold any of the days, cut to first and last."""
    for (year, month), _ in groupby(sorted(days), key=lambda day: (day.year, day.month)):
        start = date(year, month, 1)
        end = (start + timedelta(days=31)).replace(day=1) - DAY
        yield Span(max(start, first), min(end, last))


def stretches(days: Iterable[date]) -> Iterator[Span]:
    """Yield the stretches of days without a gap, in order."""
    ordered = sorted(set(days))
    for _, run in groupby(enumerate(ordered), key=lambda pair: pair[1].toordinal() - pair[0]):
        stretch = [day for _, day in run]
        yield Span(stretch[0], stretch[-1])


def start_of(day: date, zone: str) -> datetime:
    """Return the moment, in UTC, at which a day begins in the zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=65_536)  # events stand close together; a zone is asked once a minute of theirs
def day_at(minute: datetime, zone: str) -> date:
    """Return the day that it is in the zone at a moment; no zone changes its day within a minute of UTC."""
    return minute.astimezone(ZoneInfo(zone)).date()


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that it is in the zone at a moment that knows its own zone."""
    return (
        moment.date()
        if zone == "UTC" and moment.tzinfo is UTC
        else day_at(moment.replace(second=0, microsecond=0), zone)
    )


def last_ended(now: datetime, zone: str, hours: float) -> date:
    """Return the last day that ended in the zone at least so many hours before `now`."""
    return day_of(now - timedelta(hours=hours), zone) - DAY


def wanted(window: Window, start: date, complete_to: date) -> Span | None:
    """Return the days of a window that can be delivered; None where there is none.

    `start` is the first day ever to read, `complete_to` the last day that the vendor has in full.
    """
    first = max(window.since or start, start)
    last = min(window.until, complete_to)
    return Span(first, last) if first <= last else None
