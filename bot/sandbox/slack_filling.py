"""What people do in the modals of the stand-in Slack: type, choose, submit, and open them by shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.sandbox.slack_state import TEAM_DOMAIN, TEAM_ID, Json
from bot.sandbox.slack_views import is_input, view_faults, view_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack_interactions import Interaction
    from bot.sandbox.slack_state import SlackUser
    from bot.sandbox.slack_views import View
    from bot.sandbox.slack_world import SlackWorld

_INTERACTIVE: Final = "interactive"
_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody
_CHOSEN: Final = frozenset({"radio_buttons", "static_select"})
_PICKED: Final[Mapping[str, str]] = {"datepicker": "selected_date", "timepicker": "selected_time"}
_TROUBLE: Final = "We had some trouble connecting. Try again?"
"""What Slack shows where the acknowledgement makes no sense."""


def submit(world: SlackWorld, user: str, filled: Mapping[str, str | None]) -> Interaction:
    """Fill in the modal that a person sees, by block_id, and press its button; returns when it is acknowledged.

    Raises LookupError where there is no such field, and where Slack would not let it go: something is left out.
    """
    with world.lock:
        view = world.views.of(user)
        values = _values(view, filled)
        interaction = world.interaction(world.rooms.user(user))
        body = {**view_payload(world.rooms.user(user), "view_submission", view.as_json(values)), "response_urls": []}
        body["trigger_id"] = world.views.grant(f"1.2.{interaction.id}", user, world.now())
    world.deliver(interaction, _INTERACTIVE, body)
    if interaction.acked:
        with world.lock:
            _acknowledged(world, interaction, view)
        world.changed()
    return interaction


def close(world: SlackWorld, user: str) -> None:
    """Close the modal that a person sees."""
    with world.lock:
        del world.views.open[world.views.of(user).id]


def suggestions(world: SlackWorld, user: str, action_id: str, text: str) -> list[tuple[str, str]]:
    """Type into a type-ahead field of the modal that a person sees: label and value of what is offered.

    Raises LookupError where there is no such field, or too little was typed for Slack to ask.
    """
    with world.lock:
        view = world.views.of(user)
        block = next((one for one in _inputs(view) if one["element"].get("action_id") == action_id), None)
        if block is None or len(text) < block["element"].get("min_query_length", 3):
            raise LookupError(f"nothing is looked for in '{action_id}'")
        interaction = world.interaction(world.rooms.user(user))
        body = {
            **view_payload(world.rooms.user(user), "block_suggestion", view.as_json()),
            "container": {"type": "view", "view_id": view.id},
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": text,
        }
    world.deliver(interaction, _INTERACTIVE, body)
    options = (interaction.ack or {}).get("options") or []
    return [(option["text"]["text"], option["value"]) for option in options]


def _inputs(view: View) -> list[Json]:
    return [block for block in view.content["blocks"] if is_input(block)]


def _values(view: View, filled: Mapping[str, str | None]) -> Json:
    inputs = {block["block_id"]: block for block in _inputs(view)}
    if unknown := filled.keys() - inputs.keys():
        raise LookupError(f"the modal has no field {', '.join(sorted(unknown))}; it has: {', '.join(inputs)}")
    made = {}
    for name, block in inputs.items():
        element = block["element"]
        value = _answer(element, filled.get(name)) if name in filled else _initial(element)
        if not block.get("optional") and not any(
            value.get(key) for key in ("value", "selected_date", "selected_time", "selected_option", "selected_options")
        ):
            raise LookupError(f"Slack does not let it go: {name} is left out")
        made[name] = {element["action_id"]: {"type": element["type"], **value}}
    return made


def _answer(element: Json, value: str | None) -> Json:
    if element["type"] == "external_select":
        option = {"text": {"type": "plain_text", "text": value or ""}, "value": value}
        return {"selected_option": option if value else None}
    if element["type"] == "checkboxes":
        wanted = (value or "").split()
        return {"selected_options": [option for option in element["options"] if option["value"] in wanted]}
    if element["type"] in _CHOSEN:
        chosen = next((option for option in element["options"] if option["value"] == value), None)
        if chosen is None and value is not None:
            raise LookupError(f"there is no choice '{value}'")
        return {"selected_option": chosen}
    return {_PICKED.get(element["type"], "value"): value}


def _initial(element: Json) -> Json:
    """Return what a field holds that nobody touched."""
    if element["type"] == "checkboxes":
        return {"selected_options": element.get("initial_options", [])}
    if element["type"] in {*_CHOSEN, "external_select"}:
        return {"selected_option": element.get("initial_option")}
    name = _PICKED.get(element["type"], "value")
    return {name: element.get(name.replace("selected", "initial").replace("value", "initial_value"))}


def _acknowledged(world: SlackWorld, interaction: Interaction, view: View) -> None:
    answer = interaction.ack or {}
    match answer.get("response_action"):
        case "errors":
            known = {block["block_id"] for block in _inputs(view)}
            if not answer.get("errors") or not answer["errors"].keys() <= known:
                interaction.error = _TROUBLE
        case "update" | "push" as action:
            if view_faults(answer.get("view") or {}, "modal"):
                interaction.error = _TROUBLE
            elif action == "update":
                world.views.change(view, answer["view"])
            else:
                world.views.put(view.user, answer["view"], view)
        case "clear":
            world.views.open = {key: one for key, one in world.views.open.items() if one.user != view.user}
        case _:
            world.views.open.pop(view.id, None)


def shortcut(world: SlackWorld, user: str, callback_id: str) -> Interaction:
    """Choose a shortcut of the app that is there everywhere; returns when it is acknowledged."""
    with world.lock:
        person = world.rooms.user(user)
        interaction = world.interaction(person)
        body = _shortcut(person, "shortcut", callback_id, f"1.2.{interaction.id}")
    world.deliver(interaction, _INTERACTIVE, body)
    return interaction


def message_shortcut(world: SlackWorld, user: str, channel: str, callback_id: str, message: Json) -> Interaction:
    """Choose a shortcut of the app on a message that somebody wrote; returns when it is acknowledged."""
    with world.lock:
        person, room = world.place(user, channel)
        interaction = world.interaction(person, room)
        body = {
            **_shortcut(person, "message_action", callback_id, f"1.2.{interaction.id}"),
            "channel": {"id": room.id, "name": room.payload_name},
            "message_ts": "1772355600.000100",
            "message": {"type": "message", "user": person.id, "ts": "1772355600.000100", "team": TEAM_ID, **message},
            "response_url": world.response_url(interaction),
        }
    world.deliver(interaction, _INTERACTIVE, body)
    return interaction


def _shortcut(user: SlackUser, kind: str, callback_id: str, trigger_id: str) -> Json:
    return {
        "type": kind,
        "token": _TOKEN,
        "action_ts": "1772355600.000200",
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user.id, "username": user.name.lower().replace(" ", "."), "team_id": TEAM_ID},
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "enterprise": None,
        "is_enterprise_install": False,
    }
