"""The stand-in Salesforce, written into: results by row, upserts, refusals, and who may see what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bot.sandbox.salesforce import Client, salesforce_app
from bot.sandbox.salesforce_control import Fault, FaultKind
from bot.sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

ACME, ZETA, ANN = "001000000000001AAA", "001000000000002AAA", "005000000000001AAA"
DATA = "/services/data/v67.0"
TYPES = {
    "Account": {"Health__c": "double", "Band__c": "string", "Formula__c": "formula:double", "Wants__c": "boolean"},
    "Task": {"Key__c": "externalid:string", "Subject": "string", "WhatId": "reference:Account", "Status": "picklist"},
}


@dataclass
class Door:
    """A way into the org, with a session."""

    address: str
    app: Starlette
    session: str

    def send(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.session}"}
        return requests.request(
            method, f"{self.address}{DATA}/{path}", json=body, params=query, headers=headers, timeout=10
        )

    def many(self, method: str, path: str, *records: Mapping[str, object], all_or_none: bool = False) -> Any:  # noqa: ANN401 - whatever JSON holds
        answer = self.send(method, path, {"allOrNone": all_or_none, "records": list(records)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stands(self, name: str, identity: str) -> dict[str, Any]:
        record: dict[str, Any] = self.app.state.org.get(name).by_id[identity]
        return record

    def query(self, soql: str) -> requests.Response:
        return self.send("GET", "query", q=soql)


class Switch:
    """Passes requests to whichever app stands behind it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def switched() -> Iterator[tuple[Switch, str]]:
    switch = Switch()
    with serving(switch) as address:
        yield switch, address


@pytest.fixture
def door(switched: tuple[Switch, str]) -> Door:
    records: dict[str, list[dict[str, object]]] = {
        "Account": [{"Id": ACME, "Name": "Acme"}, {"Id": ZETA, "Name": "Zeta"}],
        "User": [{"Id": ANN, "Name": "Ann", "Email": "ann@example.com", "IsActive": True}],
        "Task": [],
    }
    app = salesforce_app(records, clients=[Client("us", secret="s")], types=TYPES)
    switch, address = switched
    switch.app = app
    form = {"grant_type": "client_credentials", "client_id": "us", "client_secret": "s"}
    token = requests.post(f"{address}/services/oauth2/token", data=form, timeout=10).json()["access_token"]
    return Door(address, app, token)


def account(identity: str, **fields: object) -> dict[str, object]:
    return {"attributes": {"type": "Account"}, "id": identity, **fields}


def task(key: str, **fields: object) -> dict[str, object]:
    return {"attributes": {"type": "Task"}, "Key__c": key, **fields}


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    return [None if one["success"] else one["errors"][0]["statusCode"] for one in results]


def test_records_are_changed_and_stamped_each_with_a_result_of_its_own(door: Door) -> None:
    before = door.stands("Account", ACME)["SystemModstamp"]
    results = door.many("PATCH", "composite/sobjects", account(ACME, health__C=7), account("001000000000009AAA"))
    assert results[0] == {"id": ACME, "success": True, "errors": []}
    told = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id", "fields": []}
    assert results[1] == {"id": "001000000000009AAA", "success": False, "errors": [told]}
    assert door.stands("Account", ACME)["Health__c"] == 7.0
    assert door.stands("Account", ACME)["SystemModstamp"] > before


def test_all_or_none_writes_none_where_one_is_refused(door: Door) -> None:
    door.app.state.writes.refuse(ZETA, "STRING_TOO_LONG", times=1)
    rows = (account(ACME, Health__c=7), account(ZETA, Health__c=8))
    results = door.many("PATCH", "composite/sobjects", *rows, all_or_none=True)
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    assert door.stands("Account", ACME)["Health__c"] is None
    assert codes(door.many("PATCH", "composite/sobjects", *rows, all_or_none=True)) == [None, None]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (account(ACME, Formula__c=1), "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (account(ACME, Band__c="x" * 256), "STRING_TOO_LONG"),
        (account(ACME, Health__c=1e16), "NUMBER_OUTSIDE_VALID_RANGE"),
        (account(ACME, Wants__c=None), "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"attributes": {"type": "Account"}, "Name": "no id"}, "MISSING_ARGUMENT"),
        (account("acme"), "MALFORMED_ID"),
    ],
)
def test_a_row_that_cannot_be_is_refused_alone(door: Door, record: dict[str, object], code: str) -> None:
    results = door.many("PATCH", "composite/sobjects", record, account(ZETA, Health__c=1))
    assert codes(results) == [code, None]


def test_a_deleted_record_is_told_from_one_that_never_was(door: Door) -> None:
    door.app.state.org.delete("Account", ACME)
    assert codes(door.many("PATCH", "composite/sobjects", account(ACME, Health__c=1))) == ["ENTITY_IS_DELETED"]


def test_one_record_twice_in_a_request_is_refused_the_second_time(door: Door) -> None:
    rows = (account(ACME, Health__c=1), account(ACME, Health__c=2))
    assert codes(door.many("PATCH", "composite/sobjects", *rows)) == [None, "DUPLICATE_VALUE"]


def test_locked_rows_are_told_by_their_place(door: Door) -> None:
    door.app.state.control.faults.add(Fault(FaultKind.ROW_LOCK, method="PATCH", rows=(0,)))
    rows = (account(ACME, Health__c=1), account(ZETA, Health__c=1))
    assert codes(door.many("PATCH", "composite/sobjects", *rows)) == ["UNABLE_TO_LOCK_ROW", None]
    assert codes(door.many("PATCH", "composite/sobjects", *rows)) == [None, None]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"records": [account(ACME, Helth__c=1)]}, "INVALID_FIELD"),
        ({"records": [account(ACME, Health__c="seven")]}, "JSON_PARSER_ERROR"),
        ({"records": [account(ACME, Wants__c="yes")]}, "JSON_PARSER_ERROR"),
        ({"records": [{"id": ACME}]}, "INVALID_TYPE"),
        ({"records": {}}, "JSON_PARSER_ERROR"),
        ({"records": [account(ACME)] * 201}, "EXCEEDED_ID_LIMIT"),
    ],
)
def test_a_request_that_is_not_well_formed_is_refused_as_a_whole(door: Door, body: object, code: str) -> None:
    answer = door.send("PATCH", "composite/sobjects", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_post_makes_a_record_each_time(door: Door) -> None:
    for _ in range(2):
        assert codes(door.many("POST", "composite/sobjects", task("a", Subject=" Call "))) == [None]
    assert [one["Subject"] for one in door.app.state.org.get("Task").records] == ["Call", "Call"]


def test_an_upsert_makes_a_record_once(door: Door) -> None:
    first = door.many("PATCH", "composite/sobjects/Task/Key__c", task("a", Subject="Call", WhatId=ACME))
    again = door.many("PATCH", "composite/sobjects/Task/key__c", task("A", Status="Completed"))
    assert (first[0]["created"], again[0]["created"]) == (True, False)
    assert first[0]["id"] == again[0]["id"]
    (made,) = door.app.state.org.get("Task").records
    assert (made["Subject"], made["Status"], made["WhatId"]) == ("Call", "Completed", ACME)


def test_an_upsert_of_one_tells_whether_it_was_made(door: Door) -> None:
    made = door.send("PATCH", "sobjects/Task/Key__c/a%2Fb", {"Subject": "Call"})
    again = door.send("PATCH", "sobjects/Task/Key__c/a%2Fb", {"Subject": "Call again"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == {"id": again.json()["id"], "success": True, "errors": [], "created": True}


def test_an_upsert_by_a_field_that_is_no_external_id_is_refused(door: Door) -> None:
    answer = door.send("PATCH", "composite/sobjects/Task/Subject", {"records": []})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_an_upsert_that_two_records_answer_to_is_refused(door: Door) -> None:
    for _ in range(2):
        door.many("POST", "composite/sobjects", task("a"))
    assert codes(door.many("PATCH", "composite/sobjects/Task/Key__c", task("a"))) == ["DUPLICATE_EXTERNAL_ID"]


def test_a_new_record_needs_its_required_fields_and_parents_that_are_there(door: Door) -> None:
    door.app.state.writes.required["Task"] = ("Subject",)
    rows = (task("a"), task("b", Subject="Call", WhatId="001000000000009AAA"))
    results = door.many("PATCH", "composite/sobjects/Task/Key__c", *rows)
    assert codes(results) == ["REQUIRED_FIELD_MISSING", "INVALID_CROSS_REFERENCE_KEY"]


def access(*ids: str, fields: str = "RecordId, HasReadAccess", user: str = ANN) -> str:
    listed = ",".join(f"'{one}'" for one in ids)
    return f"SELECT {fields} FROM UserRecordAccess WHERE UserId = '{user}' AND RecordId IN ({listed})"  # noqa: S608 - of a test


def test_who_may_read_what_is_answered_as_a_test_sets_it(door: Door) -> None:
    door.app.state.sight.only(ANN, [ACME])
    answer = door.query(access(ACME, ZETA, "001000000000009AAA")).json()
    assert [(one["RecordId"], one["HasReadAccess"]) for one in answer["records"]] == [(ACME, True), (ZETA, False)]
    assert answer["records"][0]["attributes"]["type"] == "UserRecordAccess"


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        (access(*[ACME] * 201), "EXCEEDED_ID_LIMIT"),
        (access(ACME, fields="HasReadAccess"), "INVALID_FIELD"),
        (access(ACME, fields="RecordId, Name"), "INVALID_FIELD"),
        (access("acme"), "INVALID_QUERY_FILTER_OPERATOR"),
        (access(ACME).partition(" AND ")[0], "MALFORMED_QUERY"),
        (access(ACME).replace("UserId", "RecordId"), "MALFORMED_QUERY"),
        (access(ACME).partition(" WHERE ")[0], "MALFORMED_QUERY"),
        (access(ACME).replace(" AND ", " OR "), "MALFORMED_QUERY"),
    ],
)
def test_a_question_about_access_that_salesforce_does_not_answer(door: Door, soql: str, code: str) -> None:
    answer = door.query(soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
