"""Things that go wrong at Salesforce's end, on order: a script says which requests meet what.

control.faults.add(Fault(FaultKind.UNAVAILABLE, path=r"/query/01g", retry_after=1))
control.faults.add(Fault(FaultKind.CLOSED, method="PATCH", committed=True))     # a late commit
control.faults.add(Fault(FaultKind.JOB_ENDLESS, times=None))
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.sandbox.salesforce_answers import HTML_401, INVALID_SESSION, Answer

if TYPE_CHECKING:
    from collections.abc import Collection


class FaultKind(StrEnum):
    """What a request meets."""

    UNAUTHORIZED = "unauthorized"
    """401 as Salesforce says it."""
    UNAUTHORIZED_HTML = "unauthorized_html"
    """401 with a page."""
    UNAUTHORIZED_EMPTY = "unauthorized_empty"
    """401 without a body."""
    UNAUTHORIZED_ODD = "unauthorized_odd"
    """401 with JSON that is no list."""
    DAILY_LIMIT = "daily_limit"
    """403: the calls of the day are used up."""
    CONCURRENT_LIMIT = "concurrent_limit"
    """403: too many long requests at once."""
    TOO_MANY = "too_many"
    """429."""
    UNAVAILABLE = "unavailable"
    """503."""
    SERVER_ERROR = "server_error"
    """500 in Salesforce's form."""
    QUERY_TIMEOUT = "query_timeout"
    """400: the query ran for too long."""
    CURSOR_EXPIRED = "cursor_expired"
    """400: the address of the next page is no longer known."""
    OTHER_VERSION = "other_version"
    """409: the job was made in another version of the API."""
    HANG = "hang"
    """No answer for `seconds`, then the connection is closed."""
    CLOSED = "closed"
    """The connection is closed without an answer."""
    CUT = "cut"
    """The connection is closed in the middle of the body."""
    CUT_GZIP = "cut_gzip"
    """The body is a gzip stream that ends in its middle; nothing else tells of it."""

    ROW_LOCK = "row_lock"
    """Rows of a write are locked: UNABLE_TO_LOCK_ROW. What writes has to ask for it."""
    WRONG_TOTAL = "wrong_total"
    """A query's answer announces one record more than there are."""
    JOB_FAILED = "job_failed"
    """The Bulk job that is created by this request fails."""
    JOB_ENDLESS = "job_endless"
    """The Bulk job that is created by this request stays InProgress."""
    FEW_RECORDS = "few_records"
    """The last page of a Bulk job's results lacks its last record, and its header counts it all the same."""


ASKED_FOR: Final = frozenset(
    {FaultKind.ROW_LOCK, FaultKind.WRONG_TOTAL, FaultKind.JOB_FAILED, FaultKind.JOB_ENDLESS, FaultKind.FEW_RECORDS}
)
"""Kinds that the handler of a request asks for, because only it knows how to do them."""
INSTEAD: Final = frozenset(FaultKind) - ASKED_FOR


@dataclass(frozen=True, slots=True)
class Fault:
    """What the requests that fit meet: after `after` of them, `times` of them, or all that follow (None).

    `method` is compared; `path` is a regular expression that is searched for in the path with its query string. A fault
    without `path` leaves logins alone. `committed`: the request takes effect all the same, only its answer is lost.
    `rows` are the positions in a write that are locked, None for all. `seconds` is for HANG, `retry_after` for what is
    answered with a status.
    """

    kind: FaultKind
    method: str | None = None
    path: str | None = None
    after: int = 0
    times: int | None = 1
    committed: bool = False
    retry_after: int | None = None
    seconds: float = 5.0
    rows: tuple[int, ...] | None = None

    def fits(self, method: str, address: str, *, login: bool) -> bool:
        """Tell whether a request is one that this fault is for."""
        if self.path is None:
            return not login and self.method in {None, method}
        return self.method in {None, method} and re.search(self.path, address) is not None

    def locks(self, position: int) -> bool:
        """Tell whether the row of a write is locked."""
        return self.rows is None or position in self.rows

    def answer(self) -> Answer:
        """Return what is answered instead; for the kinds that are an answer of their own."""
        given = _ANSWERS[self.kind]
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Answer(given.status, given.body, given.content_type, {**given.headers, **headers})


@dataclass(slots=True)
class _Waiting:
    fault: Fault
    passed: int = 0
    met: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.met >= self.fault.times


@dataclass(slots=True)
class Faults:
    """Faults that wait for requests, first come, first served. Safe between threads."""

    _waiting: list[_Waiting] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault) -> None:
        """Let requests that fit meet these."""
        with self._lock:
            self._waiting.extend(_Waiting(fault) for fault in faults)

    def take(
        self, method: str, address: str, kinds: Collection[FaultKind] = INSTEAD, *, login: bool = False
    ) -> Fault | None:
        """Return the fault of these kinds that a request meets, or None. `address` is its path with its query."""
        taken = None
        with self._lock:
            for waiting in self._waiting:
                fault = waiting.fault
                if fault.kind not in kinds or waiting.spent or not fault.fits(method, address, login=login):
                    continue
                if waiting.passed < fault.after:
                    waiting.passed += 1
                elif taken is None:
                    waiting.met += 1
                    taken = fault
        return taken

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> list[Fault]:
        """Faults that have not met all they were meant for; those without an end do not count."""
        with self._lock:
            return [one.fault for one in self._waiting if not one.spent and one.fault.times is not None]


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status, json.dumps([{"message": message, "errorCode": code}]))


_PAGE: Final = "<html><head><title>{0}</title></head><body>{0}</body></html>"
_HTML: Final = "text/html;charset=UTF-8"
_ANSWERS: Final = {
    FaultKind.UNAUTHORIZED: INVALID_SESSION,
    FaultKind.UNAUTHORIZED_HTML: HTML_401,
    FaultKind.UNAUTHORIZED_EMPTY: Answer(401),
    FaultKind.UNAUTHORIZED_ODD: Answer(401, '{"error":"invalid_session","status":{"code":401}}'),
    FaultKind.DAILY_LIMIT: _refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    FaultKind.CONCURRENT_LIMIT: _refusal(
        403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    ),
    FaultKind.TOO_MANY: Answer(429, _PAGE.format("Too Many Requests"), _HTML),
    FaultKind.UNAVAILABLE: Answer(503, _PAGE.format("Service Unavailable"), _HTML),
    FaultKind.SERVER_ERROR: _refusal(
        500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support."
    ),
    FaultKind.QUERY_TIMEOUT: _refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    FaultKind.CURSOR_EXPIRED: _refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    FaultKind.OTHER_VERSION: _refusal(
        409, "INVALIDVERSION", "The results are to be had in the version of the API that the job was created in"
    ),
}
