"""What the stand-ins of product analytics share: scripted faults, limits, and answers that break off."""

from __future__ import annotations

import asyncio
import math
import secrets
import threading
import time
from base64 import b64decode
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

_WORDS: Final = {429: "Too many requests", 503: "Service unavailable"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    """What was sent as JSON; None where nothing was."""


@dataclass(slots=True)
class VendorControl:
    """Scripted faults; reachable as `app.state.control`. Change it while the server runs."""

    down: bool = False
    """Every request is answered with 503."""
    slow: float = 0.0
    """Seconds that every request takes longer."""
    fail_next: list[int] = field(default_factory=list)
    """HTTP statuses that the next requests are answered with, the first one first."""
    retry_after: str | None = None
    """What `fail_next` sends along as Retry-After."""
    cut_next: list[Literal["connection", "body"]] = field(default_factory=list)
    """How the next whole answers break off in the middle: with the connection, or in an answer that seems whole."""
    requests: list[Asked] = field(default_factory=list)
    """Everything that arrived, in order."""


class RefusedError(Exception):
    """The stand-in says no, as its vendor does."""

    def __init__(self, status: int, words: str, retry_after: str | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.retry_after = retry_after

    def response(self) -> Response:
        """Return the answer."""
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return JSONResponse({"status": "error", "error": str(self)}, self.status, headers)


async def answer_refused(_: Request, error: Exception) -> Response:
    """Answer a RefusedError; for Starlette's exception handlers."""
    assert isinstance(error, RefusedError)
    return error.response()


class Throttle:
    """Counts requests in sliding windows (seconds: requests); a refused request does not count."""

    def __init__(self, limits: Mapping[float, int], clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = dict(limits)
        self._clock = clock
        self._passed: deque[float] = deque(maxlen=max(limits.values()))
        self._lock = threading.Lock()

    def check(self) -> None:
        """Count a request. Raises RefusedError where there were too many."""
        with self._lock:
            now = self._clock()
            most = self._limits.items()
            waits = [self._passed[-n] + seconds - now for seconds, n in most if len(self._passed) >= n]
            if (wait := max(waits, default=0.0)) > 0:
                raise RefusedError(429, "rate limit exceeded", str(math.ceil(wait)))
            self._passed.append(now)


async def admit(request: Request, control: VendorControl, body: object = None) -> None:
    """Note a request, and play the scripted faults that come before everything else."""
    control.requests.append(Asked(request.method, request.url.path, dict(request.query_params), body))
    if control.slow:
        await asyncio.sleep(control.slow)
    status = 503 if control.down else control.fail_next.pop(0) if control.fail_next else None
    if status is not None:
        raise RefusedError(status, _WORDS.get(status, "scripted fault"), control.retry_after)


def basic(request: Request) -> tuple[str, str] | None:
    """Return user and password of basic authentication; None where there is none."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = b64decode(encoded).decode().partition(":")
    except ValueError:
        return None
    return user, password


def same(given: str, wanted: str) -> bool:
    """Compare secrets."""
    return secrets.compare_digest(given.encode(), wanted.encode())


def whole_or_cut(response: Response, control: VendorControl) -> Response:
    """Return the answer, or one that breaks off in the middle if that is scripted."""
    if not control.cut_next:
        return response
    half = bytes(response.body)[: len(response.body) // 2]
    if control.cut_next.pop(0) == "connection":
        return _CutResponse(half, response.status_code, response.headers)
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(half, response.status_code, headers)


class _CutResponse(Response):
    """Promises more than it sends: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
