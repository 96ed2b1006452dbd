"""From steps to notices: who is told what, in which words, as a new message or as a change of the old one.

News goes to the destinations of the rule, as they are tonight: to the owner that the account has now. The end of an
episode goes to where its messages stand, whoever the owner is by then; each of them is changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.episodes import Phase, Reason
from bot.core.verdicts import Mode, Scope
from bot.errors import TemplateError
from bot.messages.context import Context
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Button, Buttons, Headline, Message, Note, Text
from bot.messages.revise import CLAIM, HEADLINE_MOST, claimed, resolved
from bot.state.keys import notice_id
from bot.state.rows import Act, Notice, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.episodes import Episode, Step
    from bot.core.verdicts import Finding, Rule, Value
    from bot.messages.render import Templates
    from bot.state.rows import AccountView, Delivery, Person
    from bot.watch import Watch

_log = structlog.get_logger(__name__)

_PLAIN: Final = "This card is plain: its template could not be rendered. Whoever runs Headroom finds why in its log."


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
    problems: list[str] = field(default_factory=list)
    """Templates that could not be rendered: what they were for was said plainly instead."""

    def notices(self, steps: Iterable[Step], watch: Watch) -> tuple[Notice, ...]:
        """Return the notices of each step; rules in shadow mode say nothing new."""
        return tuple(notice for step in steps if step.episode for notice in self._of(step, step.episode, watch))

    def _of(self, step: Step, episode: Episode, watch: Watch) -> Iterator[Notice]:
        latest, rule = watch.latest(episode), watch.rule(episode.rule)
        if latest.phase is Phase.RESOLVED:
            yield from self._ends(step, latest, watch)
        elif rule is not None and rule.mode is Mode.LIVE and (finding := watch.finding(episode)) is not None:
            yield from self._news(step, latest, rule, finding)

    def _news(self, step: Step, episode: Episode, rule: Rule, finding: Finding) -> Iterator[Notice]:
        message = self._rendered(step, episode, rule, finding) or self._plainly(step, episode, rule)
        for destination in dict.fromkeys(self._destination(to, episode.subject) for to in rule.to):
            yield Notice(
                # Named by what it says to whom: the same night judged twice makes the same notice.
                notice_id=notice_id(episode.episode_id, step.transition, destination, Act.POST),
                episode_id=episode.episode_id,
                transition=step.transition,
                destination=destination,
                act=Act.POST,
                kind=rule.kind,
                subject=episode.subject,
                message=message,
                created_at=self.now,
            )

    def _ends(self, step: Step, episode: Episode, watch: Watch) -> Iterator[Notice]:
        """Change every message of the episode: the newest of each destination anew, the older ones as they stand."""
        rule, finding = watch.rule(episode.rule), watch.finding(episode)
        fresh = self._rendered(step, episode, rule, finding) if rule is not None and finding is not None else None
        seen: set[str] = set()
        for post in self._posts(episode):
            newest = post.destination not in seen
            seen.add(post.destination)
            transition = step.transition if newest else f"{step.transition}:{post.transition}"
            yield Notice(
                notice_id=notice_id(episode.episode_id, transition, post.destination, Act.UPDATE),
                episode_id=episode.episode_id,
                transition=transition,
                destination=post.destination,
                act=Act.UPDATE,
                kind=post.kind,
                subject=post.subject,
                message=fresh if fresh is not None and newest else _marked(post.message, episode, step.detail),
                created_at=self.now,
                post_id=post.notice_id,
            )

    def _posts(self, episode: Episode) -> list[Notice]:
        """Return the messages of an episode that stand or will stand somewhere, newest first."""
        told = [item for item in self.told(episode.episode_id) if item.notice.act is Act.POST]
        return [item.notice for item in reversed(told) if item.status is not Status.FAILED]

    def _rendered(self, step: Step, episode: Episode, rule: Rule, finding: Finding) -> Message | None:
        """Write the message; None for a subject that is gone, and where the template cannot be rendered."""
        context = self._context(step, episode, rule, finding)
        if context is None:
            return None
        try:
            return self.templates.alert(context)
        except TemplateError as error:
            # One card that cannot be written must not take the whole night's news with it.
            _log.error("template failed", template=rule.template, subject=episode.subject, problem=str(error))
            self.problems.append(f"{self._name(episode.subject)}: {error}")
            return None

    def _context(self, step: Step, episode: Episode, rule: Rule, finding: Finding) -> Context | None:
        why = _why_now(step, finding)
        if rule.scope is Scope.SOURCE:
            metrics = self.sources.get(episode.subject, {})
            return Context.of_source(metrics, finding, episode, rule, why, self.company)
        view = self.accounts.get(episode.subject)
        return Context.of(view, self.people, finding, episode, rule, why, self.company) if view is not None else None

    def _plainly(self, step: Step, episode: Episode, rule: Rule) -> Message:
        title = f"{self._name(episode.subject)}: {rule.name}"
        text = f"{title}, {episode.severity} severity, {step.detail}"
        button = Button("Claim", CLAIM, episode.episode_id, style="primary")
        blocks = (Headline(short(title, HEADLINE_MOST)), Text(mrkdwn(short(text, 500))), Buttons((button,)))
        return Message(rule.kind, mrkdwn(short(text, 500)), (*blocks, Note((_PLAIN,))))

    def _name(self, subject: str) -> str:
        view = self.accounts.get(subject)
        return view.name if view is not None else subject

    def _destination(self, to: str, subject: str) -> str:
        """Turn a rule's destination into that of a notice; an empty person is an account that has none."""
        view = self.accounts.get(subject)
        if to == "owner":
            return f"person:{(view.owner_id if view else None) or ''}"
        if to == "csm":
            return f"person:{(view.csm_id if view else None) or ''}"
        return to


def _marked(message: Message, episode: Episode, reason: str) -> Message:
    """Say in a message as it stands that it is over, and who had taken it on."""
    if episode.claimed_by:
        message = claimed(message, episode.claimed_by, episode.claimed_at)
    return resolved(message, episode.resolved_at, reason) if episode.resolved_at is not None else message


def _why_now(step: Step, finding: Finding) -> str:
    """Say why it speaks now. A countdown goes on while missed days are made up for: it says what is left today."""
    if step.reason is Reason.COUNTED_DOWN and finding.countdown is not None:
        return f"{finding.countdown} day{'' if finding.countdown == 1 else 's'} left"
    return step.detail
