"""A transport in memory whose outcomes are written down beforehand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.core.addressing import PERSON
from bot.state.rows import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.messages.message import Message


@dataclass(slots=True)
class Said:
    """One message that arrived, as often as it was changed."""

    channel: str
    notice_id: str
    at: datetime
    texts: list[str]
    message: Message
    ts: str = ""
    thread: str | None = None
    broadcast: bool = False


@dataclass(slots=True)
class FakeTransport:
    """Takes messages into a list. `script` holds, by channel, what happens instead of success, in order.

    An outcome is an exception, or a pair of one and "arrived": then the message is there all the same.
    """

    clock: Callable[[], datetime]
    script: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    unreachable: dict[str, Exception] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    attempts: list[tuple[datetime, str, str]] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)
    unreadable: list[Exception] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    undeletable: Exception | None = None
    numbers: int = 0

    def resolve(self, destination: str) -> str:
        if destination in self.unreachable:
            raise self.unreachable[destination]
        return self.aliases.get(destination, destination.removeprefix(PERSON).removeprefix("#"))

    def forget(self, destination: str) -> None:
        self.forgotten.append(destination)

    def ways(self, message: Message) -> Iterator[Message]:
        yield message

    def post(
        self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
    ) -> Sent:
        self.attempts.append((self.clock(), "post", channel))
        arrived = Said(channel, notice_id, self.clock(), [message.summary], message, self.next_ts(), thread, broadcast)
        self._play(channel, lambda: self.said.append(arrived))
        return Sent(channel, arrived.ts)

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:
        self.attempts.append((self.clock(), "update", sent.channel))
        (target,) = [one for one in self.said if (one.notice_id, one.ts) == (notice_id, sent.ts)]

        def change() -> None:
            target.texts.append(message.summary)
            target.message = message

        self._play(sent.channel, change)
        return sent

    def delete(self, sent: Sent) -> None:
        self.attempts.append((self.clock(), "delete", sent.channel))
        if self.undeletable is not None:
            raise self.undeletable
        self.said = [one for one in self.said if (one.channel, one.ts) != (sent.channel, sent.ts)]

    def find(self, channel: str, notice_id: str, since: datetime, thread: str | None = None) -> tuple[Sent, ...]:
        self.looks.append(self.clock())
        if self.unreadable:
            raise self.unreadable.pop(0)
        wanted = (channel, notice_id, thread)
        found = [one for one in self.said if (one.channel, one.notice_id, one.thread) == wanted]
        return tuple(Sent(channel, one.ts) for one in sorted(found, key=lambda one: int(one.ts.removeprefix("ts-"))))

    def next_ts(self) -> str:
        self.numbers += 1
        return f"ts-{self.numbers}"

    def _play(self, channel: str, arrive: Callable[[], None]) -> None:
        outcome = self.script[channel].pop(0) if self.script[channel] else None
        if outcome is None:
            arrive()
        elif isinstance(outcome, tuple):
            arrive()
            raise outcome[0]
        else:
            raise outcome
