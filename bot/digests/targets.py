"""Who reads a weekly digest, of which accounts, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.addressing import PERSON
from bot.core.book import team_of
from bot.core.preferences import Rhythm
from bot.core.routing import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bot.core.preferences import Preferences
    from bot.messages.speech import Speech
    from bot.notices.manners import Clocks
    from bot.state.rows import Person

_log = structlog.get_logger(__name__)

MANAGERS: Final = "managers"
"""Stands for each manager of people who have accounts."""
MADE_UP_FOR: Final = timedelta(days=1)
"""For how long after its time a digest is still sent: a later one would be last week's news."""
_NAMED_BY: Final = 8  # digits of the hash of which accounts are meant


@dataclass(frozen=True, slots=True)
class WeeklyPlan:
    """A weekly digest as the settings have it."""

    to: str
    """`#channel`, MANAGERS, or somebody's e-mail address."""
    weekday: int = 0
    """Monday is 0."""
    at: time = time(8, 30)
    segments: tuple[str, ...] = ()
    """Patterns; empty: any."""
    team: str | None = None
    """E-mail address of a manager: the accounts of everybody below."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader of one weekly digest."""

    destination: str
    weekday: int
    at: time
    zone: ZoneInfo
    whose: str
    """Whose accounts it is about, in the reader's language. Plain text."""
    people: frozenset[str] | None = None
    """Owners and CSMs whose accounts these are; None: anybody's."""
    segments: tuple[str, ...] = ()
    which: str = ""
    """Which accounts are meant, as the settings say it: whoever joins or leaves a team, it is the same digest."""
    reader: Person | None = None
    """Who has to be allowed to see the accounts; None: a channel that the settings name."""

    @property
    def name(self) -> str:
        """What its digests are named by: the reader, and which accounts."""
        which = f":{sha256(self.which.encode()).hexdigest()[:_NAMED_BY]}" if self.which else ""
        return f"digest:weekly:{self.destination}{which}"

    def due(self, now: datetime) -> datetime | None:
        """Return the last moment, not after `now`, at which it was due; None: that is too long ago."""
        local = now.astimezone(self.zone)
        back = timedelta(days=(local.weekday() - self.weekday) % 7)
        moment = datetime.combine(local.date() - back, self.at, self.zone).astimezone(UTC)
        if moment > now:
            moment = datetime.combine(local.date() - back - timedelta(days=7), self.at, self.zone).astimezone(UTC)
        return moment if now - moment < MADE_UP_FOR else None

    def holds(self, segment: str | None) -> bool:
        """Tell whether accounts of a segment are meant."""
        return not self.segments or (segment is not None and any(fits(one, segment) for one in self.segments))


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is who, when the readers of digests are looked for."""

    people: Mapping[str, Person]
    managers: Mapping[str, str | None]
    owners: frozenset[str]
    """People who have accounts."""
    clocks: Clocks

    def targets(self, plans: Sequence[WeeklyPlan]) -> tuple[Target, ...]:
        """Return every reader of every digest, each digest of a reader once."""
        found = [target for plan in plans for target in self._planned(plan)]
        known = {target.destination for target in found}
        found += [one for one in self._own() if one.destination not in known]
        return tuple({target.name: target for target in found}.values())

    def _planned(self, plan: WeeklyPlan) -> Iterator[Target]:
        if plan.to == MANAGERS:
            yield from (self._of_manager(plan, person) for person in self._all_managers() if self._wants(person))
            return
        people = None
        if plan.team is not None:
            manager = self._by_email(plan.team)
            if manager is None:
                return
            people = team_of(manager.person_id, self.managers)
        if plan.to.startswith("#"):
            yield self._target(plan, plan.to, people, None)
        elif (reader := self._by_email(plan.to)) is not None:
            yield self._target(plan, f"{PERSON}{reader.person_id}", people, reader)

    def _of_manager(self, plan: WeeklyPlan, person: Person) -> Target:
        people = team_of(person.person_id, self.managers)
        return self._target(plan, f"{PERSON}{person.person_id}", people, person)

    def _target(self, plan: WeeklyPlan, place: str, people: frozenset[str] | None, reader: Person | None) -> Target:
        speech = self.clocks.speech(place)
        zone = self.clocks.of(reader.person_id if reader else None).zone
        chosen = self._chosen(reader)
        weekday, at = plan.weekday, plan.at
        if chosen is not None and chosen.digest is Rhythm.WEEKLY:
            weekday, at = chosen.digest_day, chosen.digest_time or plan.at
        team = speech.t("The accounts of your team") if plan.to == MANAGERS else ""
        whose = team or self._whose(plan, speech)
        which = "|".join((plan.team or "", *plan.segments)).strip("|")
        return Target(place, weekday, at, zone, whose, people, plan.segments, which, reader)

    def _whose(self, plan: WeeklyPlan, speech: Speech) -> str:
        manager = self._by_email(plan.team) if plan.team else None
        said = speech.t("All accounts")
        if manager is not None:
            said = speech.t("The accounts of the team of {name}", name=manager.name)
        return f"{said}: {', '.join(plan.segments)}" if plan.segments else said

    def _own(self) -> Iterator[Target]:
        """Yield a digest of their own accounts for everybody who wants to hear once a week."""
        for person_id, chosen in sorted(self.clocks.chosen.items()):
            person = self.people.get(person_id)
            if chosen.digest is Rhythm.WEEKLY and person is not None and person.active and person_id in self.owners:
                place, hours = f"{PERSON}{person_id}", self.clocks.of(person_id)
                at = chosen.digest_time or hours.opens
                whose = self.clocks.speech(place).t("Your accounts")
                yield Target(place, chosen.digest_day, at, hours.zone, whose, frozenset({person_id}), reader=person)

    def _all_managers(self) -> list[Person]:
        ids = {manager for person_id in self.owners if (manager := self.managers.get(person_id))}
        return [person for one in sorted(ids) if (person := self.people.get(one)) is not None and person.active]

    def _wants(self, person: Person) -> bool:
        chosen = self._chosen(person)
        return chosen is None or chosen.digest is not Rhythm.NEVER

    def _chosen(self, person: Person | None) -> Preferences | None:
        return self.clocks.chosen.get(person.person_id) if person is not None else None

    def _by_email(self, email: str) -> Person | None:
        found = [one for one in self.people.values() if one.active and (one.email or "").lower() == email.lower()]
        if len(found) != 1:
            _log.warning("a weekly digest names nobody, or several", address=email, found=len(found))
            return None
        return found[0]
