"""Canvases of the stand-in Slack: made, written anew, shared with people.

As Slack does it: a canvas belongs to the app that made it and is seen by nobody else until it is shared; its text is
Markdown of at most 1 MiB; one change at a time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.slack_state import Json, SlackError

if TYPE_CHECKING:
    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_world import SlackWorld

MARKDOWN_MOST: Final = 1_048_576
CELLS_MOST: Final = 300
_OPERATIONS: Final = frozenset(
    {"insert_after", "insert_before", "insert_at_start", "insert_at_end", "replace", "delete", "rename"}
)
_LEVELS: Final = frozenset({"read", "write", "owner"})


@dataclass(slots=True)
class Canvas:
    """One canvas."""

    id: str
    title: str
    markdown: str
    readers: dict[str, str] = field(default_factory=dict)
    """Access level by user or channel."""


@dataclass(slots=True)
class Canvases:
    """The canvases of a workspace."""

    enabled: bool = True
    """Whether the plan of the workspace has standalone canvases."""
    all: dict[str, Canvas] = field(default_factory=dict)


def create(world: SlackWorld, arguments: Arguments) -> Json:
    """Answer canvases.create."""
    if not world.canvases.enabled:
        raise SlackError("free_teams_cannot_create_non_tabbed_canvases")
    given = arguments.structure("document_content", "invalid_arguments")
    made = Canvas("F" + secrets.token_hex(5).upper(), arguments.text("title"), _markdown(given))
    world.canvases.all[made.id] = made
    return {"canvas_id": made.id}


def edit(world: SlackWorld, arguments: Arguments) -> Json:
    """Answer canvases.edit: of the operations, those on the whole canvas."""
    canvas = _canvas(world, arguments)
    changes = arguments.structure("changes", "invalid_arguments")
    if not isinstance(changes, list) or len(changes) != 1 or not isinstance(changes[0], dict):
        raise SlackError("invalid_arguments")
    change: dict[str, Any] = changes[0]
    if change.get("operation") not in _OPERATIONS:
        raise SlackError("invalid_arguments")
    if change["operation"] != "replace" or change.get("section_id"):
        raise SlackError("canvas_editing_failed")
    canvas.markdown = _markdown(change.get("document_content"))
    return {}


def set_access(world: SlackWorld, arguments: Arguments) -> Json:
    """Answer canvases.access.set."""
    canvas = _canvas(world, arguments)
    users, channels = (_ids(arguments, name) for name in ("user_ids", "channel_ids"))
    level = arguments.required("access_level")
    if bool(users) == bool(channels) or level not in _LEVELS or (channels and level == "owner"):
        raise SlackError("invalid_parameters")
    if any(user not in world.rooms.users for user in users):
        raise SlackError("user_not_found")
    for channel in channels:
        world.rooms.by_id(channel)
    canvas.readers.update(dict.fromkeys((*users, *channels), level))
    return {}


def _canvas(world: SlackWorld, arguments: Arguments) -> Canvas:
    canvas = world.canvases.all.get(arguments.required("canvas_id"))
    if canvas is None:
        raise SlackError("canvas_not_found")
    return canvas


def _markdown(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, dict) or given.get("type") != "markdown" or not isinstance(given.get("markdown"), str):
        raise SlackError("invalid_arguments")
    text: str = given["markdown"]
    if len(text) > MARKDOWN_MOST or any(cells > CELLS_MOST for cells in _cells(text)):
        raise SlackError("canvas_creation_failed")
    return text


def _cells(text: str) -> list[int]:
    """Count the cells of each table."""
    tables: list[int] = []
    within = False
    for line in text.splitlines():
        row = line.startswith("|")
        if row and not within:
            tables.append(0)
        if row and not set(line) <= set("|-: "):
            tables[-1] += line.replace("\\|", "").count("|") - 1
        within = row
    return tables


def _ids(arguments: Arguments, name: str) -> list[str]:
    given = arguments.get(name)
    if isinstance(given, list):
        return [str(one) for one in given]
    return [one for one in str(given or "").strip("[]").replace('"', "").replace(" ", "").split(",") if one]
