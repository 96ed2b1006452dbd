"""Modals, unfurls and workflow steps of the stand-in Slack: what it refuses, in Slack's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.messages.speech import ENGLISH
from bot.messages.views.lookup import look_up_modal
from bot.messages.views.slack import to_view
from bot.sandbox import slack_filling
from bot.sandbox.slack import SCOPES, UNLIMITED, SlackUser, SlackWorld
from bot.sandbox.slack_functions import run_step
from bot.sandbox.slack_unfurl import paste
from bot.slack.client import SlackAccess, web_client
from tests.sandbox.slack_server import Server, slack_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_sdk import WebClient

LINK = "https://ours.lightning.force.com/lightning/r/Account/0015g00000KqXyZAAV/view"
VIEW = to_view(look_up_modal(ENGLISH))
STEP = {
    "title": "Step",
    "input_parameters": {"account": {"type": "string", "is_required": True}},
    "output_parameters": {"name": {"type": "string", "is_required": True}, "share": {"type": "number"}},
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as server:
        yield server


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(server: Server, clock: Clock) -> SlackWorld:
    made = SlackWorld([SlackUser("U1", "Ada", "a@example.com")], ["#cs-risk"], clock=clock, limits=UNLIMITED)
    server.show(made)
    return made


def client_of(world: SlackWorld, token: str | None = None) -> WebClient:
    return web_client(SlackAccess(token or world.bot_token, base_url=f"{world.address}/api/"))


def refusal(call: Callable[..., Any], **arguments: Any) -> str:  # noqa: ANN401 - whatever Slack takes
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


def trigger(world: SlackWorld) -> str:
    return world.views.grant("1.2.x", "U1", world.now())


def test_a_trigger_opens_one_modal_within_three_seconds(world: SlackWorld, clock: Clock) -> None:
    client = client_of(world)
    assert refusal(client.views_open, trigger_id="9.9.9", view=VIEW) == "invalid_trigger_id"
    opened = client.views_open(trigger_id=trigger(world), view=VIEW)["view"]
    assert (opened["callback_id"], world.views.of("U1").id) == ("look_up_account", opened["id"])
    assert refusal(client.views_open, trigger_id="1.2.x", view=VIEW) == "exchanged_trigger_id"
    late = world.views.grant("1.2.y", "U1", world.now())
    clock.now += timedelta(seconds=3.5)
    assert refusal(client.views_open, trigger_id=late, view=VIEW) == "expired_trigger_id"


WRONG = [
    ("no title", {"title": None}),
    ("a long title", {"title": {"type": "plain_text", "text": "x" * 25}}),
    ("mrkdwn in the title", {"title": {"type": "mrkdwn", "text": "x"}}),
    ("fields without a button", {"submit": None}),
    ("too much kept", {"private_metadata": "x" * 3001}),
    ("another kind", {"type": "home"}),
    ("an unknown property", {"colour": "red"}),
    ("a block that only messages take", {"blocks": [{"type": "markdown", "text": "x"}]}),
]


@pytest.mark.parametrize(("_case", "changes"), WRONG, ids=[case for case, _ in WRONG])
def test_a_view_that_slack_would_refuse_is_refused(world: SlackWorld, _case: str, changes: dict[str, Any]) -> None:
    view = {name: value for name, value in {**VIEW, **changes}.items() if value is not None}
    assert refusal(client_of(world).views_open, trigger_id=trigger(world), view=view) == "invalid_arguments"
    assert world.views.open == {}


def test_a_view_is_updated_where_it_stands_and_not_over_a_newer_one(world: SlackWorld) -> None:
    client = client_of(world)
    opened = client.views_open(trigger_id=trigger(world), view=VIEW)["view"]
    changed = client.views_update(view_id=opened["id"], hash=opened["hash"], view={**VIEW, "callback_id": "b"})["view"]
    assert changed["callback_id"] == "b"
    assert refusal(client.views_update, view_id=opened["id"], hash=opened["hash"], view=VIEW) == "hash_conflict"
    slack_filling.close(world, "U1")
    assert refusal(client.views_update, view_id=opened["id"], view=VIEW) == "not_found"


def test_no_more_than_three_views_lie_on_each_other(world: SlackWorld) -> None:
    client = client_of(world)
    client.views_open(trigger_id=trigger(world), view=VIEW)
    for number in range(2):
        pushed = client.views_push(trigger_id=world.views.grant(f"p{number}", "U1", world.now()), view=VIEW)["view"]
    assert pushed["previous_view_id"] != pushed["root_view_id"]
    full = world.views.grant("p9", "U1", world.now())
    assert refusal(client.views_push, trigger_id=full, view=VIEW) == "push_limit_reached"


def test_what_slack_would_not_let_go_is_not_sent(world: SlackWorld) -> None:
    client_of(world).views_open(trigger_id=trigger(world), view=VIEW)
    with pytest.raises(LookupError, match="is left out"):
        slack_filling.submit(world, "U1", {})
    with pytest.raises(LookupError, match="no field"):
        slack_filling.submit(world, "U1", {"other": "x"})
    with pytest.raises(LookupError, match="nothing is looked for"):
        slack_filling.suggestions(world, "U1", "look_up_account_name", "a")
    with pytest.raises(LookupError, match="no modal"):
        slack_filling.submit(world, "U2", {})


def test_an_unfurl_is_of_a_message_and_its_links(world: SlackWorld) -> None:
    client = client_of(world)
    pasted, sent = paste(world, "U1", "#cs-risk", LINK, "https://a.example/")
    assert sent.error == "dispatch_failed", "there is no app to be told"
    assert pasted.urls == (LINK,)
    blocks = {LINK: {"blocks": [{"type": "divider"}]}}
    where: dict[str, Any] = {"channel": pasted.channel, "ts": pasted.ts}
    assert refusal(client.chat_unfurl, **where) == "missing_unfurls"
    assert refusal(client.chat_unfurl, channel=pasted.channel, unfurls=blocks) == "missing_ts"
    assert refusal(client.chat_unfurl, channel=pasted.channel, ts="1.1", unfurls=blocks) == "cannot_find_message"
    assert refusal(client.chat_unfurl, unfurl_id="x", source="composer", unfurls=blocks) == "cannot_unfurl_message"
    assert refusal(client.chat_unfurl, **where, unfurls={"https://a.example/": {}}) == "cannot_unfurl_url"
    assert refusal(client.chat_unfurl, **where, unfurls={LINK: {"blocks": [{"type": "x"}]}}) == "invalid_blocks"
    client.chat_unfurl(**where, unfurls=blocks)
    client.chat_unfurl(unfurl_id=pasted.unfurl_id, source=pasted.source, unfurls=blocks)
    assert world.unfurls.shown == {pasted.unfurl_id: blocks}


def test_unfurling_takes_its_scope(server: Server) -> None:
    world = SlackWorld([SlackUser("U1", "Ada", None)], ["#a"], scopes=SCOPES - {"links:write"})
    server.show(world)
    assert refusal(client_of(world).chat_unfurl, channel="C", ts="1.1", unfurls={LINK: {}}) == "missing_scope"


def test_a_step_ends_once_with_what_it_promised(world: SlackWorld) -> None:
    execution, _ = run_step(world, "step", STEP, {"account": "x"})
    end = {"function_execution_id": execution.id}
    client = client_of(world, execution.token)
    for outputs in ({}, {"name": 1}, {"name": "x", "share": "y"}, {"name": "x", "share": True}, {"name": "x", "z": 1}):
        refused = refusal(client.functions_completeSuccess, **end, outputs=outputs)
        assert refused == "parameter_validation_failed", outputs
    assert refusal(client.functions_completeError, function_execution_id="Fx", error="x") == (
        "function_execution_not_found"
    )
    client.functions_completeSuccess(**end, outputs={"name": "x", "share": 0.5})
    assert execution.outputs == {"name": "x", "share": 0.5}
    assert refusal(client.functions_completeError, **end, error="x") == "execution_not_in_running_state"
    with pytest.raises(LookupError):
        run_step(world, "step", STEP, {})


def test_the_token_of_a_run_is_good_for_its_end_alone(world: SlackWorld) -> None:
    execution, _ = run_step(world, "step", STEP, {"account": "x"})
    posting = client_of(world, execution.token).chat_postMessage
    assert refusal(posting, channel="#cs-risk", text="x") == "not_allowed_token_type"
    ending = client_of(world, world.app_token).functions_completeError
    assert refusal(ending, function_execution_id=execution.id, error="x") == "not_allowed_token_type"
    client_of(world).functions_completeError(function_execution_id=execution.id, error="x")
    assert execution.error == "x"
