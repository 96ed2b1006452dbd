"""From steps to notices: who is told what, in which words, as a new message or as a change of the old one.

News goes to the destinations of the rule and its routes, as they are tonight: to the owner that the account has now.
The end of an episode goes to where its messages stand, whoever the owner is by then; each of them is changed in place.
An episode that stood in a digest only has no message to be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.core.addressing import PERSON, addressees
from bot.core.episodes import Phase, Reason
from bot.core.routing import destinations
from bot.core.verdicts import Mode
from bot.messages.revise import revised
from bot.messages.speech import speech_of
from bot.notices.budget import NothingSaid, within_budget
from bot.notices.cards import Cards, as_meant_for, meant_for
from bot.notices.changes import Yesterday, also
from bot.notices.drafts import Draft, facts_of, roles_of, thread_of, without_roles
from bot.notices.hearing import Hearing, Wishes, silenced
from bot.notices.manners import Clocks, Manners
from bot.state.keys import notice_id
from bot.state.rows import Act, Audit, Notice, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.addressing import Addressee
    from bot.core.episodes import Episode, Step
    from bot.core.preferences import Preferences
    from bot.core.subscriptions import Heard
    from bot.core.verdicts import Finding, Rule, Value
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.notices.budget import Past
    from bot.notices.changes import Also
    from bot.state.rows import AccountView, Delivery, Person
    from bot.watch import Watch


@dataclass(frozen=True, slots=True)
class Written:
    """What a night has to say."""

    notices: tuple[Notice, ...]
    audit: tuple[Audit, ...] = ()
    """A line for everything that is said in a digest only."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the notices of one night from what it found."""

    templates: Templates
    company: str
    accounts: Mapping[str, AccountView]
    people: Mapping[str, Person]
    sources: Mapping[str, Mapping[str, Value | date]]
    now: datetime
    told: Callable[[str], Sequence[Delivery]]
    """What was said of an episode so far, by its id, oldest first."""
    manners: Manners = field(default_factory=Manners)
    past: Past = field(default_factory=NothingSaid)
    """What people were told lately."""
    problems: list[str] = field(default_factory=list)
    """Templates that could not be rendered: what they were for was said plainly instead."""
    fleet: Mapping[str, Value | date] = field(default_factory=dict)
    """The metrics of all accounts together."""
    wishes: Wishes = field(default_factory=Wishes)
    """What people and channels want to hear of besides, or not at all."""
    yesterday: Yesterday = field(default_factory=Yesterday)
    """How things stood after the night before."""
    chosen: Mapping[str, Preferences] = field(default_factory=dict)
    """By person of the CRM, what they chose for themselves."""

    @property
    def _cards(self) -> Cards:
        return Cards(
            self.templates,
            self.company,
            self.accounts,
            self.people,
            self.sources,
            self.problems,
            self.fleet,
            tasks=self.manners.tasks,
        )

    @property
    def _clocks(self) -> Clocks:
        return Clocks(self.manners, self.people, self.chosen)

    def write(self, steps: Iterable[Step], watch: Watch) -> Written:
        """Return the notices of each step; rules in shadow mode say nothing new.

        Where somebody would be told more than the budget allows, the rest is in a digest.
        """
        steps = tuple(steps)
        hearing = self._hearing(steps, watch)
        written = [one for step in steps if step.episode for one in self._of(step, step.episode, watch, hearing)]
        budgeted = within_budget(
            [one for one in written if isinstance(one, Draft)],
            self.past,
            self._cards,
            self._clocks,
            self.now,
            self._also(watch),
        )
        alone = [one.notices if isinstance(one, Draft) else (one,) for one in written]
        kept = [notice for some in alone if some[0].notice_id not in budgeted.left_out for notice in some]
        return Written((*kept, *budgeted.digests), budgeted.audit)

    def notices(self, steps: Iterable[Step], watch: Watch) -> tuple[Notice, ...]:
        """Return what `write` does, without the audit."""
        return self.write(steps, watch).notices

    def _also(self, watch: Watch) -> Also:
        ended = [episode for episode in watch.changed() if episode.phase is Phase.RESOLVED]
        return also(self.yesterday, self.accounts, ended, self.now.date())

    def _hearing(self, steps: Iterable[Step], watch: Watch) -> Hearing:
        found = [told for step in steps if step.episode and (told := _told(watch, watch.latest(step.episode)))]
        news = (
            (episode.subject, facts_of(rule, episode, self.accounts.get(episode.subject))) for episode, rule, _ in found
        )
        return Hearing.of(self.wishes, self.people, self.manners.fallback, news)

    def _of(self, step: Step, episode: Episode, watch: Watch, hearing: Hearing) -> Iterator[Draft | Notice]:
        latest = watch.latest(episode)
        if latest.phase is Phase.RESOLVED:
            yield from self._ends(step, latest, watch)
        elif (told := _told(watch, latest)) is not None:
            yield from self._news(step, *told, hearing)

    def _news(self, step: Step, episode: Episode, rule: Rule, finding: Finding, hearing: Hearing) -> Iterator[Draft]:
        view = self.accounts.get(episode.subject)
        heard = self._heard(episode, rule, view, hearing)
        written: dict[Speech, tuple[Message, ...]] = {}
        for addressee in heard.addressees:
            speech = self._clocks.speech(addressee.destination)
            if speech not in written:
                alert, *rest = self._card(step, episode, rule, finding, speech)
                written[speech] = (silenced(alert, heard.silenced, self.people), *rest)
            notice = Notice(
                # Named by what it says to whom: the same night judged twice makes the same notice.
                notice_id=notice_id(episode.episode_id, step.transition, addressee.destination, Act.POST),
                episode_id=episode.episode_id,
                transition=step.transition,
                destination=addressee.destination,
                act=Act.POST,
                kind=rule.kind,
                subject=episode.subject,
                message=meant_for(written[speech][0], addressee.instead_of),
                created_at=self.now,
                not_before=self._not_before(addressee),
                chain=addressee.chain,
                # What was said before is no news to a channel: it stays in the thread.
                broadcast=step.reason is not Reason.REPEATED,
            )
            yield Draft(notice, episode, finding, view, thread_of(notice, written[speech][1:]))

    def _card(self, step: Step, episode: Episode, rule: Rule, finding: Finding, speech: Speech) -> tuple[Message, ...]:
        cards = self._cards
        return cards.written(step, episode, rule, finding, speech) or (cards.plainly(step, episode, rule, speech),)

    def _heard(self, episode: Episode, rule: Rule, view: AccountView | None, hearing: Hearing) -> Heard:
        facts = facts_of(rule, episode, view)
        routed = destinations(self.manners.routes, facts, rule.to)
        meant = addressees(without_roles(routed, rule), roles_of(view, self.people))
        return hearing.of_alert(meant, facts, episode.subject)

    def _not_before(self, addressee: Addressee) -> datetime | None:
        """Return until when the quiet hours of somebody defer what they are told: of the first who is there."""
        if not addressee.destination.startswith(PERSON):
            return None
        turned_to = (one.removeprefix(PERSON) for one in (addressee.destination, *addressee.chain))
        there = (one for one in turned_to if (person := self.people.get(one)) is not None and person.active)
        person_id = next(there, None)
        return None if person_id is None else self._clocks.not_before(person_id, self.now)

    def _ends(self, step: Step, episode: Episode, watch: Watch) -> Iterator[Notice]:
        """Change every message of the episode: the newest of each destination anew, the older ones as they stand."""
        rule, finding = watch.rule(episode.rule), watch.finding(episode)
        seen: set[str] = set()
        for post in self._posts(episode):
            newest = post.destination not in seen
            seen.add(post.destination)
            transition = step.transition if newest else f"{step.transition}:{post.transition}"
            fresh = None
            if newest and rule is not None and finding is not None:
                fresh = self._cards.rendered(step, episode, rule, finding, speech_of(post.message))
            anew = as_meant_for(fresh, post.message) if fresh is not None else None
            yield Notice(
                notice_id=notice_id(episode.episode_id, transition, post.destination, Act.UPDATE),
                episode_id=episode.episode_id,
                transition=transition,
                destination=post.destination,
                act=Act.UPDATE,
                kind=post.kind,
                subject=post.subject,
                message=anew or revised(post.message, episode, step.detail),
                created_at=self.now,
                post_id=post.notice_id,
            )

    def _posts(self, episode: Episode) -> list[Notice]:
        """Return the messages of an episode that stand or will stand somewhere, newest first."""
        told = [item for item in self.told(episode.episode_id) if item.notice.act is Act.POST]
        return [item.notice for item in reversed(told) if item.status is not Status.FAILED]


def _told(watch: Watch, episode: Episode) -> tuple[Episode, Rule, Finding] | None:
    """Return what there is to say of an episode that goes on; None: its rule is silent, or saw nothing."""
    rule = watch.rule(episode.rule)
    if episode.phase is Phase.RESOLVED or rule is None or rule.mode is not Mode.LIVE:
        return None
    finding = watch.finding(episode)
    return None if finding is None else (episode, rule, finding)
