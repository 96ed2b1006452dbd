"""Reading only what changed comes to the same as reading everything, whatever happened in between."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.salesforce_control import Answer
from bot.sandbox.salesforce_faults import Fault, FaultKind
from connectors.base import Rejects, SourceError, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.connectors.salesforce.conftest import Org, OrgStarter

ORDERS = [f"801{number:012d}AAA" for number in range(3)]
ITEMS = [f"802{number:012d}AAA" for number in range(6)]
TYPES = {
    "OrderItem": {"Quantity": "double", "ServiceDate": "date", "EndDate": "date", "Margin__c": "formula:double"},
    "Order": {"Status": "picklist", "EffectiveDate": "date"},
}
LINES: dict[str, Any] = {
    "object": "OrderItem",
    "where": {"field": "Order.Status", "op": "!=", "value": "Draft"},
    "map": {
        "account_id": "Order.AccountId",
        "quantity": "Quantity",
        "start": "ServiceDate",
        "end": "EndDate",
        "status": "Order.Status",
    },
}
WITH_FORMULA = {**LINES, "map": {**LINES["map"], "unit_price": "Margin__c"}}


def _window() -> Window:
    return Window(None, date(2026, 3, 31))


def _start(start: OrgStarter) -> Org:
    orders = [{"Id": one, "AccountId": "001000000000001AAA", "Status": "Activated"} for one in ORDERS]
    items = [_item(number) for number in range(len(ITEMS))]
    return start({"Order": orders, "OrderItem": items}, types=TYPES)


def _item(number: int) -> dict[str, object]:
    dates = {"ServiceDate": "2026-01-01", "EndDate": "2026-12-31"}
    return {
        "Id": ITEMS[number],
        "OrderId": ORDERS[number % 3],
        "Quantity": float(number + 1),
        "Margin__c": 1.0,
        **dates,
    }


def _rows(org: Org, *, kept: bool = True, lines: dict[str, Any] = LINES, above: int | None = 0) -> list[dict[str, Any]]:
    """Read with what is kept, or everything."""
    source = org.source(mapping={"lines": lines}, incremental_above=above if kept else None)
    return sorted(org.rows(source, "lines"), key=lambda row: str(row["line_id"]))


def _asked(org: Org, seen: int) -> list[str]:
    """Return the queries after the first `seen` requests, without those that count."""
    queries = [one.query["q"] for one in org.control.seen("api")[seen:] if "q" in one.query]
    return [query for query in queries if "COUNT()" not in query]


def _age(org: Org, days: float) -> None:
    """Let what is kept be so many days old."""
    place = org.folder / "kept" / "lines.json"
    state = json.loads(place.read_text())
    for name in ("until", "compared"):
        state[name] = (datetime.fromisoformat(state[name]) - timedelta(days=days)).isoformat()
    place.write_text(json.dumps(state))


def test_the_second_reading_asks_for_what_changed_alone(start: OrgStarter) -> None:
    org = _start(start)
    first = _rows(org)
    seen = len(org.control.seen("api"))
    org.records.change("OrderItem", ITEMS[2], {"Quantity": 70.0})
    second = _rows(org)
    assert [row["quantity"] for row in second] == [1.0, 2.0, 70.0, 4.0, 5.0, 6.0]
    assert len(first) == len(second)
    changed, touched = _asked(org, seen)
    assert "SystemModstamp >= " in changed
    assert "Order.SystemModstamp >= " in changed
    assert touched.startswith("SELECT Id FROM OrderItem WHERE (")


def test_a_time_in_which_salesforce_gives_up_is_asked_for_in_halves(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    org.records.change("OrderItem", ITEMS[2], {"Quantity": 70.0})
    seen = len(org.control.seen("api"))
    # It gives up on counting, then on the query itself.
    org.control.faults.add(Fault(FaultKind.QUERY_TIMEOUT, path="SystemModstamp", times=2))
    assert [row["quantity"] for row in _rows(org)] == [1.0, 2.0, 70.0, 4.0, 5.0, 6.0]
    whole, *halves = [query for query in _asked(org, seen) if not query.startswith("SELECT Id FROM")]
    assert len(halves) == 2
    moments = [re.findall(r"\(SystemModstamp >= (\S+) AND SystemModstamp < ([^)]+)\)", query)[0] for query in halves]
    assert moments[0][1] == moments[1][0]
    assert (moments[0][0], moments[1][1]) == re.findall(r"\(SystemModstamp >= (\S+) AND \S+ < ([^)]+)\)", whole)[0]


def test_a_parent_that_changes_changes_its_lines(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    org.records.change("Order", ORDERS[0], {"AccountId": "001000000000009AAA"})
    assert [row["account_id"][14] for row in _rows(org)] == ["9", "1", "1", "9", "1", "1"]


def test_what_no_longer_meets_the_conditions_goes_and_comes_back(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    org.records.change("Order", ORDERS[1], {"Status": "Draft"})
    assert [row["line_id"] for row in _rows(org)] == [ITEMS[0], ITEMS[2], ITEMS[3], ITEMS[5]]
    org.records.change("Order", ORDERS[1], {"Status": "Activated"})
    assert [row["line_id"] for row in _rows(org)] == ITEMS


def test_what_lies_in_the_recycle_bin_goes(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    org.records.delete("OrderItem", ITEMS[4])
    assert [row["line_id"] for row in _rows(org)] == [*ITEMS[:4], ITEMS[5]]


def test_what_was_deleted_for_good_goes_within_a_week(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    org.records.erase("OrderItem", ITEMS[0])
    assert len(_rows(org)) == len(ITEMS)
    _age(org, 7)
    assert [row["line_id"] for row in _rows(org)] == ITEMS[1:]


def test_a_formula_that_changes_without_a_stamp_is_read_all_the_same(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org, lines=WITH_FORMULA)
    org.records.change("OrderItem", ITEMS[3], {"Margin__c": 8.0}, stamped=False)
    assert [row["unit_price"] for row in _rows(org, lines=WITH_FORMULA)] == [1.0, 1.0, 1.0, 8.0, 1.0, 1.0]


def test_a_record_that_shows_late_is_found_within_ten_minutes(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    late = {**_item(0), "Id": "802000000000099AAA", "SystemModstamp": datetime.now(UTC) - timedelta(minutes=9)}
    org.records.put("OrderItem", late)
    assert len(_rows(org)) == len(ITEMS) + 1


def test_a_record_that_nobody_told_of_makes_everything_be_read_anew(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    older = {**_item(0), "Id": "802000000000099AAA", "SystemModstamp": datetime.now(UTC) - timedelta(days=30)}
    org.records.put("OrderItem", older)
    _age(org, 7)
    assert len(_rows(org)) == len(ITEMS) + 1


@pytest.mark.parametrize("harm", ["gone", "cut", "odd"])
def test_what_is_kept_may_be_lost(start: OrgStarter, harm: str) -> None:
    org = _start(start)
    before = _rows(org)
    folder = org.folder / "kept"
    if harm == "gone":
        shutil.rmtree(folder)
    elif harm == "cut":
        for path in folder.glob("*.parquet"):
            path.unlink()
    else:
        (folder / "lines.json").write_text("{")
    assert _rows(org) == before


def test_another_mapping_is_read_anew(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    seen = len(org.control.seen("api"))
    _rows(org, lines={**LINES, "where": []})
    (query,) = _asked(org, seen)
    assert "SystemModstamp" not in query


def test_small_tables_are_read_anew_each_time_and_nothing_is_kept_of_them(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    assert list((org.folder / "kept").iterdir()) != []
    _rows(org, above=len(ITEMS))
    assert list((org.folder / "kept").iterdir()) == []


def test_two_mappings_of_lines_do_not_share_what_is_kept(start: OrgStarter) -> None:
    org = _start(start)
    several = [LINES, {**LINES, "where": {"field": "Order.Status", "value": "Draft"}}]
    org.records.change("Order", ORDERS[0], {"Status": "Draft"})
    for _ in range(2):
        source = org.source(mapping={"lines": several}, incremental_above=0)
        assert sorted(row["line_id"] for row in org.rows(source, "lines")) == ITEMS


def test_a_reading_that_breaks_off_keeps_what_was_kept(start: OrgStarter) -> None:
    org = _start(start)
    _rows(org)
    state = (org.folder / "kept" / "lines.json").read_text()
    org.records.change("OrderItem", ITEMS[1], {"Quantity": 20.0})
    source = org.source(mapping={"lines": LINES}, incremental_above=0)
    batches = source.read(_window(), Rejects())
    next(batches)
    batches.close()  # type: ignore[attr-defined]  # a generator
    assert (org.folder / "kept" / "lines.json").read_text() == state
    assert [row["quantity"] for row in _rows(org)] == [1.0, 20.0, 3.0, 4.0, 5.0, 6.0]


def test_a_record_that_arrives_twice_is_an_error(start: OrgStarter) -> None:
    org = _start(start)
    attributes = {"attributes": {"type": "OrderItem"}}
    items = [{**attributes, **_item(0), "Order": {"AccountId": "001000000000001AAA"}}] * 2
    source = org.source(mapping={"lines": {**LINES, "where": []}}, bulk_above=None)
    batches = source.read(_window(), Rejects())
    page = Answer(200, json.dumps({"totalSize": 2, "done": True, "records": items}))
    org.control.script(Answer(200, json.dumps(_described("OrderItem"))))
    org.control.script(Answer(200, json.dumps(_described("Order"))))
    org.control.script(page)
    with pytest.raises(SourceError, match=r"reading OrderItem: a record arrived twice; read again"):
        list(batches)


def _described(name: str) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [{"name": one} for one in ("Id", "AccountId", "Quantity", "ServiceDate", "EndDate")]
    reference = {"name": "OrderId", "relationshipName": "Order", "referenceTo": ["Order"]}
    return {"name": name, "fields": [*fields, {"name": "Status"}, reference]}


_CHANGE = st.one_of(
    st.tuples(st.just("item"), st.sampled_from(ITEMS), st.integers(1, 99)),
    st.tuples(st.just("formula"), st.sampled_from(ITEMS), st.integers(1, 99)),
    st.tuples(st.just("delete"), st.sampled_from(ITEMS), st.just(0)),
    st.tuples(st.just("draft"), st.sampled_from(ORDERS), st.just(0)),
    st.tuples(st.just("active"), st.sampled_from(ORDERS), st.just(0)),
    st.tuples(st.just("move"), st.sampled_from(ITEMS), st.integers(0, 2)),
    st.tuples(st.just("new"), st.just(""), st.integers(1, 99)),
    st.tuples(st.just("read"), st.just(""), st.just(0)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(_CHANGE, max_size=12), formula=st.booleans(), bulk=st.booleans())
def test_whatever_changes_reading_what_changed_comes_to_the_same_as_reading_everything(
    start: OrgStarter, changes: Sequence[tuple[str, str, int]], *, formula: bool, bulk: bool
) -> None:
    org = _start(start)
    shutil.rmtree(org.folder / "kept", ignore_errors=True)
    lines = WITH_FORMULA if formula else LINES
    more: dict[str, Any] = {"bulk_above": 0} if bulk else {}
    for what, which, number in [*changes, ("read", "", 0)]:
        if what == "read":
            kept = org.rows(org.source(mapping={"lines": lines}, incremental_above=0, **more), "lines")
            assert sorted(kept, key=lambda row: str(row["line_id"])) == _rows(org, kept=False, lines=lines)
        else:
            _change(org, what, which, number)


def _change(org: Org, what: str, which: str, number: int) -> None:
    records = org.records
    item = records.get("OrderItem")
    assert item is not None
    if what in {"item", "formula", "move", "delete"} and item.find(which) is None:
        return
    if what == "item":
        records.change("OrderItem", which, {"Quantity": float(number)})
    elif what == "formula":
        records.change("OrderItem", which, {"Margin__c": float(number)}, stamped=False)
    elif what == "move":
        records.change("OrderItem", which, {"OrderId": ORDERS[number]})
    elif what == "delete":
        records.delete("OrderItem", which)
    elif what == "new":
        records.put("OrderItem", {name: value for name, value in _item(number % 6).items() if name != "Id"})
    else:
        records.change("Order", which, {"Status": "Draft" if what == "draft" else "Activated"})
