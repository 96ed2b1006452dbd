"""The methods of the Web API that Headroom calls, and how many of each Slack allows a minute."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.messages.limits import validate
from bot.sandbox import slack_canvases
from bot.sandbox.slack_args import Arguments, content_of, update_of
from bot.sandbox.slack_files import check_files, complete_upload, get_upload_url
from bot.sandbox.slack_functions import complete_error, complete_success
from bot.sandbox.slack_home import views_publish
from bot.sandbox.slack_members import members
from bot.sandbox.slack_rooms import Span
from bot.sandbox.slack_state import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    Json,
    SlackChannel,
    SlackError,
    SlackMessage,
)
from bot.sandbox.slack_unfurl import chat_unfurl
from bot.sandbox.slack_views import views_open, views_push, views_update

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.sandbox.slack_world import SlackWorld

_LONGEST_PAGE: Final = 999


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does, which scopes it takes, how often it may be called."""

    run: Callable[[SlackWorld, Arguments], Json]
    per_minute: int
    scope: str | None = None
    token: str = "bot"  # noqa: S105 - the kind of token, not a token


def _auth_test(world: SlackWorld, _arguments: Arguments) -> Json:
    return {
        "url": f"{world.address}/",
        "team": TEAM_DOMAIN,
        "user": BOT_NAME,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def _connections_open(world: SlackWorld, _arguments: Arguments) -> Json:
    host = world.address.partition("://")[2]
    return {"url": f"ws://{host}/link/?ticket={world.sockets.ticket()}&app_id={APP_ID}"}


def _post_message(world: SlackWorld, arguments: Arguments) -> Json:
    channel = _writable(world, arguments.required("channel", "channel_not_found"))
    content = content_of(arguments)
    check_files(world, content.blocks)
    if content.thread_ts is not None and not world.rooms.has_thread(channel.id, content.thread_ts):
        raise SlackError("thread_not_found")
    world.pace.post(channel.id, world.now())
    message = world.rooms.post(channel, content, "chat.postMessage")
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(with_metadata=True)}


def _update(world: SlackWorld, arguments: Arguments) -> Json:
    message = _own_message(world, arguments, "cant_update_message")
    content = update_of(arguments, message.content)
    check_files(world, content.blocks)
    world.rooms.update(message, content, "chat.update")
    text = message.content.text
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": message.as_json(with_metadata=True)}


def _delete(world: SlackWorld, arguments: Arguments) -> Json:
    message = _own_message(world, arguments, "cant_delete_message")
    world.rooms.delete(message, "chat.delete")
    return {"channel": message.channel, "ts": message.ts}


def _post_ephemeral(world: SlackWorld, arguments: Arguments) -> Json:
    channel = _writable(world, arguments.required("channel", "channel_not_found"))
    reader = arguments.text("user")
    if reader not in world.rooms.users:
        raise SlackError("user_not_in_channel")
    content = content_of(arguments)
    check_files(world, content.blocks)
    message = world.rooms.whisper(channel, reader, content, "chat.postEphemeral")
    return {"message_ts": message.ts}


def _conversations_open(world: SlackWorld, arguments: Arguments) -> Json:
    users = [user for user in arguments.text("users").replace(" ", "").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise _missing(world, "mpim:write")
    known = "D" + users[0][1:] in world.rooms.channels
    channel = world.rooms.direct(users[0])
    whole = channel.as_json() if arguments.flag("return_im") else {"id": channel.id}
    return {"channel": whole, **({"no_op": True, "already_open": True} if known else {})}


def _conversations_info(world: SlackWorld, arguments: Arguments) -> Json:
    channel = world.rooms.by_id(arguments.required("channel", "channel_not_found"))
    _need(world, f"{channel.kind}:read")
    return {"channel": channel.as_json()}


def _conversations_list(world: SlackWorld, arguments: Arguments) -> Json:
    wanted = {kind.strip() for kind in arguments.text("types", "public_channel").split(",")}
    kinds = {"public_channel": "channels", "private_channel": "groups", "im": "im"}
    if not wanted <= {*kinds, "mpim"}:
        raise SlackError("invalid_types")
    for kind in wanted & kinds.keys():
        _need(world, f"{kinds[kind]}:read")
    shown = {kinds[kind] for kind in wanted & kinds.keys()}
    channels = [
        channel.as_json()
        for channel in world.rooms.channels.values()
        # A private channel is seen by its members only.
        if channel.kind in shown and (channel.has_bot or not channel.is_private)
        if not (channel.is_archived and arguments.flag("exclude_archived"))
    ]
    return _paged("channels", channels, arguments)


def _conversations_members(world: SlackWorld, arguments: Arguments) -> Json:
    inside = members(world, arguments)
    _need(world, f"{world.rooms.by_id(arguments.required('channel')).kind}:read")
    return _paged("members", inside, arguments)


def _history(world: SlackWorld, arguments: Arguments) -> Json:
    channel = _readable(world, arguments)
    return _messages(world, world.rooms.history(channel.id, _span(arguments)), arguments)


def _replies(world: SlackWorld, arguments: Arguments) -> Json:
    channel = _readable(world, arguments)
    return _messages(world, world.rooms.thread(channel.id, arguments.required("ts"), _span(arguments)), arguments)


def _lookup_by_email(world: SlackWorld, arguments: Arguments) -> Json:
    return {"user": world.rooms.user_by_email(arguments.required("email", "users_not_found")).as_json()}


def _users_info(world: SlackWorld, arguments: Arguments) -> Json:
    user = world.rooms.users.get(arguments.required("user", "user_not_found"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user.as_json() | ({"locale": user.locale} if arguments.flag("include_locale") else {})}


def _users_list(world: SlackWorld, arguments: Arguments) -> Json:
    return _paged("members", [user.as_json() for user in world.rooms.users.values()], arguments)


def _blocks_validate(_world: SlackWorld, arguments: Arguments) -> Json:
    given = [name for name in ("blocks", "message", "view") if arguments.get(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    value = arguments.structure(given[0], "invalid_arguments")
    if given[0] == "blocks":
        errors = validate(value)
    else:
        inner = value.get("blocks") if isinstance(value, dict) else value
        errors = validate(inner, "modal" if given[0] == "view" else "message", at="/blocks")
    if errors:
        raise SlackError(f"invalid_{given[0]}", errors=errors)
    return {}


def _own_message(world: SlackWorld, arguments: Arguments, refusal: str) -> SlackMessage:
    channel = world.rooms.by_id(arguments.required("channel", "channel_not_found"))
    if channel.is_archived:
        raise SlackError("is_archived")
    message = world.rooms.message(channel.id, arguments.required("ts", "message_not_found"))
    if message.reader is not None:
        raise SlackError(refusal)
    if message.is_tombstone:
        raise SlackError("message_not_found")
    return message


def _writable(world: SlackWorld, name: str) -> SlackChannel:
    channel = world.rooms.find(name)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.has_bot:
        # To those outside a private channel does not exist.
        raise SlackError("channel_not_found" if channel.is_private else "not_in_channel")
    return channel


def _readable(world: SlackWorld, arguments: Arguments) -> SlackChannel:
    channel = world.rooms.by_id(arguments.required("channel", "channel_not_found"))
    _need(world, f"{channel.kind}:history")
    if not channel.has_bot:
        raise SlackError("channel_not_found" if channel.is_private else "not_in_channel")
    return channel


def _span(arguments: Arguments) -> Span:
    return Span(
        arguments.text("oldest") or "0", arguments.text("latest") or None, inclusive=arguments.flag("inclusive")
    )


def _messages(world: SlackWorld, messages: Sequence[SlackMessage], arguments: Arguments) -> Json:
    with_metadata = arguments.flag("include_all_metadata")
    shown = [message.as_json(with_metadata=with_metadata) | world.rooms.thread_json(message) for message in messages]
    answer = _paged("messages", shown, arguments)
    return {**answer, "has_more": bool(answer["response_metadata"]["next_cursor"]), "pin_count": 0}


def _paged(name: str, items: Sequence[Json] | Sequence[str], arguments: Arguments) -> Json:
    """Cut one page out of a list. The cursor is opaque to clients: here, where the next page starts."""
    start = _start(arguments.text("cursor"))
    end = start + arguments.number("limit", 100, _LONGEST_PAGE)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return {name: list(items[start:end]), "response_metadata": {"next_cursor": cursor}}


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None


def _need(world: SlackWorld, scope: str) -> None:
    if scope not in world.scopes:
        raise _missing(world, scope)


def _missing(world: SlackWorld, scope: str) -> SlackError:
    return SlackError("missing_scope", needed=scope, provided=",".join(sorted(world.scopes)))


def call(world: SlackWorld, name: str, token: str, arguments: Arguments) -> Json:
    """Run one method and return the whole body of its answer. Raises SlackError for every refusal."""
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    _check_token(world, method, token)
    if method.scope is not None:
        _need(world, method.scope)
    world.pace.call(name, method.per_minute, world.now())
    return {"ok": True, **method.run(world, arguments)}


def _check_token(world: SlackWorld, method: Method, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    known = {world.bot_token: "bot", world.app_token: "app", **dict.fromkeys(world.executions.tokens(), "step")}
    if token not in known:
        raise SlackError("invalid_auth")
    if known[token] != method.token and not (method.token == "step" and known[token] == "bot"):  # noqa: S105 - a kind
        raise SlackError("not_allowed_token_type")


_TIER_2: Final = 20
_TIER_3: Final = 50
_TIER_4: Final = 100
_SPECIAL: Final = 600  # chat.postMessage: a channel's own limit comes first; auth.test: "hundreds"

METHODS: Final = {
    "auth.test": Method(_auth_test, _SPECIAL),
    "apps.connections.open": Method(_connections_open, _TIER_3, token="app"),  # noqa: S106 - a kind of token
    "chat.postMessage": Method(_post_message, _SPECIAL, "chat:write"),
    "chat.update": Method(_update, _TIER_3, "chat:write"),
    "chat.delete": Method(_delete, _TIER_3, "chat:write"),
    "chat.postEphemeral": Method(_post_ephemeral, _TIER_4, "chat:write"),
    "chat.unfurl": Method(chat_unfurl, _TIER_3, "links:write"),
    "views.publish": Method(views_publish, _TIER_4),
    "views.open": Method(views_open, _TIER_4),
    "views.push": Method(views_push, _TIER_4),
    "views.update": Method(views_update, _TIER_4),
    "functions.completeSuccess": Method(complete_success, _TIER_3, token="step"),  # noqa: S106 - as above
    "functions.completeError": Method(complete_error, _TIER_3, token="step"),  # noqa: S106 - as above
    "files.getUploadURLExternal": Method(get_upload_url, _TIER_4, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, _TIER_4, "files:write"),
    "canvases.create": Method(slack_canvases.create, _TIER_2, "canvases:write"),
    "canvases.edit": Method(slack_canvases.edit, _TIER_3, "canvases:write"),
    "canvases.access.set": Method(slack_canvases.set_access, _TIER_3, "canvases:write"),
    "conversations.open": Method(_conversations_open, _TIER_3, "im:write"),
    "conversations.info": Method(_conversations_info, _TIER_3),
    "conversations.list": Method(_conversations_list, _TIER_2),
    "conversations.members": Method(_conversations_members, _TIER_4),
    "conversations.history": Method(_history, _TIER_3),
    "conversations.replies": Method(_replies, _TIER_3),
    "users.lookupByEmail": Method(_lookup_by_email, _TIER_3, "users:read.email"),
    "users.info": Method(_users_info, _TIER_4, "users:read"),
    "users.list": Method(_users_list, _TIER_2, "users:read"),
    "blocks.validate": Method(_blocks_validate, _TIER_4),
}
"""Every method that the stand-in knows; any other is answered by `unknown_method`."""
