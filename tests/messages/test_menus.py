"""Menus side by side in every form: Block Kit, plain text, a page, a terminal, and JSON."""

from __future__ import annotations

from rich.console import Console

from bot.messages.blocks import to_blocks, to_text
from bot.messages.cards import card
from bot.messages.limits import validate
from bot.messages.message import MESSAGE, Menu, Menus, Message
from bot.messages.page import page

CHOICES = (("Any health", "*"), ("red", "red"))
MESSAGE_OF_MENUS = Message(
    "home",
    "filters",
    (
        Menus(
            (
                Menu("Health", "filter_band", CHOICES, "red"),
                Menu("Segment", "filter_segment", (("SMB <b>", "SMB"),)),
                Menu("Nothing to choose from", "filter_none", ()),
            )
        ),
    ),
)


def test_the_choice_that_is_made_is_slacks_initial_option_and_a_menu_without_choices_is_left_out() -> None:
    (block,) = to_blocks(MESSAGE_OF_MENUS)
    health, segment = block["elements"]
    assert health["initial_option"] == {"text": {"type": "plain_text", "text": "red", "emoji": True}, "value": "red"}
    assert "initial_option" not in segment
    assert segment["placeholder"]["text"] == "Segment"
    assert validate([block], "home") == []


def test_a_choice_that_is_not_offered_any_more_is_not_shown_as_made() -> None:
    menu = Menu("Health", "filter_band", CHOICES, "blue")
    (block,) = to_blocks(Message("home", "", (Menus((menu,)),)))
    assert "initial_option" not in block["elements"][0]
    assert to_text(Message("home", "", (Menus((menu,)),))) == "[Health ▾]"


def test_every_other_form_shows_what_stands_on_the_closed_menu() -> None:
    assert to_text(MESSAGE_OF_MENUS) == "[red ▾]  [Segment ▾]"
    written = page([("home", MESSAGE_OF_MENUS)])
    assert '<span class="button">red ▾</span><span class="button">Segment ▾</span>' in written
    console = Console(width=80, force_terminal=False)
    with console.capture() as shown:
        console.print(card(MESSAGE_OF_MENUS))
    assert "[red ▾]  [Segment ▾]" in shown.get()


def test_menus_come_back_from_json() -> None:
    assert MESSAGE.validate_json(MESSAGE.dump_json(MESSAGE_OF_MENUS)) == MESSAGE_OF_MENUS
