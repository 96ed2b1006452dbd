"""Looking at an org before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.salesforce_faults import Fault, FaultKind
from connectors.base import SourceError

if TYPE_CHECKING:
    from tests.connectors.salesforce.conftest import Org, OrgStarter, Records

LINES: dict[str, Any] = {
    "object": "OrderItem",
    "map": {"account_id": "Order.AccountId", "quantity": "Quantity", "start": "ServiceDate", "end": "EndDate"},
}


def _remarks(org: Org, **settings: object) -> list[tuple[bool, str]]:
    return [(remark.wrong, remark.text) for remark in org.source(**settings).check()]


def test_everything_that_is_missing_is_told_at_once_with_the_nearest(org: Org) -> None:
    mapping = {
        "accounts": {"object": "Account", "map": {"name": "Nam"}},
        "lines": {**LINES, "map": {**LINES["map"], "end": "EndDat"}},
    }
    wrong = [text for wrong, text in _remarks(org, mapping=mapping) if wrong]
    assert wrong == [
        "accounts.name: Account has no field 'Nam', or the user may not see it; did you mean 'Name'?",
        "lines.end: OrderItem has no field 'EndDat', or the user may not see it; did you mean 'EndDate'?",
    ]


def test_an_org_that_fits_is_told_with_what_is_left_of_the_day(org: Org) -> None:
    org.control.used = 990
    told = _remarks(org)
    assert not any(wrong for wrong, _ in told)
    left = told[-1][1]
    assert left.startswith("left of the day: 98,9")
    assert "of 100,000 API calls" in left
    assert "of 10,000 Bulk query jobs" in left


def test_fields_that_move_no_stamp_are_named(start: OrgStarter, records: Records) -> None:
    org = start(records, types={"OrderItem": {"Margin__c": "formula:double"}})
    mapping = {"lines": {**LINES, "map": {**LINES["map"], "unit_price": "Margin__c"}}}
    texts = [text for _, text in _remarks(org, mapping=mapping)]
    assert "lines: of OrderItem these may change without its stamp: Margin__c; they are read whole each time" in texts


def test_conditions_on_a_formula_are_named(start: OrgStarter, records: Records) -> None:
    org = start(records, types={"OrderItem": {"Live__c": "formula:boolean"}})
    mapping = {"lines": {**LINES, "where": {"field": "Live__c", "value": True}}}
    texts = [text for _, text in _remarks(org, mapping=mapping)]
    assert "lines: 'where' rests on a formula; all Ids of OrderItem are read each time" in texts


@pytest.mark.parametrize(("several", "told"), [(True, "several currencies"), (False, "one currency")])
def test_whether_the_org_has_several_currencies_is_told(start: OrgStarter, *, several: bool, told: str) -> None:
    account = {"Id": "001000000000001AAA", "Name": "Acme", **({"CurrencyIsoCode": "EUR"} if several else {})}
    org = start({"Account": [account], "User": [{"Id": "005000000000001AAA", "Name": "Ann"}]})
    texts = [text for _, text in _remarks(org, mapping={"accounts": {"object": "Account", "map": {"name": "Name"}}})]
    assert any(told in text for text in texts)


def test_that_nobodys_access_can_be_asked_for_is_told(org: Org) -> None:
    org.control.faults.add(Fault(FaultKind.SERVER_ERROR, path="UserRecordAccess", times=None))
    texts = [text for wrong, text in _remarks(org) if not wrong]
    assert any(text.startswith("who may see which account cannot be asked") for text in texts)


def test_an_org_that_does_not_answer_is_an_error(org: Org) -> None:
    org.control.faults.add(Fault(FaultKind.UNAVAILABLE, path="/describe", times=None))
    with pytest.raises(SourceError, match="503"):
        _remarks(org)
