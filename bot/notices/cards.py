"""What an alert looks like: rendered from its template, or plainly where that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from bot.core.episodes import Reason
from bot.core.verdicts import Scope
from bot.errors import TemplateError
from bot.messages import phrases
from bot.messages.context import Context
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Button, Buttons, Headline, Message, Note, Text
from bot.messages.placing import meant_for as marked
from bot.messages.placing import meant_note, under_headline
from bot.messages.revise import CLAIM, HEADLINE_MOST, with_task
from bot.messages.speech import ENGLISH, msg, speech_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.core.episodes import Episode, Step
    from bot.core.verdicts import Finding, Rule, Value
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Person

_log = structlog.get_logger(__name__)

_PLAIN: Final = msg(
    "This card is plain: its template could not be rendered. Whoever runs Headroom finds why in its log."
)

_MISSING: Final = {
    "CSM": msg("Meant for the account's CSM, but the CRM names none"),
    "owner's manager": msg("Meant for the manager of the account's owner, but the CRM names none"),
}
"""By the role in whose place somebody is told, as `bot.core.addressing` calls it."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Writes the message of a step from what the night found."""

    templates: Templates
    company: str
    accounts: Mapping[str, AccountView]
    people: Mapping[str, Person]
    sources: Mapping[str, Mapping[str, Value | date]]
    problems: list[str] = field(default_factory=list)
    """Templates that could not be rendered."""
    fleet: Mapping[str, Value | date] = field(default_factory=dict)
    tasks: bool = False
    """Whether a task can be made of an alert about an account."""

    def rendered(
        self, step: Step, episode: Episode, rule: Rule, finding: Finding, speech: Speech = ENGLISH
    ) -> Message | None:
        """Write the message for a reader; None for a subject that is gone, and where its template fails."""
        written = self.written(step, episode, rule, finding, speech)
        return written[0] if written else None

    def written(
        self, step: Step, episode: Episode, rule: Rule, finding: Finding, speech: Speech = ENGLISH
    ) -> tuple[Message, ...]:
        """Write the message and those that stand in its thread; none where `rendered` has none."""
        context = self._context(step, episode, rule, finding)
        if context is None:
            return ()
        try:
            alert, *rest = self.templates.alerts(context, speech)
        except TemplateError as error:
            # One card that cannot be written must not take the whole night's news with it.
            _log.error("template failed", template=rule.template, subject=episode.subject, problem=str(error))
            self.problems.append(f"{self.name(episode.subject)}: {error}")
            return ()
        tasks = self.tasks and rule.scope is Scope.ACCOUNT
        return (with_task(alert, episode.episode_id) if tasks else alert, *rest)

    def _context(self, step: Step, episode: Episode, rule: Rule, finding: Finding) -> Context | None:
        why = _why_now(step, finding)
        if rule.scope is not Scope.ACCOUNT:
            metrics = self.fleet if rule.scope is Scope.FLEET else self.sources.get(episode.subject, {})
            return Context.of_source(metrics, finding, episode, rule, why, self.company)
        view = self.accounts.get(episode.subject)
        return Context.of(view, self.people, finding, episode, rule, why, self.company) if view is not None else None

    def plainly(self, step: Step, episode: Episode, rule: Rule, speech: Speech = ENGLISH) -> Message:
        """Write the message without its template."""
        return plain_card(self.name(episode.subject), episode, rule, step.detail, speech)

    def name(self, subject: str) -> str:
        """Return what people call a subject."""
        view = self.accounts.get(subject)
        return view.name if view is not None else subject


def plain_card(name: str, episode: Episode, rule: Rule, detail: str, speech: Speech = ENGLISH) -> Message:
    """Write an alert without a template."""
    title = f"{name}: {rule.name}"
    severity = speech.t("{severity} severity", severity=phrases.word(episode.severity, speech))
    text = mrkdwn(short(f"{title}, {severity}, {phrases.said(detail, speech)}", 500))
    button = Button(speech.t("Claim"), CLAIM, episode.episode_id, style="primary")
    note = Note((speech.t(_PLAIN),))
    blocks = (Headline(short(title, HEADLINE_MOST)), Text(text), Buttons((button,)), note)
    return speech.write(Message(rule.kind, text, blocks))


def meant_for(message: Message, role: str | None) -> Message:
    """Say in whose place somebody is told: a role that the CRM names nobody for."""
    if role is None:
        return message
    speech = speech_of(message)
    return marked(message, speech.t(_MISSING[role]), speech.t("you stand in"))


def as_meant_for(message: Message, before: Message) -> Message:
    """Say whom a message was meant for as the one said that it replaces."""
    note = meant_note(before)
    return message if note is None else under_headline(message, note)


def _why_now(step: Step, finding: Finding) -> str:
    """Say why it speaks now. A countdown goes on while missed days are made up for: it says what is left today."""
    if step.reason is Reason.COUNTED_DOWN and finding.countdown is not None:
        return f"{finding.countdown} day{'' if finding.countdown == 1 else 's'} left"
    return step.detail
