"""`why Acme near-limit`: whom it is asked about, and which rule; or what to say where that cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from bot.desk.typed import unquoted
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.messages.speech import Speech
    from bot.state.rows import AccountView

_NEAREST: Final = 5
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a question is about, and the rule that it names."""

    view: AccountView | None
    source: str
    """Where it is no account."""
    rule: str | None


def subject_of(
    text: str,
    find: Callable[[str], AccountView | None],
    sources: Sequence[str],
    rules: Sequence[str],
    speech: Speech = ENGLISH,
) -> Subject | Message | None:
    """Tell whom a text like `Blue Harbor near-limit` is about.

    The whole text goes first: an account may be named like a rule. Else the last word is the rule. A message says that
    there is no such rule; None: there is no such account or source.
    """
    if (whole := _found(text, find, sources, None)) is not None:
        return whole
    head, _, last = text.rpartition(" ")
    if not head or (found := _found(unquoted(head), find, sources, unquoted(last).lower())) is None:
        return None
    return found if found.rule in rules else no_rule(last, rules, speech)


def _found(
    text: str, find: Callable[[str], AccountView | None], sources: Sequence[str], rule: str | None
) -> Subject | None:
    if (view := find(text)) is not None:
        return Subject(view, "", rule)
    source = next((name for name in sources if name.lower() == text.lower()), None)
    return Subject(None, source, rule) if source is not None else None


def no_rule(name: str, rules: Sequence[str], speech: Speech = ENGLISH) -> Message:
    """Say that no rule has this name, and which come near."""
    near = get_close_matches(name.lower(), rules, _NEAREST, cutoff=0.5) or sorted(rules)[:_NEAREST]
    asked = mrkdwn(short(name, _SHOWN)) or mrkdwn(speech.t("nothing"))
    listed = "\n".join(f"• {mrkdwn(rule)}" for rule in near)
    hint = f" {speech.t('Did you mean one of these?')}\n{listed}" if near else ""
    summary = speech.t("There is no rule “{name}”.", name=asked)
    return speech.write(Message("answer", summary, (Headline(speech.t("No such rule")), Text(f"{summary}{hint}"))))


def without_rule(asked: str, rules: Sequence[str]) -> str:
    """Return the part of a question that was meant for an account: what comes near it is looked for."""
    head, _, last = asked.rpartition(" ")
    return head if head and last.lower() in rules else asked
