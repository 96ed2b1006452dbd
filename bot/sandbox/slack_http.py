"""The stand-in Slack on the wire: the Web API, response URLs, Socket Mode and the controls, as one application."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from bot.sandbox.slack_api import call
from bot.sandbox.slack_args import Arguments
from bot.sandbox.slack_control import control_routes
from bot.sandbox.slack_faults import Fault, Outcome
from bot.sandbox.slack_files import file_routes
from bot.sandbox.slack_state import RateLimitedError, SlackError
from bot.sandbox.slack_wire import WiredApp, break_off, read_arguments

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    from bot.sandbox.slack_world import SlackWorld

_GARBAGE: Final = "<html><body>upstream connect error or disconnect/reset before headers</body></html>"


def slack_app(world: SlackWorld) -> Starlette:
    """Make the server of a workspace. Serve it with `bot.sandbox.serve.serving`."""

    async def respond(request: Request) -> Response:
        return await _respond(world, request)

    async def link(websocket: WebSocket) -> None:
        await world.sockets.serve(websocket)

    return WiredApp(
        routes=[
            Route("/api/{method}", WebApi(world), methods=["GET", "POST"]),
            Route("/response/{id}", respond, methods=["POST"]),
            WebSocketRoute("/link/", link),
            *file_routes(world),
            *control_routes(world),
        ],
        # A web page that somebody has open must not reach the controls under a name of its own.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


class WebApi:
    """`/api/<method>`: an ASGI application of its own, because a fault may break the connection."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; with the fault that waits for it, if there is one."""
        request = Request(scope, receive)
        name = request.path_params["method"]
        self._world.address = str(request.base_url).rstrip("/")
        await asyncio.sleep(self._world.latency / 2)
        fault = self._world.faults.take(name)
        if fault is None or fault.accepted:
            response = await self._run(request, name)
        if fault is not None:
            faulty = await _faulty(scope, fault)
            if faulty is None:
                return
            response = faulty
        await asyncio.sleep(self._world.latency / 2)
        await response(scope, receive, send)

    async def _run(self, request: Request, name: str) -> Response:
        try:
            arguments = Arguments(await read_arguments(request))
            with self._world.lock:
                body = call(self._world, name, _token(request, arguments), arguments)
        except RateLimitedError as error:
            self._world.throttled[name] += 1
            return JSONResponse(error.as_json(), 429, {"Retry-After": str(error.retry_after)})
        except SlackError as error:
            return JSONResponse(error.as_json())
        self._world.changed()
        return JSONResponse(body, headers={"X-OAuth-Scopes": ",".join(sorted(self._world.scopes))})


def _token(request: Request, arguments: Arguments) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else arguments.text("token")


async def _faulty(scope: Scope, fault: Fault) -> Response | None:
    """Answer as the fault wants; None where the connection was broken instead."""
    match fault.outcome:
        case Outcome.RATE_LIMITED:
            headers = {"Retry-After": str(fault.retry_after)}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        case Outcome.ERROR:
            return JSONResponse({"ok": False, "error": fault.error})
        case Outcome.SERVER_ERROR:
            return PlainTextResponse("upstream error", fault.status)
        case Outcome.GARBAGE:
            return PlainTextResponse(_GARBAGE)
        case Outcome.HANG:
            await asyncio.sleep(fault.seconds)
    break_off(scope, reset=fault.outcome is Outcome.RESET)
    # The server learns of the broken connection in its next turn; returning before, it would try to answer.
    await asyncio.sleep(0.01)
    return None


async def _respond(world: SlackWorld, request: Request) -> Response:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return PlainTextResponse("invalid_payload", 400)
    if not isinstance(body, dict):
        return PlainTextResponse("invalid_payload", 400)
    try:
        world.respond(request.path_params["id"], body)
    except SlackError as error:
        return JSONResponse(error.as_json(), 404 if error.error in {"expired_url", "used_url"} else 400)
    return PlainTextResponse("ok")
