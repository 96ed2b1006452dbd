from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
)

from bot.sandbox.salesforce_control import UNAVAILABLE
from bot.sandbox.salesforce_faults import ASKED_FOR, INSTEAD, Fault, FaultKind, Faults
from tests.sandbox.salesforce_server import Server, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = "SELECT Id, Quantity FROM OrderItem"
LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.show(page_size=3, bulk_page=3)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.UNAUTHORIZED, 401, "INVALID_SESSION_ID"),
        (FaultKind.DAILY_LIMIT, 403, "REQUEST_LIMIT_EXCEEDED"),
        (FaultKind.CONCURRENT_LIMIT, 403, "REQUEST_LIMIT_EXCEEDED"),
        (FaultKind.SERVER_ERROR, 500, "UNKNOWN_EXCEPTION"),
        (FaultKind.QUERY_TIMEOUT, 400, "QUERY_TIMEOUT"),
        (FaultKind.CURSOR_EXPIRED, 400, "INVALID_QUERY_LOCATOR"),
        (FaultKind.OTHER_VERSION, 409, "INVALIDVERSION"),
    ],
)
def test_a_fault_is_met_once_in_salesforces_form(server: Server, kind: FaultKind, status: int, code: str) -> None:
    server.control.faults.add(Fault(kind))
    answer = server.get("query", q=ITEMS)
    assert answer.status_code == status
    (error,) = answer.json()
    assert set(error) == {"message", "errorCode"}
    assert error["errorCode"] == code
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert server.get("query", q=ITEMS).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (FaultKind.UNAUTHORIZED_HTML, 401, "<html>"),
        (FaultKind.UNAUTHORIZED_EMPTY, 401, ""),
        (FaultKind.UNAUTHORIZED_ODD, 401, '{"error"'),
        (FaultKind.TOO_MANY, 429, "<html>"),
        (FaultKind.UNAVAILABLE, 503, "<html>"),
    ],
)
def test_some_faults_have_no_such_form(server: Server, kind: FaultKind, status: int, body: str) -> None:
    server.control.faults.add(Fault(kind))
    answer = server.get("limits")
    assert answer.status_code == status
    assert answer.text.startswith(body)
    assert bool(answer.text) is bool(body)
    assert "Retry-After" not in answer.headers
    assert "Sforce-Limit-Info" in answer.headers


def test_a_fault_may_say_when_to_come_again(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.UNAVAILABLE, retry_after=7), Fault(FaultKind.TOO_MANY, retry_after=0))
    assert [server.get("limits").headers.get("Retry-After") for _ in range(3)] == ["7", "0", None]


def test_a_fault_waits_for_its_request(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", path=r"/query\?q=SELECT", after=1, times=2))
    limits = [server.get("limits").status_code for _ in range(3)]
    queries = [server.get("query", q=ITEMS).status_code for _ in range(5)]
    assert (limits, queries) == ([200, 200, 200], [200, 503, 503, 200, 200])


def test_a_fault_may_last(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.UNAUTHORIZED, times=None))
    assert {server.get("limits").status_code for _ in range(5)} == {401}
    assert server.control.faults.pending == []
    server.control.faults.clear()
    assert server.get("limits").status_code == 200


def test_logins_are_met_by_faults_of_their_own_only(server: Server) -> None:
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo"}
    server.control.faults.add(Fault(FaultKind.UNAVAILABLE))
    assert server.call("POST", "/services/oauth2/token", data=form).status_code == 200
    server.control.faults.add(Fault(FaultKind.SERVER_ERROR, path="oauth2/token"))
    assert server.call("POST", "/services/oauth2/token", data=form).status_code == 500
    assert server.call("POST", "/services/oauth2/token", data=form).status_code == 200
    assert server.get("limits").status_code == 503


def test_the_script_of_answers_goes_first(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.SERVER_ERROR))
    server.control.script(UNAVAILABLE)
    assert [server.get("limits").status_code for _ in range(3)] == [503, 500, 200]


def test_a_connection_is_closed_without_an_answer(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.CLOSED))
    with pytest.raises(requests.ConnectionError):
        server.get("limits")
    assert server.get("limits").status_code == 200
    assert len(server.control.seen()) == 2


def test_a_server_hangs(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.HANG, seconds=0.3), Fault(FaultKind.HANG, seconds=1))
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        server.get("limits")
    assert time.monotonic() - started >= 0.3
    with pytest.raises(requests.ReadTimeout):
        server.call("GET", "limits", timeout=0.1)
    # Nobody else waits.
    assert server.get("limits").status_code == 200


@pytest.mark.parametrize("path", ["query", "bulk"])
def test_a_body_is_cut_in_its_middle(server: Server, path: str) -> None:
    address = f"jobs/query/{server.job(ITEMS)}/results" if path == "bulk" else "query"
    whole = server.get(address, q=ITEMS)
    server.control.faults.add(Fault(FaultKind.CUT))
    with pytest.raises(LOST):
        server.get(address, q=ITEMS)
    assert server.get(address, q=ITEMS).headers["Content-Length"] == whole.headers["Content-Length"]


@pytest.mark.parametrize("path", ["query", "bulk"])
def test_a_gzip_stream_ends_in_its_middle_and_nothing_else_tells(server: Server, path: str) -> None:
    address = f"jobs/query/{server.job(ITEMS)}/results" if path == "bulk" else "query"
    whole = server.get(address, q=ITEMS).content
    server.control.faults.add(Fault(FaultKind.CUT_GZIP))
    cut = server.get(address, q=ITEMS)
    assert cut.status_code == 200
    assert cut.headers["Content-Encoding"] == "gzip"
    assert len(cut.content) < len(whole)
    assert whole.startswith(cut.content)


def test_a_total_may_be_wrong(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.WRONG_TOTAL, times=2))
    assert server.get("query", q=ITEMS).json()["totalSize"] == 8
    assert server.get("query", q="SELECT COUNT() FROM OrderItem").json()["totalSize"] == 8
    assert server.get("query", q=ITEMS).json()["totalSize"] == 7


def test_a_cursor_may_expire_between_two_pages(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.CURSOR_EXPIRED, path=r"/query/01g", after=1))
    first = server.get("query", q=ITEMS).json()
    second = server.get(first["nextRecordsUrl"]).json()
    assert len(second["records"]) == 3
    assert server.get(second["nextRecordsUrl"]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.CLOSED, FaultKind.UNAVAILABLE])
def test_a_late_commit_takes_effect_although_its_answer_is_lost(server: Server, kind: FaultKind) -> None:
    job = {"operation": "query", "query": ITEMS}
    server.control.faults.add(Fault(kind, method="POST", committed=True))
    if kind is FaultKind.CLOSED:
        with pytest.raises(requests.ConnectionError):
            server.call("POST", "jobs/query", json=job)
    else:
        assert server.call("POST", "jobs/query", json=job).status_code >= 500
    assert len(server.bulk.jobs) == 1


def test_without_a_late_commit_nothing_takes_effect(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.SERVER_ERROR, method="POST"))
    assert server.call("POST", "jobs/query", json={"operation": "query", "query": ITEMS}).status_code == 500
    assert not server.bulk.jobs


def test_the_real_client_meets_them(server: Server) -> None:
    client = server.client()
    for kind, error in (
        (FaultKind.UNAUTHORIZED, SalesforceExpiredSession),
        (FaultKind.DAILY_LIMIT, SalesforceRefusedRequest),
        (FaultKind.QUERY_TIMEOUT, SalesforceMalformedRequest),
        (FaultKind.SERVER_ERROR, SalesforceGeneralError),
    ):
        server.control.faults.add(Fault(kind))
        with pytest.raises(error):
            client.query(ITEMS)
    assert len(client.query_all(ITEMS)["records"]) == 7


def test_rows_are_locked_by_their_position() -> None:
    assert [Fault(FaultKind.ROW_LOCK, rows=(0, 2)).locks(row) for row in range(4)] == [True, False, True, False]
    assert Fault(FaultKind.ROW_LOCK).locks(7)


def test_what_a_handler_asks_for_is_no_answer_of_its_own() -> None:
    assert not ASKED_FOR & INSTEAD
    wired = {FaultKind.HANG, FaultKind.CLOSED, FaultKind.CUT, FaultKind.CUT_GZIP}
    for kind in INSTEAD - wired:
        answer = Fault(kind).answer()
        assert answer.status >= 400
        if answer.content_type.startswith("application/json") and answer.body:
            json.loads(answer.body)


def test_of_faults_for_the_same_request_the_first_one_is_met_first() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.CLOSED), Fault(FaultKind.TOO_MANY))
    met = [faults.take("GET", "/services/data/v67.0/query") for _ in range(3)]
    assert [one and one.kind for one in met] == [FaultKind.CLOSED, FaultKind.TOO_MANY, None]


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), requests_made=st.integers(0, 20))
def test_a_fault_is_met_as_often_as_it_says(after: int, times: int | None, requests_made: int) -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.CLOSED, after=after, times=times))
    met = [faults.take("GET", "/x") is not None for _ in range(requests_made)]
    left = max(0, requests_made - after)
    assert met[:after] == [False] * min(after, requests_made)
    assert sum(met) == (left if times is None else min(left, times))
