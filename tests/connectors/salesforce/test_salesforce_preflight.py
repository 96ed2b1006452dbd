from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.salesforce_control import Answer
from connectors.base import Rejects, SourceError, SourceSettingsError, Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.connectors.salesforce.conftest import Org, OrgStarter, Records


def _accounts(columns: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"accounts": {"object": "Account", "map": {"name": "Name", **columns}, **more}}


def _queries(org: Org) -> list[str]:
    asked = (seen.query["q"] for seen in org.control.seen("api") if "q" in seen.query)
    return [query for query in asked if "COUNT()" not in query]


def test_an_optional_field_that_the_org_lacks_is_left_out_and_unknown(org: Org) -> None:
    rows = org.rows(org.source(mapping=_accounts({"region": {"field": "Region__c", "optional": True}})), "accounts")
    assert [row["region"] for row in rows] == [None, None]
    assert _queries(org) == ["SELECT Id, Name FROM Account"]


def test_an_optional_field_that_the_org_lacks_takes_its_default(org: Org) -> None:
    columns = {"region": {"field": "Region__c", "optional": True, "default": "EMEA"}}
    assert [row["region"] for row in org.rows(org.source(mapping=_accounts(columns)), "accounts")] == ["EMEA", "EMEA"]


def test_an_optional_field_that_the_org_lacks_gives_way_to_the_next(org: Org) -> None:
    columns = {"segment": [{"field": "Segment__c", "optional": True}, "Industry"]}
    assert [row["segment"] for row in org.rows(org.source(mapping=_accounts(columns)), "accounts")] == ["Retail", None]


def test_every_field_that_is_missing_is_told_at_once_with_the_nearest(org: Org, window: Window) -> None:
    mapping = {
        "accounts": {"object": "Account", "key": "AccountNo__c", "map": {"name": "Nam"}},
        "people": {"object": "Usr", "map": {"name": "Name"}},
        "lines": {
            "object": "OrderItem",
            "where": [{"field": "Order.Stat", "value": "Activated"}],
            "map": {
                "account_id": "Ordr.AccountId",
                "quantity": "Quantity",
                "start": "ServiceDate",
                "end": ["Order.Contract.EndDat", "EndDate"],
            },
        },
    }
    with pytest.raises(SourceSettingsError) as caught:
        list(org.source(mapping=mapping).read(window, Rejects()))
    told = str(caught.value).splitlines()
    assert told[1:] == [
        "accounts.key: Account has no field 'AccountNo__c', or the user may not see it",
        "accounts.name: Account has no field 'Nam', or the user may not see it; did you mean 'Name'?",
        "people: the org has no object 'Usr', or its user may not see it; did you mean 'User'?",
        "lines.where: Order has no field 'Stat' (in 'Order.Stat'), or the user may not see it; did you mean 'Status'?",
        (
            "lines.account_id: OrderItem has no relationship 'Ordr' (in 'Ordr.AccountId'), or the user may not see it"
            "; did you mean 'Order'?"
        ),
        (
            "lines.end: Contract has no field 'EndDat' (in 'Order.Contract.EndDat'), or the user may not see it"
            "; did you mean 'EndDate'?"
        ),
    ]
    assert _queries(org) == []


def test_every_object_is_described_once(org: Org, window: Window) -> None:
    list(org.source().read(window, Rejects()))
    described = [seen.path.split("/")[-2] for seen in org.control.seen("api") if seen.path.endswith("/describe")]
    assert len(described) == len(set(described))
    assert {"Account", "Contract", "Order", "OrderItem", "Product2", "User"} < set(described)


def test_names_are_asked_for_as_the_org_spells_them_and_only_once(org: Org) -> None:
    mapping = {
        "lines": {
            "object": "orderitem",
            "key": "ID",
            "map": {
                "account_id": "order.accountid",
                "contract_id": ["ORDER.ContractId", "Order.AccountID"],
                "quantity": "quantity",
                "start": "Order.effectiveDATE",
                "end": {"value": "2026-12-31"},
            },
        }
    }
    rows = org.rows(org.source(mapping=mapping), "lines")
    assert _queries(org) == [
        "SELECT Id, Order.AccountId, Order.ContractId, Quantity, Order.EffectiveDate FROM OrderItem"
    ]
    assert [row["quantity"] for row in rows] == [100.0, 5.0, 7.0, 9.0]


def test_a_custom_lookup_is_followed(org: Org) -> None:
    columns = {"csm_id": "CSM__c", "region": "CSM__r.Name", "country": "Owner.Manager.Name"}
    rows = org.rows(org.source(mapping=_accounts(columns)), "accounts")
    assert [(row["csm_id"], row["region"], row["country"]) for row in rows] == [
        ("005000000000002AAA", "Ben", "Ben"),
        (None, None, None),
    ]


def test_a_version_that_the_org_does_not_know_is_a_fault_of_the_settings(org: Org, window: Window) -> None:
    with pytest.raises(SourceSettingsError, match=r"the org does not know api_version '99\.0'"):
        list(org.source(api_version="99.0").read(window, Rejects()))


def test_a_field_that_cannot_be_filtered_by_is_told(start: OrgStarter, records: Records, window: Window) -> None:
    org = start(records, types={"Account": {"Description": "textarea"}})
    mapping = _accounts({}, where=[{"field": "Description", "value": "x"}])
    with pytest.raises(SourceSettingsError, match=r"'Description' cannot be filtered by"):
        list(org.source(mapping=mapping).read(window, Rejects()))


def test_an_answer_that_describes_nothing_is_told(org: Org, window: Window) -> None:
    org.control.script(Answer(200, '["no description"]'))
    with pytest.raises(SourceError, match=r"describing Account: the answer is no description"):
        list(org.source().read(window, Rejects()))


def test_a_constant_of_the_wrong_type_is_a_fault_of_the_settings(org: Org, window: Window) -> None:
    mapping: Any = _accounts({"nps": {"value": "high"}})
    with pytest.raises(SourceSettingsError, match=r"accounts: a constant or default: 'high' is no number"):
        list(org.source(mapping=mapping).read(window, Rejects()))
