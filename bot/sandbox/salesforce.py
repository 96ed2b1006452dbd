"""A stand-in Salesforce: login, query with paging, describe, Bulk 2.0 query jobs, limits; the rest is refused.

    app = salesforce_app(records, clients=[Client("demo", secret="demo")])
    with serving(app) as address: ...
    app.state.org.change("Account", identity, {"NPS__c": 7.0})      # the records, while the server runs
    app.state.control.faults.add(Fault(FaultKind.UNAVAILABLE))      # what goes wrong
    app.state.bulk.jobs                                             # query jobs that nobody deleted
    app.state.writes.refuse(identity, "STRING_TOO_LONG")            # what is refused, and `calls`: what was written
    app.state.sight.only(user, [identity])                          # who may read what

It checks what a real org checks (sessions, names of objects and fields, types of values in a condition), so that a
client that works here fails there for reasons of data only.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.routing import Route

from bot.sandbox.salesforce_access import Sight
from bot.sandbox.salesforce_bulk import Bulk
from bot.sandbox.salesforce_changes import Changes
from bot.sandbox.salesforce_control import Control, Fault, FaultKind
from bot.sandbox.salesforce_guard import Guard, address_of
from bot.sandbox.salesforce_http import NOT_THERE, VERSIONS, RefusedError, json_response, label_of, version_of
from bot.sandbox.salesforce_oauth import Client, OAuthError, grant, token_answer
from bot.sandbox.salesforce_org import Org
from bot.sandbox.salesforce_query import Answer as QueryAnswer
from bot.sandbox.salesforce_query import attributes_of, run
from bot.sandbox.salesforce_writes import Writes
from bot.sandbox.slack_wire import WiredApp
from bot.sandbox.soql import SoqlError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.salesforce_http import Handler
    from bot.sandbox.salesforce_org import Record, SObject

__all__ = ["Client", "Control", "Fault", "FaultKind", "salesforce_app"]

_SMALLEST_PAGE: Final = 200
_CURSORS_KEPT: Final = 50
_DATA: Final = "/services/data/v{version}"


@dataclass(slots=True)
class _StandIn:
    """What the handlers share."""

    org: Org
    clients: tuple[Client, ...]
    control: Control
    page_size: int
    sight: Sight
    cursors: OrderedDict[str, QueryAnswer] = field(default_factory=OrderedDict)

    async def token(self, request: Request) -> Response:
        """Log in."""
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            session = grant(form, self.clients)
        except OAuthError as refused:
            body = {"error": refused.code, "error_description": refused.description}
            return json_response(body, 401 if refused.code == "invalid_client" else 400)
        self.control.admit(session)
        return json_response(token_answer(session, str(request.base_url).rstrip("/")))

    async def versions(self, _: Request) -> Response:
        """List the versions of the API; needs no session."""
        return json_response(
            [{"label": label_of(n), "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in VERSIONS]
        )

    async def limits(self, request: Request) -> Response:
        """Tell what is left of the day."""
        version_of(request)
        control = self.control
        return json_response(
            {
                "DailyApiRequests": _left(control.used, control.allowed),
                "DailyBulkV2QueryJobs": _left(control.jobs_used, control.jobs_allowed),
            }
        )

    async def sobjects(self, request: Request) -> Response:
        """List every object."""
        version = version_of(request)
        summaries = [one.summary(version) for one in self.org.objects()]
        return json_response({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})

    async def sobject(self, request: Request) -> Response:
        """Tell of one object, in short."""
        summary = self._sobject(request).summary(version_of(request))
        return json_response({"objectDescribe": summary, "recentItems": []})

    async def describe(self, request: Request) -> Response:
        """Describe one object."""
        return json_response(self._sobject(request).describe(version_of(request)))

    async def record(self, request: Request) -> Response:
        """Return one record: the fields that are asked for, or every one."""
        sobject, identity = self._sobject(request), request.path_params["identity"]
        record = sobject.find(identity)
        if record is None:
            problem = f"Provided external ID field does not exist or is not accessible: {identity}"
            raise RefusedError(404, "NOT_FOUND", problem)
        shown = _chosen(sobject, record, request.query_params.get("fields"))
        return json_response({**attributes_of(sobject, record, version_of(request)), **shown})

    async def query(self, request: Request) -> Response:
        """Run a query and return its first page."""
        return self._first_page(request, deleted=False)

    async def query_all(self, request: Request) -> Response:
        """Run a query on the recycle bin, too, and return its first page."""
        return self._first_page(request, deleted=True)

    def _first_page(self, request: Request, *, deleted: bool) -> Response:
        version = version_of(request)
        if "q" not in request.query_params:
            raise RefusedError(400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
        try:
            self.control.queries.append(request.query_params["q"])
            query = parse(request.query_params["q"])
            if self.sight.is_asked_by(query):
                records = self.sight.answer(query, version)
                return json_response({"totalSize": len(records), "done": True, "records": records})
            answer = run(query, self.org, deleted=deleted)
        except SoqlError as refused:
            raise RefusedError(400, refused.code, refused.message) from refused
        if answer.paths is None:
            return json_response({"totalSize": self._total(request, answer), "done": True, "records": []})
        cursor = f"01g{secrets.token_hex(6)}AAA"
        return self._page(request, answer, cursor, 0, version)

    async def more(self, request: Request) -> Response:
        """Return a later page of a query."""
        version = version_of(request)
        cursor, _, start = request.path_params["locator"].partition("-")
        answer = self.cursors.get(cursor)
        if answer is None or not start.isdecimal() or int(start) >= len(answer.matches):
            raise RefusedError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, answer, cursor, int(start), version)

    def _page(self, request: Request, answer: QueryAnswer, cursor: str, start: int, version: str) -> Response:
        stop, total = start + self._page_size(request), len(answer.matches)
        page: dict[str, object] = {"totalSize": self._total(request, answer), "done": stop >= total}
        if stop < total:
            self.cursors[cursor] = answer
            while len(self.cursors) > _CURSORS_KEPT:
                self.cursors.popitem(last=False)
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{stop}"
        return json_response({**page, "records": answer.written(start, stop, version)})

    def _total(self, request: Request, answer: QueryAnswer) -> int:
        wrong = self.control.faults.take(request.method, address_of(request), {FaultKind.WRONG_TOTAL})
        return len(answer.matches) + (wrong is not None)

    def _page_size(self, request: Request) -> int:
        asked = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("Sforce-Query-Options", ""), re.IGNORECASE)
        return min(self.page_size, max(_SMALLEST_PAGE, int(asked[1]))) if asked else self.page_size

    def _sobject(self, request: Request) -> SObject:
        found = self.org.get(request.path_params["name"])
        if found is None:
            raise RefusedError(*NOT_THERE)
        return found


def salesforce_app(  # noqa: PLR0913 - each is a knob of its own, and named where it is given
    records: Mapping[str, Sequence[Mapping[str, object]]],
    *,
    clients: Sequence[Client],
    page_size: int = 2000,
    types: Mapping[str, Mapping[str, str]] | None = None,
    control: Control | None = None,
    clock: Callable[[], datetime] | None = None,
    bulk_page: int = 50_000,
) -> Starlette:
    """Return the stand-in as an ASGI application.

    Its `state` has the `org`, the `control`, the `bulk` jobs, the `writes` and the `sight`.
    `records` are lists of records by object, with API names. A field whose values are all Ids of one object is a
    reference to it; `XId` is followed as `X`, `X__c` as `X__r`. `types` declares what no record tells of, and `clock`
    stamps what is changed: see `Org`. `page_size` and `bulk_page` are the most records of one answer, REST and Bulk.
    Raises ValueError for records without an Id of their own.
    """
    control = control or Control()
    org = Org(records, types, clock=clock)
    sight, writes = Sight(org), Writes(org, control)
    stand_in = _StandIn(org, tuple(clients), control, page_size, sight)
    bulk = Bulk(org, control, bulk_page)
    app = WiredApp(routes=_routes(stand_in, bulk, writes))
    app.router.redirect_slashes = False
    app.state.control, app.state.org, app.state.bulk = control, org, bulk
    app.state.writes, app.state.sight = writes, sight
    return app


def _routes(stand_in: _StandIn, bulk: Bulk, writes: Writes) -> list[Route]:
    guard = Guard(stand_in.control)
    guarded: dict[str, Mapping[str, Handler]] = {
        f"{_DATA}/limits": {"GET": stand_in.limits},
        f"{_DATA}/sobjects": {"GET": stand_in.sobjects},
        f"{_DATA}/sobjects/{{name}}": {"GET": stand_in.sobject},
        f"{_DATA}/sobjects/{{name}}/describe": {"GET": stand_in.describe},
        **Changes(stand_in.org).routes(_DATA),
        f"{_DATA}/sobjects/{{name}}/{{identity}}": {"GET": stand_in.record},
        f"{_DATA}/query": {"GET": stand_in.query},
        f"{_DATA}/query/{{locator}}": {"GET": stand_in.more},
        f"{_DATA}/queryAll": {"GET": stand_in.query_all},
        f"{_DATA}/queryAll/{{locator}}": {"GET": stand_in.more},
        **bulk.routes(_DATA),
        **writes.routes(_DATA),
    }
    every = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    routes = [Route("/services/oauth2/token", guard.at_login(stand_in.token), methods=["POST"])]
    routes += [Route(path, stand_in.versions) for path in ("/services/data", "/services/data/")]
    for path, handlers in guarded.items():
        routes += [Route(one, guard.guarded(handlers), methods=every) for one in (path, f"{path}/")]
    nowhere = guard.guarded({"GET": _nowhere})
    return [*routes, Route("/{rest:path}", nowhere, methods=every)]


def _chosen(sobject: SObject, record: Record, asked: str | None) -> Record:
    if asked is None:
        return record
    found = {name: sobject.field(name.strip()) for name in asked.split(",")}
    for name, one in found.items():
        if one is None:
            raise RefusedError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    # The Id comes along, asked for or not.
    return {name: record[name] for name in [*(one.name for one in found.values() if one), "Id"]}


def _left(used: int, allowed: int) -> dict[str, int]:
    return {"Max": allowed, "Remaining": max(0, allowed - used)}


async def _nowhere(_: Request) -> Response:
    raise RefusedError(*NOT_THERE)
