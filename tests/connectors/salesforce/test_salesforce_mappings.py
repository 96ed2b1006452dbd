"""Each mapping that ships, read from an org that keeps its contracts so; and what other objects tell of an account."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Rejects, SourceSettingsError
from connectors.salesforce.library import find_mapping, shipped_names
from connectors.salesforce.mapping import Mapped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.salesforce.conftest import Org, OrgStarter

ACME, ANN, BEN = "001000000000001AAA", "005000000000001AAA", "005000000000002AAA"
PRODUCT: dict[str, Any] = {
    "Id": "01t000000000001AAA",
    "Name": "Licences",
    "ProductCode": "SEAT-1",
    "Family": "Seats",
}
BOUGHT: dict[str, Any] = {
    "product_code": "SEAT-1",
    "product_name": "Licences",
    "product_family": "Seats",
    "currency": "USD",
}
TERM: dict[str, Any] = {"start": date(2026, 1, 1), "end": date(2026, 12, 31)}
CONTRACT: dict[str, Any] = {
    "Id": "800000000000001AAA",
    "AccountId": ACME,
    "ContractNumber": "00000101",
    "StartDate": "2026-01-01",
    "EndDate": "2026-12-31",
    "ContractTerm": 12,
    "OwnerExpirationNotice": "60",
    "Status": "Activated",
}

ORGS: dict[str, tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "contract": (
        {
            "Contract": [
                {**CONTRACT, "Licenses__c": 100.0, "Unit_Price__c": 12.0, "Product_Code__c": "SEAT-1"},
                {**CONTRACT, "Id": "800000000000002AAA", "EndDate": None, "Licenses__c": None, "ContractTerm": 6},
                {**CONTRACT, "Id": "800000000000003AAA", "Status": "Draft"},
            ]
        },
        [
            {
                **TERM,
                "line_id": "800000000000001AAA",
                "quantity": 100.0,
                "unit_price": 12.0,
                "price_period": "year",
                "product_code": "SEAT-1",
                "notice_date": date(2026, 11, 1),
                "contract_name": "00000101",
            },
            {"line_id": "800000000000002AAA", "quantity": 0.0, "end": date(2026, 6, 30), "notice_date": None},
        ],
    ),
    "order": (
        {
            "Contract": [CONTRACT],
            "Order": [
                {"Id": "801000000000001AAA", "AccountId": ACME, "ContractId": CONTRACT["Id"], "Status": "Activated"}
                | {"OrderNumber": "00000100", "EffectiveDate": "2026-01-01", "EndDate": None}
            ],
            "OrderItem": [
                {"Id": "802000000000001AAA", "OrderId": "801000000000001AAA", "Product2Id": PRODUCT["Id"]}
                | {"Quantity": 100.0, "UnitPrice": 12.0, "ServiceDate": None, "EndDate": None}
            ],
        },
        [
            {
                **BOUGHT,
                **TERM,
                "line_id": "802000000000001AAA",
                "contract_id": CONTRACT["Id"],
                "quantity": 100.0,
                "price_period": "year",
                "notice_date": date(2026, 11, 1),
            }
        ],
    ),
    "opportunity": (
        {
            "Opportunity": [
                {"Id": "006000000000001AAA", "AccountId": ACME, "Name": "Acme 2026", "StageName": "Closed Won"}
                | {"IsWon": True, "IsClosed": True, "CloseDate": "2025-12-15", "Type": "New", "Amount": 1200.0}
                | {"ForecastCategoryName": "Closed"},
                {"Id": "006000000000002AAA", "AccountId": ACME, "Name": "Acme 2027", "StageName": "Proposal"}
                | {"IsWon": False, "IsClosed": False, "CloseDate": "2026-12-15", "Type": "Renewal", "Amount": 1500.0}
                | {"ForecastCategoryName": "Best Case"},
            ],
            "OpportunityLineItem": [
                {"Id": "00k000000000001AAA", "OpportunityId": "006000000000001AAA", "Product2Id": PRODUCT["Id"]}
                | {"Quantity": 100.0, "UnitPrice": 12.0, "Discount": 10.0, "ServiceDate": "2026-01-01"},
                {"Id": "00k000000000002AAA", "OpportunityId": "006000000000001AAA", "Product2Id": PRODUCT["Id"]}
                | {"Quantity": 5.0, "UnitPrice": 12.0, "Discount": None, "ServiceDate": None},
                {"Id": "00k000000000003AAA", "OpportunityId": "006000000000002AAA", "Product2Id": PRODUCT["Id"]}
                | {"Quantity": 120.0, "UnitPrice": 12.0, "Discount": None, "ServiceDate": "2027-01-01"},
            ],
        },
        [
            {
                **BOUGHT,
                **TERM,
                "line_id": "00k000000000001AAA",
                "quantity": 100.0,
                "discount": 0.1,
                "price_period": "term",
                "status": "Closed Won",
            },
            {"line_id": "00k000000000002AAA", "start": date(2025, 12, 15), "end": date(2026, 12, 14), "quantity": 5.0},
        ],
    ),
    "asset": (
        {
            "Asset": [
                {"Id": "02i000000000001AAA", "AccountId": ACME, "Name": "Licences for Acme", "Status": "Installed"}
                | {"Product2Id": PRODUCT["Id"], "Quantity": 100.0, "Price": 12.0, "PurchaseDate": "2026-01-01"}
                | {"InstallDate": None, "UsageEndDate": "2026-12-31"},
                {"Id": "02i000000000002AAA", "AccountId": ACME, "Name": "Old", "Status": "Obsolete"}
                | {"Product2Id": PRODUCT["Id"], "Quantity": 1.0, "Price": 1.0, "PurchaseDate": "2020-01-01"}
                | {"InstallDate": None, "UsageEndDate": "2020-12-31"},
            ]
        },
        [{**BOUGHT, **TERM, "line_id": "02i000000000001AAA", "quantity": 100.0, "contract_name": "Licences for Acme"}],
    ),
    "cpq": (
        {
            "Contract": [CONTRACT],
            "SBQQ__Subscription__c": [
                {
                    "Id": "a0X000000000001AAA",
                    "SBQQ__Account__c": ACME,
                    "SBQQ__Contract__c": CONTRACT["Id"],
                    "SBQQ__Product__c": PRODUCT["Id"],
                    "SBQQ__Quantity__c": 100.0,
                    "SBQQ__NetPrice__c": 10.8,
                    "SBQQ__Discount__c": 10.0,
                    "SBQQ__SubscriptionStartDate__c": None,
                    "SBQQ__StartDate__c": "2026-01-01",
                    "SBQQ__TerminatedDate__c": None,
                    "SBQQ__SubscriptionEndDate__c": None,
                    "SBQQ__EndDate__c": "2026-12-31",
                }
            ],
        },
        [
            {
                **BOUGHT,
                **TERM,
                "line_id": "a0X000000000001AAA",
                "quantity": 100.0,
                "discount": 0.1,
                "contract_id": CONTRACT["Id"],
                "notice_date": date(2026, 11, 1),
            }
        ],
    ),
    "service_contract": (
        {
            "ServiceContract": [
                {"Id": "810000000000001AAA", "AccountId": ACME, "Name": "Support 2026", "Status": "Active", "Term": 12}
                | {"StartDate": "2026-01-01", "EndDate": None}
            ],
            "ContractLineItem": [
                {"Id": "811000000000001AAA", "ServiceContractId": "810000000000001AAA", "Product2Id": PRODUCT["Id"]}
                | {"Quantity": 100.0, "UnitPrice": 12.0, "Discount": None, "StartDate": None, "EndDate": None}
            ],
        },
        [{**BOUGHT, **TERM, "line_id": "811000000000001AAA", "quantity": 100.0, "contract_name": "Support 2026"}],
    ),
    "entitlement": (
        {
            "Entitlement": [
                {"Id": "550000000000001AAA", "AccountId": ACME, "Name": "Trainings", "Status": "Active"}
                | {"ServiceContractId": None, "Type": "Training", "CasesPerEntitlement": 10}
                | {"StartDate": "2026-01-01", "EndDate": "2026-12-31"}
            ],
            "ServiceContract": [],
        },
        [{**TERM, "line_id": "550000000000001AAA", "kind": "service", "quantity": 10.0, "product_name": "Training"}],
    ),
}
BASE: dict[str, list[dict[str, Any]]] = {
    "Account": [
        {"Id": ACME, "Name": "Acme", "Website": "acme.com", "ParentId": None, "OwnerId": ANN, "Industry": None}
        | {"BillingCountry": "DE"}
    ],
    "User": [
        {"Id": one, "Name": name, "Email": f"{name}@ours.example", "ManagerId": None, "IsActive": True}
        | {"TimeZoneSidKey": "Europe/Berlin"}
        for one, name in ((ANN, "Ann"), (BEN, "Ben"))
    ],
    "Product2": [PRODUCT],
}
TYPES = {
    "Contract": {"EndDate": "date", "ContractTerm": "int"},
    "Order": {"EndDate": "date"},
    "OrderItem": {"ServiceDate": "date", "EndDate": "date"},
    "Asset": {"InstallDate": "date"},
    "ContractLineItem": {"StartDate": "date", "EndDate": "date"},
    "ServiceContract": {"EndDate": "date"},
}


def test_every_shipped_mapping_is_tried() -> None:
    assert set(ORGS) | {"customers"} == shipped_names()


@pytest.mark.parametrize("name", ORGS)
@pytest.mark.parametrize("bulk", [False, True], ids=["rest", "bulk"])
def test_a_shipped_mapping_reads_the_org_that_it_is_for(start: OrgStarter, name: str, *, bulk: bool) -> None:
    records, wanted = ORGS[name]
    org = start({**BASE, **records}, types={one: kinds for one, kinds in TYPES.items() if one in records})
    rejects = Rejects()
    batches = org.batches(org.source(mapping=name, bulk_above=0 if bulk else None), rejects)
    rows = [row for batch in batches if batch.table == "lines" for row in batch.rows.to_pylist()]
    assert rejects.rows == []
    assert {row["account_id"] for row in rows} == {ACME}
    for row, expected in zip(sorted(rows, key=lambda one: str(one["line_id"])), wanted, strict=True):
        assert {name: row[name] for name in expected} == expected


CSM: dict[str, Any] = {"AccountId": ACME, "TeamMemberRole": "CSM", "CreatedDate": "2025-01-01T00:00:00.000+0000"}
CASE: dict[str, Any] = {"AccountId": ACME, "IsClosed": False, "Priority": "Medium"}


def _account(start: OrgStarter, records: dict[str, list[dict[str, Any]]], **settings: object) -> dict[str, Any]:
    org = start({**BASE, **records})
    mapped = find_mapping("crm", "customers", org.folder).model_dump(by_alias=True, exclude_none=True)
    return org.rows(org.source(mapping={"accounts": mapped["accounts"]}, **settings), "accounts")[0]


def test_the_first_customer_success_manager_of_the_team_counts_where_no_field_names_one(start: OrgStarter) -> None:
    team: list[dict[str, Any]] = [
        {**CSM, "Id": "01M000000000001AAA", "UserId": ANN, "CreatedDate": "2025-06-01T00:00:00.000+0000"},
        {**CSM, "Id": "01M000000000002AAA", "UserId": BEN},
        {**CSM, "Id": "01M000000000003AAA", "UserId": ANN, "TeamMemberRole": "Sales Rep"}
        | {"CreatedDate": "2020-01-01T00:00:00.000+0000"},
    ]
    assert _account(start, {"AccountTeamMember": team})["csm_id"] == BEN


def test_a_field_that_names_the_manager_goes_before_the_team(start: OrgStarter) -> None:
    account = {**BASE["Account"][0], "CSM__c": ANN}
    team: list[dict[str, Any]] = [{**CSM, "Id": "01M000000000002AAA", "UserId": BEN}]
    assert _account(start, {"Account": [account], "AccountTeamMember": team})["csm_id"] == ANN


@pytest.mark.parametrize("bulk_above", [None, 0])
def test_open_cases_are_counted_and_none_is_zero(start: OrgStarter, bulk_above: int | None) -> None:
    other = "001000000000002AAA"
    accounts = [*BASE["Account"], {**BASE["Account"][0], "Id": other}]
    cases: list[dict[str, Any]] = [
        {**CASE, "Id": "500000000000001AAA"},
        {**CASE, "Id": "500000000000002AAA", "Priority": "High"},
        {**CASE, "Id": "500000000000003AAA", "Priority": "High", "IsClosed": True},
        {**CASE, "Id": "500000000000004AAA", "AccountId": None},
    ]
    org = start({**BASE, "Account": accounts, "Case": cases})
    rows = _both_accounts(org, bulk_above)
    assert [(rows[one]["open_cases"], rows[one]["urgent_cases"]) for one in (ACME, other)] == [(2.0, 1.0), (0.0, 0.0)]


def _both_accounts(org: Org, bulk_above: int | None) -> dict[str, dict[str, Any]]:
    mapped = find_mapping("crm", "customers", org.folder).model_dump(by_alias=True, exclude_none=True)
    source = org.source(mapping={"accounts": mapped["accounts"]}, bulk_above=bulk_above)
    return {row["account_id"]: row for row in org.rows(source, "accounts")}


def test_without_cases_in_the_org_their_number_is_unknown(start: OrgStarter) -> None:
    account = _account(start, {})
    assert (account["open_cases"], account["urgent_cases"], account["csm_id"]) == (None, None, None)


def test_the_open_renewal_that_closes_first_is_told_with_its_record(start: OrgStarter) -> None:
    records = ORGS["opportunity"][0]["Opportunity"]
    later = {**records[1], "Id": "006000000000003AAA", "CloseDate": "2027-12-15", "Amount": 9.0}
    account = _account(start, {"Opportunity": [later, *records]}, links="https://acme.my.salesforce.com")
    assert {name: value for name, value in account.items() if name.startswith("renewal_")} == {
        "renewal_stage": "Proposal",
        "renewal_forecast": "Best Case",
        "renewal_amount": 1500.0,
        "renewal_currency": "USD",
        "renewal_close": date(2026, 12, 15),
        "renewal_url": "https://acme.my.salesforce.com/006000000000002AAA",
    }


def test_accounts_that_were_merged_into_one_are_named_by_it(start: OrgStarter) -> None:
    losers = [f"00100000000000{number}AAA" for number in (7, 8)]
    accounts = [*BASE["Account"], *({**BASE["Account"][0], "Id": one} for one in losers)]
    org = start({**BASE, "Account": accounts})
    for loser in losers:
        org.records.merge(ACME, loser)
    rows = _both_accounts(org, None)
    assert set(rows) == {ACME}
    assert rows[ACME]["former_ids"] == " ".join(losers)


def test_lines_may_stand_in_several_objects(start: OrgStarter) -> None:
    org = start({**BASE, **ORGS["order"][0], **ORGS["asset"][0]}, types={"OrderItem": TYPES["OrderItem"]})
    several = [
        find_mapping("crm", name, org.folder).model_dump(by_alias=True, exclude_none=True)["lines"][0]
        for name in ("order", "asset")
    ]
    rows = org.rows(org.source(mapping={"lines": several}), "lines")
    assert [row["line_id"] for row in rows] == ["802000000000001AAA", "02i000000000001AAA"]


def test_what_a_mapping_includes_may_be_ones_own(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text("people: {object: User, map: {name: Email}}")
    mapped = find_mapping("crm", "order", tmp_path)
    assert [place for place, _, _ in mapped.tables()] == ["people", "lines"]


def test_a_mapping_that_includes_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("include: two.yaml")
    (tmp_path / "two.yaml").write_text("include: one.yaml")
    with pytest.raises(SourceSettingsError, match=r"includes itself: one.yaml > two.yaml > one.yaml"):
        find_mapping("crm", "one.yaml", tmp_path)


@pytest.mark.parametrize(
    ("beside", "problem"),
    [
        ({"of": "AccountId"}, "name one of: map, count, collect"),
        ({"of": "AccountId", "count": "open_cases", "collect": {"former_ids": "Id"}}, "name one of"),
        ({"of": "AccountId", "map": {"csm_id": "OwnerId"}}, "'map' wants 'first'"),
        ({"of": "AccountId", "count": "opn_cases"}, "unknown column 'opn_cases'; did you mean 'open_cases'?"),
        ({"of": "AccountId", "count": "region"}, "column 'region' is not a number"),
        ({"of": "AccountId", "collect": {"nps": "Id"}}, "column 'nps' is not a text"),
    ],
)
def test_what_other_objects_cannot_tell_is_a_fault(beside: dict[str, Any], problem: str) -> None:
    mapping = {"accounts": {"object": "Account", "map": {"name": "Name"}, "also": {"object": "Case", **beside}}}
    with pytest.raises(ValueError, match=problem.replace("?", r"\?")):
        Mapped.model_validate(mapping)
