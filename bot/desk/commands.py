"""All words that can be typed, and which of them is meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.desk.asking import Answer, ClosedError
from bot.desk.helping import help_message
from bot.desk.typed import first_word, typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.desk.account import AccountCommand
    from bot.desk.asking import Command, Question

SHARE: Final = "share"
"""As the last word: everybody in the channel is to see the answer."""
_HELP: Final = frozenset({"", "help", "?", "-h", "--help"})


@dataclass(frozen=True, slots=True)
class Commands:
    """Finds who answers a question; what begins with no command's word is an account."""

    account: AccountCommand
    others: Sequence[Command]

    def all(self) -> tuple[Command, ...]:
        """Return every command, in the order of the help."""
        return (self.account, *self.others)

    def answer(self, question: Question) -> Answer:
        """Answer what somebody typed after the command. MustAskError and ClosedError go to the caller."""
        if question.asker.closed:
            # What names no customer is no business of guests and other companies either: sources, runs, rules.
            raise ClosedError(question.asker.closed)
        answer = self._shared(typed(question.text), question)
        return replace(answer, message=question.asker.speech.write(answer.message))

    def _shared(self, text: str, question: Question) -> Answer:
        if text.lower() in _HELP:
            return self._help(question)
        head, _, last = text.rpartition(" ")
        # An account may be called `Fair Share`: whose whole name it is goes first.
        if head and last.lower() == SHARE and self.account.lookup.exactly(text, question.asker) is None:
            return replace(self._answered(head, question), share=True)
        return self._answered(text, question)

    def _answered(self, text: str, question: Question) -> Answer:
        word, rest = first_word(text)
        command = next((one for one in self.all() if one.name == word), None)
        if command is None or self._is_account(text, rest, question):
            return self.account.answer(replace(question, text=text))
        if not rest and "<" in command.usage:  # what stands in angle brackets has to be typed
            return self._help(question)
        return command.answer(replace(question, text=rest))

    def _help(self, question: Question) -> Answer:
        return Answer(help_message(question.command, self.all(), question.asker.speech))

    def _is_account(self, text: str, rest: str, question: Question) -> bool:
        # `Why Not` may be an account; the word alone is a command: `account risks` finds a customer of that name.
        return bool(rest) and self.account.lookup.exactly(text, question.asker) is not None
