"""`account Acme`: where an account stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.desk.asking import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.desk.asking import Question
    from bot.desk.lookup import Lookup
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView


@dataclass(frozen=True, slots=True)
class AccountCommand:
    """Shows an account: by name, id or domain."""

    lookup: Lookup
    say: Callable[[AccountView, Speech], Message]
    name: str = "account"
    usage: str = "account <name, id or domain>"
    purpose: str = "where an account stands; the word itself may be left out"

    def answer(self, question: Question) -> Answer:
        """Show the account, or the nearest ones to choose from."""
        view = self.lookup.exactly(question.text, question.asker)
        if view is None:
            return self.lookup.instead(question.text, question, f"{self.name} ")
        data = {"account": view.name, "account_id": view.account_id, "as_of": str(view.as_of)}
        return Answer(self.say(view, question.asker.speech), data)
