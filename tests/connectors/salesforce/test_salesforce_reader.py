from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from requests.adapters import BaseAdapter
from requests.models import Response

from bot.sandbox.salesforce_control import Answer
from connectors.base import Rejects, SourceError, SourceSettingsError, Window
from connectors.salesforce import rest
from connectors.salesforce.columns import TableMaker
from connectors.salesforce.describing import Describer
from connectors.salesforce.mapping import TableMapping
from connectors.salesforce.opening import open_client
from connectors.salesforce.plans import Asked, Plan, Query
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from tests.connectors.salesforce.conftest import Org, OrgStarter, Records

LINES: dict[str, Any] = {
    "object": "OrderItem",
    "map": {
        "account_id": "Order.AccountId",
        "quantity": "Quantity",
        "start": ["ServiceDate", "Order.EffectiveDate"],
        "end": "EndDate",
    },
}


def _items(*changes: dict[str, object]) -> Records:
    """Return one order with an item for each change."""
    good = {"OrderId": "801000000000001AAA", "Quantity": 1.0, "ServiceDate": "2026-01-01", "EndDate": "2026-12-31"}
    return {
        "Order": [{"Id": "801000000000001AAA", "AccountId": "001000000000001AAA", "EffectiveDate": "2026-01-01"}],
        "OrderItem": [{"Id": f"80200000000000{n}AAA", **good, **change} for n, change in enumerate(changes, 1)],
    }


def test_the_shipped_mapping_reads_accounts_people_and_lines(org: Org, window: Window) -> None:
    rejects = Rejects()
    batches = org.batches(org.source(), rejects)
    assert [batch.table for batch in batches] == [Table.ACCOUNTS, Table.PEOPLE, Table.LINES]
    assert {batch.day for batch in batches} == {window.until}
    assert all(batch.rows.schema == SCHEMAS[batch.table] for batch in batches)
    accounts, people, lines = (batch.rows.to_pylist() for batch in batches)
    assert accounts[0] == {
        "account_id": "001000000000001AAA",
        "name": "Acme",
        "external_id": None,
        "domain": "acme.com",
        "parent_id": None,
        "owner_id": "005000000000001AAA",
        "csm_id": "005000000000002AAA",
        "slack_channel": "#acme",
        "segment": "Retail",
        "region": None,
        "country": "DE",
        "customer_since": None,
        "nps": 41.5,
        "csat": 88.0,
        "open_cases": 3.0,
        "urgent_cases": None,  # this org has no such field
        "former_ids": None,
        **dict.fromkeys(("renewal_stage", "renewal_forecast", "renewal_amount", "renewal_currency")),
        **dict.fromkeys(("renewal_close", "renewal_url")),
        "url": None,
    }
    assert (accounts[1]["name"], accounts[1]["domain"]) == ("O'Neil & Co", None)
    assert accounts[1]["parent_id"] == "001000000000001AAA"
    assert people[1] == {
        "person_id": "005000000000002AAA",
        "name": "Ben",
        "email": "ben@example.com",
        "manager_id": None,
        "active": False,
        "timezone": "America/New_York",
    }
    assert lines[0] == {
        "line_id": "802000000000001AAA",
        "account_id": "001000000000001AAA",
        "contract_id": "800000000000001AAA",
        "contract_name": "00000101",
        "product_code": "SEAT-1",
        "product_name": "Licences",
        "product_family": "Seats",
        "kind": None,
        "meter": None,
        "quantity": 100.0,
        "unit_price": 10.5,
        "price_period": "year",
        "discount": None,
        "currency": "USD",
        "period": None,
        "start": date(2026, 1, 1),  # the order's, because the item has none
        "end": date(2026, 12, 31),  # the contract's, because neither item nor order has one
        "notice_date": date(2026, 11, 1),  # 60 days before
        "auto_renew": True,
        "status": "Activated",
        "url": None,
    }


def test_an_items_own_dates_go_before_its_orders_and_contracts(org: Org) -> None:
    lines = {row["line_id"]: row for row in org.rows(org.source(), "lines")}
    assert (lines["802000000000002AAA"]["start"], lines["802000000000002AAA"]["end"]) == (
        date(2026, 1, 15),
        date(2026, 6, 30),
    )
    assert lines["802000000000002AAA"]["unit_price"] is None


def test_an_order_without_a_contract_stands_for_itself(org: Org) -> None:
    line = {row["line_id"]: row for row in org.rows(org.source(), "lines")}["802000000000003AAA"]
    assert (line["contract_id"], line["contract_name"]) == ("801000000000002AAA", "00000200")
    assert (line["start"], line["end"]) == (date(2026, 2, 1), date(2026, 7, 31))
    assert (line["notice_date"], line["auto_renew"]) == (None, None)


def test_drafts_are_no_contracts(org: Org) -> None:
    assert [row["line_id"][:15] for row in org.rows(org.source(), "lines")] == [
        "802000000000001",
        "802000000000002",
        "802000000000003",
    ]


def test_every_page_is_read_and_the_counts_add_up(start: OrgStarter) -> None:
    users = [{"Id": f"005{n:012d}AAA", "Name": None if n % 100 == 0 else f"User {n}"} for n in range(450)]
    org = start({"User": users})
    rejects = Rejects()
    batches = org.batches(
        org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}, page_size=200), rejects
    )
    assert [batch.rows.num_rows for batch in batches] == [198, 198, 49]
    assert (rejects.read, rejects.rejected, rejects.total) == (445, 5, 450)


def test_an_empty_table_is_said_to_be_empty(start: OrgStarter) -> None:
    org = start({"User": []}, types={"User": {"Name": "string"}})
    rejects = Rejects()
    (batch,) = org.batches(org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}), rejects)
    assert (batch.table, batch.rows.num_rows, rejects.total) == (Table.PEOPLE, 0, 0)


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"Quantity": None}, "missing-value", "quantity: is empty, and a row is nothing without it"),
        ({"OrderId": None}, "missing-value", "account_id: is empty, and a row is nothing without it"),
        ({"EndDate": ""}, "missing-value", "end: is empty, and a row is nothing without it"),
        ({"EndDate": "31.12.2026"}, "date-unreadable", "end: '31.12.2026' is no date like 2026-01-31"),
        ({"EndDate": "2025-12-31"}, "end-before-start", "ends on 2025-12-31, before its start on 2026-01-01"),
        ({"Quantity": "many"}, "number-unreadable", "quantity: 'many' is no number"),
        ({"Quantity": True}, "number-unreadable", "quantity: 'true' is no number"),
        ({"Quantity": -2.0}, "negative-quantity", "quantity is -2"),
    ],
)
def test_a_row_that_does_not_fit_is_kept_with_its_reason(
    start: OrgStarter, change: dict[str, object], reason: str, detail: str
) -> None:
    org = start(_items({}, change))
    rejects = Rejects()
    (batch,) = org.batches(org.source(mapping={"lines": LINES}), rejects)
    (reject,) = rejects.rows
    assert batch.rows.column("line_id").to_pylist() == ["802000000000001AAA"]
    assert (reject.place, reject.reason, reject.detail) == ("OrderItem 802000000000002AAA", reason, detail)
    assert json.loads(reject.raw)["Id"] == "802000000000002AAA"
    assert "attributes" not in reject.raw
    assert rejects.total == 2


def test_a_key_that_stands_twice_is_refused_the_second_time(start: OrgStarter) -> None:
    org = start(_items({"No__c": "A"}, {"No__c": "B"}, {"No__c": "A"}))
    rejects = Rejects()
    (batch,) = org.batches(org.source(mapping={"lines": {**LINES, "key": "No__c"}}), rejects)
    assert batch.rows.column("line_id").to_pylist() == ["A", "B"]
    assert [(one.place, one.reason) for one in rejects.rows] == [("OrderItem 802000000000003AAA", "duplicate-key")]


def test_a_picklists_words_are_translated_and_unknown_ones_refused(start: OrgStarter) -> None:
    org = start(_items({"P__c": "Monthly"}, {"P__c": "YEAR"}, {"P__c": "Fortnight"}, {"P__c": None}))
    columns = {**LINES["map"], "price_period": {"field": "P__c", "values": {"Monthly": "month"}, "default": "term"}}
    rejects = Rejects()
    (batch,) = org.batches(org.source(mapping={"lines": {**LINES, "map": columns}}), rejects)
    assert batch.rows.column("price_period").to_pylist() == ["month", "year", "term"]
    assert rejects.by_reason() == {"value-unknown": 1}
    assert rejects.rows[0].detail == (
        "price_period: 'Fortnight' is none of month, quarter, term, year; map it with 'values'"
    )


def test_a_percentage_becomes_a_share_and_a_moment_its_day_in_utc(start: OrgStarter) -> None:
    org = start(_items({"Off__c": 12.5, "ServiceDate": "2026-03-01T23:30:00.000+0000"}))
    columns = {**LINES["map"], "discount": {"field": "Off__c", "as": "percent"}}
    (row,) = org.rows(org.source(mapping={"lines": {**LINES, "map": columns}}), "lines")
    assert (row["discount"], row["start"]) == (0.125, date(2026, 3, 1))


def test_links_lead_to_the_record_where_people_can_open_it(org: Org) -> None:
    (first, _) = org.rows(org.source(links="https://acme.my.salesforce.com"), "accounts")
    assert first["url"] == "https://acme.my.salesforce.com/001000000000001AAA"


def test_calls_are_told_with_what_is_used_of_the_day(org: Org, window: Window) -> None:
    source = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}})
    org.control.used = 14_998
    list(source.read(window, Rejects()))
    assert source.calls() == "4 calls; 15,001 of 100,000 of the day used, 74,999 left for Headroom"


def test_a_page_that_is_lost_is_an_error_and_not_a_shorter_table(start: OrgStarter, window: Window) -> None:
    org = start({"User": [{"Id": f"005{n:012d}AAA", "Name": "x"} for n in range(6)]}, page_size=2)
    last = Answer(200, '{"totalSize": 6, "done": true, "records": []}')
    source = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}})
    batches = source.read(window, Rejects())
    next(batches)
    org.control.script(last)
    with pytest.raises(SourceError, match=r"reading User: 2 of 6 records arrived; read again"):
        list(batches)


def test_a_cursor_that_has_gone_is_told_in_salesforces_words(start: OrgStarter, window: Window) -> None:
    org = start({"User": [{"Id": f"005{n:012d}AAA", "Name": "x"} for n in range(6)]}, page_size=2)
    batches = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}).read(window, Rejects())
    next(batches)
    org.control.script(Answer(400, '[{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]'))
    with pytest.raises(SourceError, match=r"400, INVALID_QUERY_LOCATOR: invalid query locator"):
        list(batches)


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "/services/data/v67.0/query/x-1"}',
        '{"totalSize": 1, "done": false, "records": [{"Id": "1"}]}',
        '{"totalSize": 1, "done": true, "records": null}',
    ],
)
def test_an_answer_that_is_no_page_is_told(org: Org, window: Window, body: str) -> None:
    source = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}, bulk_above=None)
    batches = source.read(window, Rejects())
    _after_describe(org, Answer(200, body))
    with pytest.raises(SourceError, match=r"reading User: the answer is no page"):
        list(batches)


def test_an_answer_that_is_no_json_is_told(org: Org, window: Window) -> None:
    source = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}, bulk_above=None)
    batches = source.read(window, Rejects())
    _after_describe(org, Answer(200, "<html>Sign in to the WLAN</html>", "text/html"))
    with pytest.raises(SourceError, match=r"reading User: the answer is no JSON: Sign in to the WLAN"):
        list(batches)


def _after_describe(org: Org, answer: Answer) -> None:
    """Let the one describe through as a real org would answer it, then give this answer."""
    fields = [{"name": name} for name in ("Id", "Name")]
    org.control.script(Answer(200, json.dumps({"name": "User", "fields": fields})))
    org.control.script(answer)


def test_a_next_page_on_another_host_is_not_asked_for(org: Org, window: Window) -> None:
    body = {"totalSize": 2, "done": False, "nextRecordsUrl": ".evil.example/x", "records": [{"Id": "1", "Name": "n"}]}
    batches = org.source(mapping={"people": {"object": "User", "map": {"name": "Name"}}}, bulk_above=None).read(
        window, Rejects()
    )
    _after_describe(org, Answer(200, json.dumps(body)))
    next(batches)
    with pytest.raises(SourceError, match=r"refused to send the session"):
        next(batches)


def test_a_refused_query_is_a_fault_of_the_settings(org: Org, window: Window) -> None:
    where = [{"field": "IsActive", "value": "yes"}]
    mapping = {"people": {"object": "User", "map": {"name": "Name"}, "where": where}}
    with pytest.raises(SourceSettingsError, match=r"INVALID_FIELD: .*field 'IsActive' must be of type boolean"):
        list(org.source(mapping=mapping).read(window, Rejects()))


def test_each_reading_begins_anew(org: Org, window: Window) -> None:
    source = org.source()
    for _ in range(2):
        rejects = Rejects()
        list(source.read(window, rejects))
        assert rejects.read == 7
    assert len(org.control.seen("login")) == 2


class _Recorded(BaseAdapter):
    """Answers each address with the file that is recorded for it."""

    def __init__(self, answers: dict[str, tuple[int, Path]]) -> None:
        super().__init__()
        self._answers = answers

    def send(self, request: requests.PreparedRequest, **_: object) -> Response:  # type: ignore[override]  # reads none
        response = Response()
        status, file = self._answers[str(request.path_url).partition("?")[0]]
        response.status_code, response._content = status, file.read_bytes()
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def replayed(org: Org, recorded: Path) -> Iterator[Any]:
    """The source's client, whose org is a recording."""
    with org.session() as session:
        client = open_client(session, "26.0")
        answers = {
            "/services/data/v26.0/query/": (200, recorded / "query_paginated_first_page_response.json"),
            "/services/data/v26.0/query/01gD": (200, recorded / "query_paginated_last_page_response.json"),
            "/services/data/v26.0/limits/": (401, recorded / "expired_session_response.json"),
            "/services/data/v26.0/sobjects": (400, recorded / "query_error_response.json"),
            "/services/oauth2/token": (200, recorded / "auth_error_response.json"),
        }
        session.mount("http://", _Recorded(answers))
        yield client


def test_recorded_pages_of_a_real_org_are_followed(replayed: Any) -> None:  # noqa: ANN401 - untyped client
    pages = rest.pages(replayed, "crm", "reading Whizbang", "SELECT Text_Label FROM Whizbang")
    assert [record["Text_Label"] for page in pages for record in page] == ["First Page", "Last Page"]


def test_a_recorded_refusal_is_told_with_its_code(org: Org, replayed: Any) -> None:  # noqa: ANN401 - likewise
    with pytest.raises(SourceSettingsError, match=r"listing the org's objects: .* 400, INVALID_FIELD: error_message"):
        Describer("crm", replayed)._every_object()


def test_a_recorded_record_becomes_a_row(recorded: Path) -> None:
    page = json.loads((recorded / "query_success_response.json").read_text())
    columns = {
        "name": "Text_Label",
        "domain": "ParentWhizbang__r.Name",
        "customer_since": "DateTime_Label",
        "segment": "Picklist_Multiselect_Label",
        "region": "Checkbox_Label",
        "country": "Missing__r.Name",
    }
    spec = TableMapping.model_validate({"object": "Whizbang", "key": "Date_Label", "map": columns})
    rejects = Rejects()
    paths = ["Id", spec.key, *(one.field for column in spec.map.values() for one in column if one.field)]
    query = Query("Whizbang", tuple(Asked(path, pa.string(), volatile=False) for path in paths), (), ())
    maker = TableMaker(Plan("accounts", Table.ACCOUNTS, spec.key, spec.map, query), "https://acme.example")
    answer = rest.table(query, [record | {"Id": "foo"} for record in page["records"]])
    (row,) = maker.table(answer, rejects).to_pylist()
    assert {name: value for name, value in row.items() if value is not None} == {
        "account_id": "2010-01-01",
        "name": "Hi there!",
        "domain": "Parent Whizbang",
        "customer_since": date(2011, 7, 7),
        "segment": "four;six",
        "region": "false",
        "url": "https://acme.example/foo",
    }


def test_a_recorded_expired_session_leads_to_a_login(replayed: Any) -> None:  # noqa: ANN401 - likewise
    with pytest.raises(SourceError, match=r"the login's answer holds no access_token"):
        replayed.limits()
