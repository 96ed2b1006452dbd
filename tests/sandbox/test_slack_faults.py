"""What goes wrong at Slack's end on order, as the real client meets it."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import UNLIMITED, Fault, Outcome, SlackUser, SlackWorld
from tests.sandbox.slack_server import Server, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk.http_retry import RetryHandler


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as server:
        yield server


@pytest.fixture
def world() -> SlackWorld:
    return SlackWorld((SlackUser("U1", "Ada", "ada@example.com"),), ("#a",), limits=UNLIMITED)


@pytest.fixture
def address(world: SlackWorld, server: Server) -> str:
    return server.show(world)


def _client(world: SlackWorld, address: str, handlers: list[RetryHandler] | None = None) -> WebClient:
    return WebClient(world.bot_token, f"{address}/api/", timeout=2, retry_handlers=handlers)


def _post(world: SlackWorld, address: str) -> Any:  # noqa: ANN401 - the client's own answer
    return _client(world, address, []).chat_postMessage(channel="#a", text="x")


@pytest.mark.parametrize("accepted", [False, True], ids=["refused", "accepted"])
@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Outcome.RATE_LIMITED, SlackApiError),
        (Outcome.ERROR, SlackApiError),
        (Outcome.SERVER_ERROR, SlackApiError),
        (Outcome.GARBAGE, SlackApiError),
        (Outcome.CLOSE, (OSError, HTTPException)),
        (Outcome.RESET, (OSError, HTTPException)),
    ],
)
def test_the_call_ends_as_ordered_and_takes_effect_only_where_it_is_accepted(
    world: SlackWorld, address: str, outcome: Outcome, error: type[Exception], accepted: bool
) -> None:
    world.faults.next(Fault(outcome, accepted=accepted))
    with pytest.raises(error):
        _post(world, address)
    assert len(world.journal) == accepted
    assert _post(world, address)["ok"], "the next one goes well"
    assert world.faults.pending == 0


def test_a_hanging_call_is_accepted_and_never_answered(world: SlackWorld, address: str) -> None:
    world.faults.next(Fault(Outcome.HANG, accepted=True, seconds=1.2))
    with pytest.raises(TimeoutError):
        WebClient(world.bot_token, f"{address}/api/", timeout=1, retry_handlers=[]).chat_postMessage(
            channel="#a", text="x"
        )
    assert len(world.journal) == 1


def test_a_429_on_order_carries_its_retry_after(world: SlackWorld, address: str) -> None:
    world.faults.next(Fault(Outcome.RATE_LIMITED, retry_after=7), times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            _post(world, address)
        assert caught.value.response.headers["Retry-After"] == "7"
    assert _post(world, address)["ok"]


def test_the_clients_own_retries_post_twice_where_the_answer_is_lost(world: SlackWorld, address: str) -> None:
    """Why the sender has none: the stand-in shows it as Slack does."""
    world.faults.next(Fault(Outcome.CLOSE, accepted=True))
    assert _client(world, address).chat_postMessage(channel="#a", text="x")["ok"]
    assert [entry.text for entry in world.journal] == ["x", "x"]


def test_a_fault_waits_for_its_method(world: SlackWorld, address: str) -> None:
    world.faults.next(Fault(Outcome.ERROR, error="fatal_error"), method="chat.update")
    posted = _post(world, address)
    with pytest.raises(SlackApiError, match="fatal_error"):
        _client(world, address, []).chat_update(channel=posted["channel"], ts=posted["ts"], text="y")


def _control(address: str, name: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    url = f"{address}/control/{name}"
    answer = requests.get(url, timeout=5) if body is None else requests.post(url, json=body, timeout=5)
    return answer.status_code, answer.json()


def test_faults_can_be_ordered_over_http(world: SlackWorld, address: str) -> None:
    assert _control(address, "faults", {"outcome": "error", "error": "fatal_error", "times": 1}) == (
        200,
        {"pending": 1},
    )
    with pytest.raises(SlackApiError, match="fatal_error"):
        _post(world, address)
    status, answer = _control(address, "faults", {"outcome": "explode"})
    assert status == 400
    assert "explode" in answer["error"]


def test_the_journal_is_read_over_http_from_where_one_left_off(world: SlackWorld, address: str) -> None:
    _post(world, address)
    _post(world, address)
    _, everything = _control(address, "journal")
    _, rest = _control(address, "journal?since=1")
    assert [entry["number"] for entry in everything["entries"]] == [1, 2]
    assert [entry["number"] for entry in rest["entries"]] == [2]


def test_without_an_app_a_command_fails_as_at_slack(address: str) -> None:
    status, answer = _control(address, "slash", {"user": "U1", "text": "acme", "channel": "#a"})
    assert (status, answer["acked"], answer["error"]) == (200, False, "dispatch_failed")
    assert _control(address, "slash", {"user": "U9", "text": "", "channel": "#a"})[0] == 404
    assert _control(address, "press", {"user": "U1", "channel": "#a", "ts": "1.0", "action_id": "claim"})[0] == 404


def test_a_page_of_another_name_cannot_reach_the_controls(address: str) -> None:
    answer = requests.get(f"{address}/control/journal", headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 400
