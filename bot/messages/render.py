"""Messages from templates: Jinja writes the texts, code makes the blocks."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.core.metrics import METRICS
from bot.core.verdicts import Scope
from bot.errors import TemplateError
from bot.messages import compose, digest, evidence, phrases
from bot.messages.blocks import to_blocks
from bot.messages.context import Account, Context
from bot.messages.escape import Line, Safe, mrkdwn
from bot.messages.limits import OWN_TEXT_MOST, UPDATE_TEXT_MOST, as_slack_says, validate
from bot.messages.message import Block, Headline, Message, Text
from bot.messages.overflow import spread
from bot.messages.revise import claimed, resolved, revised
from bot.messages.speech import ENGLISH
from bot.messages.split import cut
from bot.messages.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.core.episodes import Episode
    from bot.core.verdicts import Value
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Person

__all__ = ["Account", "Context", "Templates", "claimed", "not_found", "resolved", "revised"]

_SUMMARY_MOST: Final = 600
_MESSAGES_MOST: Final = 8
"""Who has to read more of one alert reads none of it."""
_GAPS: Final = re.compile(r"\n{3,}")


class Templates:
    """The messages of this product, from the templates in `folders`: a user's folder before the shipped one.

    Raises TemplateError with every fault of every template, each with file and line.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._texts = Texts(folders)

    def names(self) -> tuple[str, ...]:
        """Name every template there is."""
        return self._texts.names()

    def alert(self, context: Context, speech: Speech = ENGLISH) -> Message:
        """Write the message of an episode in the state it is in, for a reader: firing, claimed or resolved.

        What of a long one does not fit is left to `alerts`. Raises TemplateError where the template cannot be rendered
        or Slack would refuse the result.
        """
        return self.alerts(context, speech)[0]

    def alerts(self, context: Context, speech: Speech = ENGLISH) -> tuple[Message, ...]:
        """Write what `alert` does, and the messages that stand in its thread because it is too long for one.

        Raises TemplateError as `alert` does, and where even that is too much.
        """
        name = context.rule.template
        title, body, fallback = self._rendered(name, _variables(context, speech), speech)
        shape = compose.SHAPES[context.rule.scope]
        blocks: tuple[Block, ...] = (Headline(title), Text(body), *shape(context, speech))
        whole = _with_state(speech.write(Message(context.rule.kind, fallback, blocks)), context)
        messages = spread(whole)
        if len(messages) > _MESSAGES_MOST:
            raise TemplateError(f"template '{name}' says too much: more than {_MESSAGES_MOST} messages in a row")
        return tuple(_checked(message, name) for message in messages)

    def answer(
        self,
        view: AccountView,
        people: Mapping[str, Person],
        episodes: Sequence[Episode] = (),
        company: str = "",
        speech: Speech = ENGLISH,
    ) -> Message:
        """Write the answer to somebody who asked for an account; `episodes` are its open ones.

        Raises TemplateError as `alert` does.
        """
        account = Account.of(view, people)
        shared = _shared(account, Scope.ACCOUNT, view.metrics, view.as_of, company)
        title, body, fallback = self._rendered("account", {**shared, "lines": view.lines}, speech)
        blocks = (Headline(title), Text(body), *compose.account_answer(account, view, episodes, speech))
        return _checked(speech.write(Message("answer", fallback, tuple(blocks))), "account")

    def composed(
        self, name: str, given: Mapping[str, object], blocks: Sequence[Block], speech: Speech = ENGLISH
    ) -> Message:
        """Write what is told together: title and first sentence from a template, the rest as it was laid out.

        `given`: variables of the template, `as_of` and `company` among them. Raises TemplateError as `alert` does.
        """
        as_of, company = given["as_of"], given["company"]
        assert isinstance(as_of, date), "the day that it is true of"
        shared = _shared(None, Scope.ACCOUNT, {}, as_of, str(company))
        title, body, fallback = self._rendered(name, {**shared, **given}, speech)
        message = Message(digest.KIND, fallback, (Headline(title), Text(body), *blocks))
        return _checked(speech.write(message), name)

    def _rendered(self, name: str, variables: Mapping[str, object], speech: Speech) -> tuple[str, str, str]:
        title = compose.headline(self._texts.text(name, "title", variables, speech), speech)
        known = {**variables, "title": Line(title)}
        summary = cut(" ".join(self._texts.text(name, "fallback", known, speech).split()), _SUMMARY_MOST)
        return title, _tidy(self._texts.text(name, "body", known, speech)), summary


def _tidy(text: str) -> str:
    """Drop the blank ends of lines and all but one empty line in a row, which conditions leave behind."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _GAPS.sub("\n\n", lines).strip()


def not_found(text: str, suggestions: Sequence[str], speech: Speech = ENGLISH) -> Message:
    """Answer for an account that nobody knows, with the names that come nearest."""
    asked = cut(mrkdwn(text) or Safe(speech.t("nothing")), 200)
    near = "\n".join(f"• {mrkdwn(name)}" for name in suggestions)
    if near:
        hint = f"{speech.t('Did you mean one of these?')}\n{near}"
    else:
        hint = speech.t("Try a part of its name, or its domain.")
    none = speech.t("There is no account like “{name}”.", name=asked)
    return speech.write(Message("answer", none, (Headline(speech.t("No such account")), Text(f"{none} {hint}"))))


def _shared(
    account: Account | None, scope: Scope, metrics: Mapping[str, Value | date], as_of: date, company: str
) -> dict[str, object]:
    return {
        "account": account,
        # A metric that nobody measured is unknown; a name that is in no catalogue stays an error.
        "m": {**dict.fromkeys(METRICS[scope]), **metrics},
        "as_of": as_of,
        "company": company,
        "currency": metrics.get("currency"),
        "scope": scope,
        "state": "firing",
        "reason": "",
        "lines": (),
        "changes": (),
        "finding": None,
        "episode": None,
        "rule": None,
        "lead": None,
        "lead_label": "",
        "lead_value": "",
    }


def _variables(context: Context, speech: Speech) -> dict[str, object]:
    scope, currency = context.rule.scope, context.m.get("currency")
    name = evidence.lead(context.finding, scope)
    return {
        **_shared(context.account, scope, context.m, context.as_of, context.company),
        "lines": context.lines,
        "finding": context.finding,
        "episode": context.episode,
        "rule": context.rule,
        "reason": phrases.said(context.reason, speech),
        "state": _state(context.episode),
        "lead": name,
        "lead_label": speech.running(speech.label(name, scope)) if name else "",
        "lead_value": speech.show(context.m.get(name), name, scope, currency) if name else "",
    }


def _state(episode: Episode) -> str:
    return str(episode.phase) if episode.phase in {Phase.CLAIMED, Phase.RESOLVED} else "firing"


def _with_state(message: Message, context: Context) -> Message:
    return revised(message, context.episode, context.reason)


def _checked(message: Message, template: str) -> Message:
    errors = as_slack_says(validate(to_blocks(message), text_most=OWN_TEXT_MOST))
    if len(message.summary) > UPDATE_TEXT_MOST:
        errors.append(f"the fallback has more than {UPDATE_TEXT_MOST} characters")
    if errors:
        raise TemplateError(f"template '{template}' makes a message that Slack would refuse: {'; '.join(errors)}")
    return message
