"""Every fault of the stand-in's script ends in a right result or a clear error with nothing lost.

Over REST and in bulk. The same table stands in docs/connectors.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.sandbox.salesforce_faults import Fault, FaultKind
from connectors.base import Rejects, SourceError
from tests.connectors.salesforce.conftest import WINDOW

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Org, OrgStarter

ROOT = Path(__file__).parents[3]
USERS = [{"Id": f"005{number:012d}AAA", "Name": f"User {number}"} for number in range(450)]
PEOPLE = {"people": {"object": "User", "map": {"name": "Name"}}}
RIGHT: Final = "right"
FIRST, NEXT, DESCRIBE, LOGIN = r"/query/?\?", r"/query/01g", "/describe", "oauth2/token"
CREATE, POLL, RESULTS, DELETE = r"/jobs/query$", r"/jobs/query/750\w+$", "/results", r"/jobs/query/750\w+$"
K = FaultKind


@dataclass(frozen=True)
class Case:
    """What goes wrong where, and what becomes of it: `right`, or what the error says."""

    fault: Fault
    becomes: str
    bulk: bool = False

    @property
    def name(self) -> str:
        times = {None: "for good", 1: "once"}.get(self.fault.times, f"{self.fault.times} times")
        how = "bulk" if self.bulk else "rest"
        return f"{how}: {self.fault.kind} {times} at {self.fault.method or ''} {self.fault.path}"


def _for_good(kind: FaultKind, path: str, **more: Any) -> Fault:  # noqa: ANN401 - the fields of a fault
    return Fault(kind, path=path, times=None, **more)


CASES = [
    # 401: one login mends it, whatever the body looks like; one that stays ends the reading after three requests.
    *(
        Case(Fault(kind, path=path), RIGHT, bulk)
        for kind in (K.UNAUTHORIZED, K.UNAUTHORIZED_HTML, K.UNAUTHORIZED_EMPTY, K.UNAUTHORIZED_ODD)
        for path, bulk in ((NEXT, False), (RESULTS, True))
    ),
    Case(_for_good(K.UNAUTHORIZED, NEXT), "a fresh session was refused with 401"),
    Case(_for_good(K.UNAUTHORIZED_HTML, RESULTS), "a fresh session was refused with 401", bulk=True),
    # Limits.
    Case(Fault(K.DAILY_LIMIT, path=FIRST), "stopped: REQUEST_LIMIT_EXCEEDED"),
    Case(Fault(K.DAILY_LIMIT, path=RESULTS), "stopped: REQUEST_LIMIT_EXCEEDED", bulk=True),
    Case(Fault(K.CONCURRENT_LIMIT, path=FIRST), RIGHT),
    Case(Fault(K.CONCURRENT_LIMIT, path=CREATE), RIGHT, bulk=True),
    Case(_for_good(K.CONCURRENT_LIMIT, FIRST), "REQUEST_LIMIT_EXCEEDED"),
    Case(Fault(K.TOO_MANY, path=NEXT, retry_after=1), RIGHT),
    Case(Fault(K.TOO_MANY, path=RESULTS), RIGHT, bulk=True),
    # The server's bad moments.
    *(
        Case(Fault(kind, path=path), RIGHT, bulk)
        for kind in (K.UNAVAILABLE, K.SERVER_ERROR, K.CLOSED, K.CUT)
        for path, bulk in ((DESCRIBE, False), (FIRST, False), (NEXT, False), (POLL, True), (RESULTS, True))
    ),
    Case(Fault(K.UNAVAILABLE, path=LOGIN), RIGHT),
    Case(Fault(K.CLOSED, method="POST", path=CREATE), RIGHT, bulk=True),
    Case(Fault(K.CLOSED, method="POST", path=CREATE, committed=True), RIGHT, bulk=True),
    Case(Fault(K.UNAVAILABLE, method="DELETE", path=DELETE), RIGHT, bulk=True),
    Case(_for_good(K.UNAVAILABLE, NEXT), "Salesforce answers 503"),
    Case(_for_good(K.UNAVAILABLE, RESULTS), "Salesforce answers 503", bulk=True),
    Case(_for_good(K.CLOSED, NEXT), "cannot reach the server"),
    Case(Fault(K.HANG, path=NEXT), RIGHT),
    Case(_for_good(K.HANG, RESULTS), "no answer in time", bulk=True),
    # A body that ends in its middle.
    Case(_for_good(K.CUT, NEXT), "the answer broke off"),
    Case(_for_good(K.CUT_GZIP, RESULTS), "the answer broke off", bulk=True),
    Case(Fault(K.CUT_GZIP, path=RESULTS), RIGHT, bulk=True),
    Case(Fault(K.CUT_GZIP, path=NEXT), RIGHT),
    # Queries.
    Case(Fault(K.QUERY_TIMEOUT, path=r"/query/?\?.*COUNT"), RIGHT),
    Case(Fault(K.QUERY_TIMEOUT, path=r"/query/?\?.*Name"), RIGHT),
    Case(Fault(K.CURSOR_EXPIRED, path=NEXT), "INVALID_QUERY_LOCATOR"),
    Case(Fault(K.WRONG_TOTAL, path=r"/query/?\?.*Name", times=1), "450 of 451 records arrived; read again"),
    # Bulk jobs.
    Case(Fault(K.JOB_FAILED, path=CREATE), "the job failed", bulk=True),
    Case(_for_good(K.JOB_ENDLESS, CREATE), "the job was not done after", bulk=True),
    Case(Fault(K.OTHER_VERSION, path=RESULTS), "Salesforce answers 409", bulk=True),
    Case(Fault(K.FEW_RECORDS, path=RESULTS), "49 of 50 records of a page arrived; read again", bulk=True),
]


@pytest.fixture
def org(start: OrgStarter) -> Org:
    return start({"User": USERS}, page_size=200, bulk_page=200)


def _read(org: Org, case: Case) -> list[str]:
    source = org.source(mapping=PEOPLE, page_size=200, bulk_above=0 if case.bulk else 1000)
    assert source.patience is not None
    source.patience = replace(source.patience, read=0.5, clock=_clock(org))
    rejects = Rejects()
    rows = [str(row) for batch in source.read(WINDOW, rejects) for row in batch.rows.column("person_id").to_pylist()]
    assert rejects.total == len(rows)
    return rows


def _clock(org: Org) -> Any:  # noqa: ANN401 - a function
    """Return a clock that shows how long was slept: nobody waits for real."""
    return lambda: sum(org.slept)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_goes_wrong_ends_in_a_right_result_or_a_clear_error(org: Org, case: Case) -> None:
    org.control.faults.add(case.fault)
    if case.becomes == RIGHT:
        assert sorted(_read(org, case)) == [one["Id"] for one in USERS]
        assert not org.control.faults.pending, "the fault was met"
    else:
        with pytest.raises(SourceError, match=case.becomes):
            _read(org, case)
        org.control.faults.clear()
        assert sorted(_read(org, case)) == [one["Id"] for one in USERS]


@pytest.mark.parametrize("case", [case for case in CASES if case.bulk], ids=lambda case: case.name)
def test_whatever_goes_wrong_no_job_is_left_that_its_reader_knows_of(org: Org, case: Case) -> None:
    org.control.faults.add(case.fault)
    try:
        _read(org, case)
    except SourceError as error:
        if "stopped" in error.problem or "401" in error.problem:
            return  # nothing may be asked any more, not even to delete
    # The answer to its creation was lost: nobody knows of it, Salesforce drops it after some days.
    unknown = 1 if case.fault.committed else 0
    assert len(org.bulk.jobs) == unknown


def test_who_wants_no_job_gets_none_where_a_query_takes_too_long(org: Org) -> None:
    org.control.faults.add(Fault(K.QUERY_TIMEOUT, path=FIRST))
    source = org.source(mapping=PEOPLE, bulk_above=None)
    with pytest.raises(SourceError, match="QUERY_TIMEOUT"):
        list(source.read(WINDOW, Rejects()))
    assert not [seen for seen in org.control.seen("api") if "/jobs/query" in seen.path]


def test_every_kind_of_fault_stands_in_the_table_and_in_the_document() -> None:
    tried = {case.fault.kind for case in CASES} | {K.ROW_LOCK}  # locks are met by what writes
    assert tried == set(FaultKind)
    page = (ROOT / "docs" / "connectors.md").read_text()
    section = page.split("## Salesforce: what goes wrong, and what becomes of it")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    assert told == {str(kind) for kind in FaultKind}
