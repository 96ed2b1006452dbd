"""How people are talked to: what the settings say of routes, hours and attention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.working_time import CompanyHours

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from bot.core.routing import Route
    from bot.core.working_time import WorkingTime
    from bot.state.rows import Person

PER_DAY = 10
"""Alerts a person and day, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Manners:
    """Whom alerts go to, when people work, and how much they are told on one day."""

    routes: tuple[Route, ...] = ()
    hours: CompanyHours = field(default_factory=CompanyHours)
    quiet: bool = False
    """Whether notices to people wait until they are at work."""
    per_day: int = PER_DAY
    fallback: str = "#undeliverable"
    """Channel of what has no addressee."""
    command: str = "/headroom"
    """The slash command."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """When each person works and what day it is for them."""

    manners: Manners
    people: Mapping[str, Person]
    _days: dict[tuple[WorkingTime, datetime], date] = field(default_factory=dict)
    """Days that were computed: the notices of one night are all of one moment."""

    def of(self, person_id: str | None) -> WorkingTime:
        """Return when a person works; the company's hours for nobody in particular."""
        person = self.people.get(person_id) if person_id else None
        return self.manners.hours.of(person.timezone if person else None)

    def not_before(self, person_id: str, now: datetime) -> datetime | None:
        """Return when a person may be told; None: at once."""
        if not self.manners.quiet:
            return None
        opens = self.of(person_id).next_open(now)
        return opens if opens > now else None

    def day(self, person_id: str, told: datetime) -> date:
        """Return the person's day on which something is told that was written at a moment."""
        hours = self.of(person_id)
        key = hours, told
        if key not in self._days:
            when = self.not_before(person_id, told) or told
            self._days[key] = when.astimezone(hours.zone).date()
        return self._days[key]
