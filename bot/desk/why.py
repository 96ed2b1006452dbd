"""`why Acme near-limit`: why rules speak of an account or a source, or what keeps them silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bot.desk.asking import Answer
from bot.desk.lookup import nothing_yet
from bot.desk.whys import Subject, subject_of, without_rule
from bot.messages.why.data import rule_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.verdicts import Rule
    from bot.core.why.case import Answer as Reason
    from bot.desk.asking import Question
    from bot.desk.lookup import Lookup
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.messages.why.card import Asked
    from bot.state.rows import AccountView


class Reply(Protocol):
    """Why, answered."""

    @property
    def asked(self) -> Asked:
        """Return what was asked."""

    @property
    def subject(self) -> str:
        """Return the id of the account, or the name of the source."""

    @property
    def answers(self) -> tuple[Reason, ...]:
        """Return what was found, by rule."""

    @property
    def only(self) -> Rule | None:
        """Return the rule that was asked for."""

    def message(self, speech: Speech) -> Message:
        """Word it for whoever asks."""


class Inquiry(Protocol):
    """What answers why."""

    def account(self, view: AccountView, only: str | None) -> Reply:
        """Answer for an account: every rule, or the one of this name."""

    def source(self, name: str, only: str | None) -> Reply | None:
        """Answer for a source or the fleet; None where no night has seen one of this name."""


@dataclass(frozen=True, slots=True)
class WhyCommand:
    """Tells why."""

    lookup: Lookup
    inquiry: Callable[[str], Inquiry]
    """Given what people type before the words."""
    rules: Sequence[str]
    sources: Sequence[str]
    """What can be asked about beside accounts: the names of all sources, and the fleet."""
    name: str = "why"
    usage: str = "why <account> [rule]"
    purpose: str = "why each rule speaks of it, or what keeps it silent"

    def answer(self, question: Question) -> Answer:
        """Tell why, or what is unclear about the question."""
        find = partial(self.lookup.exactly, asker=question.asker)
        found = subject_of(question.text, find, self.sources, self.rules, question.asker.speech)
        if found is None:
            nearest = self.lookup.instead(without_rule(question.text, self.rules), question, f"{self.name} ")
            return replace(nearest, data={**nearest.data, "rules": []})
        if not isinstance(found, Subject):
            return Answer(found, {"account": None, "rules": []}, found=False)
        return self._told(found, question)

    def _told(self, found: Subject, question: Question) -> Answer:
        inquiry = self.inquiry(question.command)
        view = found.view
        reply = inquiry.source(found.source, found.rule) if view is None else inquiry.account(view, found.rule)
        if reply is None:
            return Answer(nothing_yet(question.asker.speech), {"account": None, "rules": []}, found=False)
        return Answer(
            reply.message(question.asker.speech), _data(reply), found=reply.only is None or bool(reply.answers)
        )


def _data(reply: Reply) -> dict[str, object]:
    return {
        "account": reply.asked.name,
        "account_id": reply.subject,
        "as_of": str(reply.asked.as_of),
        "rules": [rule_data(answer, reply.asked.currency) for answer in reply.answers],
    }
