"""Judging a whole table: who is found, with which truth, and why."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bot.core.judge import explain, judge
from bot.core.rules import parse_rules
from bot.core.verdicts import Finding, Mode, Rule, Scope, Truth

AS_OF = date(2026, 3, 31)
ROOT = Path(__file__).resolve().parents[2]

UNDERUSE = Rule(
    name="licence-underuse",
    kind="churn_risk",
    scope=Scope.ACCOUNT,
    when="licence_utilization < 0.5 AND tenure_days > 60",
    clear="licence_utilization >= 0.6",
    hold=timedelta(days=14),
    repeat=None,
    countdown=None,
    steps=(),
    severity="CASE WHEN arr >= 100000 THEN 'high' WHEN arr IS NULL THEN NULL ELSE 'low' END",
    at_stake="arr * 0.5",
    to=("owner",),
    template="churn_risk",
    mode=Mode.LIVE,
    version="1",
)
RENEWAL = dataclasses.replace(
    UNDERUSE,
    name="renewal",
    when="days_to_deadline BETWEEN 0 AND 120",
    clear="NOT (days_to_deadline BETWEEN 0 AND 120)",
    countdown="days_to_deadline",
    steps=(120, 60),
    severity="'medium'",
    at_stake=None,
)
STALE = dataclasses.replace(
    UNDERUSE,
    name="stale",
    scope=Scope.SOURCE,
    when="failed OR age_days > 3",
    clear="NOT (failed OR age_days > 3)",
    severity="'high'",
    at_stake=None,
)
TABLE = pa.table(
    {
        "subject": ["low", "unknown", "between", "fine", "young"],
        "licence_utilization": [0.41, None, 0.55, 0.8, 0.1],
        "tenure_days": [100, 100, 100, 100, 60],
        "arr": [100_000.0, 50_000.0, 50_000.0, None, 50_000.0],
        "days_to_deadline": pa.array([45, 121, None, 120, -1], pa.int64()),
    }
)


def rule(when: str, **changed: Any) -> Rule:  # noqa: ANN401  # whatever field
    return dataclasses.replace(UNDERUSE, name="rule", when=when, **{"clear": f"NOT ({when})", **changed})


def findings(rules: list[Rule], table: pa.Table = TABLE, **open_subjects: set[str]) -> list[Finding]:
    names = {name.replace("_", "-"): subjects for name, subjects in open_subjects.items()}
    return judge(rules, Scope.ACCOUNT, table, AS_OF, names)


def truth_of(when: str, **values: object) -> Truth:
    """Judge one condition on one row; what is not named is unknown."""
    names = ["arr", "nps", "cus", "segment", "auto_renew", "deadline", "renewal_date", "licence_utilization"]
    kinds = {"segment": pa.string(), "auto_renew": pa.bool_(), "deadline": pa.date32(), "renewal_date": pa.date32()}
    columns = {name: pa.array([values.get(name)], kinds.get(name, pa.float64())) for name in names}
    (found,) = findings([rule(when)], pa.table({"subject": ["a"], **columns}), rule={"a"})
    return found.holds


def test_a_rule_is_found_where_it_holds_and_nowhere_else() -> None:
    (found,) = findings([UNDERUSE])
    assert (found.rule, found.subject, found.as_of) == ("licence-underuse", "low", AS_OF)
    assert (found.holds, found.clears) == (Truth.TRUE, Truth.FALSE)
    assert (found.severity, found.at_stake, found.countdown) == ("high", 50_000.0, None)


def test_the_evidence_is_each_comparison_with_its_values() -> None:
    (found,) = findings([UNDERUSE])
    assert [(item.text, item.truth, item.values) for item in found.evidence] == [
        ("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),)),
        ("tenure_days > 60", Truth.TRUE, (("tenure_days", 100),)),
    ]


def test_an_open_episode_is_found_whatever_became_of_it() -> None:
    found = findings([UNDERUSE], licence_underuse={"unknown", "between", "fine"})
    assert [(item.subject, item.holds, item.clears) for item in found] == [
        ("low", Truth.TRUE, Truth.FALSE),
        ("unknown", Truth.UNKNOWN, Truth.UNKNOWN),
        ("between", Truth.FALSE, Truth.FALSE),
        ("fine", Truth.FALSE, Truth.TRUE),
    ]


def test_an_open_episode_of_a_subject_that_is_gone_is_unknown() -> None:
    found = findings([UNDERUSE], licence_underuse={"gone", "away"})
    assert [(item.subject, item.holds, item.clears, item.evidence) for item in found[1:]] == [
        ("away", Truth.UNKNOWN, Truth.UNKNOWN, ()),
        ("gone", Truth.UNKNOWN, Truth.UNKNOWN, ()),
    ]


def test_open_episodes_of_one_rule_are_nothing_to_another() -> None:
    assert [item.rule for item in findings([UNDERUSE, RENEWAL], renewal={"unknown"})].count("licence-underuse") == 1


def test_rules_come_in_their_order_and_subjects_in_that_of_the_table() -> None:
    assert [(item.rule, item.subject) for item in findings([RENEWAL, UNDERUSE])] == [
        ("renewal", "low"),
        ("renewal", "fine"),
        ("licence-underuse", "low"),
    ]


def test_a_countdown_tells_the_days_left() -> None:
    found = findings([RENEWAL], renewal={"between"})
    assert [(item.subject, item.countdown) for item in found] == [("low", 45), ("between", None), ("fine", 120)]


def test_an_unknown_severity_is_medium_and_an_unknown_stake_unknown() -> None:
    (found,) = findings([UNDERUSE], licence_underuse={"fine"})[1:]
    assert (found.severity, found.at_stake) == ("medium", None)


def test_rules_of_the_other_scope_are_left_alone() -> None:
    sources = pa.table({"subject": ["crm", "usage"], "failed": [False, True], "age_days": [4, None]})
    found = judge([UNDERUSE, STALE], Scope.SOURCE, sources, AS_OF, {})
    assert [item.subject for item in found] == ["crm", "usage"]
    assert judge([STALE], Scope.ACCOUNT, TABLE, AS_OF, {}) == []


def test_an_empty_table_finds_nothing() -> None:
    assert findings([UNDERUSE, RENEWAL], TABLE.slice(0, 0)) == []
    assert len(findings([UNDERUSE], TABLE.slice(0, 0), licence_underuse={"gone"})) == 1


def test_a_table_without_a_metric_that_a_rule_names_is_refused() -> None:
    with pytest.raises(ValueError, match="no column tenure_days"):
        findings([UNDERUSE], TABLE.drop_columns(["tenure_days"]))


@pytest.mark.parametrize("subjects", [["a", "b", "c", "d", "a"], ["a", "b", "c", "d", None]])
def test_a_subject_that_is_unknown_or_stands_twice_is_refused(subjects: list[str | None]) -> None:
    table = TABLE.set_column(0, "subject", pa.array(subjects, pa.string()))
    with pytest.raises(ValueError, match="NULL or stands in two rows"):
        findings([UNDERUSE], table)


def test_columns_of_any_arrow_type_are_understood() -> None:
    table = pa.table(
        {
            "subject": pa.array(["a", "b"], pa.large_string()).dictionary_encode(),
            "arr": pa.array([Decimal("12.50"), None]),
            "nps": pa.nulls(2),
            "segment": pa.array(["Small", "Large"]).dictionary_encode(),
            "auto_renew": [True, None],
            "deadline": [date(2026, 4, 30), None],
            "licence_utilization": pa.array([0.25, 0.75], pa.float32()),
        }
    )
    when = (
        "arr > 12 AND nps IS NULL AND segment = 'Small' AND auto_renew AND deadline < DATE '2026-05-01' "
        "AND licence_utilization < 0.5"
    )
    found = judge([rule(when, severity="'low'", at_stake=None)], Scope.ACCOUNT, table, AS_OF, {"rule": {"b"}})
    assert [(item.subject, item.holds) for item in found] == [("a", Truth.TRUE), ("b", Truth.FALSE)]
    assert [item.values[0][1] for item in found[0].evidence] == [12.5, None, "Small", True, "2026-04-30", 0.25]


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_unknown(broken: float) -> None:
    table = TABLE.slice(0, 1).set_column(1, "licence_utilization", pa.array([broken]))
    (found,) = findings([UNDERUSE], table, licence_underuse={"low"})
    assert found.holds is Truth.UNKNOWN
    assert found.evidence[0].values == (("licence_utilization", None),)


@pytest.mark.parametrize(
    ("when", "values", "truth"),
    [
        # what is divided by zero is unknown
        ("arr / nps > 1", {"arr": 5.0, "nps": 0.0}, Truth.UNKNOWN),
        ("arr / nps > 1", {"arr": 5.0, "nps": 2.0}, Truth.TRUE),
        # the greatest of values of which one is unknown is unknown, though DuckDB would leave it out
        ("GREATEST(arr, nps) > 1", {"arr": 5.0}, Truth.UNKNOWN),
        ("GREATEST(arr, nps) > 1", {"arr": 5.0, "nps": 1.0}, Truth.TRUE),
        ("LEAST(arr, 3, nps) < 4", {"arr": 5.0}, Truth.UNKNOWN),
        ("LEAST(arr, 3, nps) < 4", {"arr": 5.0, "nps": 9.0}, Truth.TRUE),
        # SQL's three values
        ("arr > 1 OR nps > 1", {"arr": 5.0}, Truth.TRUE),
        ("arr > 1 AND nps > 1", {"arr": 5.0}, Truth.UNKNOWN),
        ("arr > 1 AND nps > 1", {"arr": 0.0}, Truth.FALSE),
        ("arr NOT IN (1, 2)", {}, Truth.UNKNOWN),
        ("arr BETWEEN 1 AND nps", {"arr": 0.0}, Truth.FALSE),
        ("arr IS NULL", {}, Truth.TRUE),
        ("COALESCE(arr, 0) = 0", {}, Truth.TRUE),
        ("NOT auto_renew", {}, Truth.UNKNOWN),
        # CASE takes the ELSE where its test is unknown, as SQL has it
        ("CASE WHEN arr > 1 THEN TRUE ELSE FALSE END", {}, Truth.FALSE),
        ("CASE segment WHEN 'a' THEN 1 WHEN 'b' THEN 2 END = 2", {"segment": "b"}, Truth.TRUE),
        # decimals are the numbers that they say
        ("licence_utilization * 3 = 0.3", {"licence_utilization": 0.1}, Truth.FALSE),  # as everywhere in floating point
        ("ROUND(licence_utilization * 3, 6) = 0.3", {"licence_utilization": 0.1}, Truth.TRUE),
        ("ROUND(arr, -2) = 1200 AND ROUND(nps) = 3", {"arr": 1234.0, "nps": 2.5}, Truth.TRUE),
        ("arr * 99999999999999999999 * 99999999999999999999 > 1", {"arr": 1e300}, Truth.TRUE),
        ("- arr < -1 AND ABS(nps) = 2", {"arr": 2.0, "nps": -2.0}, Truth.TRUE),
        # texts and dates
        ("LOWER(segment) LIKE '%''s%' AND UPPER(segment) = 'IT''S'", {"segment": "It's"}, Truth.TRUE),
        ("segment NOT LIKE 'a_'", {"segment": "ab"}, Truth.FALSE),
        ("renewal_date - deadline = 30", {"deadline": date(2026, 4, 1), "renewal_date": date(2026, 5, 1)}, Truth.TRUE),
        ("renewal_date - deadline > 30 / 4", {"deadline": date(2026, 4, 1)}, Truth.UNKNOWN),
        # a multiplication before a sum, AND before OR, NOT before AND
        ("1 + 2 * arr = 7", {"arr": 3.0}, Truth.TRUE),
        ("arr = 1 OR arr = 2 AND nps = 9", {"arr": 1.0, "nps": 0.0}, Truth.TRUE),
        ("NOT arr = 1 AND nps = 9", {"arr": 2.0, "nps": 0.0}, Truth.FALSE),
        ("arr - nps - cus = 1", {"arr": 6.0, "nps": 3.0, "cus": 2.0}, Truth.TRUE),
        ("arr / nps / cus = 1", {"arr": 6.0, "nps": 3.0, "cus": 2.0}, Truth.TRUE),
    ],
)
def test_conditions_mean_what_they_say(when: str, values: dict[str, object], truth: Truth) -> None:
    assert truth_of(when, **values) is truth


def test_why_and_why_not_come_from_one_row() -> None:
    evidence = explain(UNDERUSE, {"licence_utilization": 0.7, "name": "Acme"})
    assert [(item.text, item.truth, item.values) for item in evidence] == [
        ("licence_utilization < 0.5", Truth.FALSE, (("licence_utilization", 0.7),)),
        ("tenure_days > 60", Truth.UNKNOWN, (("tenure_days", None),)),
    ]


def test_why_takes_dates_as_dates_or_as_text() -> None:
    late = rule("deadline < DATE '2026-05-01'")
    assert explain(late, {"deadline": "2026-04-30"}) == explain(late, {"deadline": date(2026, 4, 30)})
    assert explain(late, {"deadline": date(2026, 4, 30)})[0].values == (("deadline", "2026-04-30"),)


def test_a_comparison_without_a_metric_is_evidence_too() -> None:
    (first, second) = explain(rule("arr > 1 AND 1 < 2"), {"arr": 2.0})
    assert (first.truth, second.text, second.truth, second.values) == (Truth.TRUE, "1 < 2", Truth.TRUE, ())


def test_the_rules_that_ship_can_be_judged_together() -> None:
    rules = parse_rules((ROOT / "config/rules.yaml").read_text(encoding="utf-8"), "config/rules.yaml")
    table = pa.table(
        {
            "subject": ["idle", "full", "over", "falling", "renewing", "fine", "gone"],
            "licence_utilization": [0.3, 0.93, None, 0.7, None, 0.8, None],
            "tenure_days": [400, 400, 400, 400, 400, 400, 400],
            "days_to_renewal": [100, 300, 300, 300, 90, 300, None],
            "days_to_deadline": [130, 300, 300, 300, 45, 300, None],
            "active_lines": [1, 1, 1, 1, 1, 1, 0],
            "trend_size": [0.0, 0.0, None, -0.5, None, -0.19, None],
            "trend_provisional": [False, False, None, False, None, False, None],
            "peak_utilization": [0.3, 0.93, 1.3, 0.7, 0.95, 0.8, None],
            "peak_pace": [None, None, 1.6, 0.9, 1.0, None, None],
            "overage_value": pa.array([None, None, 12_000.0, None, None, None, None], pa.float64()),
            "arr": [120_000.0, 10_000.0, 10_000.0, 10_000.0, None, 10_000.0, None],
        }
    )
    opened = {each.name: {"gone"} for each in rules}
    found = judge(rules, Scope.ACCOUNT, table, AS_OF, opened)
    assert {(item.rule, item.subject, item.severity) for item in found if item.holds is Truth.TRUE} == {
        ("licence-underuse", "idle", "high"),
        ("near-limit", "full", "medium"),
        ("overage", "over", "high"),
        ("utilization-falling", "falling", "high"),
        ("renewal-reminder", "renewing", "medium"),
    }
    # an account without a contract: everything is unknown, and what was open ends all the same
    assert {(item.holds, item.clears) for item in found if item.subject == "gone"} == {(Truth.UNKNOWN, Truth.TRUE)}
