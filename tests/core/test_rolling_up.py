"""Subsidiaries: whose use counts to which account above."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.rolling_up import Use, rolled_up

PARENTS = {"child": "mid", "mid": "top", "loop": "pool", "pool": "loop", "own": "own"}


@pytest.mark.parametrize(
    ("used", "buyers", "expected"),
    [
        ("child", {"top"}, "top"),
        ("child", {"top", "mid"}, "mid"),  # the nearest
        ("child", {"top", "child"}, None),  # it has a contract of its own
        ("child", set[str](), None),
        ("top", {"child"}, None),  # never downwards
        ("loop", {"pool"}, "pool"),
        ("loop", {"top"}, None),
        ("own", {"top"}, None),
    ],
)
def test_use_counts_to_the_nearest_account_above_that_bought_it(
    used: str, buyers: set[str], expected: str | None
) -> None:
    found = dict(rolled_up([(used, "calls")], PARENTS, {(one, "calls") for one in buyers}))
    assert found == ({} if expected is None else {(used, "calls"): expected})


def test_a_contract_for_another_meter_takes_nothing_in() -> None:
    assert list(rolled_up([("child", "calls")], PARENTS, {("top", "gb")})) == []


names = st.sampled_from("abcdef")


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.dictionaries(names, names),
    st.sets(st.tuples(names, st.sampled_from("xy"))),
    st.sets(st.tuples(names, st.sampled_from("xy"))),
)
def test_whatever_the_tree_use_goes_once_to_a_buyer_of_its_meter(
    parents: dict[str, str], used: set[Use], buyers: set[Use]
) -> None:
    found = list(rolled_up(sorted(used), parents, buyers))
    assert len({use for use, _ in found}) == len(found)
    for (account, meter), to in found:
        assert (to, meter) in buyers
        assert (account, meter) in used - buyers
        assert to != account
