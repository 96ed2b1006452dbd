"""Which sources are in doubt, and what rests on them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.guarding.doubts import Doubts, doubt, doubts_of
from bot.core.verdicts import HoldBy
from tests.core.guarding.making import FULL, REMINDER, STALE, UNDERUSE, analysis, rule, ruled, source

# What a source is like, and why it is in doubt.
SOURCES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"age_days": 2}, None),
    ({"age_days": 3}, "usage is stale: complete to 30 Mar 2026"),
    ({"failed": True}, "usage could not be read: complete to 30 Mar 2026"),
    ({"failed": True, "age_days": None, "complete_to": None}, "usage could not be read: nothing of it is complete"),
    ({"age_days": None, "complete_to": None}, "usage has never delivered anything"),
    (
        {"incomplete": True, "rejected_share": 0.125, "accounts_gone": 0.0, "unmatched_share": None},
        "usage is incomplete: 12.5 % of its rows were refused; complete to 30 Mar 2026",
    ),
    (
        {"incomplete": True, "rejected_share": 0.01, "accounts_gone": 0.3, "unmatched_share": 0.02},
        (
            "usage is incomplete: 30 % of its accounts are gone, 2 % of its usage is no account's, "
            "1 % of its rows were refused; complete to 30 Mar 2026"
        ),
    ),
    ({"incomplete": True, "age_days": 9}, "usage is stale: complete to 30 Mar 2026"),
    ({"incomplete": None}, None),
]


@pytest.mark.parametrize(("metrics", "why"), SOURCES)
def test_a_source_is_in_doubt_for_a_reason(metrics: dict[str, Any], why: str | None) -> None:
    assert doubt(source(**metrics)) == why


def doubts(*sources: dict[str, Any], concerns: list[tuple[str, str, str]], accounts: tuple[str, ...] = ()) -> Doubts:
    night = analysis({account: {} for account in accounts}, sources, concerns)
    subjects = {account for account, _, _ in concerns} | set(accounts)
    return doubts_of(night.sources, night.concerns, subjects | {"lost"}, subjects)


def test_a_source_holds_what_rests_on_it_for_the_accounts_that_it_tells_of() -> None:
    told = doubts(source(age_days=5), source("crm"), concerns=[("acme", "usage", "usage")])
    hold = told.hold(rule(UNDERUSE), "acme")
    assert hold is not None
    assert (hold.by, hold.detail) == (HoldBy.SOURCE, "usage is stale: complete to 30 Mar 2026")
    assert told.hold(rule(UNDERUSE), "bolt") is None
    assert told.hold(rule(REMINDER), "acme") is None


def test_a_rule_over_contracts_and_usage_rests_on_both() -> None:
    told = doubts(source("crm", failed=True), concerns=[("acme", "crm", "accounts"), ("acme", "crm", "lines")])
    for text in (UNDERUSE, FULL, REMINDER):
        assert told.hold(rule(text), "acme") is not None
    assert told.hold(ruled("nps < 0"), "acme") is not None


def test_what_a_rule_would_cost_is_not_what_it_rests_on() -> None:
    told = doubts(source("crm", failed=True), concerns=[("acme", "crm", "lines")])
    rated = rule(
        "- {name: sad, kind: churn_risk, when: nps < 0, severity: \"CASE WHEN arr > 1 THEN 'high' END\", "
        "at_stake: arr, to: [owner], template: churn_risk}\n"
    )
    assert told.hold(rated, "acme") is None


def test_every_source_in_doubt_is_named() -> None:
    concerns = [("acme", "usage", "usage"), ("acme", "crm", "lines"), ("acme", "calm", "usage")]
    told = doubts(source(age_days=5), source("crm", failed=True), source("calm"), concerns=concerns)
    hold = told.hold(rule(UNDERUSE), "acme")
    assert hold is not None
    assert hold.detail == "crm could not be read: complete to 30 Mar 2026; usage is stale: complete to 30 Mar 2026"


def test_what_is_said_of_an_account_that_is_gone_rests_on_every_list_of_accounts() -> None:
    told = doubts(source("crm", incomplete=True, accounts_gone=0.5), concerns=[], accounts=("acme",))
    assert told.lists == ("crm",)
    hold = told.hold(rule(REMINDER), "lost")
    assert hold is not None
    assert "crm is incomplete: 50 % of its accounts are gone" in hold.detail
    assert told.hold(rule(REMINDER), "acme") is None


def test_rules_about_sources_rest_on_nothing() -> None:
    told = doubts(source(failed=True), concerns=[("usage", "usage", "usage")])
    assert told.hold(rule(STALE), "usage") is None


def test_without_a_doubt_nothing_is_held() -> None:
    told = doubts(source(), source("crm", accounts_gone=0.0), concerns=[("acme", "usage", "usage")])
    assert told == Doubts()
    assert told.hold(rule(UNDERUSE), "acme") is None
