"""Writes the weekly digests that are due into the outbox, from what the state store knows.

A digest is named by its reader and the day that it was due on: a job that is done over, or by two replicas, says
nothing twice. What was at stake is kept with it, so that the next one can tell what moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.addressing import PERSON
from bot.core.verdicts import Mode, Scope
from bot.digests.gathering import Gathering
from bot.digests.targets import Roster
from bot.errors import TemplateError
from bot.messages.digest import KIND, entries_line
from bot.messages.digests.weekly import weekly
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text
from bot.messages.revise import HEADLINE_MOST
from bot.notices.manners import Clocks
from bot.state.keys import notice_id
from bot.state.rows import Act, Notice, Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.core.verdicts import Rule
    from bot.digests.targets import Target, WeeklyPlan
    from bot.messages.digests.weekly import Weekly
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.notices.hearing import Readers
    from bot.notices.manners import Manners
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

DIGESTS: Final = "weekly-digests"
"""Name of the job."""


@dataclass(frozen=True, slots=True)
class WeeklyDigests:
    """Writes weekly digests."""

    store: Store
    rules: Sequence[Rule]
    templates: Templates
    company: str
    manners: Manners
    readers: Readers
    plans: Sequence[WeeklyPlan] = ()

    def send(self, now: datetime) -> tuple[Notice, ...]:
        """Write what is due; return what is new in the outbox."""
        as_of = self.store.snapshot_day()
        chosen = self.store.preferences_by_person()
        if as_of is None or not (self.plans or chosen):
            return ()
        people = self.store.people()
        clocks = Clocks(self.manners, people, chosen)
        roster = Roster(people, self.store.managers(), self.store.responsible(), clocks)
        told: list[Notice] = []
        for target in roster.targets(self.plans):
            due = target.due(now)
            if due is not None and not self._was_said(target, due):
                told += self._say(target, due, as_of, clocks, now)
        if told:
            _log.info("weekly digests written", notices=len(told))
        return tuple(told)

    def _was_said(self, target: Target, due: datetime) -> bool:
        first = _id(_episode(target, due), KIND, target)
        return bool(self.store.enqueued({first}))

    def _say(self, target: Target, due: datetime, as_of: date, clocks: Clocks, now: datetime) -> tuple[Notice, ...]:
        gathered = Gathering(self.store, _names(self.rules), self.readers, target, as_of).gather(
            self.store.runs(target.name, 1), self.company, self.manners.command
        )
        if gathered is None:
            return ()
        messages = self._messages(gathered.told, target, clocks)
        notices = [_notice(target, due, number, one, clocks, now) for number, one in enumerate(messages)]
        finished = datetime.now(UTC)
        run = Run(target.name, as_of, now, finished, ok=True, summary={"at_stake": gathered.stakes})
        return self.store.say_once(notices, run)

    def _messages(self, told: Weekly, target: Target, clocks: Clocks) -> tuple[Message, ...]:
        speech = clocks.speech(target.destination)
        try:
            return weekly(self.templates, told, speech)
        except TemplateError as error:
            # A template of the user's that fails must not keep a team from hearing at all.
            _log.error("template failed", template="weekly", destination=target.destination, problem=str(error))
            return (_plainly(told, speech),)


def _plainly(told: Weekly, speech: Speech) -> Message:
    title = speech.many("This week: {count} churn risk", "This week: {count} churn risks", len(told.risks))
    lines = "\n".join(entries_line(one.entry, speech) for one in told.risks[:50]) or speech.t("None is open.")
    return speech.write(Message(KIND, mrkdwn(title), (Headline(short(title, HEADLINE_MOST)), Text(lines))))


def _names(rules: Sequence[Rule]) -> dict[str, str]:
    """Return by name of kind of the rules that speak of accounts."""
    return {rule.name: rule.kind for rule in rules if rule.scope is Scope.ACCOUNT and rule.mode is Mode.LIVE}


def _episode(target: Target, due: datetime) -> str:
    return f"{target.name}:{due.astimezone(target.zone).date()}"


def _id(episode_id: str, transition: str, target: Target) -> str:
    return notice_id(episode_id, transition, target.destination, Act.POST)


def _notice(target: Target, due: datetime, number: int, message: Message, clocks: Clocks, now: datetime) -> Notice:
    episode_id = _episode(target, due)
    transition = KIND if number == 0 else f"{KIND}-thread-{number}"
    person = target.destination.removeprefix(PERSON) if target.destination.startswith(PERSON) else None
    return Notice(
        notice_id=_id(episode_id, transition, target),
        episode_id=episode_id,
        transition=transition,
        destination=target.destination,
        act=Act.POST,
        kind=KIND,
        subject=target.destination,
        message=message,
        created_at=now,
        not_before=clocks.not_before(person, now) if person is not None else None,
        broadcast=number == 0,  # the rest goes on in its thread
    )
