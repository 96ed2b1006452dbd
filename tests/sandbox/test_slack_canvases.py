from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import SCOPES, SlackUser, SlackWorld
from tests.sandbox.slack_server import Server, slack_server

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = {"type": "markdown", "markdown": "# Hi"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as running:
        yield running


def world_of(server: Server, **options: Any) -> tuple[SlackWorld, WebClient]:  # noqa: ANN401 - whatever a world takes
    world = SlackWorld([SlackUser("U1", "Ada Byron", "ada@example.com")], ["#cs-risk"], **options)
    return world, WebClient(world.bot_token, f"{server.show(world)}/api/", retry_handlers=[])


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(SlackApiError) as error:
        yield
    assert error.value.response["error"] == code


def test_a_canvas_is_made_written_anew_and_shared(server: Server) -> None:
    world, client = world_of(server)
    canvas_id = client.canvases_create(title="Brief", document_content=TEXT)["canvas_id"]
    made = world.canvases.all[canvas_id]
    assert (made.title, made.markdown, made.readers) == ("Brief", "# Hi", {})
    change = {"operation": "replace", "document_content": {"type": "markdown", "markdown": "# Ho"}}
    assert client.canvases_edit(canvas_id=canvas_id, changes=[change])["ok"]
    assert client.canvases_access_set(canvas_id=canvas_id, access_level="read", user_ids=["U1"])["ok"]
    assert (made.markdown, made.readers) == ("# Ho", {"U1": "read"})


def test_it_takes_the_scope_and_a_plan(server: Server) -> None:
    _, client = world_of(server, scopes=SCOPES - {"canvases:write"})
    with refused("missing_scope"):
        client.canvases_create(document_content=TEXT)
    world, client = world_of(server)
    world.canvases.enabled = False
    with refused("free_teams_cannot_create_non_tabbed_canvases"):
        client.canvases_create(document_content=TEXT)


def test_what_no_canvas_can_be_is_refused(server: Server) -> None:
    _, client = world_of(server)
    with refused("invalid_arguments"):
        client.canvases_create(document_content={"type": "html", "html": "<b>"})
    with refused("canvas_creation_failed"):
        client.canvases_create(document_content={"type": "markdown", "markdown": "x" * 1_048_577})
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 150
    with refused("canvas_creation_failed"):
        client.canvases_create(document_content={"type": "markdown", "markdown": table})


def test_it_has_to_be_there_and_shared_with_people_or_channels(server: Server) -> None:
    _, client = world_of(server)
    with refused("canvas_not_found"):
        client.canvases_edit(canvas_id="F0", changes=[{"operation": "replace", "document_content": TEXT}])
    canvas_id = client.canvases_create(document_content=TEXT)["canvas_id"]
    with refused("invalid_parameters"):
        client.canvases_access_set(canvas_id=canvas_id, access_level="read")
    with refused("user_not_found"):
        client.canvases_access_set(canvas_id=canvas_id, access_level="read", user_ids=["U9"])
    with refused("invalid_arguments"):
        client.canvases_edit(canvas_id=canvas_id, changes=[{"operation": "burn"}])


def test_twenty_canvases_a_minute(server: Server) -> None:
    _, client = world_of(server)
    for _ in range(20):
        client.canvases_create(document_content=TEXT)
    with refused("ratelimited"):
        client.canvases_create(document_content=TEXT)
