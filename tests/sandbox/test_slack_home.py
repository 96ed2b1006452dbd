"""The stand-in's App Home, as Slack documents it: views.publish, the event, and presses without a response URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import UNLIMITED, SlackUser, SlackWorld, serving_slack
from bot.sandbox.slack_home import open_home, press_home

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

VIEW: Json = {
    "type": "home",
    "private_metadata": "kept",
    "blocks": [
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "1"}
            ],
        }
    ],
}


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    made = SlackWorld((SlackUser("U1", "Ada Byron", "ada@example.com"),), ("#cs-risk",), limits=UNLIMITED)
    with serving_slack(made):
        yield made


@pytest.fixture
def client(world: SlackWorld) -> WebClient:
    return WebClient(world.bot_token, base_url=f"{world.address}/api/", retry_handlers=[])


def refused(client: WebClient, **arguments: Any) -> str:  # noqa: ANN401 - whatever the call takes
    with pytest.raises(SlackApiError) as caught:
        client.views_publish(**arguments)
    return str(caught.value.response["error"])


def test_a_home_is_one_view_with_another_hash_each_time(client: WebClient) -> None:
    first = client.views_publish(user_id="U1", view=VIEW)["view"]
    second = client.views_publish(user_id="U1", view=VIEW, hash=first["hash"])["view"]
    assert first["id"] == second["id"]
    assert first["hash"] != second["hash"]
    assert refused(client, user_id="U1", view=VIEW, hash=first["hash"]) == "hash_conflict"


def test_what_slack_would_refuse_is_refused(world: SlackWorld, client: WebClient) -> None:
    assert refused(client, user_id="U9", view=VIEW) == "user_not_found"
    assert refused(client, user_id="U1", view={**VIEW, "type": "modal"}) == "invalid_arguments"
    assert (
        refused(client, user_id="U1", view={**VIEW, "title": {"type": "plain_text", "text": "x"}})
        == "invalid_arguments"
    )
    assert (
        refused(client, user_id="U1", view={**VIEW, "blocks": [{"type": "markdown", "text": "x"}]})
        == "invalid_arguments"
    )
    assert refused(client, user_id="U1", view={**VIEW, "private_metadata": "x" * 3001}) == "invalid_arguments"
    assert refused(client, user_id="U1", view={**VIEW, "blocks": [{"type": "divider"}] * 101}) == "invalid_arguments"
    world.homes.enabled = False
    assert refused(client, user_id="U1", view=VIEW) == "not_enabled"


@pytest.fixture
def sent(world: SlackWorld, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    payloads: list[tuple[str, Json]] = []
    monkeypatch.setattr(world, "deliver", lambda _interaction, kind, payload: payloads.append((kind, payload)))
    return payloads


def test_the_event_of_an_opening_brings_the_view_that_stands_there(
    world: SlackWorld, client: WebClient, sent: list[tuple[str, Json]]
) -> None:
    open_home(world, "U1")
    client.views_publish(user_id="U1", view=VIEW)
    open_home(world, "U1")
    open_home(world, "U1", "messages")
    assert {kind for kind, _ in sent} == {"events_api"}
    first, again, messages = (payload["event"] for _, payload in sent)
    assert (first["type"], first["tab"], "view" in first) == ("app_home_opened", "home", False)
    assert again["view"]["private_metadata"] == "kept"
    assert (messages["tab"], "view" in messages) == ("messages", False)


def test_a_press_in_a_home_has_the_view_and_no_way_to_answer_beside_it(
    world: SlackWorld, client: WebClient, sent: list[tuple[str, Json]]
) -> None:
    client.views_publish(user_id="U1", view=VIEW)
    press_home(world, "U1", "go", "1")
    ((kind, payload),) = sent
    assert kind == "interactive"
    assert payload["actions"][0]["value"] == "1"
    assert payload["view"]["type"] == payload["container"]["type"].replace("view", "home")
    assert payload["view"]["hash"]
    assert "response_url" not in payload
    assert "channel" not in payload
    with pytest.raises(LookupError, match="it has: go"):
        press_home(world, "U1", "stop")
