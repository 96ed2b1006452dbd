"""The Bolt app between real clients: commands by WebSocket and by signed HTTP, failures, and whatever else may come."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
import yaml
from slack_bolt import BoltRequest
from slack_sdk.errors import SlackApiError

from bot.errors import HeadroomError
from bot.messages.blocks import to_blocks
from bot.sandbox.slack import SCOPES, Fault, Outcome, SlackWorld, serving_slack
from bot.slack.client import SlackAccess, web_client
from bot.slack.serve import serve_http, serve_socket_mode
from tests.slack.desk import ALERT, Store, access_of, new_app, new_world, serving_app
from tests.slack.recorded import EVENTS, INTERACTIONS, SLASH_COMMAND, block_action

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_bolt import App, BoltResponse

MANIFEST = Path(__file__).parents[2] / "config" / "slack_manifest.yaml"


@pytest.fixture(scope="module")
def app() -> App:
    """An app that nobody serves; its Slack is nowhere: answering must not ask it anything."""
    world = new_world()
    world.address = "http://127.0.0.1:9"
    return new_app(world, Store())


def _dispatch(app: App, body: dict[str, Any]) -> BoltResponse:
    return app.dispatch(BoltRequest(body=body, mode="socket_mode"))


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_a_command_is_answered_to_the_one_who_typed_it(mode: str) -> None:
    world = new_world()
    with serving_app(world, Store(), mode):
        interaction = world.slash_command("U1", "acme.com", "#cs-risk")
    assert (interaction.transport, interaction.error) == (mode, None)
    assert interaction.text == "Acme & Sons as of 2026-02-28"
    assert interaction.shown[0]["blocks"][0]["text"]["text"] == "Acme & Sons"
    assert [(entry.kind, entry.via, entry.user) for entry in world.journal] == [("ephemeral", "ack", "U1")]


def test_answering_asks_slack_nothing(app: App) -> None:
    response = _dispatch(app, SLASH_COMMAND)
    assert response.status == 200
    assert json.loads(response.body)["text"] == "There is no one account like “Hi”."


def test_a_failing_store_is_answered_with_a_reference_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(broken=RuntimeError("the disk is full"))
    response = _dispatch(new_app(new_world(), store), SLASH_COMMAND)
    assert response.status == 200
    answer = json.loads(response.body)
    assert answer["response_type"] == "ephemeral"
    assert answer["text"].startswith("Sorry, that did not work.")
    assert "disk" not in answer["text"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("mode", ["socket", "http"])
def test_a_failing_claim_is_acknowledged_and_explained(mode: str) -> None:
    world, store = new_world(), Store(broken=RuntimeError("the disk is full"))
    with serving_app(world, store, mode):
        payload = block_action("claim", "e1") | {"response_url": _response_url(world)}
        assert world.send("interactive", payload).acked
        assert world.wait(lambda journal: journal and "Sorry" in journal[-1].text)
    assert store.wakes == 0


def _response_url(world: SlackWorld) -> str:
    """Take the response URL of an unknown command, which the app answers in its acknowledgement."""
    interaction = world.slash_command("U1", "help", "#cs-risk")
    return f"{world.address}/response/{interaction.id}"


@pytest.mark.parametrize("name", EVENTS)
def test_events_that_nobody_asked_for_are_acknowledged_lest_they_come_again(app: App, name: str) -> None:
    assert _dispatch(app, EVENTS[name]).status == 200


@pytest.mark.parametrize("name", INTERACTIONS)
def test_interactions_that_are_not_ours_are_refused(app: App, name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert _dispatch(app, INTERACTIONS[name]).status == 404
    assert caplog.text == ""


def test_a_button_that_opens_a_link_is_acknowledged(app: App) -> None:
    assert _dispatch(app, block_action("open")).status == 200


def test_a_command_of_another_name_is_told_ours(app: App) -> None:
    answer = json.loads(_dispatch(app, {**SLASH_COMMAND, "command": "/headway"}).body)
    assert answer["text"] == "Headroom answers to `/headroom`, not to `/headway`."


def test_a_claim_without_a_value_is_said_to_be_unknown(app: App) -> None:
    assert _dispatch(app, block_action("claim")).status == 200


@pytest.mark.parametrize("body", [{}, {"type": "url_verification", "challenge": "c"}, {"ssl_check": "1", "token": "t"}])
def test_small_talk_ends_without_a_traceback(app: App, body: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    assert _dispatch(app, body).status in {200, 404}
    assert "Traceback" not in caplog.text


def test_printing_the_access_shows_no_secret() -> None:
    assert "xoxb" not in repr(SlackAccess("xoxb-1", "secret"))
    assert "secret'" not in repr(SlackAccess("xoxb-1", "secret"))


def test_the_client_asks_once_even_where_the_answer_is_lost() -> None:
    world = new_world()
    with serving_slack(world):
        world.faults.next(Fault(Outcome.CLOSE, accepted=True))
        with pytest.raises(OSError, match="closed"):
            web_client(access_of(world)).chat_postMessage(channel="#cs-risk", text="x")
    assert len(world.journal) == 1


def test_no_proxy_comes_between_the_client_and_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    world = new_world()
    with serving_slack(world):
        assert web_client(access_of(world)).auth_test()["team"] == "sandbox"
    assert web_client(SlackAccess("xoxb-1")).proxy == "http://127.0.0.1:9"


def test_a_wrong_bot_token_is_told_on_asking() -> None:
    world = new_world()
    with serving_slack(world), pytest.raises(SlackApiError, match="invalid_auth"):
        web_client(SlackAccess("xoxb-wrong", base_url=f"{world.address}/api/")).auth_test()


def test_people_can_be_played_over_http_by_another_process() -> None:
    world = new_world()
    with serving_app(world, Store()):
        posted = web_client(access_of(world)).chat_postMessage(channel="#cs-risk", text="x", blocks=to_blocks(ALERT))
        press = {"channel": "#cs-risk", "ts": posted["ts"], "action_id": "claim"}
        slash = _control(world, "slash", {"user": "Ada Byron", "text": "acme.com", "channel": "#cs-risk"})
        first = _control(world, "press", {**press, "user": "U1"})
        second = _control(world, "press", {**press, "user": "U2", "wait": 3})
        assert _control(world, "sockets", {"act": "refresh"}) == {"connections": 1}
        workspace = requests.get(f"{world.address}/control/workspace", timeout=5).json()
    assert [message["text"] for message in slash["shown"]] == ["Acme & Sons as of 2026-02-28"]
    assert (first["acked"], first["shown"]) == (True, [])
    assert [message["text"] for message in second["shown"]] == ["Already claimed by <@U1>."]
    assert [user["id"] for user in workspace["users"]] == ["U1", "U2"]


def _control(world: SlackWorld, name: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(f"{world.address}/control/{name}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# Socket Mode


def test_a_refused_app_token_ends_the_start_and_says_what_to_do() -> None:
    world = new_world()
    with serving_slack(world), pytest.raises(HeadroomError, match=r"invalid_auth.*connections:write"):
        serve_socket_mode(new_app(world, Store()), "xapp-wrong")


def test_slack_being_away_at_the_start_is_waited_for() -> None:
    world = new_world()
    with serving_slack(world):
        world.faults.next(Fault(Outcome.SERVER_ERROR, status=503), method="apps.connections.open")
        serving = serve_socket_mode(new_app(world, Store()), world.app_token)
        assert not serving.health().ok
        assert world.sockets.wait(1)
        assert world.slash_command("U1", "acme.com", "#cs-risk").acked
        serving.stop()


def test_a_handshake_that_fails_is_tried_again() -> None:
    world = new_world()
    with serving_app(world, Store()):
        world.sockets.ticket_seconds = -1
        world.sockets.drop()
        assert not world.sockets.wait(1, timeout=0.3)
        assert world.sockets.refused, "it was tried"
        world.sockets.ticket_seconds = 60
        assert world.sockets.wait(1)
        assert world.slash_command("U1", "acme.com", "#cs-risk").acked


def test_a_refresh_leaves_no_gap() -> None:
    world = new_world()
    with serving_app(world, Store()):
        assert world.sockets.refresh() == 1
        assert world.sockets.wait(1)
        assert world.slash_command("U1", "acme.com", "#cs-risk").text == "Acme & Sons as of 2026-02-28"


def test_a_broken_connection_is_replaced() -> None:
    world = new_world()
    with serving_app(world, Store()):
        assert world.sockets.drop() == 1
        assert world.sockets.wait(1)
        assert world.slash_command("U1", "acme.com", "#cs-risk").acked


def test_a_half_open_connection_is_noticed_and_replaced() -> None:
    world = new_world()
    with serving_slack(world):
        serving = serve_socket_mode(new_app(world, Store()), world.app_token, ping_seconds=0.2)
        assert world.sockets.freeze() == 1
        assert world.sockets.wait(1), "nothing but the missing pongs tells that it is deaf"
        assert world.slash_command("U1", "acme.com", "#cs-risk").acked
        serving.stop()
        world.sockets.drop()


def test_health_tells_how_long_nothing_was_heard() -> None:
    world = new_world()
    with serving_slack(world):
        serving = serve_socket_mode(new_app(world, Store()), world.app_token, ping_seconds=0.1)
        time.sleep(0.25)
        health = serving.health()
        assert (health.ok, health.connected) == (True, True)
        assert health.ping_age is not None
        assert health.ping_age < 0.2, "pongs have come meanwhile"
        serving.stop()
        time.sleep(0.05)
        assert serving.health().connected is False


def test_an_answer_of_many_signs_beyond_ascii_is_acknowledged_whole() -> None:
    """slack_sdk's built-in client cannot send more than 65,535 bytes at once."""
    world = new_world()
    with serving_app(world, Store()):
        world.sockets.ack_seconds = 3
        interaction = world.slash_command("U1", "界" * 200, "#cs-risk")
        assert interaction.acked
        assert "界" * 200 in interaction.text


# HTTP mode


@pytest.fixture(scope="module")
def http() -> Iterator[tuple[SlackWorld, str]]:
    world = new_world()
    with serving_app(world, Store(), "http"):
        assert world.request_url is not None
        yield world, world.request_url


def _signed(body: str, secret: str, at: float) -> dict[str, str]:
    base = f"v0:{int(at)}:{body}".encode()
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(int(at)),
        "X-Slack-Signature": f"v0={signature}",
    }


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [(None, 0, 200), ("wrong", 0, 401), ("", 0, 401), (None, 600, 401)],
    ids=["right", "another's secret", "no secret", "ten minutes old"],
)
def test_only_what_slack_signed_lately_is_believed(
    http: tuple[SlackWorld, str], secret: str | None, age: int, status: int
) -> None:
    world, url = http
    body = urlencode(SLASH_COMMAND)
    headers = _signed(body, world.signing_secret if secret is None else secret, time.time() - age)
    assert requests.post(url, body, headers=headers, timeout=5).status_code == status


def test_an_app_without_a_signing_secret_believes_no_http_request_at_all() -> None:
    """HMAC takes an empty secret as well as any: then everybody could sign."""
    body = urlencode(SLASH_COMMAND)
    app = new_app(new_world(signing_secret=""), Store())
    headers: dict[str, str | Sequence[str]] = {**_signed(body, "", time.time())}
    assert app.dispatch(BoltRequest(body=body, headers=headers)).status == 401


@pytest.mark.parametrize("body", ["{", "payload={", b"\xff\xfe"], ids=["json", "payload", "bytes"])
def test_what_cannot_be_read_is_refused(http: tuple[SlackWorld, str], body: str | bytes) -> None:
    _, url = http
    answer = requests.post(url, body, headers={"Content-Type": "application/json"}, timeout=5)
    assert (answer.status_code, answer.text) == (400, "unreadable")


def test_what_is_too_long_is_not_read_to_the_end(http: tuple[SlackWorld, str]) -> None:
    _, url = http
    assert requests.post(url, b"x" * (4 * 1024 * 1024 + 1), timeout=5).status_code == 413


def test_http_mode_wants_the_signing_secret_and_a_free_port(http: tuple[SlackWorld, str], app: App) -> None:
    world, url = http
    with pytest.raises(HeadroomError, match=r"slack\.signing_secret: HTTP mode needs it"):
        serve_http(app, SlackAccess("xoxb-1"), port=0)
    port = int(url.split(":")[2].split("/")[0])
    with pytest.raises(HeadroomError, match=rf"slack\.port: cannot listen on 127\.0\.0\.1:{port}"):
        serve_http(app, access_of(world), port=port)


def test_http_mode_says_which_package_is_missing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bot.slack.http_mode", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(HeadroomError, match=r"HTTP mode needs the package 'uvicorn': pip install"):
        serve_http(app, SlackAccess("xoxb-1", "secret"), port=0)


# speed and papers


def test_a_command_is_answered_without_bolts_poll_of_10_ms(app: App) -> None:
    seconds = []
    for _ in range(200):
        started = time.perf_counter()
        _dispatch(app, dict(SLASH_COMMAND))
        seconds.append(time.perf_counter() - started)
    assert statistics.median(seconds) < 0.005


def test_the_manifest_asks_for_what_the_stand_in_grants_and_no_more() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
    (command,) = manifest["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/headroom", True)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
