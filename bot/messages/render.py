"""Messages from templates: Jinja writes the texts, code makes the blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.core.metrics import METRICS
from bot.core.verdicts import Scope
from bot.errors import TemplateError
from bot.messages import compose, digest, evidence, words
from bot.messages.blocks import to_blocks
from bot.messages.context import Account, Context
from bot.messages.escape import Line, Safe, mrkdwn
from bot.messages.limits import OWN_TEXT_MOST, UPDATE_TEXT_MOST, as_slack_says, validate
from bot.messages.message import Block, Headline, Message, Text
from bot.messages.revise import claimed, resolved, revised
from bot.messages.split import cut
from bot.messages.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from bot.core.episodes import Episode
    from bot.core.verdicts import Value
    from bot.messages.digest import Entry
    from bot.state.rows import AccountView, Person

__all__ = ["Account", "Context", "Templates", "claimed", "not_found", "resolved", "revised"]

_SUMMARY_MOST: Final = 600
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

    def alert(self, context: Context) -> Message:
        """Write the message of an episode in the state it is in: firing, claimed or resolved.

        Raises TemplateError where the template cannot be rendered or Slack would refuse the result.
        """
        title, body, fallback = self._rendered(context.rule.template, _variables(context))
        shape = compose.SHAPES[context.rule.scope]
        blocks: tuple[Block, ...] = (Headline(title), Text(body), *shape(context))
        message = _with_state(Message(context.rule.kind, fallback, blocks), context)
        return _checked(message, context.rule.template)

    def answer(
        self,
        view: AccountView,
        people: Mapping[str, Person],
        episodes: Sequence[Episode] = (),
        company: str = "",
    ) -> Message:
        """Write the answer to somebody who asked for an account; `episodes` are its open ones.

        Raises TemplateError as `alert` does.
        """
        account = Account.of(view, people)
        shared = _shared(account, Scope.ACCOUNT, view.metrics, view.as_of, company)
        title, body, fallback = self._rendered("account", {**shared, "lines": view.lines})
        blocks = (Headline(title), Text(body), *compose.account_answer(account, view, episodes))
        return _checked(Message("answer", fallback, tuple(blocks)), "account")

    def digest(self, entries: Sequence[Entry], reason: str, day: date, company: str, command: str) -> Message:
        """Write the alerts of a person's day that are not said by themselves, in the order given; at least one.

        `reason`: why not. `command`: the slash command. Raises TemplateError as `alert` does.
        """
        variables = {**_shared(None, Scope.ACCOUNT, {}, day, company), "lines": entries, "reason": reason}
        title, body, fallback = self._rendered(digest.KIND, variables)
        blocks = (Headline(title), Text(body), *digest.entries_blocks(entries, command))
        return _checked(Message(digest.KIND, fallback, blocks), digest.KIND)

    def _rendered(self, name: str, variables: Mapping[str, object]) -> tuple[str, str, str]:
        title = compose.headline(self._texts.text(name, "title", variables))
        known = {**variables, "title": Line(title)}
        summary = cut(" ".join(self._texts.text(name, "fallback", known).split()), _SUMMARY_MOST)
        return title, _tidy(self._texts.text(name, "body", known)), summary


def _tidy(text: str) -> str:
    """Drop the blank ends of lines and all but one empty line in a row, which conditions leave behind."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _GAPS.sub("\n\n", lines).strip()


def not_found(text: str, suggestions: Sequence[str]) -> Message:
    """Answer for an account that nobody knows, with the names that come nearest."""
    asked = mrkdwn(text) or Safe("nothing")
    near = "\n".join(f"• {mrkdwn(name)}" for name in suggestions)
    hint = f"Did you mean one of these?\n{near}" if near else "Try a part of its name, or its domain."
    blocks = (Headline("No such account"), Text(f"There is no account like “{cut(asked, 200)}”. {hint}"))
    return Message("answer", f"There is no account like “{cut(asked, 200)}”.", blocks)


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
        "finding": None,
        "episode": None,
        "rule": None,
        "lead": None,
        "lead_label": "",
        "lead_value": "",
    }


def _variables(context: Context) -> dict[str, object]:
    scope, currency = context.rule.scope, context.m.get("currency")
    name = evidence.lead(context.finding, scope)
    return {
        **_shared(context.account, scope, context.m, context.as_of, context.company),
        "lines": context.lines,
        "finding": context.finding,
        "episode": context.episode,
        "rule": context.rule,
        "reason": context.reason,
        "state": _state(context.episode),
        "lead": name,
        "lead_label": words.running(words.label(name, scope)) if name else "",
        "lead_value": words.show(context.m.get(name), name, scope, currency) if name else "",
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
