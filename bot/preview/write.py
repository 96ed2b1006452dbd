"""A template on a subject, as the message that people would get; with what is wrong about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.errors import TemplateError
from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, as_slack_says, validate
from bot.preview.together import TOGETHER

if TYPE_CHECKING:
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.preview.subject import Subject

_ANSWER: Final = "account"


@dataclass(frozen=True, slots=True)
class Shown:
    """One case of a template."""

    case: str
    messages: tuple[Message, ...]
    """The message, and what stands in its thread where it is too long for one; none where it cannot be written."""
    problems: tuple[str, ...] = ()


def shown(case: str, subject: Subject, templates: Templates, speech: Speech) -> Shown:
    """Write a case, or say why that cannot be done."""
    try:
        messages = write(subject, templates, speech)
    except TemplateError as error:
        return Shown(case, (), tuple(str(error).splitlines()))
    refused = (as_slack_says(validate(to_blocks(one), text_most=OWN_TEXT_MOST)) for one in messages)
    return Shown(case, messages, tuple(problem for problems in refused for problem in problems))


def write(subject: Subject, templates: Templates, speech: Speech) -> tuple[Message, ...]:
    """Write a message about a subject, and its thread. Raises TemplateError where its template cannot be rendered."""
    if subject.template == _ANSWER:
        opened = [] if subject.phase is Phase.RESOLVED else [subject.episode()]
        return (templates.answer(subject.view(), subject.people(), opened, subject.company, speech),)
    if subject.template in TOGETHER:
        return TOGETHER[subject.template](subject, templates, speech)
    return templates.alerts(subject.context(), speech)
