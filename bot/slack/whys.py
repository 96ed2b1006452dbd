"""`why Acme near-limit`: whom it is asked about, and which rule; or what to say where that cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Protocol

from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.state.rows import AccountView

WHY: Final = "why"
"""The word that asks for reasons."""

_QUOTES: Final = "\"'`“”„‘’«» "
_NEAREST: Final = 5
_SHOWN: Final = 80


class Whys(Protocol):
    """What answers why."""

    def rules(self) -> Sequence[str]:
        """Return the names of all rules."""

    def sources(self) -> Sequence[str]:
        """Return what can be asked about beside accounts: the names of all sources, and the fleet."""

    def why(self, view: AccountView, rule: str | None) -> Message:
        """Say why the rules speak of an account or do not; everything about one of them where it is named."""

    def why_source(self, name: str, rule: str | None) -> Message:
        """Say the same of a source, or of the fleet."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a question is about, and the rule that it names."""

    view: AccountView | None
    source: str
    """Where it is no account."""
    rule: str | None


def asked_why(wanted: str) -> str | None:
    """Return what follows the word `why`; None where the text does not begin with it."""
    first, _, rest = wanted.partition(" ")
    return rest.strip(_QUOTES) if first.lower() == WHY else None


def subject_of(
    text: str, find: Callable[[str], AccountView | None], sources: Sequence[str], rules: Sequence[str]
) -> Subject | Message | None:
    """Tell whom a text like `Blue Harbor near-limit` is about.

    The whole text goes first: an account may be named like a rule. Else the last word is the rule. A message says that
    there is no such rule; None: there is no such account or source.
    """
    if (whole := _found(text, find, sources, None)) is not None:
        return whole
    head, _, last = text.rpartition(" ")
    if not head or (found := _found(head.strip(_QUOTES), find, sources, last.strip(_QUOTES).lower())) is None:
        return None
    return found if found.rule in rules else no_rule(last, rules)


def _found(
    text: str, find: Callable[[str], AccountView | None], sources: Sequence[str], rule: str | None
) -> Subject | None:
    if (view := find(text)) is not None:
        return Subject(view, "", rule)
    source = next((name for name in sources if name.lower() == text.lower()), None)
    return Subject(None, source, rule) if source is not None else None


def no_rule(name: str, rules: Sequence[str]) -> Message:
    """Say that no rule has this name, and which come near."""
    near = get_close_matches(name.lower(), rules, _NEAREST, cutoff=0.5) or sorted(rules)[:_NEAREST]
    asked = mrkdwn(short(name, _SHOWN)) or "this"
    listed = "\n".join(f"• {mrkdwn(rule)}" for rule in near)
    hint = f" Did you mean one of these?\n{listed}" if near else ""
    summary = f"There is no rule “{asked}”."
    return Message("answer", summary, (Headline("No such rule"), Text(f"{summary}{hint}")))
