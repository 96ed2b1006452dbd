"""Socket Mode: keeps one WebSocket to Slack, notices when it is deaf, and replaces it before it goes.

Bolt's own handlers were tried first. slack_sdk's built-in client spins on a closed connection until its next ping
and cannot acknowledge with more than 65,535 bytes; its websocket-client one never notices a half-open connection
and is without any while Slack refreshes. Dispatching and acknowledging are Bolt's here too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

import structlog
import websocket
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import HeadroomError

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App
    from slack_sdk import WebClient

_HELLO_SECONDS: Final = 10.0
_LINGER_SECONDS: Final = 4.0
"""A replaced connection lives on for as long as an envelope may wait for its acknowledgement."""
_STALE_PINGS: Final = 3
_CHECK_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_WORKERS: Final = 32
_REFUSALS: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "not_allowed_token_type",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
        "access_denied",
        "forbidden_team",
    }
)
_log = structlog.get_logger(__name__)
_sdk_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether people in Slack can reach Headroom."""

    ok: bool
    connected: bool
    ping_age: float | None
    """Seconds since the last sign of life from Slack; None where there is no connection."""
    detail: str


class _Line(BaseSocketModeClient):
    """One WebSocket. The name is Bolt's side of it: what `send_response` acknowledges through."""

    def __init__(self, url: str, heard: Callable[[_Line, dict[str, Any]], None], lost: Callable[[_Line], None]) -> None:
        self.logger = _sdk_log
        self.settled = threading.Event()
        """Set when Slack has said hello, and when it has become clear that it will not."""
        self.heard_at = time.monotonic()
        self._heard = heard
        self._lost = lost
        self._greeted = False
        self._ended = False
        self._socket: websocket.WebSocket | None = None
        self._app = websocket.WebSocketApp(
            url,
            on_open=self._on_open,
            on_message=self._on_message,
            on_ping=self._on_sign_of_life,
            on_pong=self._on_sign_of_life,
            on_error=self._on_error,
            on_close=self._on_close,
        )

    def start(self, ping_seconds: float) -> None:
        """Connect and listen in a thread; two thirds of a ping's interval without a pong end the connection."""
        pings = {"ping_interval": ping_seconds, "ping_timeout": ping_seconds * 2 / 3}
        threading.Thread(target=self._app.run_forever, kwargs=pings, name="slack-socket", daemon=True).start()

    def is_connected(self) -> bool:
        return self._greeted and not self._ended

    def send_message(self, message: str) -> None:
        self._app.send(message)

    def close(self) -> None:
        """Say goodbye and end the thread at once: WebSocketApp.close would leave it waiting for its next ping."""
        self._ended = True
        self._app.keep_running = False
        if self._socket is None or (raw := self._socket.sock) is None:
            return
        with contextlib.suppress(OSError, websocket.WebSocketException):  # it may have gone before
            self._socket.send_close()
            raw.shutdown(socket.SHUT_RDWR)

    def _on_open(self, app: websocket.WebSocketApp) -> None:
        self._socket = app.sock

    def _on_message(self, _app: object, text: str) -> None:
        self.heard_at = time.monotonic()
        message = json.loads(text) if text.startswith("{") else {}
        if message.get("type") == "hello":
            self._greeted = True
            self.settled.set()
        else:
            self._heard(self, message)

    def _on_sign_of_life(self, _app: object, _data: object) -> None:
        self.heard_at = time.monotonic()

    def _on_error(self, _app: object, error: object) -> None:
        _log.info("socket error", error=str(error))

    def _on_close(self, _app: object, _code: object, _reason: object) -> None:
        self._ended = True
        self.settled.set()
        if self._socket is not None:
            # WebSocketApp forgets it where Slack has closed first.
            self._socket.shutdown()  # type: ignore[no-untyped-call]  # the library's fault
        self._lost(self)


class SocketMode:
    """Serves an app through Socket Mode until it is stopped."""

    def __init__(self, app: App, app_token: str, client: WebClient, ping_seconds: float = 10.0) -> None:
        self._app = app
        self._app_token = app_token
        self._client = client
        self._ping_seconds = ping_seconds
        self._line: _Line | None = None
        self._stale = False
        self._problem = "not connected yet"
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="slack-socket")
        self._keeper = threading.Thread(target=self._keep_connected, name="slack-socket-keeper", daemon=True)

    def start(self) -> None:
        """Connect. Where Slack cannot be reached it is tried again and again, in a thread.

        Raises HeadroomError where Slack refuses the token: trying again would not help.
        """
        logging.getLogger("websocket").setLevel(logging.CRITICAL)  # what it has to say is logged here
        problem = self._try_to_connect()
        if problem in _REFUSALS:
            self._pool.shutdown()
            raise HeadroomError(
                f"Slack refuses the app token for Socket Mode: {problem}. It must start with xapp- and have the "
                "scope connections:write; see Basic Information, App-Level Tokens"
            )
        self._keeper.start()

    def health(self) -> Health:
        """Tell whether Slack's payloads arrive: a connection alone is not enough, it may be half-open."""
        line = self._line
        if line is None or not line.is_connected():
            return Health(ok=False, connected=False, ping_age=None, detail=self._problem)
        age = time.monotonic() - line.heard_at
        ok = age < _STALE_PINGS * self._ping_seconds
        return Health(ok, connected=True, ping_age=age, detail="" if ok else f"nothing heard for {age:.0f} s")

    def stop(self) -> None:
        """Finish what is being answered, then disconnect."""
        self._stopping.set()
        self._wake.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        self._pool.shutdown()
        if self._line is not None:
            self._line.close()

    def _keep_connected(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            if not self._stale and self.health().ok:
                if not self._wake.wait(_CHECK_SECONDS):
                    pause = 0.0  # it held: the next loss is a new one
                self._wake.clear()
                continue
            self._stopping.wait(pause)
            pause = min(max(pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
            if not self._stopping.is_set():
                self._try_to_connect()

    def _try_to_connect(self) -> str | None:
        """Replace the connection by a new one; returns what went wrong."""
        try:
            self._connect()
        except SlackApiError as error:
            self._problem = str(error.response.get("error"))
        except (OSError, HTTPException) as error:
            self._problem = str(error)
        else:
            return None
        _log.warning("socket mode not connected", problem=self._problem)
        return self._problem

    def _connect(self) -> None:
        url = self._client.apps_connections_open(app_token=self._app_token)["url"]
        line = _Line(url, self._heard, self._lost)
        line.start(self._ping_seconds)
        line.settled.wait(_HELLO_SECONDS)
        if not line.is_connected():
            line.close()
            raise TimeoutError("Slack did not say hello")
        old, self._line, self._stale = self._line, line, False
        self._problem = "the connection was lost"
        if old is not None:
            farewell = threading.Timer(_LINGER_SECONDS, old.close)
            farewell.daemon = True
            farewell.start()

    def _lost(self, line: _Line) -> None:
        if line is self._line:
            self._wake.set()

    def _heard(self, line: _Line, message: dict[str, Any]) -> None:
        if message.get("type") == "disconnect":
            _log.info("slack asks for a new connection", reason=message.get("reason"))
            if line is self._line:
                self._stale = True
                self._wake.set()
            return
        request = SocketModeRequest.from_dict(message)
        if request is not None and not self._stopping.is_set():
            self._pool.submit(self._answer, line, request).add_done_callback(_log_failure)

    def _answer(self, line: _Line, request: SocketModeRequest) -> None:
        started = time.time()
        response = run_bolt_app(self._app, request)
        send_response(line, request, response, started)


def _log_failure(answer: Future[None]) -> None:
    if (error := answer.exception()) is not None:
        _log.error("slack payload not answered", exc_info=error)
