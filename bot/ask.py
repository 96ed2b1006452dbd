"""Questions in the terminal, answered from the state store alone: the same words as in Slack."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import Desk
from bot.messages.blocks import to_blocks
from bot.messages.cards import card
from bot.slack.commands import asked_for, reply
from bot.state.store import open_store

if TYPE_CHECKING:
    from bot.load import Loaded


def show_account(loaded: Loaded, text: str, *, as_json: bool) -> bool:
    """Print where an account stands; False where there is none of this name, the nearest ones are printed then."""
    with open_store(loaded.settings.state_url()) as store:
        view = store.find_account(asked_for(text))
        message = reply(text, "headroom account", store, Desk(store, loaded))
    if not as_json:
        Console().print(card(message))
        return view is not None
    found = (
        {"account": view.name, "account_id": view.account_id, "as_of": str(view.as_of)} if view else {"account": None}
    )
    json.dump({**found, "text": message.summary, "blocks": to_blocks(message)}, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return view is not None
