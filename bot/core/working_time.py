"""Working time: when somebody is at work, by days, hours, time zone and public holidays. Pure.

What is decided where it could be otherwise:
- Working time is what passes on the clock within shifts. Over a change of clocks a night shift is an hour longer or
  shorter. An hour of the day that is skipped comes an hour later by the wall; of one that comes twice the first counts.
- A shift belongs to the day on which it begins, its holidays too: a night shift of 24 December goes on into the 25th.
- A shift includes its first moment and not its last.
- Holidays are a country's national ones, and the days on which they are observed. Which regional ones somebody keeps
  is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week as settings name them; the place is that of `date.weekday`."""

_DAY: Final = timedelta(days=1)
_FARTHEST: Final = timedelta(days=7_310)
"""Twenty years: who is not at work by then never is."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When one person works. Every moment that it takes knows its zone; every moment that it returns is UTC."""

    days: frozenset[int]
    """Weekdays, Monday is 0."""
    opens: time
    closes: time
    """Not after `opens`: a shift that ends on the next day. The same: around the clock."""
    zone: ZoneInfo
    country: str | None = None
    """Whose public holidays are kept (ISO 3166, two letters); None: nobody's."""

    def is_open(self, moment: datetime) -> bool:
        """Tell whether the person is at work."""
        return any(start <= moment < end for start, end in self._shifts(moment, moment))

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself where the person is at work then, else the next at which work begins.

        Raises ValueError where that never is.
        """
        moment = moment.astimezone(UTC)
        for start, end in self._shifts(moment, moment + _FARTHEST):
            if end > moment:
                return max(start, moment)
        raise ValueError("nobody ever works at these days and hours")

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two moments; none where `end` is not after `start`."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        shifts = self._shifts(start, end)
        return sum((max(min(to, end) - max(since, start), timedelta()) for since, to in shifts), timedelta())

    def after(self, start: datetime, worked: timedelta) -> datetime:
        """Return the first moment at which so much working time has passed since `start`.

        Raises ValueError where that never is.
        """
        start = start.astimezone(UTC)
        if worked <= timedelta():
            return start
        left = worked
        for since, to in self._shifts(start, start + _FARTHEST):
            begin = max(since, start)
            if to - begin >= left:
                return begin + left
            left -= max(to - begin, timedelta())
        raise ValueError(f"{worked} of working time is never reached at these days and hours")

    def _shifts(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield every shift that may touch a stretch of time, oldest first; none overlaps the one before."""
        first, last = (moment.astimezone(self.zone).date() for moment in (since, until))
        over = datetime.min.replace(tzinfo=UTC)
        # One day more than a shift is long: a change of clocks may let one run into the next, which then begins later.
        for ordinal in range(first.toordinal() - 2, last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            if day.weekday() not in self.days or is_holiday(self.country, day):
                continue
            start = max(self._at(day, self.opens), over)
            end = self._at(day if self.closes > self.opens else day + _DAY, self.closes)
            if start < end:
                yield start, end
                over = end

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class CompanyHours:
    """When the people of a company work: the same hours by everybody's own clock."""

    zone: str = "UTC"
    """The company's: of everybody whose own is not known."""
    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    country: str | None = None
    """Whose holidays people keep whom `countries` does not place."""
    countries: tuple[tuple[str, str | None], ...] = ()
    """Time zone, with `*` for anything, and country (None: no holidays); the first that fits a person's zone counts."""

    def of(self, timezone: str | None) -> WorkingTime:
        """Return when somebody in a time zone works; in the company's zone where it is unknown or none."""
        zone = known_zone(timezone) or ZoneInfo(self.zone)
        return WorkingTime(self.days, self.opens, self.closes, zone, self._country(zone.key))

    def _country(self, zone: str) -> str | None:
        fitting = (code for pattern, code in self.countries if fits_zone(pattern, zone))
        return next(fitting, self.country)


def fits_zone(pattern: str, zone: str) -> bool:
    """Tell whether a pattern of the settings means a time zone: `Europe/*`, whatever its capitals."""
    return fnmatchcase(zone.lower(), pattern.lower())


def known_zone(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its IANA name; None for what is none, which CRM systems deliver too."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def is_holiday(country: str | None, day: date) -> bool:
    """Tell whether a day is a public holiday in a country (ISO 3166, two letters); None has none."""
    return country is not None and day in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    # Loading the calendars costs a sixth of a second, which every command would pay.
    from holidays import country_holidays  # noqa: PLC0415

    # A holiday at the turn of the year may be observed in the year beside its own.
    calendar = country_holidays(country, years=(year - 1, year, year + 1), expand=False)
    return frozenset(day for day in calendar if day.year == year)
