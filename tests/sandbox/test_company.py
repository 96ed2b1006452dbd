from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.core.spelling import with_checks
from bot.sandbox.company import DEMO_SETTINGS, OUTAGE, Company, Story, sample_company
from bot.sandbox.company.ids import record_id
from bot.sandbox.posthog import EVENTS, posthog_app
from bot.sandbox.serve import serving
from connectors.base import Places, Rejects, Window
from connectors.schema import Table
from connectors.usage.posthog import Settings, open_source
from tests.sandbox.company_facts import DAY, Facts

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def company() -> Company:
    return sample_company(7, TODAY)


def test_the_same_arguments_make_the_same_company(company: Company) -> None:
    again = sample_company(7, TODAY)
    assert again.salesforce == company.salesforce
    assert again.events.equals(company.events)
    assert (again.slack_users, again.stories, again.customers) == (
        company.slack_users,
        company.stories,
        company.customers,
    )


def test_another_seed_makes_another_company(company: Company) -> None:
    other = sample_company(8, TODAY)
    assert other.salesforce["OrderItem"] != company.salesforce["OrderItem"]
    assert not other.events.equals(company.events)


def test_there_are_60_customers_and_their_events(company: Company) -> None:
    assert len(company.salesforce["Account"]) == len(company.stories) == len(set(company.customers.values())) == 60
    assert len({row["Name"] for row in company.salesforce["Account"]}) == 60
    assert 100_000 < company.events.num_rows < 400_000
    assert company.events.schema == EVENTS
    assert set(company.stories.values()) == {story.value for story in Story}


def test_the_fields_are_those_that_were_asked_for(company: Company) -> None:
    fields = {name: " ".join(rows[0]) for name, rows in company.salesforce.items()}
    assert fields == {
        "Account": "Id Name Website ParentId OwnerId Segment__c Industry Region__c BillingCountry CSM__c NPS__c "
        "CSAT__c Open_Cases__c Urgent_Cases__c External_Id__c CreatedDate SystemModstamp",
        "User": "Id Name Email ManagerId IsActive TimeZoneSidKey",
        "Contract": "Id AccountId ContractNumber StartDate EndDate ContractTerm OwnerExpirationNotice Status "
        "AutoRenew__c",
        "Order": "Id AccountId ContractId OrderNumber EffectiveDate EndDate Status",
        "OrderItem": "Id OrderId Product2Id Quantity UnitPrice ListPrice ServiceDate EndDate",
        "Product2": "Id Name ProductCode Family",
    }
    assert all(list(row) == list(rows[0]) for rows in company.salesforce.values() for row in rows)


def test_references_lead_somewhere_and_ids_are_salesforces(company: Company) -> None:
    ids = {name: {row["Id"] for row in rows} for name, rows in company.salesforce.items()}
    homes = {
        "ParentId": "Account", "OwnerId": "User", "CSM__c": "User", "ManagerId": "User", "AccountId": "Account",
        "ContractId": "Contract", "OrderId": "Order", "Product2Id": "Product2",
    }  # fmt: skip
    prefixes = {"Account": "001", "User": "005", "Contract": "800", "Order": "801", "OrderItem": "802"}
    for name, rows in company.salesforce.items():
        assert len(ids[name]) == len(rows)
        for row in rows:
            assert row["Id"].startswith(prefixes.get(name, "01t"))
            assert row["Id"] == with_checks(row["Id"][:15])
            assert all(row[key] in ids[home] for key, home in homes.items() if row.get(key) is not None)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        # by hand: the lowest bit of each of the three is the first of its five characters
        ("0013000000001aA", "0013000000001aAAAQ"),
        ("ZZZZZZZZZZZZZZZ", "ZZZZZZZZZZZZZZZ555"),
        ("abcdefghijklmno", "abcdefghijklmnoAAA"),
        ("Aaaaaaaaaaaaaaa", "AaaaaaaaaaaaaaaBAA"),
        ("aaaaAaaaaaaaaaa", "aaaaAaaaaaaaaaaQAA"),
    ],
)
def test_the_last_three_characters_check_the_capitals(short: str, whole: str) -> None:
    assert with_checks(short) == whole


def test_ids_do_not_meet() -> None:
    assert len({record_id("Account", number) for number in range(5000)}) == 5000


def test_dates_and_moments_are_written_as_salesforce_does(company: Company) -> None:
    for rows in company.salesforce.values():
        for row in rows:
            for key, value in row.items():
                if key.endswith("Date") and key != "CreatedDate":
                    assert date.fromisoformat(value).isoformat() == value
                if key in {"CreatedDate", "SystemModstamp"}:
                    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\.000\+0000", value)


def _keys(row: dict[str, Any]) -> set[str | None]:
    return {row["External_Id__c"], row["Website"].removeprefix("https://www."), row["Id"]}


def test_usage_names_accounts_by_one_of_their_keys_but_for_the_unmatched(company: Company) -> None:
    accounts = {row["Id"]: row for row in company.salesforce["Account"]}
    every_key = set().union(*(_keys(row) for row in accounts.values()))
    for account, customer in company.customers.items():
        if company.stories[account] == Story.UNMATCHED:
            assert customer not in every_key
        else:
            assert customer in _keys(accounts[account])
    named = set(company.events["$group_0"].to_pylist())
    assert named == set(company.customers.values())


def test_names_are_awkward_in_every_way_that_names_are(company: Company) -> None:
    names = [row["Name"] for row in company.salesforce["Account"]]
    assert "Ampersand & Sons <Logistics>" in names
    assert any("<!channel>" in name for name in names)
    assert any("'" in name and '"' in name for name in names)
    assert any(150 < len(name) <= 255 for name in names)
    assert any(re.search("[\u0600-\u06ff]", name) for name in names)
    assert any("Å" in name for name in names)
    assert any("*" in name and "`" in name for name in names)


def test_the_vendors_people_are_complete(company: Company) -> None:
    assert len(company.salesforce["User"]) == 11
    assert len(company.slack_users) == 9
    assert len({user.id for user in company.slack_users}) == 9
    assert all(name.startswith("#") for name in company.channels)


def test_the_settings_are_yaml_and_fit_the_products(company: Company) -> None:
    read = yaml.safe_load(DEMO_SETTINGS)
    meters = {meter["name"] for meter in read["meters"]}
    assert meters == {meter["meter"] for meter in read["posthog"]["meters"]}
    assert {product["meter"] for product in read["products"] if "meter" in product} == meters
    assert len(read["products"]) == len(company.salesforce["Product2"])


def test_the_connector_reads_the_company_from_the_stand_in(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTHOG_TEST_KEY", "phx_sandbox")
    with serving(posthog_app(company.events, api_key="phx_sandbox", project=1)) as url:
        given = {"host": url, "project": 1, "api_key": {"env": "POSTHOG_TEST_KEY"}}
        settings = Settings.model_validate(given | yaml.safe_load(DEMO_SETTINGS)["posthog"])
        rejects = Rejects()
        batches = list(open_source("posthog", settings, Places.within(tmp_path)).read(Window(None, TODAY), rejects))
    rows = sum(batch.rows.num_rows for batch in batches if batch.table is Table.USAGE)
    # One event a user and day, and one a customer and day for the others: as many rows as events before today.
    before_today = Facts(company).connection.execute("SELECT count(*) FROM events WHERE day < ?", [TODAY]).fetchone()
    assert before_today == (rows,)
    assert rows == rejects.read
    assert rejects.rejected == 0
    outage = (TODAY - OUTAGE[0] * DAY, TODAY - OUTAGE[-1] * DAY)
    coverage = batches[-1].rows.to_pylist()
    for meter in ("active_users", "api_calls", "credits"):
        spans = [(row["first_day"], row["last_day"]) for row in coverage if row["meter"] == meter]
        assert len(spans) == 2
        assert spans[0][1] == outage[0] - DAY
        assert spans[1] == (outage[1] + DAY, TODAY - DAY)
