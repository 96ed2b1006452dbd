"""A test file with faults: all of them at once, each at its place."""

from __future__ import annotations

from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.located import FaultyTextError
from bot.core.rule_tests.compare import run_cases
from bot.core.rule_tests.entries import EVENT_KEYS, EXPECT_KEYS
from bot.core.rule_tests.read import _TEST, _TOP, TestFile
from bot.core.rules import parse_rules

RULES = parse_rules(
    """\
- {name: idle, kind: churn_risk, when: licence_utilization < 0.5, for: 2d, to: [owner], template: churn_risk}
- {name: due, kind: renewal, when: days_to_deadline >= 0, countdown: days_to_deadline, steps: [30, 7],
   to: [owner], template: renewal}
- {name: stale, kind: operations, scope: source, when: failed, repeat: 3d, to: ["#ops"], template: operations}
""",
    "rules.yaml",
)
GOOD = """\
rule_file: rules.yaml
tests:
  - name: idle seats
    rules: [idle]
    accounts: {acme: {licence_utilization: 0.4x5}}
    expect: [{day: 2, says: fired}]
"""


def faults(text: str, *, rules: bool = True) -> list[str]:
    with pytest.raises(FaultyTextError) as caught:
        TestFile(text, "t.yaml").cases(RULES if rules else None)
    return [str(fault) for fault in caught.value.faults]


def changed(line: str, replaced: str) -> str:
    assert replaced in GOOD
    return GOOD.replace(replaced, line)


def test_a_good_file_is_read() -> None:
    file = TestFile(GOOD, "t.yaml")
    (case,) = file.cases(RULES)
    assert (file.rule_file, case.name, case.days, case.rules) == ("rules.yaml", "idle seats", 5, ("idle",))
    (expected,) = case.expected
    assert (expected.day, expected.rule, expected.subject, expected.says) == (2, "idle", "acme", "fired")


def test_all_faults_are_told_at_once_with_line_and_column() -> None:
    text = """\
rule_fil: rules.yaml
every_account: {arr: lots}
tests:
  - name: one
    rules: [idel]
    accounts:
      acme: {licence_utilisation: 0.4x5, tenure_days: 1x3 2y2}
    expect:
      - {day: 9, rule: idle, says: fird}
  - name: one
    days: 5
    accounts: {a: {licence_utilization: 0.4x4}, b: {licence_utilization: 0.4x6}}
    sources: {usage: {failed: true}}
    events:
      - {day: 1, rule: idle, account: c, claim: U1}
      - {day: 1, rule: idle, account: a, close: recoverd}
      - {day: 1, rule: stale, snooze: 3, hold: fleet}
    expect:
      - {day: 2, rule: idle, says: fired}
      - {day: 2, rule: idle, account: a, says: repeat, severity: hgh, at_stake: much}
      - {day: 2, rule: stale, account: a, says: fired, evidence: {faild: true}}
      - {day: 2, rule: due, account: b, says: step-60, evidence: {days_to_deadline: soon}}
"""
    assert faults(text) == [
        "t.yaml:1:1: unknown key 'rule_fil'; did you mean 'rule_file'?",
        (
            "t.yaml:1:1: `rule_file` is missing; wanted the file with the rules, relative to this one: "
            "`rule_file: rules.yaml`"
        ),
        "t.yaml:2:22: `arr`: 'lots' cannot be read; wanted a number: 0.45, 0.45x20, 120-1x10, 0.62... or _",
        "t.yaml:5:13: 'idel' is no rule of the file; did you mean 'idle'?",
        "t.yaml:7:14: unknown metric 'licence_utilisation' of an account; did you mean 'licence_utilization'?",
        "t.yaml:7:59: `tenure_days`: '2y2' cannot be read; wanted a number: 0.45, 0.45x20, 120-1x10, 0.62... or _",
        "t.yaml:9:36: nothing is called 'fird'; did you mean 'fired'?",
        "t.yaml:10:11: a test 'one' already stands in the file; failures are told by name",
        (
            "t.yaml:12:41: `licence_utilization`: values for 4 of 5 days; end it with ... to go on, "
            "or with _... for unknown"
        ),
        "t.yaml:12:74: `licence_utilization`: 6 values for 5 days",
        "t.yaml:15:39: 'c' is no account of this test",
        "t.yaml:16:49: unknown outcome 'recoverd'; did you mean 'recovered'?",
        (
            "t.yaml:17:9: snooze and hold in one event; wanted one of {day: 16, claim: U1}, {day: 16, snooze: 30}, "
            "{day: 16, close: recovered} or {day: 3, hold: source}"
        ),
        "t.yaml:19:9: which account? Add `account: ...`: a, b",
        "t.yaml:20:48: 'idle' never repeats itself: it has no `repeat`",
        "t.yaml:20:66: unknown severity 'hgh'; did you mean 'high'?",
        "t.yaml:20:81: `at_stake: much` is no number; write _ for unknown",
        "t.yaml:21:40: the rule is about a source; drop this",
        "t.yaml:21:67: `when` of 'stale' names no metric 'faild'; did you mean 'failed'?",
        "t.yaml:22:47: 'due' never says step-60: its steps are 30, 7",
        "t.yaml:22:85: `days_to_deadline: soon` is not a number, nor _ for unknown",
    ]


def test_where_the_rules_have_faults_the_rest_is_told_all_the_same() -> None:
    text = changed("[{day: 2, rule: anything, says: fird, severity: hgh}]", "[{day: 2, says: fired}]")
    assert faults(text, rules=False) == [
        "t.yaml:6:45: nothing is called 'fird'; did you mean 'fired'?",
        "t.yaml:6:61: unknown severity 'hgh'; did you mean 'high'?",
    ]


SINGLE = [
    # what is replaced, by what, and what is said of it
    ("expect: [{day: 2, says: fired}]", "days: 5", "3:5: `expect` is missing; wanted a list like [{day: 14, says:"),
    ("[{day: 2, says: fired}]", "2", "6:13: `expect` is no list; wanted {day: 14, says: fired}"),
    ("[{day: 2, says: fired}]", "[2]", "6:14: '2' is no entry of `expect`; wanted {day: 14, says: fired}"),
    ("[{day: 2, says: fired}]", "[{day: -1, says: fired}]", "6:20: `day: -1` is no day of the test; wanted a number"),
    ("[{day: 2, says: fired}]", "[{day: 2025-12-31, says: fired}]", "6:20: `day: 2025-12-31` is no day of the test"),
    ("[{day: 2, says: fired}]", "[{day: 5, says: fired}]", "6:20: day 5 lies after the last of the test, which is 4"),
    ("[{day: 2, says: fired}]", "[{day: 2, says: 3}]", "6:29: `says: 3` is no text; wanted fired, repeat, woke"),
    ("[{day: 2, says: fired}]", "[{says: fired}]", "6:14: `day` is missing; wanted a day of the test"),
    ("rules: [idle]", "rules: idle", "4:12: `rules` is no list of rules; wanted one like [near-limit]"),
    ("rules: [idle]", "rules: [stale]", "4:13: 'stale' is about a source, and the test has none"),
    ("rules: [idle]", "days: 0", "4:11: `days: 0` should be a whole number from 1 to 1,100"),
    ("rules: [idle]", "days: 1101", "4:11: `days: 1101` should be a whole number from 1 to 1,100"),
    ("rules: [idle]", "start: 9999-12-31", "4:12: 9999-12-31 lies outside of the years 1970 to 2199"),
    ("rules: [idle]", "start: soon", "4:12: `start: soon` is no day; wanted one like 2026-03-31"),
    ("0.4x5", "0.4", "3:5: how many days? No series ends; add `days: 30`"),
    ("{acme: {licence_utilization: 0.4x5}}", "[acme]", "5:5: `accounts` holds no keys and values; wanted names"),
    ("{acme: {licence_utilization: 0.4x5}}", "{acme: 3}", "5:22: '3' holds no keys and values; wanted metrics"),
    ("accounts: {acme: {licence_utilization: 0.4x5}}", "days: 5", "3:5: a test of nothing: wanted `accounts`"),
    ("name: idle seats", "nam: idle seats", "3:5: `name` is missing; wanted what is tested, in words"),
    ("name: idle seats", "name: 2026", "3:11: `name: 2026` is no text; wanted what is tested, in words; write it in"),
]


@pytest.mark.parametrize(("old", "new", "fault"), SINGLE)
def test_each_fault_is_told_in_words(old: str, new: str, fault: str) -> None:
    assert any(said.startswith(f"t.yaml:{fault}") for said in faults(changed(new, old))), faults(changed(new, old))


TWICE = "[{day: 2, says: fired}, {day: 2026-01-03, says: resolved}]"
EVENTS = [
    ("{day: 1}", "nothing happens; wanted one of"),
    ("{claim: U1}", "`day` is missing"),
    ("{day: 1, claim: 7}", "`claim: 7` is no text; wanted who does it"),
    ("{day: 1, snooze: 10000}", "`snooze: 10000` is no day of the test"),
    ("{day: 1, snooze: soon}", "`snooze: soon` is no day of the test"),
    ("{day: 1, claim: U1, until: 3}", "`until` goes with `hold` only"),
    ("{day: 1, hold: moon}", "unknown guard 'moon'; known are source, fleet, inhibited"),
    ("{day: 1, hold: source, until: 1}", "the first day on which nothing is held any more has to lie after `day`"),
    ("{day: 1, hold: source, until: 6}", "day 6 lies after the last of the test, which is 5"),
    ("{day: 1, hold: source, source: usage}", "guards hold what is said of accounts, and nothing of sources"),
    ("{day: 1, hold: source, account: acne}", "'acne' is no account of this test; did you mean 'acme'?"),
]


@pytest.mark.parametrize(("event", "fault"), EVENTS)
def test_each_fault_of_an_event_is_told_in_words(event: str, fault: str) -> None:
    assert any(fault in said for said in faults(changed(f"events: [{event}]\n    expect:", "expect:")))


def test_two_expectations_of_one_day_contradict_each_other() -> None:
    assert faults(changed(TWICE, "[{day: 2, says: fired}]")) == [
        "t.yaml:6:37: 'idle' speaks once a day of a subject; 'fired' is expected already"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "t.yaml:1:1: wanted `rule_file: rules.yaml` and `tests:`"),
        ("[]", "t.yaml:1:1: wanted `rule_file: rules.yaml` and `tests:`"),
        ("tests: [", "t.yaml:1:9: not valid YAML"),
        ("rule_file: r\ntests: &a []", "t.yaml:2:8: anchors (&) and aliases (*) are not allowed"),
        ("rule_file: r", "t.yaml:1:1: `tests` is missing; wanted a list of tests"),
        ("rule_file: r\ntests: []", "t.yaml:2:1: no tests; wanted a list of tests"),
        ("rule_file: r\ntests: {a: b}", "t.yaml:2:1: `tests` is no list; wanted a list of tests"),
        ("rule_file: r\ntests: [a]", "t.yaml:2:9: 'a' is no entry of `tests`"),
        ("rule_file: [r]\ntests: []", "t.yaml:1:1: `rule_file: ['r']` is no text; wanted the name of a file"),
    ],
)
def test_a_file_of_another_form_is_told_what_is_wanted(text: str, fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(text)), faults(text)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats(allow_nan=True) | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*_TOP, *_TEST, *EVENT_KEYS, *EXPECT_KEYS, "acme", "arr", "failed", "idle"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=25, deadline=None)
@given(ANYTHING)
def test_whatever_stands_in_a_file_it_is_read_or_told(data: object) -> None:
    test = {"name": "n", "accounts": {"acme": {"arr": 3}}, "days": 3, "expect": []}
    shaped = [data, {"rule_file": "r", "tests": data}, {"rule_file": "r", "tests": [data]}]
    shaped += [{"rule_file": "r", "tests": [test | {key: data}]} for key in ("accounts", "events", "expect", "rules")]
    shaped += [{"rule_file": "r", "tests": [test | {key: [data]}]} for key in ("events", "expect")]
    for one in shaped:
        with suppress(FaultyTextError):
            run_cases(TestFile(yaml.safe_dump(one), "t.yaml").cases(RULES), RULES)
