"""From steps to notices: who is told what, in which words, as a new message or as a change of the old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from bot.core.episodes import Phase, Reason
from bot.core.verdicts import Mode, Scope
from bot.messages.context import Context
from bot.state.rows import Act, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from bot.core.episodes import Episode, Step
    from bot.core.verdicts import Finding, Rule, Value
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.state.rows import AccountView, Person
    from bot.watch import Watch

_NAMESPACE: Final = UUID("6f3c1c9e-6f0b-4f0e-9a55-0b6a5f1f8a11")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the notices of one night from what it found."""

    templates: Templates
    company: str
    accounts: Mapping[str, AccountView]
    people: Mapping[str, Person]
    sources: Mapping[str, Mapping[str, Value | date]]
    now: datetime

    def notices(self, steps: Iterable[Step], watch: Watch) -> tuple[Notice, ...]:
        """Return one notice for each step and destination; rules in shadow mode are silent."""
        return tuple(notice for step in steps if step.episode for notice in self._of(step, step.episode, watch))

    def _of(self, step: Step, episode: Episode, watch: Watch) -> Iterator[Notice]:
        rule = watch.rule(episode.rule)
        if rule.mode is Mode.SHADOW:
            return
        latest = watch.latest(episode)
        message = self._message(step, latest, watch.findings[episode.rule, episode.subject], rule)
        if message is None:
            return
        act = Act.UPDATE if latest.phase is Phase.RESOLVED else Act.POST
        for destination in dict.fromkeys(self._destination(to, episode.subject) for to in rule.to):
            yield Notice(
                # Named by what it says to whom: the same night judged twice makes the same notice.
                notice_id=str(uuid5(_NAMESPACE, f"{episode.episode_id}|{step.transition}|{destination}|{act}")),
                episode_id=episode.episode_id,
                transition=step.transition,
                destination=destination,
                act=act,
                kind=rule.kind,
                subject=episode.subject,
                message=message,
                created_at=self.now,
            )

    def _message(self, step: Step, episode: Episode, finding: Finding, rule: Rule) -> Message | None:
        """Write the message; None for an account that is no longer among the accounts."""
        if rule.scope is Scope.SOURCE:
            metrics = self.sources.get(episode.subject, {})
            context = Context.of_source(metrics, finding, episode, rule, _why_now(step, finding), self.company)
            return self.templates.alert(context)
        view = self.accounts.get(episode.subject)
        if view is None:
            return None
        context = Context.of(view, self.people, finding, episode, rule, _why_now(step, finding), self.company)
        return self.templates.alert(context)

    def _destination(self, to: str, subject: str) -> str:
        """Turn a rule's destination into that of a notice; an empty person is an account that has none."""
        view = self.accounts.get(subject)
        if to == "owner":
            return f"person:{(view.owner_id if view else None) or ''}"
        if to == "csm":
            return f"person:{(view.csm_id if view else None) or ''}"
        return to


def _why_now(step: Step, finding: Finding) -> str:
    """Say why it speaks now. A countdown goes on while missed days are made up for: it says what is left today."""
    if step.reason is Reason.COUNTED_DOWN and finding.countdown is not None:
        return f"{finding.countdown} day{'' if finding.countdown == 1 else 's'} left"
    return step.detail
