"""How people are talked to: what the settings say of routes, hours and attention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.addressing import PERSON
from bot.core.preferences import NOTHING_CHOSEN, at_work, told_within
from bot.core.working_time import CompanyHours
from bot.messages.speech import ENGLISH, Speech

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from bot.core.preferences import Preferences
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
    changes: bool = False
    """Whether owners are told what changed about their accounts."""
    tasks: bool = False
    """Whether the settings let tasks be written into the CRM."""
    speech: Speech = ENGLISH
    """How channels are spoken to, and people who chose no language."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """When each person works and what day it is for them."""

    manners: Manners
    people: Mapping[str, Person]
    chosen: Mapping[str, Preferences] = field(default_factory=dict)
    """By person, what they chose: their own hours and time zone go before the company's and the CRM's."""
    _days: dict[tuple[WorkingTime, WorkingTime | None, datetime], date] = field(default_factory=dict)
    """Days that were computed: the notices of one night are all of one moment."""

    def of(self, person_id: str | None) -> WorkingTime:
        """Return when a person works; the company's hours for nobody in particular."""
        return at_work(self.manners.hours, self._preferences(person_id), self._timezone(person_id))

    def speech(self, destination: str) -> Speech:
        """Return how somebody is spoken to, or a channel: in the language that they chose, by their own clock."""
        company = self.manners.speech
        if not destination.startswith(PERSON):
            return company
        person_id = destination.removeprefix(PERSON)
        language = self._preferences(person_id).language or company.language
        return Speech(language, self.of(person_id).zone.key)

    def not_before(self, person_id: str, now: datetime) -> datetime | None:
        """Return when a person may be told; None: at once."""
        within = self._told_within(person_id)
        if within is None:
            return None
        opens = within.next_open(now)
        return opens if opens > now else None

    def day(self, person_id: str, told: datetime) -> date:
        """Return the person's day on which something is told that was written at a moment."""
        hours = self.of(person_id)
        key = hours, self._told_within(person_id), told
        if key not in self._days:
            when = self.not_before(person_id, told) or told
            self._days[key] = when.astimezone(hours.zone).date()
        return self._days[key]

    def _told_within(self, person_id: str) -> WorkingTime | None:
        chosen, timezone = self._preferences(person_id), self._timezone(person_id)
        return told_within(self.manners.hours, chosen, timezone, quiet=self.manners.quiet)

    def _preferences(self, person_id: str | None) -> Preferences:
        return self.chosen.get(person_id or "", NOTHING_CHOSEN)

    def _timezone(self, person_id: str | None) -> str | None:
        person = self.people.get(person_id) if person_id else None
        return person.timezone if person is not None else None
