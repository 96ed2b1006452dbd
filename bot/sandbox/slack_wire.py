"""What lies under HTTP: bodies as Slack's clients send them, signatures, and connections that break."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import struct
import time
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette

from bot.sandbox.slack_state import Json, SlackError

if TYPE_CHECKING:
    import asyncio

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

_WIRE: Final = "sandbox.wire"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing sends RST


class _Wire(Protocol):
    transport: asyncio.Transport


class WiredApp(Starlette):
    """An application that can get at the connection below a request: ASGI has no word for breaking one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the server's own object for this connection, which uvicorn's `send` is a method of."""
        scope[_WIRE] = getattr(send, "__self__", None)
        await super().__call__(scope, receive, send)


def break_off(scope: Scope, *, reset: bool = False) -> None:
    """Close the connection of a request at once, unanswered; with `reset` by RST. Call in the server's loop."""
    transport = _transport(scope)
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


def stop_reading(scope: Scope) -> None:
    """Read nothing more from the connection of a request, not even pings, and leave it open."""
    _transport(scope).pause_reading()


def _transport(scope: Scope) -> asyncio.Transport:
    wire: _Wire | None = scope.get(_WIRE)
    if wire is None:
        raise RuntimeError("connections can be broken under uvicorn only")
    return wire.transport


async def read_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a Web API call: of the query, of a form or of JSON. Raises SlackError as Slack does."""
    arguments: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return arguments
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise SlackError("invalid_charset") from None
    if kind == "application/json":
        return arguments | _json_object(text)
    if kind == "application/x-www-form-urlencoded":
        return arguments | dict(parse_qsl(text, keep_blank_values=True))
    raise SlackError("invalid_post_type" if kind else "missing_post_type")


def _json_object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value


def signed_headers(secret: str, body: bytes, kind: str) -> dict[str, str]:
    """Return the headers with which Slack proves that a request is its own (signature v0)."""
    now = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": kind,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": f"v0={signature}",
    }


def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> tuple[int, str, bytes]:
    """POST to the app: status, content type and body of its answer. Raises OSError or HTTPException.

    No proxy of the environment and no redirect comes between the stand-in and an app beside it.
    """
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=timeout)
    try:
        connection.request("POST", place.path or "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()
    finally:
        connection.close()
