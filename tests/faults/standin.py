"""The stand-in Slack as a process of its own, and what goes wrong in it: a header singles the calls out.

The header is set by the wrapper of a worker's connections, so that exactly one call meets the trouble, whoever makes
it. Everything else is the stand-in that the product's other tests use, with the real limits.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from contextvars import ContextVar
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from bot.sandbox.serve import serving
from bot.sandbox.slack import UNLIMITED, Fault, Faults, Outcome, RateLimits, SlackUser, SlackWorld, slack_app
from bot.sandbox.slack_pace import Pace
from bot.sandbox.slack_rooms import Rooms
from tests.faults import company
from tests.faults.ledger import Ledger, Request, id_in
from tests.faults.plan import Answer, Late

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

    from bot.sandbox.slack_rooms import Span
    from bot.sandbox.slack_state import SlackMessage
    from tests.faults.clock import FastClock

OUTCOME: Final = "x-rig-outcome"
REPLICA: Final = "x-rig-replica"
RETRY_AFTER: Final = 15
"""Seconds of the run."""
CLIENT_SECONDS: Final = 0.4
"""How long clients wait for an answer, by the wall."""

FAULTS: Final = {
    Answer.UNAVAILABLE: Fault(Outcome.SERVER_ERROR, status=503),
    Answer.TIMEOUT: Fault(Outcome.HANG, accepted=True, seconds=CLIENT_SECONDS + 0.1),
    Answer.CLOSE: Fault(Outcome.CLOSE, accepted=True),
    Answer.RESET: Fault(Outcome.RESET, accepted=True),
    Answer.ERROR_500: Fault(Outcome.SERVER_ERROR, accepted=True),
    Answer.FATAL: Fault(Outcome.ERROR, accepted=True, error="fatal_error"),
    Answer.GARBAGE: Fault(Outcome.GARBAGE, accepted=True),
}

_API: Final = "/api/"

_APPLIED_LATE: Final[ContextVar[bool]] = ContextVar("applied_late", default=False)
_ORDERED: Final[ContextVar[Fault | None]] = ContextVar("ordered", default=None)


class OwnFaults(Faults):
    """Faults that are meant for one request, whatever else comes in at the same time."""

    def take(self, method: str) -> Fault | None:
        """Return the fault that this very request is to meet."""
        return _ORDERED.get() or super().take(method)


class OwnPace(Pace):
    """Limits that count a request when it comes in: one that is applied late takes nobody's turn by then."""

    def post(self, channel: str, now: float) -> None:
        """Count a post to a channel."""
        if not _APPLIED_LATE.get():
            super().post(channel, now)


class LateRooms(Rooms):
    """Rooms whose history shows a message only some time after it was posted."""

    hidden_for = 0.0

    def history(self, channel: str, span: Span) -> list[SlackMessage]:
        """Return what everyone sees by now."""
        return [message for message in super().history(channel, span) if self._shown(message)]

    def thread(self, channel: str, ts: str, span: Span) -> list[SlackMessage]:
        """Return what everyone sees of a thread by now."""
        return [message for message in super().thread(channel, ts, span) if self._shown(message)]

    def _shown(self, message: SlackMessage) -> bool:
        return float(message.ts) + self.hidden_for <= self._clock().timestamp()


class _Watched:
    """The server's `send`, with the status of the answer noted on the way."""

    def __init__(self, send: Send) -> None:
        self._send = send
        # The stand-in finds the connection, where it is to be broken, through the object that `send` is a method of.
        self.__self__ = getattr(send, "__self__", None)
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


class Rig:
    """The stand-in's application, with what the rig notes of each call and does to some of them."""

    def __init__(self, world: SlackWorld, clock: FastClock, requests: Path, late_by: float) -> None:
        self._world = world
        self._clock = clock
        self._inner = slack_app(world)
        self._requests = requests.open("a")
        self._late_by = late_by
        self.retry_after = RETRY_AFTER
        self._later: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._inner(scope, receive, send)
            return
        method = scope["path"].removeprefix(_API)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        outcome, at = headers.get(OUTCOME, ""), self._world.now()
        body = await _body(receive)
        watched = _Watched(send)
        if outcome == Late.APPLY:
            await self._apply_later(scope, body, send)
        else:
            _ORDERED.set(self._fault(outcome))
            await self._inner(scope, _again(body), watched)
        arguments = _arguments(headers, body)
        self._note(
            Request(
                at=at,
                done=self._world.now(),
                method=method,
                replica=headers.get(REPLICA, ""),
                channel=self._name_of(str(arguments.get("channel", ""))),
                status=watched.status,
                outcome=outcome,
                text=str(arguments.get("text", "")),
                id=id_in(arguments.get("metadata")),
            )
        )

    def _name_of(self, channel: str) -> str:
        known = self._world.rooms.channels.get(channel)
        if known is None:
            return channel
        return known.name if known.user else f"#{known.name}"

    def _fault(self, outcome: str) -> Fault | None:
        """Return what the request is to meet."""
        word, _, error = outcome.partition(":")
        if word in {"", Answer.OK, Late.APPLY}:
            return None
        if word == Answer.NO:
            return Fault(Outcome.ERROR, error=error)
        if word == Answer.RATE_LIMITED:
            return Fault(Outcome.RATE_LIMITED, retry_after=self.retry_after)
        if word == Late.HISTORY:
            rooms = self._world.rooms
            assert isinstance(rooms, LateRooms)
            rooms.hidden_for = self._late_by
            word = Answer.CLOSE
        return FAULTS[Answer(word)]

    async def _apply_later(self, scope: Scope, body: bytes, send: Send) -> None:
        wire: Any = getattr(send, "__self__", None)
        wire.transport.abort()

        async def apply() -> None:
            _APPLIED_LATE.set(True)
            await asyncio.sleep(self._late_by / self._clock.speed)
            await self._inner(dict(scope), _again(body), _nowhere)

        task = asyncio.get_running_loop().create_task(apply())
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        # The server learns of the broken connection in its next turn; returning before, it would try to answer.
        await asyncio.sleep(0.01)

    def _note(self, request: Request) -> None:
        self._requests.write(json.dumps(asdict(request)) + "\n")
        self._requests.flush()


async def _body(receive: Receive) -> bytes:
    parts = b""
    while True:
        message: MutableMapping[str, Any] = await receive()
        part: bytes = message.get("body", b"")
        parts += part
        if not message.get("more_body"):
            return parts


def _again(body: bytes) -> Receive:
    """Hand out a body that was read before."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

    return receive


async def _nowhere(_message: Message) -> None:
    """Answer somebody who is no longer there."""


def _arguments(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    if headers.get("content-type", "").startswith("application/json"):
        found = json.loads(body or b"{}")
        return found if isinstance(found, dict) else {}
    return dict(parse_qsl(body.decode(errors="replace")))


def serve_slack(folder: Path, clock: FastClock, ready: int, late_by: float, *, strict: bool) -> int:
    """Be Slack until this process is ended; the address is written to the pipe `ready` when it listens.

    Without `strict` there are no limits, and whoever is told to wait need not wait long: the baseline sleeps by the
    wall.
    """
    users = [SlackUser(f"U-{key}", name, email) for key, (name, email) in company.PEOPLE.items()]
    limits = RateLimits() if strict else UNLIMITED
    world = SlackWorld(users, list(company.CHANNELS), clock=clock.now, limits=limits)
    world.faults, world.pace = OwnFaults(), OwnPace(limits)
    world.rooms = LateRooms(world.users, world.channels, world.clock)
    world.rooms.journal = Ledger(folder / "journal.jsonl")
    rig = Rig(world, clock, folder / "requests.jsonl", late_by)
    rig.retry_after = RETRY_AFTER if strict else 1
    with serving(rig) as address:
        os.write(ready, f"{address}\n".encode())
        threading.Event().wait()
    return 0
