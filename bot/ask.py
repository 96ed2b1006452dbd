"""Questions in the terminal, answered from the state store alone: the same words as in Slack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.app import open_state
from bot.desk.asking import Asker, Question
from bot.errors import HeadroomError
from bot.front import make_commands
from bot.messages.blocks import to_blocks
from bot.messages.cards import card
from bot.messages.speech import Speech
from bot.out import cards, print_json

if TYPE_CHECKING:
    from bot.load import Loaded
    from bot.state.store import Store

COMMAND = "headroom"


def show(loaded: Loaded, text: str, *, as_json: bool, email: str | None = None) -> bool:
    """Print the answer to what could be typed in Slack; False where there is no such account or rule.

    `email` says who asks, for what is asked of one's own accounts. Whoever may read the state store sees everything.
    Raises HeadroomError where nobody has the address.
    """
    with open_state(loaded.settings, new=False) as store:
        asker = _asker(store, email, Speech(loaded.settings.language, loaded.settings.timezone))
        answer = make_commands(store, loaded).answer(Question(text, asker, COMMAND, datetime.now(UTC)))
    if as_json:
        print_json({**answer.data, "text": answer.message.summary, "blocks": to_blocks(answer.message)})
    else:
        cards().print(card(answer.message))
    return answer.found


def _asker(store: Store, email: str | None, speech: Speech) -> Asker:
    person = store.person_of_email(email) if email else None
    if email and person is None:
        raise HeadroomError(f"--as {email}: no active person of the CRM, or several, has this address")
    return Asker(person=person, speech=speech)
