"""The stand-in's Socket Mode: the bare protocol, and Bolt's own handler."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.sandbox.slack import UNLIMITED, SlackUser, SlackWorld
from tests.sandbox.slack_server import Server, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

BUTTON = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "claim", "value": "e1", "text": {"type": "plain_text", "text": "Claim"}},
        {
            "type": "button",
            "action_id": "open",
            "url": "https://x.example",
            "text": {"type": "plain_text", "text": "O"},
        },
    ],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as server:
        yield server


@pytest.fixture
def world() -> SlackWorld:
    users = (SlackUser("U1", "Ada Byron", "ada@example.com"), SlackUser("U2", "Bo", None))
    return SlackWorld(users, ("#a",), limits=UNLIMITED)


@pytest.fixture
def client(world: SlackWorld, server: Server) -> WebClient:
    return WebClient(world.bot_token, f"{server.show(world)}/api/", retry_handlers=[])


def _url(world: SlackWorld, client: WebClient) -> str:
    return str(client.apps_connections_open(app_token=world.app_token)["url"])


def _receive(socket: ClientConnection) -> dict[str, Any]:
    message = json.loads(socket.recv(timeout=3))
    assert isinstance(message, dict)
    return message


def test_a_connection_is_greeted_and_gets_an_envelope_that_it_acknowledges(
    world: SlackWorld, client: WebClient
) -> None:
    with connect(_url(world, client)) as socket, ThreadPoolExecutor(1) as people:
        hello = _receive(socket)
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": "A0SANDBOX"}
        typed = people.submit(world.slash_command, "Ada Byron", "R&D at acme.com", "#a")
        envelope = _receive(socket)
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        payload = envelope["payload"]
        assert payload["text"] == "R&amp;D at <http://acme.com|acme.com>"
        assert (payload["command"], payload["user_id"], payload["channel_name"]) == ("/headroom", "U1", "a")
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "fine"}}))
        interaction = typed.result(5)
    assert (interaction.acked, interaction.transport, interaction.text) == (True, "socket", "fine")
    assert [(entry.kind, entry.via, entry.user) for entry in world.journal] == [("ephemeral", "ack", "U1")]


def test_a_pressed_button_arrives_with_its_message_and_its_value(world: SlackWorld, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#a", text="alert", blocks=[BUTTON])
    with connect(_url(world, client)) as socket, ThreadPoolExecutor(1) as people:
        _receive(socket)
        pressed = people.submit(world.press, "U2", "#a", posted["ts"], "claim")
        envelope = _receive(socket)
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
        assert pressed.result(5).acked
    payload = envelope["payload"]
    assert (envelope["type"], payload["type"], payload["user"]["id"]) == ("interactive", "block_actions", "U2")
    assert payload["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": posted["channel"],
        "is_ephemeral": False,
    }
    assert payload["message"]["text"] == "alert"
    (action,) = payload["actions"]
    assert (action["action_id"], action["value"], action["type"]) == ("claim", "e1", "button")
    assert action["block_id"] == payload["message"]["blocks"][0]["block_id"]


def test_a_button_that_is_not_there_cannot_be_pressed(world: SlackWorld, client: WebClient) -> None:
    posted = client.chat_postMessage(channel="#a", text="alert", blocks=[BUTTON])
    with pytest.raises(LookupError, match=r"no button 'snooze'; it has: claim, open"):
        world.press("U1", "#a", posted["ts"], "snooze")


def test_each_payload_goes_to_one_connection(world: SlackWorld, client: WebClient) -> None:
    heard: list[int] = []

    def answer(number: int, socket: ClientConnection) -> None:
        for message in socket:
            envelope = json.loads(message)
            if "envelope_id" in envelope:
                heard.append(number)
                socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))

    with ExitStack() as open_sockets, ThreadPoolExecutor(2) as apps:
        for number in range(2):
            apps.submit(answer, number, open_sockets.enter_context(connect(_url(world, client))))
        assert world.sockets.wait(2)
        assert all(world.slash_command("U1", "x", "#a").acked for _ in range(4))
        open_sockets.close()
    assert sorted(heard) == [0, 0, 1, 1]


def test_a_ticket_is_good_for_one_connection(world: SlackWorld, client: WebClient) -> None:
    url = _url(world, client)
    with connect(url) as socket:
        _receive(socket)
    for used in (url, url.replace("ticket=", "ticket=x")):
        with pytest.raises(InvalidStatus), connect(used):
            pass


def test_an_eleventh_connection_is_refused(world: SlackWorld, client: WebClient) -> None:
    with ExitStack() as open_sockets:
        for _ in range(10):
            open_sockets.enter_context(connect(_url(world, client)))
        assert world.sockets.wait(10)
        with pytest.raises(InvalidStatus), connect(_url(world, client)):
            pass
    assert world.sockets.refused == ["too_many_websockets"]


def test_a_refresh_asks_for_a_new_connection_and_sends_nothing_more_to_the_old(
    world: SlackWorld, client: WebClient
) -> None:
    with connect(_url(world, client)) as socket:
        _receive(socket)
        assert world.sockets.wait(1)
        world.sockets.refresh()
        message = _receive(socket)
        assert (message["type"], message["reason"]) == ("disconnect", "refresh_requested")
        assert world.slash_command("U1", "x", "#a").error == "dispatch_failed"


def test_a_silent_app_times_out(world: SlackWorld, client: WebClient) -> None:
    world.sockets.ack_seconds = 0.1
    with connect(_url(world, client)):
        assert world.sockets.wait(1)
        interaction = world.slash_command("U1", "x", "#a")
    assert (interaction.acked, interaction.error) == (False, "operation_timeout")


def test_what_an_app_answers_badly_is_not_shown(world: SlackWorld, client: WebClient) -> None:
    with connect(_url(world, client)) as socket, ThreadPoolExecutor(1) as people:
        _receive(socket)
        typed = people.submit(world.slash_command, "U1", "x", "#a")
        envelope = _receive(socket)
        answer = {"envelope_id": envelope["envelope_id"], "payload": {"text": "x", "blocks": [{"type": "bogus"}]}}
        socket.send("no json")
        socket.send(json.dumps(answer))
        interaction = typed.result(5)
    assert (interaction.acked, interaction.error, interaction.shown) == (True, "invalid_blocks", [])
    assert world.journal == []


def test_bolts_own_handler_is_served(world: SlackWorld, client: WebClient) -> None:
    app = App(client=client, token_verification_enabled=False)
    app.command("/headroom")(lambda ack, body: ack(f"you asked for {body['text']}"))
    app.action("claim")(lambda ack, respond: (ack(), respond("claimed", replace_original=True)))
    posted = client.chat_postMessage(channel="#a", text="alert", blocks=[BUTTON])
    handler: Any = SocketModeHandler(app, world.app_token)
    handler.connect()
    try:
        assert world.sockets.wait(1)
        assert world.slash_command("U1", "Acme", "#a").text == "you asked for Acme"
        pressed = world.press("U1", "#a", posted["ts"], "claim")
        assert [message["text"] for message in pressed.wait()] == ["claimed"]
    finally:
        handler.client.auto_reconnect_enabled = False
        world.sockets.drop()  # it waits for its next byte before it closes
        handler.close()
    assert [message.content.text for message in world.said("#a")] == ["claimed"]


def _respond(world: SlackWorld, interaction: str, body: object) -> tuple[int, str]:
    answer = requests.post(f"{world.address}/response/{interaction}", json=body, timeout=5)
    return answer.status_code, answer.text


def test_a_response_url_is_good_for_five_answers(world: SlackWorld, client: WebClient) -> None:
    assert client.auth_test()["ok"]
    interaction = world.slash_command("U1", "x", "#a")
    bodies = [{"text": "one"}, {"text": "two", "response_type": "in_channel"}, *({"text": str(n)} for n in range(4))]
    answers = [_respond(world, interaction.id, body) for body in bodies]
    assert [status for status, _ in answers] == [200, 200, 200, 200, 200, 404]
    assert "used_url" in answers[-1][1]
    assert [(entry.kind, entry.text) for entry in world.journal][:2] == [("ephemeral", "one"), ("post", "two")]
    assert _respond(world, "unknown", {"text": "x"})[0] == 404
    assert _respond(world, interaction.id, ["no object"])[0] == 400
