"""HTTP mode: Slack's requests come to an address of ours, signed. Needs Starlette and uvicorn."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Final

import anyio
import uvicorn
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import HeadroomError
from bot.slack.socket_mode import Health

if TYPE_CHECKING:
    from slack_bolt import App
    from starlette.requests import Request

PATH: Final = "/slack/events"
_WORKERS: Final = 32
_MOST_BYTES: Final = 4 * 1024 * 1024
_STOP_SECONDS: Final = 5


def http_app(app: App) -> Starlette:
    """Make the ASGI application that Slack's request URLs point to: `/slack/events` for all of them."""
    # Made in the event loop that serves: a limiter belongs to one.
    limiters: list[anyio.CapacityLimiter] = []

    async def events(request: Request) -> Response:
        if not limiters:
            limiters.append(anyio.CapacityLimiter(_WORKERS))
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too long", 413)
        try:
            bolt_request = to_bolt_request(request, body)
        except ValueError:  # neither text nor JSON nor a form: nothing that Slack would send
            return PlainTextResponse("unreadable", 400)
        # The sync app blocks: in the event loop one slow answer would hold up all others.
        return to_starlette_response(await anyio.to_thread.run_sync(app.dispatch, bolt_request, limiter=limiters[0]))

    return Starlette(routes=[Route(PATH, events, methods=["POST"])])


async def _body(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return body


class HttpMode:
    """Serves an app over HTTP until it is stopped."""

    def __init__(self, app: App, host: str, port: int) -> None:
        try:
            self._listener = socket.create_server((host, port), backlog=256)
        except OSError as error:
            raise HeadroomError(f"slack.port: cannot listen on {host}:{port}: {error.strerror}") from None
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(
            http_app(app),
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="slack-http", daemon=True
        )

    def start(self) -> None:
        """Serve in a thread; the socket listens already."""
        self._thread.start()

    def health(self) -> Health:
        """Tell whether requests are taken. Whether Slack reaches the address from outside, nobody here can tell."""
        alive = self._thread.is_alive()
        return Health(ok=alive, connected=alive, ping_age=None, detail="" if alive else "the HTTP server has ended")

    def stop(self) -> None:
        """Finish what is being answered, then stop listening."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
