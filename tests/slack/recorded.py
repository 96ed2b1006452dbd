"""Payloads in the shapes that bolt-python's tests record, written down here with what the app looks at.

bolt-python is (c) Slack Technologies, LLC, under the MIT licence: https://github.com/slackapi/bolt-python
"""

from __future__ import annotations

from typing import Any, Final

_TEAM: Final = {"id": "T111", "domain": "workspace-domain", "enterprise_id": "E111", "enterprise_name": "Sandbox Org"}
_USER: Final = {"id": "W111", "username": "primary-owner", "name": "primary-owner", "team_id": "T111"}
_COMMON: Final = {"token": "verification_token", "api_app_id": "A111", "team": _TEAM, "user": _USER}
_VIEW: Final = {
    "id": "V111",
    "team_id": "T111",
    "type": "modal",
    "blocks": [],
    "private_metadata": "",
    "callback_id": "view-id",
    "state": {"values": {}},
    "hash": "111.xxx",
    "title": {"type": "plain_text", "text": "My App"},
    "app_id": "A111",
    "bot_id": "B111",
}


def event(kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Wrap an event as the Events API does."""
    return {
        "token": "verification_token",
        "team_id": "T111",
        "enterprise_id": "E111",
        "api_app_id": "A111",
        "event": {"type": kind, "event_ts": "1595926230.009600", **fields},
        "type": "event_callback",
        "event_id": "Ev111",
        "event_time": 1595926230,
        "authed_users": ["W111"],
    }


EVENTS: Final[dict[str, dict[str, Any]]] = {
    "app_mention": event("app_mention", text="<@W111> Hi there!", user="W222", ts="1.2", team="T111", channel="C111"),
    "message": event("message", text="Hello", user="W111", ts="1.2", channel="C111", channel_type="channel"),
    "bot_message": event("message", subtype="bot_message", text="Hi", ts="1.2", bot_id="BZYBOTHED", channel="C111"),
    "message_changed": event(
        "message",
        subtype="message_changed",
        channel="C111",
        ts="1.2",
        hidden=True,
        message={"type": "message", "text": "new", "user": "W111", "ts": "1.1"},
        previous_message={"type": "message", "text": "old", "user": "W111", "ts": "1.1"},
    ),
    "message_deleted": event("message", subtype="message_deleted", channel="C111", ts="1.2", deleted_ts="1.1"),
    "reaction_added": event("reaction_added", user="W111", item={"type": "message", "channel": "C111", "ts": "1.2"}),
    "function_executed": event(
        "function_executed",
        function={"id": "Fn111", "callback_id": "reverse", "type": "app", "input_parameters": []},
        inputs={"stringToReverse": "hello"},
        function_execution_id="Fx111",
        bot_access_token="xwfp-valid",
    ),
    "workflow_step_execute": event("workflow_step_execute", callback_id="copy_review", workflow_step={"step_id": "1"}),
}

INTERACTIONS: Final[dict[str, dict[str, Any]]] = {
    "global shortcut": {**_COMMON, "type": "shortcut", "callback_id": "x", "trigger_id": "1.2", "action_ts": "1.2"},
    "message shortcut": {
        **_COMMON,
        "type": "message_action",
        "callback_id": "x",
        "trigger_id": "1.2",
        "message_ts": "1.2",
        "channel": {"id": "C111", "name": "dev"},
        "message": {"type": "message", "user": "W111", "ts": "1.2", "text": "Test"},
    },
    "attachment action": {
        **_COMMON,
        "type": "interactive_message",
        "callback_id": "pick",
        "actions": [{"name": "list", "type": "select", "selected_options": [{"value": "C111"}]}],
        "channel": {"id": "C222", "name": "triage-random"},
    },
    "dialog submission": {**_COMMON, "type": "dialog_submission", "callback_id": "x", "submission": {"a": "b"}},
    "dialog cancellation": {**_COMMON, "type": "dialog_cancellation", "callback_id": "x", "state": "Limo"},
    "dialog suggestion": {**_COMMON, "type": "dialog_suggestion", "callback_id": "x", "name": "types", "value": "k"},
    "block suggestion": {
        **_COMMON,
        "type": "block_suggestion",
        "container": {"type": "view", "view_id": "V111"},
        "action_id": "es_a",
        "block_id": "es_b",
        "value": "search word",
        "view": _VIEW,
    },
    "view submission": {**_COMMON, "type": "view_submission", "trigger_id": "1.2", "view": _VIEW, "response_urls": []},
    "view closed": {**_COMMON, "type": "view_closed", "view": _VIEW, "is_cleared": False},
    "workflow step edit": {
        **_COMMON,
        "type": "workflow_step_edit",
        "callback_id": "copy_review",
        "trigger_id": "1.2",
        "workflow_step": {"workflow_id": "12345", "step_id": "1", "inputs": {}, "outputs": []},
    },
}


def block_action(action_id: str, value: str | None = None) -> dict[str, Any]:
    """Return a pressed button as recorded: in an ephemeral message, so without the message itself."""
    return {
        **_COMMON,
        "type": "block_actions",
        "container": {"type": "message", "message_ts": "111.222", "channel_id": "C111", "is_ephemeral": True},
        "trigger_id": "111.222.valid",
        "channel": {"id": "C111", "name": "test-channel"},
        "actions": [
            {
                "action_id": action_id,
                "block_id": "b",
                "text": {"type": "plain_text", "text": "Button", "emoji": True},
                **({"value": value} if value is not None else {}),
                "type": "button",
                "action_ts": "1596530385.194939",
            }
        ],
    }


SLASH_COMMAND: Final = {
    "token": "verification_token",
    "team_id": "T111",
    "team_domain": "test-domain",
    "channel_id": "C111",
    "channel_name": "random",
    "user_id": "W111",
    "user_name": "primary-owner",
    "command": "/headroom",
    "text": "Hi",
    "enterprise_id": "E111",
    "enterprise_name": "Org Name",
    "trigger_id": "111.111.xxx",
}
