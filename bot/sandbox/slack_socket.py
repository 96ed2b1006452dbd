"""Socket Mode as Slack speaks it: tickets, hello, envelopes to one connection each, acknowledgements, refreshes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack_state import APP_ID, Json
from bot.sandbox.slack_wire import break_off, stop_reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

ACK_SECONDS: Final = 3.0
_MOST_CONNECTIONS: Final = 10
_LIFETIME_SECONDS: Final = 3600
_HOST: Final = "applink-sandbox"


@dataclass(eq=False, slots=True)
class Connection:
    """One WebSocket of the app. `retired`: asked to go, gets no more payloads."""

    websocket: WebSocket
    loop: asyncio.AbstractEventLoop
    retired: bool = False

    def send(self, message: Json) -> None:
        """Send from any thread but the server's own. Raises OSError or RuntimeError where it is gone."""
        sending = self.websocket.send_text(json.dumps(message))
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(ACK_SECONDS)


@dataclass(frozen=True, slots=True)
class Ack:
    """What the app answered to an envelope, and after how many seconds."""

    payload: Json | None
    seconds: float


@dataclass(slots=True)
class Sockets:
    """The connections of the app, and what they have not acknowledged yet."""

    refused: list[str] = field(default_factory=list)
    """Why connections were refused, for whoever looks for the reason."""
    ack_seconds: float = ACK_SECONDS
    """How long an app may take to acknowledge."""
    ticket_seconds: float = 60.0
    """How long a ticket is good for."""
    _tickets: dict[str, float] = field(default_factory=dict)
    _connections: list[Connection] = field(default_factory=list)
    _waiting: dict[str, Future[Json | None]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _turn: int = 0

    @property
    def count(self) -> int:
        """Connections that take payloads."""
        with self._changed:
            return len(self._able())

    def wait(self, count: int = 1, timeout: float = 5.0) -> bool:
        """Wait until so many connections take payloads; False where they do not come in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._able()) >= count, timeout)

    def ticket(self) -> str:
        """Make a ticket for one connection, good for `ticket_seconds`."""
        ticket = str(uuid.uuid4())
        with self._changed:
            self._tickets[ticket] = time.monotonic() + self.ticket_seconds
        return ticket

    def send(self, kind: str, payload: Json, *, takes_answer: bool) -> Ack | None:
        """Send an envelope to one connection; None where it is not acknowledged in time. Call from any thread.

        Nothing is sent twice: an envelope that goes down with its connection is lost, as it is at Slack.
        """
        envelope_id = str(uuid.uuid4())
        answer: Future[Json | None] = Future()
        with self._changed:
            connection = self._next()
            self._waiting[envelope_id] = answer
        started = time.monotonic()
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": takes_answer,
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        try:
            connection.send(envelope)
            acknowledged = answer.result(self.ack_seconds)
        except (TimeoutError, OSError, RuntimeError):
            return None
        finally:
            with self._changed:
                del self._waiting[envelope_id]
        return Ack(acknowledged, time.monotonic() - started)

    def refresh(self, reason: str = "refresh_requested") -> int:
        """Ask every connection to make place for a new one, as Slack does every few hours; returns how many."""
        with self._changed:
            old = self._able()
            for connection in old:
                connection.retired = True
        for connection in old:
            with contextlib.suppress(TimeoutError, OSError, RuntimeError):
                connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}})
        return len(old)

    def drop(self) -> int:
        """Break every connection without a word, frozen ones too; returns how many."""
        return self._end(break_off)

    def freeze(self) -> int:
        """Stop reading from every connection, and keep it open: half-open, as behind a failed gateway.

        `drop` ends what is frozen; do that before the server stops, which cannot hear such a connection end.
        """
        return self._end(stop_reading)

    def _end(self, how: Callable[[Scope], None]) -> int:
        with self._changed:
            ending = list(self._connections)
            for connection in ending:
                connection.retired = True
        for connection in ending:
            connection.loop.call_soon_threadsafe(how, connection.websocket.scope)
        return len(ending)

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one connection until it ends."""
        if (problem := self._problem(websocket.query_params.get("ticket", ""))) is not None:
            self.refused.append(problem)
            await websocket.close(reason=problem)  # before accepting: an HTTP 403
            return
        await websocket.accept()
        connection = Connection(websocket, asyncio.get_running_loop())
        hello = self._hello()
        # Before the hello: who has read it may act at once. No payload can overtake it, there is one loop.
        with self._changed:
            self._connections.append(connection)
            self._changed.notify_all()
        await websocket.send_text(json.dumps(hello))
        try:
            while True:
                self._heard(await websocket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            with self._changed:
                self._connections.remove(connection)
                self._changed.notify_all()

    def _problem(self, ticket: str) -> str | None:
        with self._changed:
            if self._tickets.pop(ticket, 0.0) < time.monotonic():
                return "the ticket is unknown, used or too old"
            return "too_many_websockets" if len(self._connections) >= _MOST_CONNECTIONS else None

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "debug_info": {
                "host": _HOST,
                "build_number": 1,
                "approximate_connection_time": _LIFETIME_SECONDS,
            },
            "connection_info": {"app_id": APP_ID},
        }

    def _heard(self, text: str) -> None:
        """Take an acknowledgement; anything else that an app may say is passed over, as Slack does."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        with self._changed:
            waiting = self._waiting.get(str(message.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload"))

    def _able(self) -> list[Connection]:
        return [connection for connection in self._connections if not connection.retired]

    def _next(self) -> Connection:
        able = self._able()
        if not able:
            raise ConnectionError("the app has no Socket Mode connection")
        self._turn += 1
        return able[self._turn % len(able)]
