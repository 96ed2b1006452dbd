"""What stands before every handler of the stand-in Salesforce: the script, the faults, the session, the call count."""

from __future__ import annotations

import asyncio
import functools
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from bot.sandbox.salesforce_answers import INVALID_SESSION
from bot.sandbox.salesforce_control import Control, Seen
from bot.sandbox.salesforce_faults import Fault, FaultKind
from bot.sandbox.salesforce_http import RefusedError, scripted_response
from bot.sandbox.slack_wire import break_off

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from bot.sandbox.salesforce_http import Handler

_A_TURN: Final = 0.01
_SENT_BY_THEN: Final = 0.05


@dataclass(slots=True)
class Guard:
    """Lets a request through to its handler, or does with it what the control says."""

    control: Control

    def guarded(self, handlers: Mapping[str, Handler]) -> Handler:
        """Return one handler for all methods of an address, as a real org would run them."""

        async def serve(request: Request) -> Response:
            try:
                return await self._checked(handlers, request)
            except RefusedError as refused:
                return scripted_response(refused.answer)

        async def run(request: Request) -> Response:
            answer = self.control.note(Seen(request.method, request.url.path, dict(request.query_params), "api"))
            response = scripted_response(answer) if answer else await self._met(request, serve, login=False)
            response.headers.setdefault("Sforce-Limit-Info", f"api-usage={self.control.used}/{self.control.allowed}")
            return response

        return run

    def at_login(self, handler: Handler) -> Handler:
        """Return the handler of logins, behind the script for logins."""

        async def run(request: Request) -> Response:
            answer = self.control.note(Seen(request.method, request.url.path, {}, "login"))
            return scripted_response(answer) if answer else await self._met(request, handler, login=True)

        return run

    async def _met(self, request: Request, serve: Handler, *, login: bool) -> Response:
        """Serve a request, with the fault that waits for it, if there is one."""
        fault = self.control.faults.take(request.method, address_of(request), login=login)
        return await serve(request) if fault is None else await _faulty(fault, functools.partial(serve, request))

    async def _checked(self, handlers: Mapping[str, Handler], request: Request) -> Response:
        if not self._has_session(request):
            return scripted_response(INVALID_SESSION)
        handler = handlers.get(request.method)
        if handler is None:
            problem = f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(handlers)}"
            raise RefusedError(405, "METHOD_NOT_ALLOWED", problem)
        return await handler(request)

    def _has_session(self, request: Request) -> bool:
        scheme, _, session = request.headers.get("Authorization", "").partition(" ")
        return scheme.casefold() in {"bearer", "oauth"} and self.control.admitted(session)


def address_of(request: Request) -> str:
    """Return the path of a request with its query, as faults look at it."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


async def _faulty(fault: Fault, serve: Callable[[], Awaitable[Response]]) -> Response:
    if fault.kind is FaultKind.CUT:
        return CutOffResponse(await serve())
    if fault.kind is FaultKind.CUT_GZIP:
        return _half_packed(await serve())
    if fault.committed:
        await serve()
    if fault.kind in {FaultKind.HANG, FaultKind.CLOSED}:
        return BrokenResponse(fault.seconds if fault.kind is FaultKind.HANG else 0)
    return scripted_response(fault.answer())


class BrokenResponse(Response):
    """No answer: the connection is closed after some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what ASGI hands over
        """Break the connection."""
        await asyncio.sleep(self._seconds)
        break_off(scope)
        # The server learns of the broken connection in its next turn; returning before, it would try to answer.
        await asyncio.sleep(_A_TURN)


class CutOffResponse(Response):
    """An answer whose connection is closed in the middle of its body."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code)
        self.raw_headers = whole.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what ASGI hands over
        """Announce the whole, send the half."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(_SENT_BY_THEN)
        break_off(scope)
        await asyncio.sleep(_A_TURN)


def _half_packed(whole: Response) -> Response:
    """Return an answer whose gzip stream ends in its middle, with a length that fits what is sent."""
    body = bytes(whole.body)
    packed = body if whole.headers.get("Content-Encoding") == "gzip" else gzip.compress(body)
    left_out = {"content-length", "content-encoding"}
    headers = {name: value for name, value in whole.headers.items() if name not in left_out}
    return Response(packed[: len(packed) // 2], whole.status_code, {**headers, "Content-Encoding": "gzip"})
