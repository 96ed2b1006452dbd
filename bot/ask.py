"""Questions in the terminal, answered from the state store alone: the same words as in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app import Desk, open_state
from bot.messages.blocks import to_blocks
from bot.messages.cards import card
from bot.out import cards, print_json
from bot.slack.commands import asked_for, reply

if TYPE_CHECKING:
    from bot.load import Loaded


def show_account(loaded: Loaded, text: str, *, as_json: bool) -> bool:
    """Print where an account stands; False where there is none of this name, the nearest ones are printed then."""
    with open_state(loaded.settings, new=False) as store:
        view = store.find_account(asked_for(text))
        message = reply(text, "headroom account", store, Desk(store, loaded))
    if as_json:
        found = {"account": view.name, "account_id": view.account_id, "as_of": str(view.as_of)} if view else {}
        print_json({"account": None, **found, "text": message.summary, "blocks": to_blocks(message)})
    else:
        cards().print(card(message))
    return view is not None
