"""What comes of a command or a press: the acknowledgement, what is shown, and what arrives at the response URL."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.slack_state import Json, SlackChannel, SlackError, SlackMessage

RESPONSE_URL_USES: Final = 5
RESPONSE_URL_SECONDS: Final = 30 * 60.0


@dataclass(slots=True)
class Interaction:
    """One command or press. It lives on: posts to its response URL are added as they come."""

    id: str
    user: str
    channel: str
    transport: str = "none"
    """socket | http | none"""
    acked: bool = False
    seconds: float | None = None
    """From sending the payload to the acknowledgement."""
    ack: Json | None = None
    """The payload in the acknowledgement."""
    error: str | None = None
    """What Slack shows in place of an answer, like "operation_timeout"."""
    responses: list[Json] = field(default_factory=list)
    """Bodies that were posted to the response URL and accepted."""
    shown: list[Json] = field(default_factory=list)
    """What the person sees because of it, ephemeral or not: messages in Slack's form, oldest first."""
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def wait(self, shown: int = 1, timeout: float = 3.0) -> list[Json]:
        """Wait until so many messages are shown, or until the time is up; returns what is shown."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.shown) >= shown, timeout)
            return list(self.shown)

    @property
    def text(self) -> str:
        """Everything that is shown, as text: top-level texts only."""
        return "\n".join(message["text"] for message in self.shown)

    def show(self, message: SlackMessage) -> None:
        """Note a message that is shown because of this interaction."""
        with self._changed:
            self.shown.append(message.as_json())
            self._changed.notify_all()

    def as_json(self) -> Json:
        """Return everything for `/control/...`."""
        return {
            "id": self.id,
            "user": self.user,
            "channel": self.channel,
            "transport": self.transport,
            "acked": self.acked,
            "seconds": self.seconds,
            "ack": self.ack,
            "error": self.error,
            "responses": list(self.responses),
            "shown": list(self.shown),
        }


@dataclass(slots=True)
class ResponseUrl:
    """Where the app may answer to one interaction: five times within half an hour."""

    interaction: Interaction
    channel: SlackChannel
    message: SlackMessage | None
    """The message whose button was pressed."""
    until: float
    uses: int = 0

    def use(self, now: float) -> None:
        """Count one use. Raises SlackError where it is used up or too old."""
        if now > self.until:
            raise SlackError("expired_url")
        if self.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        self.uses += 1
