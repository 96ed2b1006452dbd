"""The modal that looks an account up, and what it shows then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.message import Buttons, Chart, Menus, Text
from bot.messages.views.modal import Modal, Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.message import Block, Message
    from bot.messages.speech import Speech

LOOK_UP_VIEW: Final = "look_up_account"
ACCOUNT: Final = "look_up_account_name"
"""Name of the field; Slack asks for what comes near under it."""
SHOWN_VIEW: Final = "looked_up"


def look_up_modal(speech: Speech, said: str = "") -> Modal:
    """Ask which account; `said` (mrkdwn) stands above the field."""
    above = (Text(said),) if said else ()
    field = Search(
        ACCOUNT,
        speech.t("Account"),
        speech.t("A name, a domain or an id"),
        least=2,
        hint=speech.t("You find the accounts that the CRM lets you see."),
    )
    return Modal(
        LOOK_UP_VIEW,
        speech.t("Look up account"),
        (*above, field),
        submit=speech.t("Show"),
        close=speech.t("Cancel"),
        language=speech.language,
    )


def looking_modal(speech: Speech) -> Modal:
    """Say that it takes a moment."""
    told = Text(speech.t("One moment: the CRM is asked what you may see."))
    return Modal(SHOWN_VIEW, speech.t("Look up account"), (told,), close=speech.t("Close"), language=speech.language)


def shown_modal(message: Message, speech: Speech) -> Modal:
    """Show an answer in a modal: what cannot be pressed there is left out."""
    return Modal(
        SHOWN_VIEW,
        speech.t("Look up account"),
        tuple(_fitting(message.blocks)),
        close=speech.t("Close"),
        language=message.language,
    )


def _fitting(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Buttons):
            # A press in a modal has no response URL: only links lead anywhere.
            if links := tuple(button for button in block.buttons if button.url):
                yield Buttons(links)
        elif isinstance(block, Chart):
            yield replace(block, native=False)  # Slack draws in messages only
        elif not isinstance(block, Menus):
            yield block
