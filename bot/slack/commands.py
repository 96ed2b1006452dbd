"""The slash command: what is asked for, and the answer from the state store alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from bot.messages.message import Headline, Message, Note, Text
from bot.slack.whys import Whys, asked_why, subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.state.rows import AccountView

_LINK: Final = re.compile(r"<(?:(?:https?://|mailto:)([^|>]+)|[#@!]?([^|>]+))(?:\|([^>]*))?>")
_QUOTES: Final = "\"'`“”„‘’«»"
_LONGEST: Final = 200
_HELP: Final = frozenset({"", "help", "?", "-h", "--help"})


class Accounts(Protocol):
    """The accounts of the state store."""

    def find_account(self, text: str) -> AccountView | None:
        """Find the account that this name, id or domain means; None where none or several could be meant."""

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        """Return the nearest accounts, id and name, nearest first; none only where the store holds no account."""


class Wording(Whys, Protocol):
    """How answers are worded."""

    def answer(self, view: AccountView) -> Message:
        """Say where an account stands."""

    def not_found(self, text: str, suggestions: Sequence[tuple[str, str]]) -> Message:
        """Say that no account has this name, and which come near."""


def asked_for(text: str) -> str:
    """Return the name of the account as it was typed.

    Slack hands on `acme.com` as `<http://acme.com|acme.com>` and `R&D` as `R&amp;D`; keyboards curl quotes.
    """
    text = _LINK.sub(lambda found: found[3] or (found[1] or found[2]).rstrip("/"), text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return " ".join(text.split()).strip(_QUOTES).strip()[:_LONGEST]


def reply(text: str, command: str, accounts: Accounts, wording: Wording) -> Message:
    """Answer what somebody typed after the command."""
    wanted = asked_for(text)
    if wanted.lower() in _HELP:
        return help_message(command)
    # First of all: an account may be called `Why Not`.
    if (view := accounts.find_account(wanted)) is not None:
        return wording.answer(view)
    if (asked := asked_why(wanted)) is not None:
        return _why(asked, command, accounts, wording)
    return _unknown(wanted, accounts, wording)


def _why(asked: str, command: str, accounts: Accounts, wording: Wording) -> Message:
    if not asked:
        return help_message(command)
    found = subject_of(asked, accounts.find_account, wording.sources(), wording.rules())
    if found is None:
        return _unknown(_without_rule(asked, wording.rules()), accounts, wording)
    if isinstance(found, Message):
        return found
    if found.view is None:
        return wording.why_source(found.source, found.rule)
    return wording.why(found.view, found.rule)


def _without_rule(asked: str, rules: Sequence[str]) -> str:
    """Return the part of a question that was meant for an account: what comes near it is looked for."""
    head, _, last = asked.rpartition(" ")
    return head if head and last.lower() in rules else asked


def _unknown(wanted: str, accounts: Accounts, wording: Wording) -> Message:
    suggestions = accounts.suggest(wanted)
    return wording.not_found(wanted, suggestions) if suggestions else nothing_yet()


def help_message(command: str) -> Message:
    """Say what the command can do: fits on one screen."""
    return Message(
        kind="answer",
        summary=f"{command} <account> shows where an account stands".replace("<", "&lt;").replace(">", "&gt;"),
        blocks=(
            Headline("Where does an account stand?"),
            Text(
                f"`{command} Acme`  by name; the nearest names where it is not exact\n"
                f"`{command} acme.com`  by domain\n"
                f"`{command} 0015g00000XyZ12`  by its id in the CRM\n"
                f"`{command} why Acme`  why each rule speaks of it, or what keeps it silent\n"
                f"`{command} why Acme near-limit`  everything that one rule looks at\n"
                f"`{command} help`  this page"
            ),
            Text("The answer shows what is contracted and what is used, and the day that it is true of."),
            Note(("Only you can see the answer.",)),
            Note(("*Claim* under an alert tells everybody that you have taken it on.",)),
        ),
    )


def nothing_yet() -> Message:
    """Say that no account has been read yet."""
    return Message(
        kind="answer",
        summary="No accounts have been read yet",
        blocks=(
            Headline("No accounts have been read yet"),
            Text("Headroom has not finished its first reading of contracts and usage. Ask again after the next run."),
        ),
    )
