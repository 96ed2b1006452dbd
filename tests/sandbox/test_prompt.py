"""The demo's prompt with an app that answers: typed, pressed, filled in, and what is read of it."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

from rich.console import Console

from bot.sandbox.console import Prompt
from bot.sandbox.screen import Screen, Target, fields
from bot.sandbox.slack import Interaction
from bot.sandbox.slack_state import Content
from tests.slack.desk import Store, new_world, serving_app

if TYPE_CHECKING:
    from bot.sandbox.slack import SlackMessage, SlackWorld
    from bot.sandbox.slack_state import Json

PLAIN = "plain_text"
MENU = {
    "type": "static_select",
    "action_id": "act",
    "placeholder": {"type": PLAIN, "text": "Later or done"},
    "options": [{"text": {"type": PLAIN, "text": "A week"}, "value": "7"}],
}
BUTTONS = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "claim", "value": "e1", "text": {"type": PLAIN, "text": "Claim"}},
        {"type": "button", "action_id": "crm", "url": "https://x.example", "text": {"type": PLAIN, "text": "Open"}},
        MENU,
    ],
}


def typed(world: SlackWorld, *lines: str) -> str:
    """Type lines at the prompt; return what it printed below its help."""
    out = io.StringIO()
    Prompt(world, Console(file=out, width=200)).read_until(lines, threading.Event())
    return out.getvalue().partition("control/journal.\n")[2]


def test_a_command_is_answered() -> None:
    world = new_world()
    with serving_app(world, Store(), "socket"):
        assert "What would you like to know?" in typed(world, "/headroom help")


def test_an_answer_without_buttons_has_nothing_to_press() -> None:
    world = new_world()
    with serving_app(world, Store(), "socket"):
        assert "Slack has nothing like that" in typed(world, "/headroom help", "1")


def test_an_alert_that_is_claimed_is_shown_as_it_reads_then() -> None:
    world = new_world()
    alert = _alert(world, "Acme uses 41 %", BUTTONS)

    def claimed(act: str, _value: str | None) -> Interaction:
        assert act == "claim"
        world.homes.put(world.users[0].id, {"type": "home", "blocks": []})  # it is kept up to date, and not looked at
        world.rooms.update(alert, Content("Claimed by <@U1>"), "chat.update")
        return Interaction("1", "U1", "C1")

    out = io.StringIO()
    prompt = Prompt(world, Console(file=out, width=200))
    prompt.read_until(["alert 1"], threading.Event())
    prompt.press = claimed
    prompt.read_until(["1"], threading.Event())
    assert out.getvalue().splitlines()[-1] == "Claimed by @Ada Byron"


def test_a_modal_is_filled_in_line_by_line_and_closed() -> None:
    world = new_world()
    world.views.put(
        world.users[0].id, {"type": "modal", "title": {"type": PLAIN, "text": "Snooze"}, "blocks": [_field()]}
    )
    said = typed(world, "reason = on holiday", "bogus = 1", "submit", "close", "close")
    assert "the modal has no field bogus; it has: reason" in said
    assert said.count("has no modal open") == 1


def test_everything_that_can_be_pressed_has_a_number_and_a_link_has_its_address() -> None:
    screen = Screen()
    screen.message({"text": "in short", "blocks": [BUTTONS]})
    assert screen.lines == ["  [1] Claim", "  Open: https://x.example", "  Later or done: [2] A week"]
    assert screen.targets == [Target("Claim", "claim", "e1"), Target("A week", "act", "7")]


def test_marks_and_entities_are_read_as_they_are_meant_and_people_by_name() -> None:
    screen = Screen({"U1AB": "Ada"})
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Claimed* by <@U1AB> for A &amp; B"}}
    picture = {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "Use fell by half."}
    screen.blocks([section, picture])
    assert screen.lines == ["  Claimed by @Ada for A & B", "  (picture) Use fell by half."]


def test_a_message_without_blocks_is_its_text() -> None:
    screen = Screen()
    screen.message({"text": "Not there: <@U1>", "blocks": []})
    assert screen.lines == ["Not there: @U1"]


def test_a_field_says_by_which_name_it_is_filled_in_and_what_it_takes() -> None:
    day = {
        "type": "input",
        "block_id": "until",
        "label": {"type": PLAIN, "text": "Until"},
        "hint": {"type": PLAIN, "text": "At most a year."},
        "element": {"type": "datepicker", "action_id": "d", "initial_date": "2026-03-08"},
    }
    assert list(fields([BUTTONS, day, _field()])) == [
        "  until = Until (a day, YYYY-MM-DD, now: 2026-03-08)",
        "      At most a year.",
        "  reason = Why (words, may be left out)",
    ]


def _alert(world: SlackWorld, text: str, buttons: Json) -> SlackMessage:
    return world.rooms.post(world.rooms.find("#cs-risk"), Content(text, [buttons]), "chat.postMessage")


def _field() -> dict[str, object]:
    return {
        "type": "input",
        "block_id": "reason",
        "optional": True,
        "label": {"type": PLAIN, "text": "Why"},
        "element": {"type": "plain_text_input", "action_id": "r"},
    }
