"""Slack as a place that messages go to: resolve, post, update, find. Every call is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.errors import DeliveryError, UnclearError
from bot.messages.blocks import to_blocks
from bot.slack.calls import SlackAuthError, call
from bot.slack.people import PERSON
from bot.state.rows import Sent

if TYPE_CHECKING:
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.messages.message import Message
    from bot.slack.channels import Channels
    from bot.slack.people import People

EVENT_TYPE: Final = "headroom_notice"
"""Type of the metadata that carries a notice's id; everybody in the workspace can read it."""
_PAGE: Final = 200


class Transport(Protocol):
    """Where messages go. Its errors are DeliveryErrors."""

    def resolve(self, destination: str) -> str:
        """Return the channel of a destination (`person:<person_id>` or `#channel`); nothing is posted yet."""

    def forget(self, destination: str) -> None:
        """Resolve anew next time: what was resolved was refused."""

    def post(self, channel: str, message: Message, notice_id: str) -> Sent:
        """Post once. Raises UnclearError where nobody knows whether the message arrived."""

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:
        """Replace a message; `notice_id` is that of the post. The same again does no harm."""

    def find(self, channel: str, notice_id: str, since: datetime) -> Sent | None:
        """Look for the message of a notice among those of a channel; None: it is not there."""


class SlackTransport:
    """Posts to Slack through its Web API."""

    def __init__(self, client: WebClient, people: People, channels: Channels) -> None:
        if client.retry_handlers:
            raise ValueError("the client retries by itself and would post twice; make it with retry_handlers=[]")
        self._client = client
        self._people = people
        self._channels = channels

    def resolve(self, destination: str) -> str:
        """Return the channel of a person or of a channel's name.

        Raises DeliveryErrors: UnreachableError, RefusedError, SharedChannelError, or one to try again.
        """
        if destination.startswith(PERSON):
            return self._people.channel_of(destination.removeprefix(PERSON))
        return self._channels.resolve(destination)

    def forget(self, destination: str) -> None:
        """Look the person or channel up anew next time: what was remembered was refused."""
        if destination.startswith(PERSON):
            self._people.forget(destination.removeprefix(PERSON))
        else:
            self._channels.forget(destination)

    def post(self, channel: str, message: Message, notice_id: str) -> Sent:
        """Post once, with the notice's id in the metadata."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": notice_id}}
        answer = call(
            self._client.chat_postMessage,
            writes=True,
            channel=channel,
            metadata=metadata,
            **_content(message),
            **_QUIET,
        )
        return _place(answer)

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:
        """Replace a message; its metadata stays that of the post."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": notice_id}}
        answer = call(
            self._client.chat_update,
            writes=True,
            channel=sent.channel,
            ts=sent.ts,
            metadata=metadata,
            **_content(message),
        )
        return _place(answer)

    def find(self, channel: str, notice_id: str, since: datetime) -> Sent | None:
        """Read the channel's history back to `since` for the notice's id; of several the first one counts.

        Raises a DeliveryError where the history cannot be read: that says nothing about the message.
        """
        found, cursor = None, ""
        while True:
            page = self._history(channel, since, cursor)
            for message in page.get("messages") or ():
                if _id_of(message) == notice_id:
                    found = Sent(channel, str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    def _history(self, channel: str, since: datetime, cursor: str) -> dict[str, Any]:
        try:
            return call(
                self._client.conversations_history,
                writes=False,
                channel=channel,
                oldest=f"{since.timestamp():.6f}",
                limit=_PAGE,
                include_all_metadata=True,
                cursor=cursor,
            )
        except SlackAuthError as error:
            if error.code != "missing_scope":
                raise
            # Posting goes on without this scope; only what is unclear stays so until it is granted.
            raise DeliveryError(f"the history of {channel} cannot be read: {error}", permanent=True) from error


_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}


def _content(message: Message) -> dict[str, Any]:
    # The text is what a phone shows; without blocks an update would take the message's blocks away.
    return {"text": message.summary, "blocks": to_blocks(message)}


def _place(answer: dict[str, Any]) -> Sent:
    channel, ts = answer.get("channel"), answer.get("ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        raise UnclearError("Slack took the message, but did not say where it stands")
    return Sent(channel, ts)


def _id_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    identifier: str | None = (metadata.get("event_payload") or {}).get("id")
    return identifier
