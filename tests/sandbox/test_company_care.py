"""What the customers of the sample company say of it fits what they play."""

from __future__ import annotations

from datetime import date
from statistics import mean
from typing import Any

import pytest

from bot.sandbox.company import Company, Story, Trait, sample_company

SAID = ("CSAT__c", "Open_Cases__c", "Urgent_Cases__c")


@pytest.fixture(scope="module", params=[7, 11])
def company(request: pytest.FixtureRequest) -> Company:
    return sample_company(request.param, date(2026, 11, 21))


def told(company: Company, story: Story, field: str) -> list[float]:
    rows: list[dict[str, Any]] = company.salesforce["Account"]
    return [row[field] for row in rows if company.stories[row["Id"]] == story.value and row[field] is not None]


def test_who_is_content_and_who_leaves_do_not_say_the_same(company: Company) -> None:
    assert mean(told(company, Story.FALLING, "CSAT__c")) + 15 < mean(told(company, Story.NEAR_LIMIT, "CSAT__c"))
    assert min(told(company, Story.FALLING, "Urgent_Cases__c")) > max(
        told(company, Story.NEAR_LIMIT, "Urgent_Cases__c")
    )


def test_who_went_silent_asks_nothing_and_who_is_new_was_not_asked_yet(company: Company) -> None:
    assert set(told(company, Story.SILENT, "Open_Cases__c")) <= {0.0}
    assert told(company, Story.ONBOARDING, "CSAT__c") == []


def test_of_some_accounts_nothing_is_known(company: Company) -> None:
    for field in SAID:
        unknown = sum(row[field] is None for row in company.salesforce["Account"])
        assert 2 <= unknown <= 35


def test_urgent_cases_are_open_ones_and_known_where_they_are(company: Company) -> None:
    for row in company.salesforce["Account"]:
        assert (row["Open_Cases__c"] is None) == (row["Urgent_Cases__c"] is None)
        assert row["Open_Cases__c"] is None or 0 <= row["Urgent_Cases__c"] <= row["Open_Cases__c"]


def test_one_account_uses_what_it_bought_and_is_angry_all_the_same(company: Company) -> None:
    (angry,) = [row for row in company.salesforce["Account"] if Trait.ESCALATED.value in company.traits[row["Id"]]]
    assert company.stories[angry["Id"]] == Story.STEADY.value
    assert angry["CSAT__c"] < 45
    assert angry["Urgent_Cases__c"] >= 2
