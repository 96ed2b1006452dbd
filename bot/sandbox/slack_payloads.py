"""What Slack sends when somebody types a command or presses a button: the payloads, field by field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.sandbox.slack_state import APP_ID, TEAM_DOMAIN, TEAM_ID, Json, SlackChannel, SlackMessage, SlackUser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOKEN: Final = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody
_ADDRESS: Final = re.compile(r"\bhttps?://[^\s<>|]+")
_DOMAIN: Final = re.compile(r"(?<![\w.@/<|-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|ai|dev|co|eu|example)\b", re.IGNORECASE)


def escaped(text: str) -> str:
    """Write what was typed as Slack hands it on with `should_escape`: entities, and links in angle brackets."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if _ADDRESS.search(text):
        return _ADDRESS.sub(lambda found: f"<{found[0]}>", text)
    return _DOMAIN.sub(lambda found: f"<http://{found[0]}|{found[0]}>", text)


def slash_command(user: SlackUser, channel: SlackChannel, command: str, text: str, response_url: str) -> Json:
    """Return the payload of a slash command; in HTTP mode the same fields are a form."""
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": user.id,
        "user_name": user.name.lower().replace(" ", "."),
        "command": command,
        "text": escaped(text),
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger(response_url),
    }


def block_actions(
    user: SlackUser, channel: SlackChannel, message: SlackMessage, action: Json, response_url: str
) -> Json:
    """Return the payload of a pressed button."""
    ephemeral = message.reader is not None
    payload: Json = {
        "type": "block_actions",
        "user": {
            "id": user.id,
            "username": user.name.lower().replace(" ", "."),
            "name": user.name.lower().replace(" ", "."),
            "team_id": TEAM_ID,
        },
        "api_app_id": APP_ID,
        "token": _TOKEN,
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        },
        "trigger_id": trigger(response_url),
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.payload_name},
        "message": message.as_json(),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if ephemeral:
        del payload["message"]
    return payload


def trigger(response_url: str) -> str:
    """Make the id that opens a dialog; as unlike any other as the response URL is."""
    return f"1.2.{response_url.rpartition('/')[2]}"


def buttons(message: SlackMessage) -> Iterator[Json]:
    """Yield everything in a message that can be pressed, as it stands in `actions` of the payload."""
    yield from choices(message.content.blocks)


def choices(blocks: Iterable[Json]) -> Iterator[Json]:
    """Yield everything in blocks that can be pressed or chosen, as it stands in `actions` of the payload."""
    for block in blocks:
        elements = [*block.get("elements", ()), block.get("accessory")]
        for element in elements:
            if isinstance(element, dict) and "action_id" in element:
                kept = {key: element[key] for key in ("action_id", "text", "value", "type", "style") if key in element}
                yield from _choices(element, {**kept, "block_id": block["block_id"]})


def _choices(element: Json, action: Json) -> Iterator[Json]:
    """Yield the action of a button, or one for each option of a menu: `value` tells them apart."""
    if element["type"] != "static_select":
        yield action
        return
    for option in element["options"]:
        yield {**action, "selected_option": option, "placeholder": element.get("placeholder")}
