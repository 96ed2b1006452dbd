"""The App Home of the stand-in Slack: views.publish, and people who open the tab and press something in it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.sandbox.slack_payloads import choices, trigger
from bot.sandbox.slack_state import APP_ID, TEAM_ID, Json, SlackError
from bot.sandbox.slack_views import View, view_of, view_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_interactions import Interaction
    from bot.sandbox.slack_state import SlackUser
    from bot.sandbox.slack_world import SlackWorld

_WORDS: Final[Json] = {"title": {"type": "plain_text", "text": "View Title"}, "close": None, "submit": None}
"""What Slack adds to a view that has no words of its own above and below."""
_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody


@dataclass(slots=True)
class Homes:
    """The Home of each person, as it was published last."""

    enabled: bool = True
    """Whether the app's settings have the Home tab on."""
    by_user: dict[str, View] = field(default_factory=dict)
    published: list[tuple[str, Json]] = field(default_factory=list)
    """Everything that was published, oldest first: the user and the view as it was given."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, user: str, content: Json) -> View:
        """Show a view in somebody's Home: the same view from the first time on, under a new hash."""
        number = next(self._numbers)
        view = self.by_user.setdefault(user, View(f"VH{number:07d}", user, content, ""))
        for place, block in enumerate(content["blocks"]):
            block.setdefault("block_id", f"home{number}.{place}")
        view.content, view.hash = content, f"{number}.home"
        self.published.append((user, content))
        return view


def views_publish(world: SlackWorld, arguments: Arguments) -> Json:
    """Run views.publish."""
    user = arguments.required("user_id")
    if user not in world.rooms.users:
        raise SlackError("user_not_found")
    content = view_of(arguments, "home")
    if not world.homes.enabled:
        raise SlackError("not_enabled")
    known = world.homes.by_user.get(user)
    if known is not None and arguments.text("hash") not in {"", known.hash}:
        raise SlackError("hash_conflict")
    view = world.homes.put(user, content)
    world.changed()
    return {"view": view.as_json()}


def open_home(world: SlackWorld, user: str, tab: str = "home") -> Interaction:
    """Open the app's tab `home` or `messages`; returns when the app has taken the event."""
    with world.lock:
        person = world.rooms.user(user)
        interaction = world.interaction(person)
        known = world.homes.by_user.get(user)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": "D" + person.id[1:],
            "tab": tab,
            "event_ts": f"{world.now():.6f}",
        }
        if known is not None and tab == "home":
            event["view"] = known.as_json()
    payload = {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{interaction.id}",
        "event_time": int(world.now()),
        "authorizations": [
            {"team_id": TEAM_ID, "user_id": "U0HEADROOM", "is_bot": True, "is_enterprise_install": False}
        ],
    }
    world.deliver(interaction, "events_api", payload)
    return interaction


def press_home(world: SlackWorld, user: str, action_id: str, value: str | None = None) -> Interaction:
    """Press a button of somebody's Home, or choose from a menu; returns when it is acknowledged.

    `value` tells buttons with one action id apart, and says what is chosen. Raises LookupError where there is none.
    """
    with world.lock:
        person = world.rooms.user(user)
        view = world.homes.by_user.get(user)
        if view is None:
            raise LookupError(f"{user} has no Home yet")
        action = {**_action(view, action_id, value), "action_ts": f"{world.now():.6f}"}
        interaction = world.interaction(person)
        body = _pressed(world, person, view, interaction) | {"actions": [action]}
    world.deliver(interaction, "interactive", body)
    return interaction


def _pressed(world: SlackWorld, person: SlackUser, view: View, interaction: Interaction) -> Json:
    # No channel and no response URL: there is no conversation around it.
    return {
        **view_payload(person, "block_actions", {**view.as_json(), **_WORDS}),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger(world.response_url(interaction)),
    }


def _action(view: View, action_id: str, value: str | None) -> Json:
    found = list(choices(view.content["blocks"]))
    for action in found:
        chosen = action.get("value") or action.get("selected_option", {}).get("value")
        if action["action_id"] == action_id and value in {None, chosen}:
            return action
    known = ", ".join(sorted({action["action_id"] for action in found})) or "none"
    raise LookupError(f"the Home has no '{action_id}' with '{value}'; it has: {known}")
