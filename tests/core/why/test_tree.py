"""A condition as a tree: which comparison decides, and how far it is from holding."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.judge import judge_one
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope, Truth
from bot.core.why.tree import Every, Leaf, Some, deciding, gap, leaves, tree_of, truth

if TYPE_CHECKING:
    from bot.core.verdicts import Evidence, Finding, Rule, Value

DAY = date(2026, 3, 31)


def rule(when: str) -> Rule:
    text = f"- name: a\n  kind: churn_risk\n  when: >-\n    {when}\n  to: [owner]\n  template: churn_risk\n"
    return parse_rules(text, "rules.yaml")[0]


def finding(when: str, **row: Value) -> Finding:
    return judge_one([rule(when)], Scope.ACCOUNT, "A", row, DAY)[0]


def seen(when: str, **row: Value) -> dict[str, Evidence]:
    return {item.text: item for item in finding(when, **row).evidence}


def decided(when: str, **row: Value) -> list[str]:
    return [leaf.text for leaf in deciding(tree_of(rule(when).when, Scope.ACCOUNT), seen(when, **row))]


def far(when: str, **row: Value) -> float:
    return gap(tree_of(rule(when).when, Scope.ACCOUNT), seen(when, **row))


def test_and_and_or_are_lists_as_they_are_read() -> None:
    tree = tree_of("arr > 1 AND (nps > 2 OR cus > 3 OR seats > 4) AND health > 5", Scope.ACCOUNT)
    assert isinstance(tree, Every)
    middle = tree.parts[1]
    assert isinstance(middle, Some)
    assert [leaf.text for leaf in leaves(tree)] == ["arr > 1", "nps > 2", "cus > 3", "seats > 4", "health > 5"]
    assert len(tree.parts) == len(middle.parts) == 3


def test_not_is_taken_in() -> None:
    tree = tree_of("NOT (arr > 1 AND NOT auto_renew)", Scope.ACCOUNT)
    assert tree == Some((Leaf("arr <= 1", (1.0,)), Leaf("auto_renew")))


# A condition, what is known, and the comparisons that decide.
DECIDING = [
    # of what holds: every part of an AND, the first part of an OR that holds
    ("arr > 1 AND nps < 5", {"arr": 2.0, "nps": 3.0}, ["arr > 1", "nps < 5"]),
    ("arr > 9 OR nps < 5 OR cus < 5", {"arr": 2.0, "nps": 3.0, "cus": 1.0}, ["nps < 5"]),
    # the first part that is false: what comes after it does not matter
    ("arr > 1 AND nps < 5 AND cus < 5", {"arr": 2.0, "nps": 7.0, "cus": 9.0}, ["nps < 5"]),
    # false decides, whatever is unknown before it
    ("arr > 1 AND nps < 5", {"nps": 7.0}, ["nps < 5"]),
    # nothing is false: the first that is unknown
    ("arr > 1 AND nps < 5 AND cus < 5", {"arr": 2.0}, ["nps < 5"]),
    ("arr > 9 OR nps < 5", {"arr": 2.0}, ["nps < 5"]),
    # no part of an OR holds: the nearest
    ("arr > 1000 OR nps < 5", {"arr": 2.0, "nps": 6.0}, ["nps < 5"]),
    ("arr > 1000 OR nps < 5", {"arr": 999.0, "nps": 6.0}, ["arr > 1000"]),
    ("arr > 1 AND (nps < 5 OR nps IS NULL)", {"arr": 2.0, "nps": 6.0}, ["nps < 5"]),
]


@pytest.mark.parametrize(("when", "row", "texts"), DECIDING)
def test_the_comparisons_that_decide_are_named(when: str, row: dict[str, Value], texts: list[str]) -> None:
    assert decided(when, **row) == texts


# A condition, what is known, and how far it is from holding.
GAPS = [
    ("licence_utilization < 0.5", {"licence_utilization": 0.4}, 0.0),
    ("licence_utilization < 0.5", {"licence_utilization": 0.625}, 0.2),  # an eighth above, of 0.625
    ("0.5 > licence_utilization", {"licence_utilization": 0.625}, 0.2),
    ("arr BETWEEN 90 AND 100", {"arr": 45.0}, 0.5),
    ("arr BETWEEN 90 AND 100", {"arr": 200.0}, 0.5),
    ("arr NOT BETWEEN 90 AND 100", {"arr": 99.0}, 0.01),
    ("trend_size <= -0.20", {"trend_size": -0.15}, 0.25),
    ("trend_size <= -0.20", {"trend_size": 0.3}, 1.0),  # never more than all of it
    ("arr > 0", {"arr": 0.0}, 0.0),  # at the edge
    ("active_users < seats", {"active_users": 100, "seats": 80.0}, 0.2),
    ("segment = 'SMB'", {"segment": "Enterprise"}, 1.0),
    ("auto_renew", {"auto_renew": False}, 1.0),
    ("arr > 100", {}, math.inf),
    # an AND lacks all that its parts lack, an OR what the nearest lacks
    ("arr > 100 AND nps > 10", {"arr": 50.0, "nps": 9.0}, 0.6),
    ("arr > 100 OR nps > 10", {"arr": 50.0, "nps": 9.0}, 0.1),
]


@pytest.mark.parametrize(("when", "row", "distance"), GAPS)
def test_the_distance_is_a_share_of_the_threshold(when: str, row: dict[str, Value], distance: float) -> None:
    assert far(when, **row) == pytest.approx(distance)


_LEAF = st.sampled_from(["arr > 5", "nps < 3", "cus BETWEEN 2 AND 6", "health = 4", "seats IS NULL", "auto_renew"])
_CONDITION = st.recursive(
    _LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join).map("({})".format),
        inner.map("(NOT ({}))".format),
    ),
    max_leaves=6,
)
_NUMBER = st.one_of(st.none(), st.integers(0, 8).map(float))
_ROW = st.fixed_dictionaries(
    {
        **dict.fromkeys(("arr", "nps", "cus", "health", "seats"), _NUMBER),
        "auto_renew": st.sampled_from([True, False, None]),
    }
)


@settings(max_examples=60, deadline=None)
@given(_CONDITION, _ROW)
def test_the_tree_says_what_the_engine_says(when: str, row: dict[str, Value]) -> None:
    found, tree = finding(when, **row), tree_of(rule(when).when, Scope.ACCOUNT)
    by_text = {item.text: item for item in found.evidence}
    assert truth(tree, by_text) is found.holds
    assert {by_text[leaf.text].truth for leaf in deciding(tree, by_text)} == {found.holds}
    if found.holds is Truth.TRUE:
        assert gap(tree, by_text) == 0
