"""The query endpoint over HTTP: keys, projects, limits, asynchronous answers and scripted faults."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.sandbox.posthog.control import Asked, PostHogControl
from bot.sandbox.posthog.engine import Engine, Result
from bot.sandbox.posthog.errors import (
    ApiError,
    invalid_query,
    missing_scope,
    not_found,
    scripted,
    throttled,
    unauthenticated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import pyarrow as pa
    from starlette.requests import Request

LIMITS: Final[Mapping[float, int]] = MappingProxyType({60.0: 240, 3600.0: 2400})
"""Seconds: requests, as PostHog allows them to one key."""
_AT_ONCE: Final = 3
_ASYNC: Final = frozenset({"async", "force_async", "lazy_async"})


def posthog_app(  # noqa: PLR0913 - the last four are for tests only
    events: pa.Table,
    *,
    api_key: str,
    project: int,
    timezone: str = "UTC",
    now: Callable[[], datetime] | None = None,
    limits: Mapping[float, int] = LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Make the stand-in. `events` has the columns of `EVENTS`; faults are scripted at `app.state.control`.

    `timezone` is the project's; `now` is what HogQL's now() answers, by default the later of the real clock and the
    newest event.
    """
    control = PostHogControl()
    server = _Server(Engine(events, timezone, now), _Throttle(limits, clock), control, api_key, project)
    paths = [f"/api/{word}/{{project}}/query" for word in ("projects", "environments")]
    routes = [
        route
        for path in paths
        for slash in ("/", "")
        for route in (
            Route(path + slash, server.query, methods=["POST"]),
            Route(path + "/{query}" + slash, server.status, methods=["GET"]),
        )
    ]
    app = Starlette(routes=routes, exception_handlers={ApiError: _answer_error, 404: _answer_unknown_path})
    app.state.control = control
    return app


async def _answer_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return error.response()


async def _answer_unknown_path(_: Request, __: Exception) -> JSONResponse:
    return not_found("Endpoint not found.").response()


class _Throttle:
    """Counts requests in sliding windows; a refused request does not count."""

    def __init__(self, limits: Mapping[float, int], clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._passed: deque[float] = deque(maxlen=max(limits.values()))
        self._lock = threading.Lock()

    def check(self) -> None:
        with self._lock:
            now = self._clock()
            waits = [
                self._passed[-most] + seconds - now
                for seconds, most in self._limits.items()
                if len(self._passed) >= most
            ]
            wait = max(waits, default=0.0)
            if wait > 0:
                raise throttled(math.ceil(wait))
            self._passed.append(now)


@dataclass(slots=True)
class _Pending:
    """An asynchronous query: its answer, and how often it is still said to be under way."""

    polls: int
    results: dict[str, Any] | None
    error: str | None


class _Server:
    def __init__(
        self, engine: Engine, throttle: _Throttle, control: PostHogControl, api_key: str, project: int
    ) -> None:
        self._engine = engine
        self._throttle = throttle
        self._control = control
        self._api_key = api_key
        self._project = project
        self._pending: dict[str, _Pending] = {}
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)

    async def query(self, request: Request) -> JSONResponse:
        """POST: run a query, or begin to."""
        body = _body(await request.body())
        await self._admit(request, body)
        hogql = _hogql(body)
        if self._control.heavy and self._control.heavy(hogql):
            raise scripted(504, None)
        if not self._at_once.acquire(blocking=False):
            raise throttled(1)
        try:
            if self._control.asynchronous or body.get("refresh") in _ASYNC or body.get("async") is True:
                return JSONResponse({"query_status": await self._begin(hogql)}, 202)
            result = await run_in_threadpool(self._engine.run, hogql)
        finally:
            self._at_once.release()
        return JSONResponse(_answer(result))

    async def status(self, request: Request) -> JSONResponse:
        """GET: how far an asynchronous query is."""
        await self._admit(request, {})
        query = request.path_params["query"]
        pending = self._pending.get(query)
        if pending is None:
            raise not_found(f"Query {query} not found for team {self._project}")
        if pending.polls > 0:
            pending.polls -= 1
            return JSONResponse({"query_status": self._status(query)}, 202)
        status = self._status(query, pending)
        return JSONResponse({"query_status": status}, 400 if pending.error else 200)

    async def _begin(self, hogql: str) -> dict[str, Any]:
        query = secrets.token_hex(16)
        try:
            result = await run_in_threadpool(self._engine.run, hogql)
            self._pending[query] = _Pending(self._control.polls, _answer(result), None)
        except ApiError as error:
            self._pending[query] = _Pending(self._control.polls, None, str(error))
        return self._status(query)

    def _status(self, query: str, pending: _Pending | None = None) -> dict[str, Any]:
        return {
            "id": query,
            "team_id": self._project,
            "query_async": True,
            "complete": pending is not None,
            "error": bool(pending and pending.error),
            "error_message": pending.error if pending else None,
            "results": pending.results if pending else None,
        }

    async def _admit(self, request: Request, body: Mapping[str, Any]) -> None:
        query = body.get("query")
        hogql = query.get("query") if isinstance(query, dict) else None
        self._control.requests.append(Asked(request.method, request.url.path, hogql, body.get("refresh")))
        if self._control.slow:
            await asyncio.sleep(self._control.slow)
        if self._control.down:
            raise scripted(503, None)
        self._authenticate(request)
        self._throttle.check()
        if self._control.fail_next:
            raise scripted(self._control.fail_next.pop(0), self._control.retry_after)

    def _authenticate(self, request: Request) -> None:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secrets.compare_digest(key.strip().encode(), self._api_key.encode()):
            raise unauthenticated(key_given=bool(key))
        if self._control.missing_scope:
            raise missing_scope()
        if request.path_params["project"] not in {str(self._project), "@current"}:
            raise not_found("Project not found.")


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid_query(f"JSON parse error - {error}", "parse_error") from error
    if not isinstance(body, dict):
        raise invalid_query("Invalid data. Expected a dictionary.", "invalid_input")
    return body


def _hogql(body: Mapping[str, Any]) -> str:
    query = body.get("query")
    if not isinstance(query, dict):
        raise invalid_query("query: Field required", "invalid_input")
    if query.get("kind") != "HogQLQuery" or not isinstance(query.get("query"), str):
        raise invalid_query("The stand-in runs queries of the kind HogQLQuery only", "invalid_input")
    hogql: str = query["query"]
    return hogql


def _answer(result: Result) -> dict[str, Any]:
    compiled = result.compiled
    # As PostHog does: only a query without a LIMIT of its own is told whether there is more.
    paging = {} if compiled.given else {"limit": compiled.limit, "offset": 0, "hasMore": result.more}
    return {
        "cache_key": None,
        "is_cached": False,
        "results": result.rows,
        "columns": list(compiled.columns),
        "types": [list(pair) for pair in result.types],
        "hasMore": None,
        "limit": None,
        "offset": None,
        "hogql": compiled.hogql,
        "clickhouse": None,
        "error": None,
        "query_status": None,
        "timings": [],
        **paging,
    }
