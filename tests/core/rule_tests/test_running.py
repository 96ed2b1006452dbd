"""Tests of rules that pass and that fail: what is told of each, and that the days pass as the nights do."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from textwrap import indent
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
import yaml

from bot.core.episodes import Episode, Phase, advance
from bot.core.judge import judge
from bot.core.rule_tests.compare import run_cases, untested
from bot.core.rule_tests.judging import judge_cases
from bot.core.rule_tests.life import live
from bot.core.rule_tests.read import TestFile
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope, Truth
from bot.shipped import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.rule_tests.case import Case
    from bot.core.rule_tests.compare import Failure
    from bot.core.verdicts import Rule

RULES = parse_rules(
    """\
- name: idle
  kind: churn_risk
  when: licence_utilization < 0.5 AND tenure_days > 60
  clear: licence_utilization >= 0.6
  for: 2d
  repeat: 5d
  severity: CASE WHEN licence_utilization < 0.2 THEN 'high' ELSE 'medium' END
  at_stake: arr
  to: [owner]
  template: churn_risk
- {name: due, kind: renewal, when: days_to_deadline >= 0, countdown: days_to_deadline, steps: [30, 7],
   to: [owner], template: renewal}
- {name: quiet, kind: upsell, when: peak_utilization > 0.9, repeat: 4d, to: [owner], template: upsell, mode: shadow}
- {name: stale, kind: operations, scope: source, when: failed, repeat: 3d, to: ["#ops"], template: operations}
""",
    "rules.yaml",
)
IDLE = "name: t\nrules: [idle]\naccounts: {acme: {licence_utilization: %s, tenure_days: 100+1..., arr: 9000}}\n"


def cases(*tests: str, rules: Sequence[Rule] = RULES) -> tuple[Case, ...]:
    listed = "".join(f"  -\n{indent(test, '    ')}\n" for test in tests)
    return TestFile(f"rule_file: rules.yaml\ntests:\n{listed}", "t.yaml").cases(rules)


def failures(test: str) -> list[Failure]:
    (result,) = run_cases(cases(test), RULES)
    return list(result.failures)


def told(test: str) -> list[tuple[int | None, str, str]]:
    return [(one.day, one.expected, one.came) for one in failures(test)]


# what passes, by what the rule is tested for

PASSES = {
    "fires after `for`, repeats, and ends": IDLE % "0.4x9 0.6"
    + "expect: [{day: 2, says: fired}, {day: 7, says: repeat}, {day: 9, says: resolved}]",
    "a rise is said": IDLE % "0.4x4 0.1x2"
    + "expect: [{day: 2, says: fired, severity: medium}, {day: 4, says: worsened-high, severity: high}]",
    "between `when` and `clear` is silence": IDLE % "0.4x3 0.55x2 0.4x2"
    + "expect: [{day: 2, says: fired, at_stake: 9000, evidence: {licence_utilization: 0.4, tenure_days: 102}}]",
    "unknown does not stop the count": IDLE % "0.4 _x2 0.4" + "expect: [{day: 3, says: fired}]",
    "a claimed one is not repeated": IDLE % "0.4x12" + "events: [{day: 3, claim: U1}]\nexpect: [{day: 2, says: fired}]",
    "a snoozed one wakes": IDLE % "0.4x12"
    + "events: [{day: 3, snooze: 2026-01-09}]\nexpect: [{day: 2, says: fired}, {day: 8, says: woke}]",
    "a closed one keeps still until it is clear": IDLE % "0.4x12 0.7 0.4x3"
    + "events: [{day: 3, close: lost}]\nexpect: [{day: 2, says: fired}, {day: 15, says: fired}]",
    "a hold delays": IDLE % "0.4x5" + "events: [{day: 0, hold: fleet, until: 4}]\nexpect: [{day: 4, says: fired}]",
    "a hold of a source delays the end": IDLE % "0.4x3 0.7x3"
    + "events: [{day: 3, hold: source, until: 5}]\nexpect: [{day: 2, says: fired}, {day: 5, says: resolved}]",
    "a hold is for the account that it names": "name: t\nrules: [idle]\ndays: 4\naccounts:\n"
    "  a: {licence_utilization: 0.4, tenure_days: 99}\n  b: {licence_utilization: 0.4, tenure_days: 99}\n"
    "events: [{day: 0, hold: inhibited, account: a}]\nexpect: [{day: 2, account: b, says: fired}]",
    "no guard holds what is said of sources": "name: t\nrules: [stale]\nsources: {usage: {failed: truex2}}\n"
    "events: [{day: 0, hold: source}]\nexpect: [{day: 0, says: fired}]",
    "each step once": "name: t\nrules: [due]\naccounts: {a: {days_to_deadline: 31-1x32}}\n"
    "expect: [{day: 1, says: step-30}, {day: 24, says: step-7}]",
    "a rule in shadow mode is tested as if it spoke": "name: t\nrules: [quiet]\n"
    "accounts: {a: {peak_utilization: 0.95x5 0.5}}\n"
    "expect: [{day: 0, says: fired}, {day: 4, says: repeat}, {day: 5, says: resolved}]",
    "other rules are no matter to a test of one": "name: t\nrules: [idle]\ndays: 9\n"
    "accounts: {a: {licence_utilization: 0.9, tenure_days: 99, peak_utilization: 0.99, days_to_deadline: 3}}\n"
    "expect: []",
    "unknown is tested by writing it": "name: t\nrules: [idle]\ndays: 9\n"
    "accounts: {a: {licence_utilization: _, tenure_days: 99}}\nexpect: []",
    "unknown values are expected as such": "name: t\nrules: [idle]\ndays: 3\n"
    "accounts: {a: {licence_utilization: 0.4, tenure_days: 99}}\nexpect: [{day: 2, says: fired, at_stake: _}]",
    "accounts and sources in one test": "name: t\ndays: 3\naccounts: {a: {days_to_deadline: 5}}\n"
    "sources: {a: {failed: true}}\n"
    "expect: [{day: 0, rule: due, says: step-7}, {day: 0, rule: stale, source: a, says: fired}]",
}


@pytest.mark.parametrize("test", PASSES.values(), ids=PASSES)
def test_what_comes_as_expected_passes(test: str) -> None:
    assert told(test) == []


# what fails

FAILS = {
    "what is expected too early": (
        IDLE % "0.4x3" + "expect: [{day: 1, says: fired}]",
        [
            (
                1,
                "fired",
                "nothing: the condition holds, but not yet for as long as the rule wants (held for 1 day of 2 days)",
            ),
            (2, "nothing", "fired, severity medium (held for 2 days)"),
        ],
    ),
    "what is expected of a day that nothing holds on": (
        IDLE % "0.7x3" + "expect: [{day: 1, says: fired}]",
        [(1, "fired", "nothing: the condition does not hold")],
    ),
    "what is expected of a day that nothing is known of": (
        IDLE % "0.7 _ 0.7" + "expect: [{day: 1, says: fired}]",
        [(1, "fired", "nothing: the condition is unknown: unknown neither fires nor resolves")],
    ),
    "another word": (
        IDLE % "0.4x8" + "expect: [{day: 2, says: resolved}, {day: 7, says: repeat}]",
        [(2, "resolved", "fired (held for 2 days)")],
    ),
    "another severity": (
        IDLE % "0.4x3" + "expect: [{day: 2, says: fired, severity: high}]",
        [(2, "fired, severity high", "fired, severity medium (held for 2 days)")],
    ),
    "other money": (
        IDLE % "0.4x3" + "expect: [{day: 2, says: fired, at_stake: 9001}]",
        [(2, "fired, at stake 9001", "fired, at stake 9000 (held for 2 days)")],
    ),
    "other evidence": (
        IDLE % "0.4x3" + "expect: [{day: 2, says: fired, evidence: {licence_utilization: 0.41, tenure_days: 102}}]",
        [
            (
                2,
                "fired, licence_utilization 0.41, tenure_days 102",
                "fired, licence_utilization 0.4, tenure_days 102 (held for 2 days)",
            )
        ],
    ),
    "something held": (
        IDLE % "0.4x3" + "events: [{day: 2, hold: source, because: late}]\nexpect: [{day: 2, says: fired}]",
        [(2, "fired", "nothing: a guard holds it back (late)")],
    ),
    "somebody who does what cannot be done": (
        IDLE % "0.4x4 0.7x2"
        + "events: [{day: 1, claim: U1}, {day: 3, snooze: 2}, {day: 5, close: lost, by: U2}]\n"
        + "expect: [{day: 2, says: fired}, {day: 4, says: resolved}]",
        [
            (1, "claim by U1", "refused: it has not fired yet: there is nothing to take on"),
            (3, "snooze until 2026-01-03 by somebody", "refused: 2026-01-03 does not lie ahead"),
            (5, "close as lost by U2", "refused: nothing is open then"),
        ],
    ),
    "a silence that proves nothing": (
        "name: t\nrules: [idle]\ndays: 3\naccounts: {a: {licence_utilization: 0.4}}\nexpect: []",
        [
            (
                None,
                "that it can be judged",
                "it was unknown on every day: no values for tenure_days; write _ where that is meant",
            )
        ],
    ),
    "what another rule says in a test of all": (
        (
            "name: t\naccounts: {a: {licence_utilization: 0.4x3, tenure_days: 99..., peak_utilization: 0.95...}}\n"
            "expect: [{day: 2, rule: idle, says: fired}]"
        ),
        [(0, "nothing", "fired, severity medium (it holds)")],
    ),
}


@pytest.mark.parametrize(("test", "expected"), FAILS.values(), ids=FAILS)
def test_what_comes_otherwise_fails_and_says_how(test: str, expected: list[tuple[int | None, str, str]]) -> None:
    assert told(test) == expected


def test_a_failure_names_place_day_rule_and_account_and_shows_what_the_rule_saw() -> None:
    (failure,) = failures(IDLE % "0.4x2 0.7" + "expect:\n  - {day: 2, says: fired}")
    assert (str(failure.mark), failure.day, failure.rule, failure.subject) == ("t.yaml:8:9", 2, "idle", "acme")
    assert [(one.text, one.truth, one.values) for one in failure.seen] == [
        ("licence_utilization < 0.5", Truth.FALSE, (("licence_utilization", 0.7),)),
        ("tenure_days > 60", Truth.TRUE, (("tenure_days", 102.0),)),
    ]


def test_rules_of_which_no_test_expects_anything_are_named() -> None:
    assert untested(cases(IDLE % "0.4x3" + "expect: [{day: 2, says: fired}]"), RULES) == ("due", "quiet", "stale")


# the days of a test pass as the nights do


@pytest.mark.parametrize("seed", [1])
def test_all_days_at_once_say_what_the_nights_say_one_by_one(seed: int) -> None:
    """A night judges one day, and asks of those only that have an open episode what else there is."""
    chosen = random.Random(seed)  # noqa: S311  # no secret: a test that can be repeated
    accounts = {f"a{number}": chosen.choices([None, 0.1, 0.4, 0.4, 0.55, 0.7], k=15) for number in range(30)}
    written = {
        name: {"licence_utilization": " ".join("_" if one is None else str(one) for one in values), "tenure_days": 99}
        for name, values in accounts.items()
    }
    (case,) = cases(yaml.safe_dump({"name": "t", "accounts": written, "expect": []}))
    life = live(case, judge_cases([case], RULES)[0], {rule.name: rule for rule in RULES})
    said = {key: step.transition for key, step in life.said.items()}
    assert said == night_by_night(case, accounts)
    assert {text.partition("-")[0] for text in said.values()} == {"fired", "worsened", "repeat", "resolved"}


def night_by_night(case: Case, accounts: Mapping[str, list[float | None]]) -> dict[tuple[int, str, str], str]:
    said: dict[tuple[int, str, str], str] = {}
    rule = RULES[0]
    episodes: dict[str, Episode] = {}
    for day in range(case.days):
        as_of = case.start + timedelta(days=day)
        table = pa.table(
            {
                "subject": list(accounts),
                "licence_utilization": pa.array([values[day] for values in accounts.values()], pa.float64()),
                "tenure_days": [99] * len(accounts),
                "arr": pa.nulls(len(accounts), pa.float64()),
            }
        )
        for finding in judge([rule], Scope.ACCOUNT, table, as_of, {rule.name: frozenset(episodes)}):
            now = datetime.combine(as_of, time(5, tzinfo=UTC))
            step = advance(episodes.pop(finding.subject, None), finding, rule, now)
            if step.episode is not None and step.episode.phase is not Phase.RESOLVED:
                episodes[finding.subject] = step.episode
            if step.notify:
                said[day, rule.name, finding.subject] = step.transition
    return said


# the rules that ship

SHIPPED = (CONFIG / "rules.yaml").read_text(encoding="utf-8")
TESTS = (CONFIG / "rules_test.yaml").read_text(encoding="utf-8")


def failed_rules(rules: str) -> set[str]:
    """Name the rules of which something came otherwise than the tests of the shipped ones expect."""
    parsed = parse_rules(rules, "rules.yaml")
    found = run_cases(TestFile(TESTS, "rules_test.yaml").cases(parsed), parsed)
    return {failure.rule for result in found for failure in result.failures}


def test_the_tests_of_the_shipped_rules_pass_and_test_each_of_them() -> None:
    rules = parse_rules(SHIPPED, "rules.yaml")
    assert failed_rules(SHIPPED) == set()
    assert untested(TestFile(TESTS, "rules_test.yaml").cases(rules), rules) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {
            "licence_utilization < 0.50": "licence_utilization <= 0.50",
            "trend_size > -0.10": "trend_size >= -0.10",
            "peak_pace > 1.05": "peak_pace >= 1.05",
            "overage_value >= 10000": "overage_value > 10000",
            "steps: [120, 90, 60, 30, 7]": "steps: [120, 90, 60, 45, 30, 7]",
            "age_days > stale_after_days": "age_days >= stale_after_days",
            "incident_days < at_most_days": "incident_days <= at_most_days",
        },
        {
            "for: 14d": "for: 13d",
            "AND NOT trend_provisional": "",
            "OR peak_pace IS NULL": "",
            "peak_utilization <= 0.95 OR active_lines = 0": "peak_utilization <= 0.95",
            "days_to_deadline BETWEEN 0 AND 120": "days_to_deadline BETWEEN 1 AND 120",
            "repeat: 3d": "repeat: 4d",
            "falling_accounts > falling_limit": "falling_accounts >= falling_limit",
        },
    ],
)
def test_the_tests_of_the_shipped_rules_notice_each_rule_that_says_something_else(changes: Mapping[str, str]) -> None:
    rules = SHIPPED
    for old, new in changes.items():
        assert old in rules
        rules = rules.replace(old, new, 1)
    assert failed_rules(rules) == {rule.name for rule in parse_rules(SHIPPED, "rules.yaml")}
