"""The workspace of the stand-in Slack: its state, and the people who type commands and press buttons."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from bot.sandbox.slack_args import Arguments, content_of
from bot.sandbox.slack_canvases import Canvases
from bot.sandbox.slack_faults import Faults
from bot.sandbox.slack_files import Files, check_files
from bot.sandbox.slack_functions import Executions
from bot.sandbox.slack_home import Homes
from bot.sandbox.slack_interactions import RESPONSE_URL_SECONDS, Interaction, ResponseUrl
from bot.sandbox.slack_pace import Pace, RateLimits
from bot.sandbox.slack_payloads import block_actions, buttons, slash_command, trigger
from bot.sandbox.slack_rooms import Rooms
from bot.sandbox.slack_socket import ACK_SECONDS, Ack, Sockets
from bot.sandbox.slack_state import (
    SCOPES,
    Clock,
    Content,
    Entry,
    Json,
    SlackChannel,
    SlackError,
    SlackMessage,
    SlackUser,
)
from bot.sandbox.slack_unfurl import Unfurls
from bot.sandbox.slack_views import Views
from bot.sandbox.slack_wire import post, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INTERACTIVE: Final = "interactive"
_COMMAND: Final = "slash_commands"
_NEWER: Final = frozenset({"table", "data_visualization"})
_ANSWERED: Final = frozenset({"view_submission", "block_suggestion"})
"""Interactions whose acknowledgement may carry an answer."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class SlackWorld:
    """One workspace with one app in it. Safe between threads: hold `lock` to read `rooms` at rest."""

    users: Sequence[SlackUser]
    channels: Sequence[str | SlackChannel]
    bot_token: str = field(default="xoxb-sandbox", kw_only=True, repr=False)
    app_token: str = field(default="xapp-sandbox", kw_only=True, repr=False)
    signing_secret: str = field(default="sandbox-signing-secret", kw_only=True, repr=False)
    clock: Clock = field(default=_utc_now, kw_only=True)
    limits: RateLimits = field(default_factory=RateLimits, kw_only=True)
    scopes: frozenset[str] = field(default=SCOPES, kw_only=True)
    command: str = field(default="/headroom", kw_only=True)
    latency: float = field(default=0.0, kw_only=True)
    """Seconds that each call of the Web API takes, half of them before it has any effect."""
    newer_blocks: bool = field(default=True, kw_only=True)
    """Whether tables and charts that Slack draws itself are taken: a workspace may be behind."""
    request_url: str | None = field(default=None, kw_only=True)
    """Where the app listens in HTTP mode; used while no socket is connected."""

    def __post_init__(self) -> None:
        self.address = "http://127.0.0.1"
        self.rooms = Rooms(self.users, self.channels, self.clock)
        self.pace = Pace(self.limits)
        self.throttled: Counter[str] = Counter()
        self.faults = Faults()
        self.files = Files()
        self.canvases = Canvases()
        self.sockets = Sockets()
        self.views = Views()
        self.homes = Homes()
        self.unfurls = Unfurls()
        self.executions = Executions()
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._responses: dict[str, ResponseUrl] = {}

    def now(self) -> float:
        """Seconds since the epoch by the world's clock."""
        return self.clock().timestamp()

    # what tests and demos look at

    @property
    def journal(self) -> list[Entry]:
        """Every accepted act so far, in order."""
        with self.lock:
            return list(self.rooms.journal)

    def said(self, channel: str) -> list[SlackMessage]:
        """Return the messages that stand in a conversation, by id, by name or by person; oldest first."""
        with self.lock:
            channel_id = self.rooms.find(channel).id
            return [
                message for message in self.rooms.messages() if message.channel == channel_id and not message.reader
            ]

    def wait(self, condition: Callable[[list[Entry]], object], timeout: float = 5.0) -> bool:
        """Wait until the journal fulfils a condition; False where the time is up before."""
        with self._changed:
            return bool(self._changed.wait_for(lambda: condition(self.rooms.journal), timeout))

    def changed(self) -> None:
        """Wake everybody who waits for the journal."""
        with self._changed:
            self._changed.notify_all()

    # what people do

    def slash_command(self, user: str | SlackUser, text: str, channel: str) -> Interaction:
        """Type the app's command in a channel; returns when the app has acknowledged, or after three seconds."""
        person, room = self.place(user, channel)
        interaction = self.interaction(person, room)
        payload = slash_command(person, room, self.command, text, self.response_url(interaction))
        self.deliver(interaction, _COMMAND, payload)
        if interaction.ack:
            self._show_ack(interaction, room)
        return interaction

    def press(
        self, user: str | SlackUser, channel: str, ts: str, action_id: str, value: str | None = None
    ) -> Interaction:
        """Press a button of a message, or choose from a menu.

        Returns when the app has acknowledged, or after three seconds.

        `value` tells buttons with one action id apart, and says what is chosen. Raises LookupError where there is none.
        """
        person, room = self.place(user, channel)
        with self.lock:
            message = self.rooms.message(room.id, ts)
            action = self._button(message, action_id, value)
            interaction = self.interaction(person, room, message)
            payload = block_actions(person, room, message, action, self.response_url(interaction))
        self.deliver(interaction, _INTERACTIVE, payload)
        return interaction

    def send(self, kind: str, payload: Json) -> Interaction:
        """Send any payload to the app: `slash_commands`, `interactive` or `events_api`."""
        interaction = Interaction(str(uuid.uuid4()), user="", channel="")
        self.deliver(interaction, kind, payload)
        return interaction

    def respond(self, response_id: str, body: Json) -> None:
        """Take what the app posts to a response URL. Raises SlackError where Slack would refuse it."""
        with self.lock:
            url = self._responses.get(response_id)
            if url is None:
                raise SlackError("expired_url")
            url.use(self.now())
            arguments = Arguments(body)
            self._answer(url, arguments)
            url.interaction.responses.append(body)
        self.changed()

    # how it gets there

    def place(self, user: str | SlackUser, channel: str) -> tuple[SlackUser, SlackChannel]:
        """Find a person and a conversation. Raises SlackError."""
        with self.lock:
            return self.rooms.user(user if isinstance(user, str) else user.id), self.rooms.find(channel)

    def _button(self, message: SlackMessage, action_id: str, value: str | None) -> Json:
        found = list(buttons(message))
        for action in found:
            chosen = action.get("value") or action.get("selected_option", {}).get("value")
            if action["action_id"] == action_id and value in {None, chosen}:
                return {**action, "action_ts": f"{self.now():.6f}"}
        known = ", ".join(sorted(action["action_id"] for action in found)) or "none"
        raise LookupError(f"the message has no button '{action_id}'; it has: {known}")

    def interaction(
        self, user: SlackUser, channel: SlackChannel | None = None, message: SlackMessage | None = None
    ) -> Interaction:
        """Begin something that a person does: with a trigger, and in a channel with a response URL."""
        begun = Interaction(str(uuid.uuid4()), user.id, channel.id if channel else "")
        with self.lock:
            now = self.now()
            self.views.grant(trigger(self.response_url(begun)), user.id, now)
            if channel is not None:
                self._responses[begun.id] = ResponseUrl(begun, channel, message, now + RESPONSE_URL_SECONDS)
        return begun

    def response_url(self, interaction: Interaction) -> str:
        """Return where the app may answer."""
        return f"{self.address}/response/{interaction.id}"

    def deliver(self, interaction: Interaction, kind: str, payload: Json) -> None:
        """Send a payload the way the app is set up, and note how it was acknowledged."""
        if self.sockets.count:
            interaction.transport = "socket"
            answered = kind == _COMMAND or payload.get("type") in _ANSWERED
            ack = self.sockets.send(kind, payload, takes_answer=answered)
            interaction.error = None if ack else "operation_timeout"
        elif self.request_url is not None:
            interaction.transport = "http"
            ack, interaction.error = self._post(self.request_url, kind, payload)
        else:
            ack, interaction.error = None, "dispatch_failed"
        if ack is not None:
            interaction.acked, interaction.seconds, interaction.ack = True, ack.seconds, ack.payload or None

    def _post(self, url: str, kind: str, payload: Json) -> tuple[Ack | None, str | None]:
        content_type = "application/x-www-form-urlencoded"
        if kind == _COMMAND:
            body = urlencode(payload)
        elif kind == _INTERACTIVE:
            body = urlencode({"payload": json.dumps(payload)})
        else:
            body, content_type = json.dumps(payload), "application/json"
        headers = signed_headers(self.signing_secret, body.encode(), content_type)
        started = time.monotonic()
        try:
            status, answer_type, answer = post(url, body.encode(), headers, ACK_SECONDS)
        except TimeoutError:
            return None, "operation_timeout"
        except (OSError, http.client.HTTPException):
            return None, "dispatch_failed"
        if status != http.client.OK:
            return None, "http_service_error" if status >= http.client.INTERNAL_SERVER_ERROR else "http_client_error"
        return Ack(_http_answer(answer_type, answer), time.monotonic() - started), None

    def _show_ack(self, interaction: Interaction, channel: SlackChannel) -> None:
        arguments = Arguments(interaction.ack or {})
        with self.lock:
            try:
                self._show(interaction, channel, arguments, "ack")
            except SlackError as error:
                interaction.error = error.error
        self.changed()

    def _answer(self, url: ResponseUrl, arguments: Arguments) -> None:
        if url.message is not None and arguments.flag("delete_original"):
            self.rooms.delete(url.message, "response_url")
        elif url.message is not None and arguments.flag("replace_original"):
            content = self._checked(arguments)
            url.interaction.show(self.rooms.update(url.message, content, "response_url"))
        else:
            self._show(url.interaction, url.channel, arguments, "response_url")

    def _checked(self, arguments: Arguments) -> Content:
        content = content_of(arguments)
        check_files(self, content.blocks)
        if not self.newer_blocks and any(block.get("type") in _NEWER for block in content.blocks):
            raise SlackError("invalid_blocks")
        return content

    def _show(self, interaction: Interaction, channel: SlackChannel, arguments: Arguments, via: str) -> None:
        content = self._checked(arguments)
        if arguments.text("response_type") == "in_channel":
            interaction.show(self.rooms.post(channel, content, via))
        else:
            interaction.show(self.rooms.whisper(channel, interaction.user, content, via))


def _http_answer(content_type: str, body: bytes) -> Json | None:
    """Read the answer to a slash command over HTTP: JSON is a message, plain text its text, nothing is nothing."""
    text = body.decode()
    if not text.strip():
        return None
    if content_type.startswith("application/json"):
        answer = json.loads(text)
        return answer if isinstance(answer, dict) else None
    return {"text": text}
