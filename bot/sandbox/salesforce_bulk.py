"""Query jobs of Bulk API 2.0: created, polled, read page by page, aborted, deleted; refused what Bulk refuses.

After https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_bulk_api_2_0.htm
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from bot.sandbox.salesforce_csv import DELIMITERS, ENDINGS, Sheet
from bot.sandbox.salesforce_faults import FaultKind
from bot.sandbox.salesforce_fields import COMPOUND
from bot.sandbox.salesforce_guard import address_of
from bot.sandbox.salesforce_http import NOT_THERE, RefusedError, json_object, json_response, version_of
from bot.sandbox.salesforce_ids import lengthened
from bot.sandbox.salesforce_jobs import UNFINISHED, Job, State
from bot.sandbox.salesforce_query import run
from bot.sandbox.soql import SoqlError, parse, words

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.sandbox.salesforce_control import Control
    from bot.sandbox.salesforce_http import Table
    from bot.sandbox.salesforce_org import Org

_SINCE: Final = 47
_PARALLEL_SINCE: Final = 58
_ADDRESSES: Final = 5
_SHEETS_KEPT: Final = 8
_AGGREGATES: Final = frozenset({"avg", "count", "count_distinct", "max", "min", "sum"})
_DOOMED: Final = frozenset({FaultKind.JOB_FAILED, FaultKind.JOB_ENDLESS})


@dataclass(slots=True)
class Bulk:
    """The jobs of an org. `page` is the most records that one answer gives."""

    org: Org
    control: Control
    page: int
    jobs: dict[str, Job] = field(default_factory=dict)
    """Jobs that were not deleted, by Id."""
    _sheets: OrderedDict[tuple[object, ...], Sheet] = field(default_factory=OrderedDict)
    _made: int = 0

    def routes(self, data: str) -> Table:
        """Return what answers below `data`."""
        jobs = f"{data}/jobs/query"
        return {
            jobs: {"GET": self.every, "POST": self.create},
            f"{jobs}/{{job}}": {"GET": self.one, "PATCH": self.abort, "DELETE": self.delete},
            f"{jobs}/{{job}}/results": {"GET": self.results},
            f"{jobs}/{{job}}/resultPages": {"GET": self.result_pages},
        }

    async def create(self, request: Request) -> Response:
        """Create a job."""
        version = version_of(request, since=_SINCE)
        body = await json_object(request)
        operation = _chosen(body, "operation", ("query", "queryAll"))
        delimiter = _chosen(body, "columnDelimiter", DELIMITERS, "COMMA")
        ending = _chosen(body, "lineEnding", ENDINGS, "LF")
        _chosen(body, "contentType", ("CSV",), "CSV")
        sheet = self._sheet(operation, _query_in(body), delimiter, ending)
        self._count()
        doom = self.control.faults.take(request.method, address_of(request), _DOOMED)
        self._made += 1
        identity = lengthened(f"750{self._made:012d}")
        job = Job(
            identity,
            operation,
            version,
            delimiter,
            ending,
            sheet,
            self.org.now(),
            self.control.polls,
            doom.kind if doom else None,
        )
        self.jobs[identity] = job
        return json_response(job.told())

    async def every(self, request: Request) -> Response:
        """List the jobs."""
        version_of(request, since=_SINCE)
        wanted = request.query_params.get("jobType", "V2Query")
        told = [job.told_in_full() for job in self.jobs.values()] if wanted == "V2Query" else []
        return json_response({"done": True, "records": told, "nextRecordsUrl": None})

    async def one(self, request: Request) -> Response:
        """Tell how far a job is."""
        job = self._job(request)
        job.poll()
        return json_response(job.told_in_full())

    async def abort(self, request: Request) -> Response:
        """Abort a job."""
        job = self._job(request)
        _chosen(await json_object(request), "state", ("Aborted",))
        if job.state not in UNFINISHED:
            raise RefusedError(400, "INVALIDJOBSTATE", f"Aborting already {job.state} Job not allowed")
        job.state = State.ABORTED
        return json_response(job.told())

    async def delete(self, request: Request) -> Response:
        """Delete a job and its results."""
        job = self._job(request)
        if job.state is State.RUNNING:
            raise RefusedError(400, "INVALIDJOBSTATE", "Deleting an InProgress Job not allowed: abort it first")
        del self.jobs[job.identity]
        return Response(status_code=204)

    async def results(self, request: Request) -> Response:
        """Return a page of a job's records."""
        job = self._complete(request, _SINCE)
        start = job.start(request.query_params.get("locator"))
        stop = min(start + self._page_size(request), job.sheet.total)
        last = stop == job.sheet.total
        few = last and self.control.faults.take(request.method, address_of(request), {FaultKind.FEW_RECORDS})
        packed = "gzip" in _accepted(request)
        headers = {
            "Sforce-Locator": "null" if last else job.locator(stop),
            "Sforce-NumberOfRecords": str(stop - start),
            **({"Content-Encoding": "gzip"} if packed else {}),
        }
        body = job.sheet.page(start, max(start, stop - 1) if few else stop, packed=packed)
        return Response(body, headers=headers, media_type="text/csv; charset=UTF-8")

    async def result_pages(self, request: Request) -> Response:
        """Return the addresses of up to five pages, to be read at the same time."""
        job = self._complete(request, _PARALLEL_SINCE)
        first = job.start(request.query_params.get("locator"))
        starts = range(first, max(job.sheet.total, 1), self.page)
        base = f"/services/data/v{job.version}/jobs/query/{job.identity}"
        pages = [{"resultUrl": f"{base}/results?locator={job.locator(start)}"} for start in starts[:_ADDRESSES]]
        answer: dict[str, object] = {"resultPages": pages}
        following = starts[_ADDRESSES : _ADDRESSES + 1]
        if following:
            answer["nextRecordsUrl"] = f"{base}/resultPages?locator={job.locator(following[0])}"
        return json_response({**answer, "done": not following})

    def _job(self, request: Request) -> Job:
        version_of(request, since=_SINCE)
        job = self.jobs.get(lengthened(request.path_params["job"]))
        if job is None:
            raise RefusedError(*NOT_THERE)
        return job

    def _complete(self, request: Request, since: int) -> Job:
        version, job = version_of(request, since=since), self._job(request)
        if version != job.version:
            problem = f"The results are to be had in the version that the job was created in: {job.version}"
            raise RefusedError(409, "INVALIDVERSION", problem)
        if job.state is not State.COMPLETE:
            raise RefusedError(400, "INVALIDJOBSTATE", f"The job has no results: it is {job.state}")
        return job

    def _page_size(self, request: Request) -> int:
        asked = request.query_params.get("maxRecords", str(self.page))
        if not asked.isdecimal() or int(asked) < 1:
            raise RefusedError(400, "INVALIDMAXRECORDS", f"maxRecords must be a positive number: {asked}")
        return min(int(asked), self.page)

    def _count(self) -> None:
        control = self.control
        if control.jobs_used >= control.jobs_allowed:
            problem = (
                f"Max bulk v2 query jobs ({control.jobs_allowed}) per 24 hrs has been reached ({control.jobs_used})"
            )
            raise RefusedError(400, "LIMIT_EXCEEDED", problem)
        control.jobs_used += 1

    def _sheet(self, operation: str, query: str, delimiter: str, ending: str) -> Sheet:
        """Return what the query yields now; what was asked in the same way before is not written anew."""
        key = (operation, query, delimiter, ending, self.org.revision)
        if key not in self._sheets:
            self._sheets[key] = self._asked(operation, query, delimiter, ending)
            while len(self._sheets) > _SHEETS_KEPT:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(key)
        return self._sheets[key]

    def _asked(self, operation: str, query: str, delimiter: str, ending: str) -> Sheet:
        try:
            if problem := _unfit(words(query)):
                raise RefusedError(400, "FEATURENOTENABLED", problem)
            self.control.queries.append(query)
            answer = run(parse(query), self.org, deleted=operation == "queryAll")
        except SoqlError as refused:
            raise RefusedError(400, refused.code, refused.message) from refused
        kinds = {path.field.type for path in answer.paths or ()}
        if kinds & COMPOUND:
            raise RefusedError(400, "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query")
        if "base64" in kinds:
            problem = "Blob field not supported in Bulk V2 Query with CSV content type"
            raise RefusedError(400, "FEATURENOTENABLED", problem)
        return Sheet(answer, DELIMITERS[delimiter], ENDINGS[ending])


def _unfit(query: tuple[str, ...]) -> str | None:
    """Return what Bulk does not do of what a query wants."""
    pairs = list(itertools.pairwise(query))
    if ("(", "select") in pairs[: query.index("from") if "from" in query else None]:
        return "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
    if ("group", "by") in pairs or any(word in _AGGREGATES and following == "(" for word, following in pairs):
        return "Aggregate functions and GROUP BY not supported in Bulk V2 Query"
    if ("fields", "(") in pairs:
        return "FIELDS() not supported in Bulk V2 Query"
    refused = {"offset", "typeof"} & set(query)
    return f"{refused.pop().upper()} not supported in Bulk V2 Query" if refused else None


def _chosen(body: dict[str, Any], key: str, known: object, default: str | None = None) -> str:
    value = body.get(key, default)
    names = list(known) if isinstance(known, dict | tuple) else []
    if value not in names:
        raise RefusedError(400, "INVALIDJOB", f"{key}: '{value}' is none of {', '.join(names)}")
    return str(value)


def _query_in(body: dict[str, Any]) -> str:
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise RefusedError(400, "INVALIDJOB", "query: a query job needs a query")
    return query


def _accepted(request: Request) -> set[str]:
    names = (one.partition(";") for one in request.headers.get("Accept-Encoding", "").lower().split(","))
    return {name.strip() for name, _, rest in names if rest.replace(" ", "") not in {"q=0", "q=0.0"}}
