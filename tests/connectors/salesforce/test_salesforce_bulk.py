"""Bulk API 2.0: the same rows as REST, its faults, and nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Rejects, SourceError
from connectors.salesforce.bulk import _parsed
from connectors.salesforce.plans import Asked, Query

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Org, OrgStarter, Records

ORDER = "801000000000001AAA"
LINES: dict[str, Any] = {
    "object": "OrderItem",
    "map": {
        "account_id": "Order.AccountId",
        "product_name": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "auto_renew": "Renews__c",
        "start": ["ServiceDate", "Order.EffectiveDate"],
        "end": ["EndDate", {"date": "ServiceDate", "plus_months": 12}],
        "status": "Order.Status",
    },
}
TYPES = {
    "OrderItem": {
        "Quantity": "double",
        "UnitPrice": "currency",
        "ServiceDate": "date",
        "EndDate": "date",
        "Renews__c": "boolean",
        "Description": "textarea",
    },
    "Order": {"Status": "picklist", "EffectiveDate": "date"},
}


def _records(*items: dict[str, Any]) -> Records:
    orders = [{"Id": ORDER, "AccountId": "001000000000001AAA", "EffectiveDate": "2026-01-01", "Status": "Activated"}]
    lines = [{"Id": f"802{number:012d}AAA", "OrderId": ORDER, **item} for number, item in enumerate(items, 1)]
    return {"Order": orders, "OrderItem": lines}


def _both(org: Org) -> list[tuple[list[dict[str, Any]], list[tuple[str, str, str, str]]]]:
    """Read over REST and in bulk: the rows by their key, and what was refused."""
    found = []
    for above in (None, 0):
        rejects = Rejects()
        batches = org.batches(org.source(mapping={"lines": LINES}, bulk_above=above), rejects)
        rows = [row for batch in batches for row in batch.rows.to_pylist()]
        refused = [(one.place, one.reason, one.detail, one.raw) for one in rejects.rows]
        found.append((sorted(rows, key=lambda row: str(row["line_id"])), sorted(refused)))
    return found


def _jobs(org: Org) -> list[str]:
    return [seen.method for seen in org.control.seen("api") if "/jobs/query" in seen.path]


GOOD: dict[str, Any] = {"Quantity": 5.0, "UnitPrice": 10.5, "ServiceDate": "2026-01-01", "EndDate": "2026-12-31"}
ODD = ['a "quoted", one', "two\nlines", "\r\n", ",", "null", " x "]
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs", "Cc"]), max_size=20)
_ITEM = st.fixed_dictionaries(
    {
        "Quantity": st.none() | st.floats(-5, 1e12, allow_nan=False) | st.integers(0, 10).map(float),
        "UnitPrice": st.none() | st.floats(0, 1e9),
        "ServiceDate": st.none() | st.dates().map(str),
        "EndDate": st.none() | st.dates().map(str),
        "Renews__c": st.booleans(),
        "Description": st.none()
        | _TEXT
        | st.sampled_from(['a "quoted", one', "two\nlines", "\r\n", ",", "null", " x "]),
    }
)


QUERY = Query(
    "OrderItem",
    (Asked("Id", pa.string(), volatile=False), Asked("Quantity", pa.float64(), volatile=False)),
    (),
    (),
)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'"Id","Quantity"\n"1","2.5"\n', [("1", 2.5)]),
        (b'"Quantity","Id"\r\n"2.5","1"\r\n', [("1", 2.5)]),
        (b'"1","2.5"\n"2",""\n', [("1", 2.5), ("2", None)]),  # a later page may come without a header
        (b'"Id","Quantity"\n"1","many"\n', [("1", "many")]),  # no number: the page is read as texts, the row refused
        (b'"Id","Quantity"\n', []),
        (b"\n", []),
        (b"", []),
    ],
)
def test_a_page_is_read_by_its_header_or_by_the_order_of_the_query(content: bytes, rows: list[object]) -> None:
    found = _parsed(QUERY, content, "crm", "reading")
    assert list(zip(*(column.to_pylist() for column in found.columns), strict=True)) == rows
    assert found.column_names == ["Id", "Quantity"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'"Id","Quantity"\n"1","2","3"\n', "a page is no CSV"),
        (b'"Id","Amount"\n"1","2"\n', "a page has no column Quantity"),
        (b'"Id","Quantity"\n"\xff\xfe","2"\n', "a page is no CSV"),
    ],
)
def test_a_page_that_is_none_is_told(content: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        _parsed(QUERY, content, "crm", "reading")


def test_a_table_above_the_limit_is_read_as_a_job_that_is_deleted(start: OrgStarter) -> None:
    org = start(_records(*[GOOD] * 5), types=TYPES)
    rows, _ = _both(org)[1]
    assert len(rows) == 5
    assert _jobs(org)[0] == "POST"
    assert _jobs(org)[-1] == "DELETE"


def test_rest_and_bulk_give_equal_rows_and_refuse_the_same(start: OrgStarter) -> None:
    odd: list[dict[str, Any]] = [
        {"Quantity": None},
        {"EndDate": "2025-01-01"},
        {"Quantity": -1.0},
        {"Description": 'x "y"\nz, ü'},
        {"EndDate": None},
    ]
    org = start(_records(GOOD, *({**GOOD, **change} for change in odd)), types=TYPES)
    rest, bulk = _both(org)
    assert rest == bulk
    assert [len(part) for part in rest] == [3, 3]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(_ITEM, min_size=1, max_size=8))
def test_rest_and_bulk_give_equal_rows_whatever_the_records_hold(
    start: OrgStarter, items: list[dict[str, Any]]
) -> None:
    rest, bulk = _both(start(_records(*items), types=TYPES))
    assert rest == bulk
