"""The conversations of the stand-in Slack: who and what is there, and what has been said."""

from __future__ import annotations

import copy
import itertools
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.sandbox.slack_state import (
    BOT_USER,
    Content,
    Entry,
    SlackChannel,
    SlackError,
    SlackMessage,
    SlackUser,
    Stamps,
    ts_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.sandbox.slack_state import Clock, Json


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a history: between two timestamps, with or without them."""

    oldest: str = "0"
    latest: str | None = None
    inclusive: bool = False

    def holds(self, ts: str) -> bool:
        """Tell whether a message of that time lies within."""
        stamp, oldest = ts_key(ts), ts_key(self.oldest)
        if self.inclusive and self.latest is not None and stamp == ts_key(self.latest):
            return True
        if stamp < oldest or (stamp == oldest and not self.inclusive):
            return False
        return self.latest is None or stamp < ts_key(self.latest)


class Rooms:
    """Conversations, their messages and the journal. Not safe between threads: the world locks."""

    def __init__(self, users: Iterable[SlackUser], channels: Iterable[str | SlackChannel], clock: Clock) -> None:
        self.users = {user.id: user for user in users}
        named = [SlackChannel(channel) if isinstance(channel, str) else channel for channel in channels]
        self.channels = {channel.id: channel for channel in named}
        self.journal: list[Entry] = []
        self._clock = clock
        self._stamps = Stamps(clock)
        self._messages: dict[tuple[str, str], SlackMessage] = {}
        self._threads: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._block_ids = itertools.count(1)

    # people

    def user(self, name: str) -> SlackUser:
        """Find a person by id or by name. Raises SlackError user_not_found."""
        found = self.users.get(name) or next((user for user in self.users.values() if user.name == name), None)
        if found is None:
            raise SlackError("user_not_found")
        return found

    def user_by_email(self, email: str) -> SlackUser:
        """Find an active person by address. Raises SlackError users_not_found."""
        for user in self.users.values():
            if not user.deleted and (user.email or "").lower() == email.lower().strip() != "":
                return user
        raise SlackError("users_not_found")

    # conversations

    def by_id(self, channel: str) -> SlackChannel:
        """Find a conversation by its id alone. Raises SlackError channel_not_found."""
        if channel not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[channel]

    def find(self, channel: str) -> SlackChannel:
        """Find a conversation by id, by name with or without `#`, or by the person it is with."""
        if channel in self.channels:
            return self.channels[channel]
        if channel in self.users:
            return self.direct(channel)
        name = channel.removeprefix("#")
        for known in self.channels.values():
            if known.user is None and known.name == name:
                return known
        raise SlackError("channel_not_found")

    def direct(self, user_id: str) -> SlackChannel:
        """Return the direct message between the app and this person; opens it where there is none."""
        user = self.users.get(user_id)
        if user is None:
            raise SlackError("user_not_found")
        if user.deleted:
            raise SlackError("user_disabled")
        channel_id = "D" + user_id[1:]
        return self.channels.setdefault(channel_id, SlackChannel(user.name, channel_id, user=user_id))

    # messages

    def post(self, channel: SlackChannel, content: Content, via: str) -> SlackMessage:
        """Put a message into a conversation."""
        return self._put("post", channel, content, via, None)

    def whisper(self, channel: SlackChannel, reader: str, content: Content, via: str) -> SlackMessage:
        """Show a message to one person only."""
        return self._put("ephemeral", channel, content, via, reader)

    def update(self, message: SlackMessage, content: Content, via: str) -> SlackMessage:
        """Replace what a message says."""
        message.content = self._with_block_ids(content)
        message.edited_ts = self._stamps.next()
        self._note("update", message, via)
        return message

    def delete(self, message: SlackMessage, via: str) -> None:
        """Take a message away. One that has answers leaves a tombstone, under which they stay."""
        self._note("delete", message, via)
        if any(self._answers(message)):
            message.content, message.is_tombstone = Content("This message was deleted."), True
        else:
            del self._messages[message.channel, message.ts]

    def message(self, channel: str, ts: str) -> SlackMessage:
        """Find a message. Raises SlackError message_not_found."""
        try:
            return self._messages[channel, ts]
        except KeyError:
            raise SlackError("message_not_found") from None

    def messages(self) -> list[SlackMessage]:
        """Return every message, oldest first."""
        return [message for message in self._messages.values() if not message.is_tombstone]

    def history(self, channel: str, span: Span) -> list[SlackMessage]:
        """Return what everyone sees in a conversation, newest first: no answers in threads, unless broadcast."""
        return [
            message
            for message in reversed(list(self._public(channel)))
            if span.holds(message.ts) and (message.content.thread_ts in {None, message.ts} or message.content.broadcast)
        ]

    def thread(self, channel: str, ts: str, span: Span) -> list[SlackMessage]:
        """Return a message and the answers to it, oldest first. Raises SlackError thread_not_found."""
        if not self.has_thread(channel, ts):
            raise SlackError("thread_not_found")
        root = self._messages[channel, ts]
        return [root, *(answer for answer in self._answers(root) if span.holds(answer.ts))]

    def has_thread(self, channel: str, ts: str) -> bool:
        """Tell whether something stands there that can be answered."""
        root = self._messages.get((channel, ts))
        return root is not None and root.reader is None

    def thread_json(self, message: SlackMessage) -> Json:
        """Return what a history tells of a message's thread."""
        root = self._messages.get((message.channel, message.content.thread_ts or ""))
        if root is not None:
            broadcast = {"subtype": "thread_broadcast", "root": root.as_json()} if message.content.broadcast else {}
            return {"parent_user_id": BOT_USER, **broadcast}
        answers = list(self._answers(message))
        if not answers:
            return {}
        return {
            "thread_ts": message.ts,
            "reply_count": len(answers),
            "reply_users_count": 1,
            "reply_users": [BOT_USER],
            "latest_reply": answers[-1].ts,
            "is_locked": False,
            "subscribed": True,
        }

    def _answers(self, root: SlackMessage) -> Iterator[SlackMessage]:
        threads = self._threads.get((root.channel, root.ts), ())
        return (self._messages[root.channel, ts] for ts in threads if (root.channel, ts) in self._messages)

    def _public(self, channel: str) -> Iterator[SlackMessage]:
        return (message for message in self._messages.values() if message.channel == channel and message.reader is None)

    def _put(self, kind: str, channel: SlackChannel, content: Content, via: str, reader: str | None) -> SlackMessage:
        message = SlackMessage(channel.id, self._stamps.next(), self._with_block_ids(content), reader=reader)
        self._messages[channel.id, message.ts] = message
        if content.thread_ts is not None and reader is None:
            self._threads[channel.id, content.thread_ts].append(message.ts)
        self._note(kind, message, via)
        return message

    def _with_block_ids(self, content: Content) -> Content:
        return replace(content, blocks=[self._with_block_id(block) for block in content.blocks])

    def _with_block_id(self, block: Json) -> Json:
        return {**copy.deepcopy(block), "block_id": block.get("block_id") or f"b{next(self._block_ids):04x}"}

    def _note(self, kind: str, message: SlackMessage, via: str) -> None:
        channel, content = self.channels[message.channel], message.content
        self.journal.append(
            Entry(
                number=len(self.journal) + 1,
                kind=kind,
                via=via,
                at=self._clock().timestamp(),
                channel=channel.id,
                channel_name=channel.name,
                user=message.reader or channel.user,
                ts=message.ts,
                text=content.text,
                blocks=content.blocks,
                metadata=content.metadata,
                thread_ts=content.thread_ts,
            )
        )
