"""Slack as a place that messages go to: resolve, post, update, find, delete. Every call is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.core.addressing import PERSON
from bot.errors import DeliveryError, UnclearError
from bot.messages.blocks import to_blocks
from bot.slack.calls import NO_THREAD, UNKNOWN_METHOD, RefusedError, SlackAuthError, call
from bot.state.rows import Sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.messages.message import Message
    from bot.slack.calls import Meter
    from bot.slack.channels import Channels
    from bot.slack.people import People
    from bot.slack.uploading import Pictures

EVENT_TYPE: Final = "headroom_notice"
"""Type of the metadata that carries a notice's id; everybody in the workspace can read it."""
_PAGE: Final = 999
"""The most that Slack takes: a busy channel is read in as few of the permitted calls as can be."""


class Transport(Protocol):
    """Where messages go. Its errors are DeliveryErrors."""

    def resolve(self, destination: str) -> str:
        """Return the channel of a destination (`person:<person_id>` or `#channel`); nothing is posted yet."""

    def forget(self, destination: str) -> None:
        """Resolve anew next time: what was resolved was refused."""

    def ways(self, message: Message) -> Iterator[Message]:
        """Yield a message as it is to be tried, each way only after its blocks were refused in the one before.

        At least one. Making a way may take seconds: pictures are drawn and uploaded for it.
        """

    def post(
        self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
    ) -> Sent:
        """Post once, into a thread where one is given. Raises UnclearError where nobody knows whether it arrived."""

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:
        """Replace a message; `notice_id` is that of the post. The same again does no harm."""

    def delete(self, sent: Sent) -> None:
        """Take a message away. One that is gone already is no error."""

    def find(self, channel: str, notice_id: str, since: datetime, thread: str | None = None) -> tuple[Sent, ...]:
        """Look for the message of a notice in a channel or in one of its threads; earliest first, usually one."""


class SlackTransport:
    """Posts to Slack through its Web API."""

    def __init__(
        self,
        client: WebClient,
        people: People,
        channels: Channels,
        meter: Meter | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        if client.retry_handlers:
            raise ValueError("the client retries by itself and would post twice; make it with retry_handlers=[]")
        self._client = client
        self._people = people
        self._channels = channels
        self._meter = meter
        self._pictures = pictures

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

    def ways(self, message: Message) -> Iterator[Message]:
        """Yield a message with its pictures, and without where Slack refuses those."""
        return self._pictures.ways(message) if self._pictures else iter((message,))

    def post(
        self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
    ) -> Sent:
        """Post once, with the notice's id in the metadata."""
        in_thread: dict[str, Any] = {"thread_ts": thread, "reply_broadcast": broadcast} if thread else {}
        answer = call(
            self._client.chat_postMessage,
            writes=True,
            channel=channel,
            metadata=_metadata(notice_id),
            **_content(message),
            **in_thread,
            **_QUIET,
        )
        return _place(answer)

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:
        """Replace a message; its metadata stays that of the post."""
        answer = call(
            self._client.chat_update,
            writes=True,
            channel=sent.channel,
            ts=sent.ts,
            metadata=_metadata(notice_id),
            **_content(message),
        )
        return _place(answer)

    def delete(self, sent: Sent) -> None:
        """Take a message away; one that is gone already is no error."""
        try:
            call(self._client.chat_delete, writes=False, meter=self._meter, channel=sent.channel, ts=sent.ts)
        except RefusedError as error:
            if error.code != "message_not_found":
                raise
        except SlackAuthError as error:
            raise _unscoped(f"a message in {sent.channel} cannot be removed", error) from error

    def find(self, channel: str, notice_id: str, since: datetime, thread: str | None = None) -> tuple[Sent, ...]:
        """Read the channel's history, or a thread, back to `since` for the notice's id.

        Raises a DeliveryError where it cannot be read: that says nothing about the message.
        """
        try:
            return self._found(channel, notice_id, since, thread)
        except RefusedError as error:
            if thread is None or error.code != UNKNOWN_METHOD:
                raise
            # A server that knows no threads shows everything in the channel.
            return self._found(channel, notice_id, since, None)

    def _found(self, channel: str, notice_id: str, since: datetime, thread: str | None) -> tuple[Sent, ...]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = self._page(channel, since, thread, cursor)
            found |= {str(message["ts"]) for message in page.get("messages") or () if _id_of(message) == notice_id}
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return tuple(Sent(channel, ts) for ts in sorted(found, key=_moment))

    def _page(self, channel: str, since: datetime, thread: str | None, cursor: str) -> dict[str, Any]:
        where = {"channel": channel, "ts": thread} if thread else {"channel": channel}
        try:
            return call(
                self._client.conversations_replies if thread else self._client.conversations_history,
                writes=False,
                meter=self._meter,
                oldest=f"{since.timestamp():.6f}",
                limit=_PAGE,
                include_all_metadata=True,
                cursor=cursor,
                **where,
            )
        except SlackAuthError as error:
            raise _unscoped(f"the history of {channel} cannot be read", error) from error
        except RefusedError as error:
            if error.code not in NO_THREAD:
                raise
            # Nothing can stand in a thread that is not there.
            return {}


def _unscoped(problem: str, error: SlackAuthError) -> DeliveryError:
    """Say what is left undone for want of a scope. Posting goes on; a token that is not accepted ends it."""
    if error.code != "missing_scope":
        return SlackAuthError(problem, error.code)
    return DeliveryError(f"{problem}: {error}", permanent=True)


def _metadata(notice_id: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"id": notice_id}}


def _moment(ts: str) -> tuple[int, int]:
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction or 0)


_QUIET: Final[dict[str, Any]] = {"unfurl_links": False, "unfurl_media": False}


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
