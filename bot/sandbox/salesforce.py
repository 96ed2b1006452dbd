"""A stand-in Salesforce: login, query with paging, describe, limits; what it cannot do it refuses in their form.

    app = salesforce_app(records, clients=[Client("demo", secret="demo")])
    with serving(app) as address: ...

It checks what a real org checks (sessions, names of objects and fields, types of values in a condition), so that a
client that works here fails there for reasons of data only.
"""

from __future__ import annotations

import functools
import json
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.salesforce_control import INVALID_SESSION, Answer, Control, Seen
from bot.sandbox.salesforce_oauth import Client, OAuthError, grant, token_answer
from bot.sandbox.salesforce_org import Org
from bot.sandbox.salesforce_query import Answer as QueryAnswer
from bot.sandbox.salesforce_query import attributes_of, run
from bot.sandbox.soql import SoqlError, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from bot.sandbox.salesforce_org import SObject

__all__ = ["Client", "Control", "salesforce_app"]

_VERSIONS: Final = range(31, 68)
_VERSION: Final = re.compile(r"(\d{2,3})\.0")
_SMALLEST_PAGE: Final = 200
_CURSORS_KEPT: Final = 50
_JSON: Final = "application/json;charset=UTF-8"


class RefusedError(Exception):
    """A request that is refused, in Salesforce's form: a list of error codes and messages."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, json.dumps([{"message": message, "errorCode": code}]))


_NOT_THERE: Final = (404, "NOT_FOUND", "The requested resource does not exist")


@dataclass(slots=True)
class _StandIn:
    """What the handlers share."""

    org: Org
    clients: tuple[Client, ...]
    control: Control
    page_size: int
    cursors: OrderedDict[str, QueryAnswer] = field(default_factory=OrderedDict)

    async def token(self, request: Request) -> Response:
        """Log in."""
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            session = grant(form, self.clients)
        except OAuthError as refused:
            body = {"error": refused.code, "error_description": refused.description}
            return _json(body, 401 if refused.code == "invalid_client" else 400)
        self.control.admit(session)
        return _json(token_answer(session, str(request.base_url).rstrip("/")))

    async def versions(self, _: Request) -> Response:
        """List the versions of the API; needs no session."""
        return _json([{"label": f"v{n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in _VERSIONS])

    async def limits(self, request: Request) -> Response:
        """Tell what is left of the day."""
        _version(request)
        left = max(0, self.control.allowed - self.control.used)
        return _json({"DailyApiRequests": {"Max": self.control.allowed, "Remaining": left}})

    async def sobjects(self, request: Request) -> Response:
        """List every object."""
        version = _version(request)
        summaries = [one.summary(version) for one in self.org.objects()]
        return _json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})

    async def describe(self, request: Request) -> Response:
        """Describe one object."""
        return _json(self._sobject(request).describe(_version(request)))

    async def record(self, request: Request) -> Response:
        """Return one record, every field of it."""
        sobject, identity = self._sobject(request), request.path_params["identity"]
        record = sobject.by_id.get(identity)
        if record is None:
            problem = f"Provided external ID field does not exist or is not accessible: {identity}"
            raise RefusedError(404, "NOT_FOUND", problem)
        return _json({**attributes_of(sobject, record, _version(request)), **record})

    async def query(self, request: Request) -> Response:
        """Run a query and return its first page."""
        version = _version(request)
        if "q" not in request.query_params:
            raise RefusedError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
        try:
            answer = run(parse(request.query_params["q"]), self.org)
        except SoqlError as refused:
            raise RefusedError(400, refused.code, refused.message) from refused
        if answer.paths is None:
            return _json({"totalSize": len(answer.matches), "done": True, "records": []})
        cursor = f"01g{secrets.token_hex(6)}AAA"
        return self._page(answer, cursor, 0, self._page_size(request), version)

    async def more(self, request: Request) -> Response:
        """Return a later page of a query."""
        version = _version(request)
        cursor, _, start = request.path_params["locator"].partition("-")
        answer = self.cursors.get(cursor)
        if answer is None or not start.isdecimal() or int(start) >= len(answer.matches):
            raise RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(answer, cursor, int(start), self._page_size(request), version)

    def _page(self, answer: QueryAnswer, cursor: str, start: int, size: int, version: str) -> Response:
        stop, total = start + size, len(answer.matches)
        page: dict[str, object] = {"totalSize": total, "done": stop >= total}
        if stop < total:
            self.cursors[cursor] = answer
            while len(self.cursors) > _CURSORS_KEPT:
                self.cursors.popitem(last=False)
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{stop}"
        return _json({**page, "records": answer.written(start, stop, version)})

    def _page_size(self, request: Request) -> int:
        asked = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("Sforce-Query-Options", ""), re.IGNORECASE)
        return min(self.page_size, max(_SMALLEST_PAGE, int(asked[1]))) if asked else self.page_size

    def _sobject(self, request: Request) -> SObject:
        found = self.org.get(request.path_params["name"])
        if found is None:
            raise RefusedError(*_NOT_THERE)
        return found

    def guarded(self, handler: Handler) -> Handler:
        """Return the handler as a real org would run it: scripted answers first, then the session, then its errors."""

        @functools.wraps(handler)
        async def run_handler(request: Request) -> Response:
            answer = self.control.note(Seen(request.method, request.url.path, dict(request.query_params), "api"))
            try:
                response = _scripted(answer) if answer else await self._checked(handler, request)
            except RefusedError as refused:
                response = _scripted(refused.answer)
            response.headers.setdefault("Sforce-Limit-Info", f"api-usage={self.control.used}/{self.control.allowed}")
            return response

        return run_handler

    async def _checked(self, handler: Handler, request: Request) -> Response:
        if not self._has_session(request):
            return _scripted(INVALID_SESSION)
        if request.method != "GET":
            problem = f"HTTP Method '{request.method}' not allowed. Allowed are GET"
            raise RefusedError(405, "METHOD_NOT_ALLOWED", problem)
        return await handler(request)

    async def login(self, request: Request) -> Response:
        """Log in, or give the answer that is scripted instead."""
        answer = self.control.note(Seen(request.method, request.url.path, {}, "login"))
        return _scripted(answer) if answer else await self.token(request)

    def _has_session(self, request: Request) -> bool:
        scheme, _, session = request.headers.get("Authorization", "").partition(" ")
        return scheme.casefold() in {"bearer", "oauth"} and self.control.admitted(session)


if TYPE_CHECKING:
    Handler = Callable[[Request], Awaitable[Response]]


def salesforce_app(
    records: Mapping[str, Sequence[Mapping[str, object]]],
    *,
    clients: Sequence[Client],
    page_size: int = 2000,
    types: Mapping[str, Mapping[str, str]] | None = None,
    control: Control | None = None,
) -> Starlette:
    """Return the stand-in as an ASGI application; its `state.control` is the Control.

    `records` are lists of records by object, with API names. A field whose values are all Ids of one object is a
    reference to it; `XId` is followed as `X`, `X__c` as `X__r`. `types` declares what no record tells of.
    Raises ValueError for records without an Id of their own.
    """
    stand_in = _StandIn(Org(records, types), tuple(clients), control or Control(), page_size)
    app = Starlette(routes=_routes(stand_in))
    app.router.redirect_slashes = False
    app.state.control = stand_in.control
    return app


def _routes(stand_in: _StandIn) -> list[Route]:
    data = "/services/data/v{version}"
    guarded: dict[str, Handler] = {
        f"{data}/limits": stand_in.limits,
        f"{data}/sobjects": stand_in.sobjects,
        f"{data}/sobjects/{{name}}/describe": stand_in.describe,
        f"{data}/sobjects/{{name}}/{{identity}}": stand_in.record,
        f"{data}/query": stand_in.query,
        f"{data}/query/{{locator}}": stand_in.more,
    }
    every = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    routes = [Route("/services/oauth2/token", stand_in.login, methods=["POST"])]
    routes += [Route(path, stand_in.versions) for path in ("/services/data", "/services/data/")]
    for path, handler in guarded.items():
        routes += [Route(one, stand_in.guarded(handler), methods=every) for one in (path, f"{path}/")]
    return [*routes, Route("/{rest:path}", stand_in.guarded(_nowhere), methods=every)]


def _version(request: Request) -> str:
    version = str(request.path_params["version"])
    found = _VERSION.fullmatch(version)
    if found is None or int(found[1]) not in _VERSIONS:
        raise RefusedError(*_NOT_THERE)
    return version


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type=_JSON)


def _scripted(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.content_type)


async def _nowhere(_: Request) -> Response:
    raise RefusedError(*_NOT_THERE)
