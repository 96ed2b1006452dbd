from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pyarrow.compute as pc
import pytest

from bot.sandbox.company import HISTORY_DAYS, OUTAGE, Story, Trait, sample_company
from tests.sandbox.company_facts import DAY, Facts

DAYS = [date(2026, 11, 21), date(2028, 2, 29), date(2027, 1, 10)]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def facts(request: pytest.FixtureRequest) -> Facts:
    return Facts(sample_company(7, request.param))


def test_the_events_reach_from_18_months_ago_into_the_morning_of_today(facts: Facts) -> None:
    first, last = facts.connection.execute("SELECT min(day), max(day) FROM events").fetchall()[0]
    assert (first, last) == (facts.today - HISTORY_DAYS * DAY, facts.today)
    newest = pc.max(facts.company.events["timestamp"]).as_py()
    assert newest is not None
    assert newest < datetime(facts.today.year, facts.today.month, facts.today.day, 6, tzinfo=UTC)


def test_the_outage_has_no_event_of_anyone_and_every_other_day_has(facts: Facts) -> None:
    days = {row[0] for row in facts.connection.execute("SELECT DISTINCT day FROM events").fetchall()}
    all_days = {facts.today - ago * DAY for ago in range(HISTORY_DAYS + 1)}
    assert all_days - days == {facts.today - ago * DAY for ago in OUTAGE}


def test_every_account_has_seats_in_force(facts: Facts) -> None:
    assert all("SEAT-STD" in facts.lines(account) for account in facts.accounts)


def test_contracts_of_an_account_follow_one_another(facts: Facts) -> None:
    for account in facts.accounts:
        mine = sorted(
            (row["StartDate"], row["EndDate"])
            for row in facts.company.salesforce["Contract"]
            if row["AccountId"] == account
        )
        assert all(date.fromisoformat(a[1]) + DAY == date.fromisoformat(b[0]) for a, b in pairwise(mine))


def test_drafts_are_offers_for_after_the_contract(facts: Facts) -> None:
    drafts = [row for row in facts.company.salesforce["Order"] if row["Status"] == "Draft"]
    assert {row["AccountId"] for row in drafts} == set(facts.playing(Story.RENEWAL_DUE))
    assert all(row["EffectiveDate"] > facts.today.isoformat() for row in drafts)


def test_renewals_fall_due_at_each_step_of_the_countdown(facts: Facts) -> None:
    left = sorted(facts.days_left(account) for account in facts.accounts)
    assert left[0] == 7
    for step, before in ((30, 7), (60, 30), (90, 60), (120, 90)):
        assert any(before < days <= step for days in left)
    assert all(facts.days_left(account) <= 100 for account in facts.playing(Story.RENEWAL_DUE))


def test_underuse_is_less_than_half_of_the_seats_and_a_renewal_within_180_days(facts: Facts) -> None:
    for account in facts.playing(Story.UNDERUSE):
        assert facts.active_share(account) < 0.5
        assert 0 <= facts.days_left(account) <= 180


def test_near_limit_is_90_to_100_percent_of_the_seats_and_more_than_half_a_year_ago(facts: Facts) -> None:
    steady = _growth(facts, facts.playing(Story.STEADY))
    for account in facts.playing(Story.NEAR_LIMIT):
        assert 0.9 <= facts.active_share(account) <= 1
        # Holidays may lie in either of the two: measured against those who stayed as they were.
        assert _growth(facts, [account]) > 1.1 * steady


def _growth(facts: Facts, accounts: list[str]) -> float:
    """Sessions of the last weeks / those of half a year ago, of accounts that were customers then."""
    old = [account for account in accounts if _since(facts, account) < facts.today - 240 * DAY]
    now = sum(facts.number("count(*)", "app session", a, facts.today - 19 * DAY, facts.today - DAY) for a in old)
    then = sum(
        facts.number("count(*)", "app session", a, facts.today - 219 * DAY, facts.today - 191 * DAY) for a in old
    )
    return (now / 19) / (then / 29)


def _since(facts: Facts, account: str) -> date:
    starts = [row["StartDate"] for row in facts.company.salesforce["Contract"] if row["AccountId"] == account]
    return date.fromisoformat(min(starts))


def test_falling_is_about_40_percent_less_than_two_months_ago(facts: Facts) -> None:
    for account in facts.playing(Story.FALLING):
        now = facts.number("count(*)", "app session", account, facts.today - 28 * DAY, facts.today - DAY) / 25
        then = facts.number("count(*)", "app session", account, facts.today - 88 * DAY, facts.today - 61 * DAY) / 28
        assert -0.65 < now / then - 1 < -0.25


def test_steady_accounts_stay_away_from_every_limit(facts: Facts) -> None:
    for account in facts.playing(Story.STEADY) + facts.playing(Story.RENEWAL_DUE):
        assert 0.5 <= facts.active_share(account) < 0.88
        assert _api_share(facts, account, 1) < 0.85


def _api_share(facts: Facts, account: str, months_ago: int) -> float:
    """Calls of a complete month / allowance; 0 without one."""
    line = facts.lines(account).get("API-10K")
    last = facts.today.replace(day=1) - DAY
    for _ in range(months_ago - 1):
        last = last.replace(day=1) - DAY
    used = facts.number("sum(quantity)", "api calls", account, last.replace(day=1), last)
    return used / (float(line["Quantity"]) * 10_000) if line else 0.0


def test_overage_is_over_the_allowance_in_each_of_the_last_months(facts: Facts) -> None:
    for account in facts.playing(Story.API_OVERAGE):
        assert all(_api_share(facts, account, months) > 1.02 for months in (1, 2))


def test_a_commit_that_runs_out_is_nearly_spent_with_a_good_part_of_the_term_to_go(facts: Facts) -> None:
    for account in facts.playing(Story.COMMIT_RUNS_OUT):
        assert 0.85 <= _spent(facts, account) <= 0.97
        assert facts.days_left(account) >= 170


def test_other_commits_last(facts: Facts) -> None:
    others = [account for account in facts.accounts if "CREDITS" in facts.lines(account)]
    for account in set(others) - set(facts.playing(Story.COMMIT_RUNS_OUT)):
        elapsed = 1 - facts.days_left(account) / 365
        assert _spent(facts, account) < elapsed + 0.02


def _spent(facts: Facts, account: str) -> float:
    line = facts.lines(account)["CREDITS"]
    start = date.fromisoformat(line["ServiceDate"])
    used = facts.number("sum(quantity)", "credits used", account, start, facts.today)
    return used / float(line["Quantity"])


def test_onboarding_accounts_are_younger_than_60_days_and_use_little_yet(facts: Facts) -> None:
    for account in facts.playing(Story.ONBOARDING):
        created = datetime.fromisoformat(facts.accounts[account]["CreatedDate"]).date()
        assert facts.today - created < 60 * DAY
        assert 0 < facts.active_share(account) < 0.5
    old = set(facts.accounts) - set(facts.playing(Story.ONBOARDING))
    assert all(facts.today - _since(facts, account) > 60 * DAY for account in old)


def test_silent_accounts_are_known_to_usage_but_for_100_days_used_nothing(facts: Facts) -> None:
    for account in facts.playing(Story.SILENT):
        assert facts.number("count(*)", "app session", account, facts.today - 99 * DAY, facts.today) == 0
        assert facts.number("count(*)", "app session", account, facts.today - 200 * DAY, facts.today - 100 * DAY) > 0


def test_owners_are_missing_in_every_way_that_owners_are(facts: Facts) -> None:
    users = {row["Id"]: row for row in facts.company.salesforce["User"]}
    in_slack = {user.email for user in facts.company.slack_users}
    assert len(facts.having(Trait.NO_OWNER)) == 2
    for account, row in facts.accounts.items():
        owner = users.get(row["OwnerId"])
        assert (owner is None) == (account in facts.having(Trait.NO_OWNER))
        if owner is not None:
            assert owner["IsActive"] == (account not in facts.having(Trait.OWNER_INACTIVE))
            absent = {*facts.having(Trait.OWNER_INACTIVE), *facts.having(Trait.OWNER_WITHOUT_SLACK)}
            assert (owner["Email"] in in_slack) == (account not in absent)


def test_a_parent_has_two_children(facts: Facts) -> None:
    (parent,) = facts.having(Trait.PARENT)
    children = [account for account, row in facts.accounts.items() if row["ParentId"] == parent]
    assert sorted(children) == sorted(facts.having(Trait.CHILD))
    assert len(children) == 2


def test_weekends_are_quiet(facts: Facts) -> None:
    rows = facts.connection.execute(
        """SELECT avg(n) FILTER (WHERE weekday < 6), avg(n) FILTER (WHERE weekday >= 6) FROM (
           SELECT day, isodow(day) AS weekday, count(*) AS n FROM events WHERE event = 'app session' GROUP BY day)"""
    ).fetchall()
    assert rows[0][1] < 0.25 * rows[0][0]
