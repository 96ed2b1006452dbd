"""Which account somebody means, among those that they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bot.desk.asking import Answer
from bot.messages.choices import RUN
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.message import Buttons, Headline, Menu, Message, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.desk.asking import Asker, Question
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView

_LOOKED_THROUGH: Final = 25
_OFFERED: Final = 5
_ASKED_MOST: Final = 200
_LABEL_MOST: Final = 70


class Accounts(Protocol):
    """The accounts of the state store."""

    def could_mean(self, text: str) -> Sequence[tuple[int, AccountView]]:
        """Return every account that a text could mean, with the rank of what fits of it: best first."""

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        """Return the nearest accounts, id and name, nearest first; none only where the store holds no account."""

    def account(self, account_id: str) -> AccountView | None:
        """Return the account of exactly this id."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds accounts by what people type."""

    accounts: Accounts

    def exactly(self, text: str, asker: Asker) -> AccountView | None:
        """Return the one account that is meant among those that the asker may see; the others are as if not there."""
        found = self.accounts.could_mean(text)
        if not found:
            return None
        readable = asker.sight.readable([view.account_id for _, view in found])
        seen = [(rank, view) for rank, view in found if view.account_id in readable]
        best = [view for rank, view in seen if rank == seen[0][0]]
        return best[0] if len(best) == 1 else None

    def instead(self, text: str, question: Question, words: str = "") -> Answer:
        """Answer where no account is meant for certain: the nearest to choose from, of those that may be seen.

        `words` are what the choice is asked with: `why ` and an id, say; nothing asks for the account itself.
        """
        suggestions = self.accounts.suggest(text, _LOOKED_THROUGH)
        if not suggestions:
            return Answer(nothing_yet(question.asker.speech), {"account": None}, found=False)
        readable = question.asker.sight.readable([account_id for account_id, _ in suggestions])
        near = [one for one in suggestions if one[0] in readable][:_OFFERED]
        message = not_found(text, self._told_apart(near), words, question.asker.speech)
        return Answer(message, {"account": None, "suggestions": [name for _, name in near]}, found=False)

    def _told_apart(self, near: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Add the domain to each name that stands there twice."""
        names = [name for _, name in near]
        return [
            (account_id, self._with_domain(account_id, name) if names.count(name) > 1 else name)
            for account_id, name in near
        ]

    def _with_domain(self, account_id: str, name: str) -> str:
        view = self.accounts.account(account_id)
        return f"{name} ({(view.domain if view else None) or account_id})"


def not_found(text: str, near: Sequence[tuple[str, str]], words: str, speech: Speech) -> Message:
    """Say that no account is meant for certain, and offer the nearest: id and name of each."""
    asked = mrkdwn(short(text, _ASKED_MOST)) or speech.t("nothing")
    summary = speech.t("There is no one account like “{asked}”.", asked=asked)
    if not near:
        hint = speech.t("Try a part of its name, or its domain.")
        return Message("answer", summary, (Headline(speech.t("No such account")), Text(f"{summary} {hint}")))
    listed = "\n".join(f"• {mrkdwn(short(name, _ASKED_MOST))}" for _, name in near)
    hint = speech.t("Did you mean one of these?")
    choices = tuple((short(plain(name), _LABEL_MOST), f"{words}{account_id}") for account_id, name in near)
    return Message(
        "answer",
        summary,
        (
            Headline(speech.t("Which account?")),
            Text(f"{summary} {hint}\n{listed}"),
            Buttons((), Menu(speech.t("Choose an account"), RUN, choices)),
        ),
    )


def nothing_yet(speech: Speech) -> Message:
    """Say that no account has been read yet."""
    title = speech.t("No accounts have been read yet")
    told = speech.t("Headroom has not finished its first reading of contracts and usage. Ask again after the next run.")
    return Message("answer", title, (Headline(title), Text(told)))
