"""How many accounts begin to fall within the same days, and what the fleet's metrics say of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.guarding.falls import NAMES, Crowd, crowd, fleet_table, watched
from bot.core.guarding.policy import FleetPolicy
from bot.core.verdicts import HoldBy
from tests.core.guarding.making import analysis


def on(day: int) -> date:
    return date(2026, 3, day)


def falls(*days: str) -> frozenset[tuple[str, date]]:
    """`"7 a b"`: accounts a and b begin to fall on the 7th."""
    return frozenset((account, on(int(words.split()[0]))) for words in days for account in words.split()[1:])


# Who begins to fall when, the days that count together and how many may; who is found, and whether they are too many.
CROWDS = [
    ((), 3, 2, "", False),
    (("7 a b",), 3, 2, "ab", False),
    (("7 a b", "9 c"), 3, 2, "abc", True),
    (("7 a b", "10 c"), 3, 2, "ab", False),
    (("7 a b", "10 c"), 4, 2, "abc", True),
    # the window slides: the third lies within three days of the second, not of the first
    (("7 a", "9 b c", "11 d"), 3, 2, "abcd", True),
    # two crowds, far apart
    (("1 a b c", "20 d e f", "12 g"), 3, 2, "abcdef", True),
    # an account that falls by two rules is one account
    (("7 a b", "8 a b"), 3, 2, "ab", False),
    # of equal stretches the first
    (("7 a", "20 b"), 3, 2, "a", False),
]


@pytest.mark.parametrize(("days", "window", "limit", "found", "over"), CROWDS)
def test_a_crowd_is_what_begins_within_the_same_days(
    days: tuple[str, ...], window: int, limit: int, found: str, over: bool
) -> None:
    answer = crowd(falls(*days), window, limit)
    assert ("".join(sorted(answer.accounts)), answer.over) == (found, over)


@given(
    st.frozensets(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 20).map(on)), max_size=30),
    st.integers(1, 6),
    st.integers(0, 6),
)
def test_a_crowd_is_that_of_every_stretch_looked_at_by_itself(
    begins: frozenset[tuple[str, date]], window: int, limit: int
) -> None:
    stretches = [
        {account for account, day in begins if first <= day < first + timedelta(days=window)}
        for first in {day for _, day in begins}
    ]
    too_many = [those for those in stretches if len(those) > limit]
    found = crowd(begins, window, limit)
    assert found.over == bool(too_many)
    if too_many:
        assert found.accounts == set().union(*too_many)
    else:
        assert len(found.accounts) == max(map(len, stretches), default=0)


def test_the_limit_is_the_larger_of_a_number_and_a_share() -> None:
    policy = FleetPolicy(accounts=5, share=0.15)
    assert [policy.limit(watched) for watched in (0, 20, 34, 40, 60, 100_000)] == [5, 5, 5, 6, 9, 15_000]


def test_a_fall_is_held_where_it_begins_when_too_many_do() -> None:
    found = crowd(falls("7 a b", "8 c"), 3, 2)
    hold = found.hold(on(8))
    assert hold is not None
    assert hold.by is HoldBy.FLEET
    assert hold.detail == "3 accounts began to fall from 7 Mar 2026 to 8 Mar 2026: one incident tells of all"
    assert found.hold(on(6)) is None
    assert found.hold(None) is None
    assert crowd(falls("7 a b"), 3, 2).hold(on(7)) is None


def test_the_fleets_metrics_name_the_largest_first_and_count_the_others() -> None:
    names = [f"a{number:02}" for number in range(NAMES + 3)]
    night = analysis({name: {"arr": float(number), "currency": "USD"} for number, name in enumerate(names)})
    found = Crowd(frozenset(names), frozenset({on(7), on(8)}), over=True)
    (row,) = fleet_table(found, night.accounts, 100, FleetPolicy(), 2).to_pylist()
    assert row["falling_names"].split(" · ")[:2] == ["A22", "A21"]
    assert row["falling_names"].split(" · ")[-2:] == ["A03", "and 3 more"]
    assert row == {
        "subject": "fleet",
        "falling_accounts": 23,
        "falling_limit": 15,
        "falling_share": 0.23,
        "watched_accounts": 100,
        "falling_since": on(7),
        "falling_until": on(8),
        "falling_names": row["falling_names"],
        "falling_arr": sum(range(23)),
        "currency": "USD",
        "incident_days": 2,
        "at_most_days": 7,
    }


def test_several_currencies_have_no_sum_and_names_are_cut() -> None:
    night = analysis(
        {"acme": {"arr": 1.0, "currency": "USD", "name": "x" * 99}, "bolt": {"arr": 2.0, "currency": "EUR"}}
    )
    found = Crowd(frozenset({"acme", "bolt"}), frozenset({on(7)}), over=True)
    (row,) = fleet_table(found, night.accounts, 2, FleetPolicy(), None).to_pylist()
    assert (row["falling_arr"], row["currency"], row["incident_days"]) == (None, None, 0)
    assert row["falling_names"] == f"Bolt · {'x' * 59}…"


def test_where_nobody_can_say_the_figures_are_unknown_and_where_nobody_falls_zero() -> None:
    nobody = analysis({}).accounts
    (unknown,) = fleet_table(None, nobody, 40, FleetPolicy(), 1).to_pylist()
    assert (unknown["falling_accounts"], unknown["falling_share"], unknown["falling_limit"]) == (None, None, 6)
    (none,) = fleet_table(Crowd(frozenset(), frozenset(), over=False), nobody, 40, FleetPolicy(), None).to_pylist()
    assert (none["falling_accounts"], none["falling_share"], none["falling_names"]) == (0, 0, None)


def test_an_account_is_watched_where_one_of_the_metrics_is_known() -> None:
    accounts = analysis(
        {
            "a": {"trend_size": 0.0},
            "b": {"usage_change_month": -0.1},
            "c": {},
            "d": {"trend_size": float("nan")},
            "e": {"trend_size": -0.5, "usage_change_month": -0.5},
        }
    ).accounts
    assert watched(accounts, {"trend_size", "usage_change_month"}) == 3
    assert watched(accounts, {"trend_size"}) == 2
    assert watched(accounts, set()) == 0
