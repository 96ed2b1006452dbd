"""Escalation: an alert that nobody claims goes to the manager of the account's owner.

What is counted is the owner's working time since the alert fired, or since the first message of it arrived where that
was later: nobody can claim what they have not been told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.core import acts
from bot.core.addressing import PERSON, Addressee
from bot.core.verdicts import Finding, Mode, Truth
from bot.messages.escalation import to_manager, told_manager
from bot.messages.placing import without_meant_for
from bot.notices.cards import Cards
from bot.notices.drafts import facts_of, roles_of
from bot.notices.hearing import Wishes, muted_kinds, silenced
from bot.notices.manners import Clocks
from bot.state.keys import notice_id
from bot.state.rows import Act, Notice, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from bot.core.episodes import Episode, Step
    from bot.core.subscriptions import Heard
    from bot.core.verdicts import Rule
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.notices.manners import Manners
    from bot.state.rows import AccountView, Delivery, Person
    from bot.state.store import Store

_log = structlog.get_logger(__name__)

ESCALATIONS: Final = "escalations"
"""Name of the job."""


@dataclass(frozen=True, slots=True)
class Escalations:
    """Turns to managers, from the state store alone."""

    store: Store
    rules: Sequence[Rule]
    templates: Templates
    company: str
    manners: Manners

    def escalate(self, now: datetime) -> tuple[Notice, ...]:
        """Escalate every alert that is due; return what managers are told."""
        rules = {rule.name: rule for rule in self.rules if rule.escalate is not None and rule.mode is Mode.LIVE}
        episodes = self.store.unclaimed(rules) if rules else ()
        people = self.store.people() if episodes else {}
        clocks = Clocks(self.manners, people, self.store.preferences_by_person() if episodes else {})
        cases = (self._case(episode, rules[episode.rule], clocks, now) for episode in episodes)
        told = [notice for case in cases if case is not None and (notice := case.escalate()) is not None]
        if told:
            _log.info("escalated", alerts=len(told))
        return tuple(told)

    def _case(self, episode: Episode, rule: Rule, clocks: Clocks, now: datetime) -> _Case | None:
        if episode.fired_at is None or rule.escalate is None or now - episode.fired_at < rule.escalate:
            return None  # no more working time than time has passed
        view = self.store.account(episode.subject)
        if view is None:
            return None
        posts = self._posts(episode, episode.fired_at)
        heard = self._heard(episode, episode.fired_at, posts)
        if heard is None:
            return None
        return _Case(self, episode, rule, view, clocks, posts, max(heard, episode.fired_at), now)

    def _posts(self, episode: Episode, since: datetime) -> list[Delivery]:
        said = self.store.deliveries(episode_id=episode.episode_id)
        return [one for one in said if one.notice.act is Act.POST and one.notice.created_at >= since]

    def _heard(self, episode: Episode, since: datetime, posts: Sequence[Delivery]) -> datetime | None:
        """Return when somebody was first told since the episode fired; None: nobody was yet."""
        arrived = [one.sent_at for one in posts if one.status is Status.SENT and one.sent_at is not None]
        digested = [line.at for line in self.store.digested(episode.episode_id) if line.at >= since]
        return min((*arrived, *digested), default=None)


@dataclass(frozen=True, slots=True)
class _Case:
    """One alert that may be escalated."""

    by: Escalations
    episode: Episode
    rule: Rule
    view: AccountView
    clocks: Clocks
    """Of everybody, with what they chose for themselves."""
    posts: Sequence[Delivery]
    heard: datetime
    """When somebody could first claim it."""
    now: datetime

    def escalate(self) -> Notice | None:
        """Escalate it; None where it is not due, or was claimed meanwhile."""
        waited = self.clocks.of(self.view.owner_id).worked(self.heard, self.now)
        step = self._act(self.episode, waited)
        if not step.notify:
            return None
        told: list[Notice] = []
        heard = self._heard()  # before the transaction in which the card is written

        def card(decided: Step) -> Notice:
            told.append(self._card(decided, heard))
            return told[0]

        def render(_: Episode, notice: Notice) -> Message:
            return told_manager(notice.message, step.detail, self._name(self._manager), self.now)

        self.by.store.escalate_episode(
            self.episode.episode_id, self.now, lambda seen: self._act(seen, waited), render, card
        )
        return told[0] if told else None

    def _act(self, episode: Episode, waited: timedelta) -> Step:
        return acts.escalate(episode, self.rule, waited, self.now)

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody of the CRM, by id."""
        return self.clocks.people

    @property
    def _manager(self) -> str | None:
        return roles_of(self.view, self.people).manager

    def _card(self, step: Step, heard: Heard) -> Notice:
        assert step.episode is not None, "an escalation is of an episode"
        manager, episode = self._manager, step.episode
        (destination,) = (one.destination for one in heard.addressees)
        owner = self._name(self.view.owner_id)
        alert = self._alert(step, episode, self.clocks.speech(destination))
        return Notice(
            notice_id=notice_id(episode.episode_id, step.transition, destination, Act.POST),
            episode_id=episode.episode_id,
            transition=step.transition,
            destination=destination,
            act=Act.POST,
            kind=self.rule.kind,
            subject=episode.subject,
            message=silenced(
                to_manager(alert, step.detail, owner, manager=manager is not None),
                heard.silenced,
                self.people,
            ),
            created_at=self.now,
            not_before=self._not_before(destination),
            broadcast=True,
        )

    def _heard(self) -> Heard:
        store, manager = self.by.store, self._manager
        wishes = Wishes((*store.subscriptions(), *muted_kinds(self.clocks.chosen)))
        facts = facts_of(self.rule, self.episode, self.view)
        destination = self.by.manners.fallback if manager is None else f"{PERSON}{manager}"
        return wishes.of_subject([Addressee(destination)], facts, self.by.manners.fallback)

    def _not_before(self, destination: str) -> datetime | None:
        if not destination.startswith(PERSON):
            return None
        return self.clocks.not_before(destination.removeprefix(PERSON), self.now)

    def _alert(self, step: Step, episode: Episode, speech: Speech) -> Message:
        """Return the alert as it was told last, unless in another language; of a digest's line there is no card yet."""
        told = self.posts[-1].notice.message if self.posts else None
        if told is not None and told.language == speech.language:
            return without_meant_for(told)
        by = self.by
        cards = Cards(
            by.templates, by.company, {self.view.account_id: self.view}, self.people, {}, tasks=by.manners.tasks
        )
        finding = self._finding(episode)
        rendered = cards.rendered(step, episode, self.rule, finding, speech)
        return rendered or cards.plainly(step, episode, self.rule, speech)

    def _finding(self, episode: Episode) -> Finding:
        left = self.view.metrics.get(self.rule.countdown) if self.rule.countdown else None
        return Finding(
            rule=episode.rule,
            subject=episode.subject,
            as_of=episode.evidence_on or self.view.as_of,
            holds=Truth.TRUE,
            clears=Truth.FALSE,
            severity=episode.severity,
            at_stake=episode.at_stake,
            countdown=int(left) if isinstance(left, int | float) else None,
            evidence=episode.evidence,
        )

    def _name(self, person_id: str | None) -> str | None:
        person = self.people.get(person_id) if person_id else None
        return person.name if person is not None else person_id
