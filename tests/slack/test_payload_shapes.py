"""Every payload that bolt-python's tests record, over the wire: handled or refused, and never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from structlog.testing import capture_logs

from bot.messages.choices import ACT, BRIEF, CLAIM
from bot.messages.views.acts import CLOSE_VIEW, FALSE_ALARM_VIEW, SNOOZE_VIEW
from bot.messages.views.lookup import ACCOUNT, LOOK_UP_VIEW
from bot.sandbox.slack import serving_slack
from bot.slack.acting import acting
from bot.slack.commanding import commanding
from bot.slack.serve import serve_http, serve_socket_mode
from bot.slack.shortcuts import LOOK_UP, LOOK_UP_IN_MESSAGE, shortcuts
from bot.slack.steps import STEP, steps
from bot.slack.unfurling import unfurling
from tests.slack.desk import Store, access_of, new_app, new_world, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack import Interaction, SlackWorld

SHAPES = Path(__file__).parent / "shapes"
NAMES = sorted(path.name for path in SHAPES.iterdir() if path.suffix in {".json", ".txt"})
KINDS = {"event_callback": "events_api", "url_verification": "events_api"}

Json = dict[str, Any]


def shape(name: str) -> tuple[str, Json]:
    """Read a recorded payload: how it travels, and what it says."""
    text = (SHAPES / name).read_text(encoding="utf-8")
    if name.endswith(".txt"):
        return "slash_commands", dict(parse_qsl(text.strip(), keep_blank_values=True))
    body: Json = json.loads(text)
    return KINDS.get(body["type"], "interactive"), body


@pytest.fixture(scope="module", params=["socket", "http"])
def world(request: pytest.FixtureRequest) -> Iterator[SlackWorld]:
    """A workspace with the whole app in it, in one of the two modes."""
    world, store = new_world(), Store()
    with serving_slack(world):
        rooms = (commanding, acting(store), shortcuts(store), unfurling(store, said), steps)
        app = new_app(world, store, rooms=rooms)
        if request.param == "socket":
            serving: Any = serve_socket_mode(app, world.app_token)
            assert world.sockets.wait(1)
        else:
            serving = serve_http(app, access_of(world), port=0)
            world.request_url = f"http://127.0.0.1:{serving.port}/slack/events"
        with capture_logs() as logs:
            yield world
            serving.stop()
    # What was left for after the acknowledgement has ended by now, too.
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []


def test_all_recorded_shapes_are_here() -> None:
    assert len(NAMES) == 44
    assert (SHAPES / "LICENSE").read_text(encoding="utf-8").startswith("The MIT License")


def send(world: SlackWorld, kind: str, body: Json) -> Interaction:
    return world.send(kind, _without_far_addresses(body))


def _without_far_addresses(body: Json) -> Json:
    # What would be posted to a response URL is not to leave this machine.
    return {key: "http://127.0.0.1:9/gone" if key == "response_url" else value for key, value in body.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_payload_is_handled_or_refused(world: SlackWorld, name: str) -> None:
    kind, body = shape(name)
    heard = kind != "interactive" or body["type"] == "block_actions"
    # In Socket Mode a refusal is the acknowledgement that never comes: no need to wait for all of it.
    world.sockets.ack_seconds = 3.0 if heard else 0.15
    sent = send(world, kind, body)
    if heard:
        assert (sent.acked, sent.error) == (True, None)
    elif sent.transport == "http":
        # 404: Slack tells the person that the app did nothing with it.
        assert sent.error == "http_client_error"
    else:
        assert sent.error == "operation_timeout"


def test_the_address_that_slack_verifies_answers_the_challenge(world: SlackWorld) -> None:
    kind, body = shape("test_events_url_verification__event_body.json")
    sent = send(world, kind, body)
    if sent.transport == "http":
        assert sent.ack == {"challenge": body["challenge"]}


OURS = [
    ("a button", "test_block_actions__body.json", ("actions", 0, "action_id"), CLAIM),
    ("the brief", "test_block_actions__body.json", ("actions", 0, "action_id"), BRIEF),
    ("a choice", "test_block_actions__body.json", ("actions", 0, "action_id"), ACT),
    ("a shortcut", "test_shortcut__global_shortcut_body.json", ("callback_id",), LOOK_UP),
    ("a message's", "test_shortcut__message_shortcut_body.json", ("callback_id",), LOOK_UP_IN_MESSAGE),
    ("typing", "test_block_suggestion__body.json", ("action_id",), ACCOUNT),
    ("looked up", "test_view_submission__body.json", ("view", "callback_id"), LOOK_UP_VIEW),
    ("snooze", "test_view_submission__body.json", ("view", "callback_id"), SNOOZE_VIEW),
    ("close", "test_view_submission__connect_channel_payload.json", ("view", "callback_id"), CLOSE_VIEW),
    ("false", "test_view_submission__response_url_payload_body.json", ("view", "callback_id"), FALSE_ALARM_VIEW),
    ("a step", "test_function__function_body.json", ("event", "function", "callback_id"), STEP),
]


@pytest.mark.parametrize(("_case", "name", "place", "ours"), OURS, ids=[case for case, *_ in OURS])
def test_a_recorded_payload_under_one_of_our_names_is_answered(
    world: SlackWorld, _case: str, name: str, place: tuple[str | int, ...], ours: str
) -> None:
    kind, body = shape(name)
    at: Any = body
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = ours
    world.sockets.ack_seconds = 3.0
    sent = send(world, kind, body)
    assert (sent.acked, sent.error) == (True, None)
