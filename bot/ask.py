"""Questions in the terminal, answered from the state store alone: the same words as in Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app import Desk, open_state
from bot.messages.blocks import to_blocks
from bot.messages.cards import card
from bot.messages.why.data import rule_data
from bot.out import cards, print_json
from bot.slack.commands import asked_for, reply
from bot.slack.whys import WHY, Subject, asked_why, subject_of

if TYPE_CHECKING:
    from bot.inquiry import Reply
    from bot.load import Loaded
    from bot.messages.message import Message
    from bot.state.store import Store


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


def show_why(loaded: Loaded, text: str, *, as_json: bool) -> bool:
    """Print why the rules speak of an account or a source, or do not; `text` may end in the name of a rule.

    False where there is no such account, source or rule: the nearest ones are printed then.
    """
    with open_state(loaded.settings, new=False) as store:
        desk = Desk(store, loaded)
        found = _why(store, desk, text)
        # In the words of the slash command where it cannot be told whom the question is about.
        message = found.message() if found is not None else reply(f"{WHY} {text}", "headroom", store, desk)
    if as_json:
        print_json(_data(found, message))
    else:
        cards().print(card(message))
    return found is not None and (found.only is None or bool(found.answers))


def _why(store: Store, desk: Desk, text: str) -> Reply | None:
    asked = asked_why(asked_for(f"{WHY} {text}"))
    found = subject_of(asked or "", store.find_account, desk.sources(), desk.rules())
    if not isinstance(found, Subject):
        return None
    inquiry = desk.inquiry("headroom")
    if found.view is None:
        return inquiry.source(found.source, found.rule)
    return inquiry.account(found.view, found.rule)


def _data(found: Reply | None, message: Message) -> dict[str, object]:
    if found is None:
        return {"account": None, "text": message.summary, "blocks": to_blocks(message), "rules": []}
    asked = found.asked
    return {
        "account": asked.name,
        "account_id": found.subject,
        "as_of": str(asked.as_of),
        "rules": [rule_data(answer, asked.currency) for answer in found.answers],
        "text": message.summary,
        "blocks": to_blocks(message),
    }
