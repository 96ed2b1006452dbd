"""What stands in the stand-in Slack: people, conversations, messages, and the journal of what was accepted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]
"""A JSON object, as it travels."""

Clock = Callable[[], datetime]
"""Answers the time, with its zone."""

TEAM_ID: Final = "T0SANDBOX"
TEAM_DOMAIN: Final = "sandbox"
APP_ID: Final = "A0SANDBOX"
BOT_ID: Final = "B0SANDBOX"
BOT_USER: Final = "U0HEADROOM"
BOT_NAME: Final = "headroom"

SCOPES: Final = frozenset(
    {
        "chat:write",
        "commands",
        "im:write",
        "users:read",
        "users:read.email",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "im:history",
        "files:write",
        "links:read",
        "links:write",
        "canvases:write",
    }
)
"""What `config/slack_manifest.yaml` asks for."""


class SlackError(Exception):
    """A refusal in Slack's own form: `{"ok": false, "error": ...}`."""

    def __init__(self, error: str, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    def as_json(self) -> Json:
        """Return the body of the answer."""
        return {"ok": False, "error": self.error, **self.extra}


class RateLimitedError(SlackError):
    """Too many requests: HTTP 429 with `Retry-After` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person in the workspace."""

    id: str
    name: str
    email: str | None
    tz: str = "Etc/UTC"
    deleted: bool = False
    guest: bool = False
    """A guest of the workspace: `is_restricted`."""
    team: str = TEAM_ID
    """The workspace of the person's own: of another company in a shared channel."""
    locale: str = "en-US"

    def as_json(self) -> Json:
        """Return the person as `users.info` does."""
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower().replace(" ", "."),
            "real_name": self.name,
            "deleted": self.deleted,
            "tz": self.tz,
            "is_bot": False,
            "is_app_user": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "profile": {"real_name": self.name, "display_name": self.name}
            | ({"email": self.email} if self.email is not None else {}),
        }


@dataclass(slots=True)
class SlackChannel:
    """A conversation: a public or private channel, or the direct message between the app and `user`."""

    name: str
    id: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    has_bot: bool = True
    user: str | None = None
    members: tuple[str, ...] | None = None
    """Ids of the people in it; None: everybody."""

    def __post_init__(self) -> None:
        self.name = self.name.removeprefix("#")
        self.id = self.id or "C" + hashlib.sha256(self.name.encode()).hexdigest()[:10].upper()

    @property
    def kind(self) -> str:
        """The prefix of the scopes that it takes to see it: channels, groups or im."""
        if self.user is not None:
            return "im"
        return "groups" if self.is_private else "channels"

    @property
    def payload_name(self) -> str:
        """The name under which interactions mention it."""
        if self.user is not None:
            return "directmessage"
        return "privategroup" if self.is_private else self.name

    def as_json(self) -> Json:
        """Return the conversation as `conversations.info` does."""
        common = {"id": self.id, "is_archived": self.is_archived, "is_im": self.user is not None, "is_mpim": False}
        if self.user is not None:
            return {**common, "user": self.user, "is_open": True, "is_ext_shared": False, "is_org_shared": False}
        return {
            **common,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_private": self.is_private,
            "is_member": self.has_bot,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_pending_ext_shared": False,
        }


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str = ""
    blocks: Sequence[Json] = ()
    attachments: Sequence[Json] = ()
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False


@dataclass(slots=True)
class SlackMessage:
    """A message where it stands. Ephemeral ones are seen by `reader` only and are in no history."""

    channel: str
    ts: str
    content: Content
    edited_ts: str | None = None
    reader: str | None = None
    is_tombstone: bool = False
    """Removed, and kept in its place because there are answers to it."""

    def as_json(self, *, with_metadata: bool = False) -> Json:
        """Return the message as `conversations.history` does; metadata on request only."""
        content = self.content
        if self.is_tombstone:
            return {
                "type": "message",
                "subtype": "tombstone",
                "user": "USLACKBOT",
                "text": content.text,
                "hidden": True,
                "ts": self.ts,
            }
        optional = {
            "blocks": list(content.blocks),
            "attachments": list(content.attachments),
            "thread_ts": content.thread_ts,
            "edited": {"user": BOT_USER, "ts": self.edited_ts} if self.edited_ts else None,
            "metadata": content.metadata if with_metadata else None,
        }
        return {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM_ID,
            "ts": self.ts,
            "text": content.text,
        } | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted act, in the order in which the workspace saw it."""

    number: int
    kind: str
    """post | update | delete | ephemeral"""
    via: str
    """The method, `ack` or `response_url`."""
    at: float
    """Seconds since the epoch by the world's clock."""
    channel: str
    channel_name: str
    """Without `#`; for a direct message the person's name."""
    user: str | None
    """Who reads it, for direct and ephemeral messages."""
    ts: str
    text: str
    blocks: Sequence[Json] = ()
    metadata: Json | None = None
    thread_ts: str | None = None

    def as_json(self) -> Json:
        """Return the entry for `/control/journal`."""
        return asdict(self)


@dataclass(slots=True)
class Stamps:
    """Timestamps of messages: strings, increasing, never twice."""

    clock: Clock
    last: int = field(default=0)

    def next(self) -> str:
        """Mint the timestamp of the next message."""
        self.last = max(self.last + 1, int(self.clock().timestamp() * 1_000_000))
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"


def ts_key(ts: str) -> tuple[int, int]:
    """Order timestamps by their value. Raises SlackError for what is none."""
    seconds, _, fraction = ts.partition(".")
    if not seconds.isdecimal() or (fraction and not fraction.isdecimal()):
        raise SlackError("invalid_ts_latest")
    return int(seconds), int(fraction.ljust(6, "0")[:6] or 0)
