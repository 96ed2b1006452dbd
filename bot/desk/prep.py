"""`prep`: everything for the renewal of an account, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bot.desk.asking import Answer, MustAskError
from bot.messages.brief.data import data
from bot.messages.message import Button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.brief.brief import Brief
    from bot.desk.asking import Asker, Question
    from bot.desk.lookup import Lookup
    from bot.messages.brief.document import Document
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView

WHOLE: Final = "brief_whole"
"""Action of the button that asks for all parts of a brief in a direct message; its value is the account's id."""
CANVAS: Final = "brief_canvas"
"""Action of the button that asks for a brief as a canvas; its value is the account's id."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One account's brief, as values and in words."""

    brief: Brief
    document: Document


class Briefs(Protocol):
    """Makes briefs; reads the state store and the facts, which may take a second."""

    def prepared(self, view: AccountView, speech: Speech) -> Prepared:
        """Make the brief of an account, in the words of one reader."""

    def card(self, view: AccountView, prepared: Prepared, speech: Speech, buttons: Sequence[Button] = ()) -> Message:
        """Write the essentials. Raises TemplateError where the template cannot be rendered."""


@dataclass(frozen=True, slots=True)
class PrepCommand:
    """Prepares the renewal of an account: by name, id or domain."""

    lookup: Lookup
    briefs: Briefs
    name: str = "prep"
    usage: str = "prep <name, id or domain>"
    purpose: str = "the renewal brief: dates, health, use, risks, what to propose"

    def answer(self, question: Question) -> Answer:
        """Show the essentials, or the nearest accounts to choose from."""
        view = self.lookup.exactly(question.text, question.asker)
        if view is None:
            return self.lookup.instead(question.text, question, f"{self.name} ")
        if question.asker.user and not question.asker.asks:
            raise MustAskError  # reading daily use may take longer than an answer may
        speech = question.asker.speech
        prepared = self.briefs.prepared(view, speech)
        buttons = _buttons(view.account_id, speech) if question.asker.user else ()
        return Answer(self.briefs.card(view, prepared, speech, buttons), data(prepared.brief, prepared.document))

    def whole(self, text: str, asker: Asker) -> Prepared | None:
        """Make the whole brief of the account that is meant; None where the asker may not see it, or there is none."""
        view = self.lookup.exactly(text, asker)
        return None if view is None else self.briefs.prepared(view, asker.speech)


def _buttons(account_id: str, speech: Speech) -> tuple[Button, ...]:
    return (
        Button(speech.t("Send me all of it"), WHOLE, account_id, style="primary"),
        Button(speech.t("As a canvas"), CANVAS, account_id),
    )


def buttons_of(account_id: str, speech: Speech) -> tuple[Button, ...]:
    """Return the buttons under a brief that was sent with all of its parts."""
    return _buttons(account_id, speech)[1:]
