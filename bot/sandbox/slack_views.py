"""Modals of the stand-in Slack: triggers, what stands on people's screens, and what Slack refuses in a view."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from bot.messages.limits import as_slack_says, validate
from bot.sandbox.slack_state import APP_ID, BOT_ID, TEAM_DOMAIN, TEAM_ID, Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_state import SlackUser
    from bot.sandbox.slack_world import SlackWorld

TRIGGER_SECONDS: Final = 3.0
_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody
_BYTES_MOST: Final = 250_000
_DEEPEST: Final = 3
_WORDS: Final[Mapping[str, int]] = {"title": 24, "submit": 24, "close": 24}
_TEXTS: Final[Mapping[str, int]] = {"callback_id": 255, "external_id": 255, "private_metadata": 3000}
_FLAGS: Final = frozenset({"clear_on_close", "notify_on_close", "submit_disabled"})


@dataclass(slots=True)
class View:
    """A modal as it stands on somebody's screen."""

    id: str
    user: str
    content: Json
    hash: str
    previous: str | None = None
    root: str = ""

    def as_json(self, values: Json | None = None) -> Json:
        """Return the view as Slack does, with what was filled in."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            **self.content,
            "state": {"values": values or {}},
            "hash": self.hash,
            "clear_on_close": bool(self.content.get("clear_on_close")),
            "notify_on_close": bool(self.content.get("notify_on_close")),
            "previous_view_id": self.previous,
            "root_view_id": self.root or self.id,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


@dataclass(slots=True)
class Views:
    """Everything that is open, and the triggers that open more."""

    open: dict[str, View] = field(default_factory=dict)
    """By id, in the order in which they were opened."""
    _triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def grant(self, trigger_id: str, user: str, now: float) -> str:
        """Let the app open a modal for a user, once, within three seconds; returns the trigger's id."""
        self._triggers[trigger_id] = (user, now + TRIGGER_SECONDS)
        return trigger_id

    def exchange(self, trigger_id: str, now: float) -> str:
        """Return whose trigger it is, and let it be used no more. Raises SlackError."""
        if trigger_id in self._used:
            raise SlackError("exchanged_trigger_id")
        if trigger_id not in self._triggers:
            raise SlackError("invalid_trigger_id")
        user, until = self._triggers.pop(trigger_id)
        self._used.add(trigger_id)
        if now > until:
            raise SlackError("expired_trigger_id")
        return user

    def put(self, user: str, content: Json, previous: View | None = None) -> View:
        """Show a new view."""
        number = next(self._numbers)
        root = (previous.root or previous.id) if previous else ""
        view = View(f"V{number:08d}", user, content, f"{number}.first", previous.id if previous else None, root)
        self.open[view.id] = view
        return view

    def change(self, view: View, content: Json) -> None:
        """Show something else in a view."""
        view.content, view.hash = content, f"{next(self._numbers)}.changed"

    def find(self, view_id: str) -> View:
        """Return an open view. Raises SlackError not_found."""
        if view_id not in self.open:
            raise SlackError("not_found")
        return self.open[view_id]

    def of(self, user: str) -> View:
        """Return the view that a person sees. Raises LookupError where there is none."""
        seen = [view for view in self.open.values() if view.user == user]
        if not seen:
            raise LookupError(f"{user} has no modal open")
        return seen[-1]


# methods of the Web API


def views_open(world: SlackWorld, arguments: Arguments) -> Json:
    """Run views.open."""
    content = view_of(arguments, "modal")
    user = world.views.exchange(arguments.required("trigger_id"), world.now())
    return {"view": world.views.put(user, content).as_json()}


def views_push(world: SlackWorld, arguments: Arguments) -> Json:
    """Run views.push."""
    content = view_of(arguments, "modal")
    below = world.views.of(world.views.exchange(arguments.required("trigger_id"), world.now()))
    if sum(1 for view in world.views.open.values() if view.user == below.user) >= _DEEPEST:
        raise SlackError("push_limit_reached")
    return {"view": world.views.put(below.user, content, below).as_json()}


def views_update(world: SlackWorld, arguments: Arguments) -> Json:
    """Run views.update, by the id of the view."""
    content = view_of(arguments, "modal")
    view = world.views.find(arguments.required("view_id", "not_found"))
    if arguments.text("hash") not in {"", view.hash}:
        raise SlackError("hash_conflict")
    world.views.change(view, content)
    return {"view": view.as_json()}


def view_of(arguments: Arguments, kind: Literal["modal", "home"]) -> Json:
    """Read and check the `view` of a call. Raises SlackError with everything that is wrong."""
    view = arguments.structure("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    if len(json.dumps(view).encode()) > _BYTES_MOST:
        raise SlackError("view_too_large")
    found = view_faults(view, kind)
    if found:
        told = {"messages": [f"[ERROR] {one}" for one in found]}
        raise SlackError("invalid_arguments", response_metadata=told)
    return view


def view_faults(view: Mapping[str, Any], kind: Literal["modal", "home"]) -> list[str]:
    """Return what Slack would refuse in a view, in its words."""
    return list(_faults(view, kind))


def _faults(view: Mapping[str, Any], kind: Literal["modal", "home"]) -> Iterator[str]:
    if view.get("type") != kind:
        yield f"must be {kind} [json-pointer:/view/type]"
    words = _WORDS if kind == "modal" else {}
    if kind == "modal" and "title" not in view:
        yield "missing required field: title [json-pointer:/view]"
    for name in view.keys() - {"type", "blocks", *words, *_TEXTS, *_FLAGS}:
        yield f"invalid additional property: {name} [json-pointer:/view]"
    for name, most in words.items():
        if name in view:
            yield from _wrong_words(name, view[name], most)
    for name, most in _TEXTS.items():
        if not isinstance(view.get(name, ""), str) or len(view.get(name, "")) > most:
            yield f"must be less than {most + 1} characters [json-pointer:/view/{name}]"
    blocks = view.get("blocks")
    yield from as_slack_says(validate(blocks, kind, at="/view/blocks"))
    if kind == "modal" and "submit" not in view and any(is_input(block) for block in blocks or ()):
        yield "missing required field: submit [json-pointer:/view]"


def _wrong_words(name: str, words: object, most: int) -> Iterator[str]:
    if not isinstance(words, dict) or words.get("type") != "plain_text":
        yield f"must be a plain_text object [json-pointer:/view/{name}]"
    elif not 0 < len(str(words.get("text", ""))) <= most:
        yield f"must be less than {most + 1} characters [json-pointer:/view/{name}/text]"


def is_input(block: object) -> bool:
    """Tell whether a block is a field to fill in."""
    return isinstance(block, dict) and block.get("type") == "input"


def view_payload(user: SlackUser, kind: str, view: Json) -> Json:
    """Return what every payload from a view has."""
    name = user.name.lower().replace(" ", ".")
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user.id, "username": name, "name": name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": _TOKEN,
        "view": view,
        "enterprise": None,
        "is_enterprise_install": False,
    }
