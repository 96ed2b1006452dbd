from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest
from simple_salesforce.exceptions import SalesforceOperationError

from bot.sandbox.salesforce import Fault, FaultKind
from tests.sandbox.salesforce_server import ACME, Server, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = "SELECT Id, Quantity FROM OrderItem"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.show(bulk_page=3)


def _create(server: Server, **body: object) -> Any:  # noqa: ANN401 - JSON
    return server.call("POST", "jobs/query", json={"operation": "query", "query": ITEMS, **body}).json()


def test_a_job_is_told_as_salesforce_tells_it(server: Server) -> None:
    created = _create(server)
    identity = created["id"]
    assert re.fullmatch(r"750\w{15}", identity)
    told = {
        "id": identity,
        "operation": "query",
        "object": "OrderItem",
        "createdById": "005000000000001AAA",
        "createdDate": "2026-03-01T00:01:00.000+0000",
        "systemModstamp": "2026-03-01T00:01:00.000+0000",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert created == told
    more = {"jobType": "V2Query", "retries": 0, "totalProcessingTime": 334, "isPkChunkingSupported": True}
    path = f"jobs/query/{identity}"
    assert server.get(path).json() == {**told, **more, "state": "InProgress", "numberRecordsProcessed": 0}
    done = {**told, **more, "state": "JobComplete", "numberRecordsProcessed": 7}
    assert server.get(path).json() == done
    assert server.get(path).json() == done
    assert server.get("jobs/query").json() == {"done": True, "records": [done], "nextRecordsUrl": None}


def test_results_come_page_by_page_until_the_locator_is_null(server: Server) -> None:
    results = f"jobs/query/{server.job(ITEMS)}/results"
    pages, counts, locator = [], [], None
    while locator != "null":
        answer = server.get(results, **({"locator": locator} if locator else {}))
        assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
        assert "Sforce-Limit-Info" in answer.headers
        pages.append(answer.text)
        counts.append(answer.headers["Sforce-NumberOfRecords"])
        locator = answer.headers["Sforce-Locator"]
    assert counts == ["3", "3", "1"]
    assert pages[0] == (
        '"Id","Quantity"\n"802000000000001AAA","1.0"\n"802000000000002AAA","2.0"\n"802000000000003AAA","3.0"\n'
    )
    assert pages[2] == '"Id","Quantity"\n"802000000000007AAA","7.0"\n'


def test_a_locator_can_be_read_twice_and_belongs_to_its_job(server: Server) -> None:
    one, other = server.job(ITEMS), server.job(ITEMS)
    locator = server.get(f"jobs/query/{one}/results").headers["Sforce-Locator"]
    again = [server.get(f"jobs/query/{one}/results", locator=locator).text for _ in range(2)]
    assert again[0] == again[1]
    assert '"4.0"' in again[0]
    for wrong in (locator, "made up", ""):
        assert server.get(f"jobs/query/{other}/results", locator=wrong).status_code == 400


@pytest.mark.parametrize(("asked", "given"), [(1, "1"), (2, "2"), (3, "3"), (1000, "3")])
def test_a_page_has_no_more_records_than_asked_for(server: Server, asked: int, given: str) -> None:
    answer = server.get(f"jobs/query/{server.job(ITEMS)}/results", maxRecords=asked)
    assert answer.headers["Sforce-NumberOfRecords"] == given


def test_a_page_of_no_records_is_refused(server: Server) -> None:
    assert server.get(f"jobs/query/{server.job(ITEMS)}/results", maxRecords=0).status_code == 400


def test_a_result_without_records_has_its_header(server: Server) -> None:
    answer = server.get(f"jobs/query/{server.job(ITEMS + ' WHERE Quantity > 99')}/results")
    assert (answer.text, answer.headers["Sforce-Locator"], answer.headers["Sforce-NumberOfRecords"]) == (
        '"Id","Quantity"\n',
        "null",
        "0",
    )


def test_pages_are_packed_for_those_who_take_gzip(server: Server) -> None:
    results = f"{server.address}/services/data/v67.0/jobs/query/{server.job(ITEMS)}/results"
    for accepted, packed in (("gzip, deflate", True), ("gzip;q=0", False), ("deflate", False), ("identity", False)):
        headers = {"Accept-Encoding": accepted}
        with server.session.get(results, headers=headers, stream=True, timeout=5) as answer:
            raw = answer.raw.read(decode_content=False)
            assert (answer.headers.get("Content-Encoding") == "gzip") is packed
            plain = gzip.decompress(raw) if packed else raw
            assert plain.startswith(b'"Id","Quantity"\n"802000000000001AAA","1.0"\n')


def test_addresses_of_pages_come_five_at_a_time(stage: Stage) -> None:
    server = stage.show(bulk_page=1)
    identity = server.job(ITEMS)
    first = server.get(f"jobs/query/{identity}/resultPages").json()
    assert set(first) == {"resultPages", "nextRecordsUrl", "done"}
    second = server.get(first["nextRecordsUrl"]).json()
    assert set(second) == {"resultPages", "done"}
    assert (first["done"], second["done"]) == (False, True)
    pages = [one["resultUrl"] for one in first["resultPages"] + second["resultPages"]]
    assert (len(first["resultPages"]), len(second["resultPages"])) == (5, 2)
    assert all(page.startswith(f"/services/data/v67.0/jobs/query/{identity}/results?locator=") for page in pages)
    # They can be read in any order.
    quantities = [server.get(page).text.split('"')[-2] for page in reversed(pages)]
    assert quantities == ["7.0", "6.0", "5.0", "4.0", "3.0", "2.0", "1.0"]


def test_a_small_or_empty_result_is_one_page(server: Server) -> None:
    for query in (f"{ITEMS} LIMIT 3", f"{ITEMS} WHERE Quantity = 99"):
        answer = server.get(f"jobs/query/{server.job(query)}/resultPages").json()
        assert answer["done"] is True
        (page,) = answer["resultPages"]
        assert server.get(page["resultUrl"]).headers["Sforce-Locator"] == "null"


def test_results_are_had_in_the_version_of_the_job_only(server: Server) -> None:
    identity = server.job(ITEMS)
    for rest in ("results", "resultPages"):
        answer = server.get(f"/services/data/v66.0/jobs/query/{identity}/{rest}")
        assert answer.status_code == 409
    assert server.get(f"/services/data/v66.0/jobs/query/{identity}").status_code == 200
    assert server.get(f"/services/data/v57.0/jobs/query/{identity}/resultPages").status_code == 404
    assert server.get(f"/services/data/v46.0/jobs/query/{identity}").status_code == 404


def test_results_wait_for_the_end_of_the_job(server: Server) -> None:
    server.control.polls = 3
    path = f"jobs/query/{_create(server)['id']}"
    states = []
    for _ in range(4):
        assert server.get(f"{path}/results").status_code == 400
        states.append(server.get(path).json()["state"])
    assert states == ["InProgress", "InProgress", "InProgress", "JobComplete"]
    assert server.get(f"{path}/results").status_code == 200


def test_a_job_can_be_aborted_while_it_works_only(server: Server) -> None:
    path = f"jobs/query/{_create(server)['id']}"
    assert server.get(path).json()["state"] == "InProgress"
    assert server.call("DELETE", path).status_code == 400
    assert server.call("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert server.get(path).json()["state"] == "Aborted"
    (error,) = server.call("PATCH", path, json={"state": "Aborted"}).json()
    assert error["errorCode"] == "INVALIDJOBSTATE"
    assert server.get(f"{path}/results").status_code == 400
    assert server.call("PATCH", path, json={"state": "JobComplete"}).status_code == 400


def test_a_deleted_job_is_gone(server: Server) -> None:
    path = f"jobs/query/{server.job(ITEMS)}"
    assert list(server.bulk.jobs) == [path.removeprefix("jobs/query/")]
    answer = server.call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not server.bulk.jobs
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/results"), ("GET", "/resultPages")):
        assert server.call(method, path + rest).json()[0]["errorCode"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("SELECT COUNT() FROM Account", "FEATURENOTENABLED", "Aggregate functions"),
        ("SELECT COUNT(Id) FROM Account", "FEATURENOTENABLED", "Aggregate functions"),
        ("SELECT MAX(Name) FROM Account", "FEATURENOTENABLED", "Aggregate functions"),
        ("SELECT Name FROM Account GROUP BY Name", "FEATURENOTENABLED", "GROUP BY"),
        ("SELECT Name FROM Account LIMIT 5 OFFSET 5", "FEATURENOTENABLED", "OFFSET"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Account", "FEATURENOTENABLED", "TYPEOF"),
        ("SELECT Id, (SELECT Id FROM Orders) FROM Account", "FEATURENOTENABLED", "Aggregate Relationships"),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 5", "FEATURENOTENABLED", "FIELDS()"),
        ("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED", "compound data"),
        ("SELECT Account.BillingAddress FROM Order", "FUNCTIONALITY_NOT_ENABLED", "compound data"),
        ("SELECT Logo__c FROM Account", "FEATURENOTENABLED", "Blob field"),
        ("SELECT Nme FROM Account", "INVALID_FIELD", "No such column 'Nme' on entity 'Account'"),
        ("SELECT Id FROM Acount", "INVALID_TYPE", "sObject type 'Acount' is not supported"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token"),
        ("", "INVALIDJOB", "a query job needs a query"),
    ],
)
def test_what_bulk_cannot_do_is_refused_at_creation(stage: Stage, query: str, code: str, words: str) -> None:
    types = {"Account": {"BillingAddress": "address", "Logo__c": "base64"}}
    server = stage.show(types=types)
    answer = server.call("POST", "jobs/query", json={"operation": "query", "query": query})
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, code)
    assert words in error["message"]
    assert not server.bulk.jobs
    assert server.control.jobs_used == 0


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "delete"},
        {"operation": None},
        {"columnDelimiter": "DOT"},
        {"lineEnding": "CR"},
        {"contentType": "JSON"},
        {"query": None},
    ],
)
def test_a_job_of_another_kind_is_refused(server: Server, body: dict[str, object]) -> None:
    assert _create(server, **body)[0]["errorCode"] == "INVALIDJOB"


def test_a_body_that_is_no_object_is_refused(server: Server) -> None:
    for data in ("", "[]", "{"):
        answer = server.call("POST", "jobs/query", data=data)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_query_all_sees_the_recycle_bin(server: Server) -> None:
    server.org.delete("OrderItem", "802000000000001AAA")
    for operation, first in (("query", "802000000000002AAA"), ("queryAll", "802000000000001AAA")):
        job = server.job(ITEMS, operation=operation)
        assert server.get(f"jobs/query/{job}/results", maxRecords=1).text.split('"')[5] == first


def test_a_job_keeps_what_it_found(server: Server) -> None:
    before = server.job("SELECT Name FROM Account ORDER BY Name")
    server.org.change("Account", ACME, {"Name": "Zeta"})
    after = server.job("SELECT Name FROM Account ORDER BY Name")
    assert server.get(f"jobs/query/{before}/results").text == '"Name"\n"Acme"\n"Bolt"\n'
    assert server.get(f"jobs/query/{after}/results").text == '"Name"\n"Bolt"\n"Zeta"\n'


def test_the_jobs_of_the_day_are_counted(server: Server) -> None:
    server.control.jobs_allowed = 2
    for _ in range(2):
        server.job(ITEMS)
    (error,) = _create(server)
    assert error == {
        "message": "Max bulk v2 query jobs (2) per 24 hrs has been reached (2)",
        "errorCode": "LIMIT_EXCEEDED",
    }
    assert server.get("limits").json()["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 0}


def test_a_job_may_fail(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.JOB_FAILED))
    with pytest.raises(SalesforceOperationError, match="TIMEOUT : Your query request was running for too long"):
        list(server.client().bulk2.OrderItem.query(ITEMS, wait=0.01))
    told = server.get(f"jobs/query/{server.job(ITEMS)}").json()
    assert told["state"] == "JobComplete"
    assert "errorMessage" not in told


def test_a_job_may_never_end(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.JOB_ENDLESS))
    path = f"jobs/query/{_create(server)['id']}"
    assert {server.get(path).json()["state"] for _ in range(10)} == {"InProgress"}
    assert server.call("PATCH", path, json={"state": "Aborted"}).status_code == 200


def test_the_last_page_may_lack_a_record_that_was_announced(server: Server) -> None:
    server.control.faults.add(Fault(FaultKind.FEW_RECORDS))
    pages = list(server.client().bulk2.OrderItem.query(ITEMS, max_records=3, wait=0.01))
    assert [page.count("\n") - 1 for page in pages] == [3, 3, 0]
    assert not server.control.faults.pending
    again = list(server.client().bulk2.OrderItem.query(ITEMS, max_records=3, wait=0.01))
    assert [page.count("\n") - 1 for page in again] == [3, 3, 1]
