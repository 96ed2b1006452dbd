"""Rules as text: what a rule becomes, and what its author is told when it is wrong."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.located import FaultyTextError, Mark
from bot.core.rules import parse_rules
from bot.core.verdicts import Mode, Rule, Scope
from bot.core.yaml_places import Places

ROOT = Path(__file__).resolve().parents[2]
WHOLE = """\
- name: licence-underuse
  kind: churn_risk
  when: licence_utilization < 0.50 AND tenure_days > 60
  clear: licence_utilization >= 0.60
  for: 14d
  repeat: 30d
  severity: CASE WHEN arr >= 100000 THEN 'high' ELSE 'medium' END
  at_stake: arr * 0.5
  to: [owner, "#cs-risk"]
  template: churn_risk
  mode: shadow
"""
LEAST = """\
- name: overage
  kind: upsell
  when: peak_utilization > 1
  to: [csm]
  template: upsell
"""


def faults(text: str) -> list[str]:
    with pytest.raises(FaultyTextError) as caught:
        parse_rules(text, "rules.yaml")
    return [str(fault) for fault in caught.value.faults]


def changed(line: str, text: str = LEAST) -> str:
    """Replace the line of the same key, or add it."""
    key = line.split(":", maxsplit=1)[0].strip()
    kept = [old for old in text.splitlines() if old.split(":")[0].strip(" -") != key]
    return "\n".join([*kept, f"  {line}"]) if key != "name" else "\n".join([f"- {line}", *kept])


def only(line: str) -> Rule:
    (rule,) = parse_rules(changed(line), "rules.yaml")
    return rule


def test_a_rule_with_everything_is_read_whole() -> None:
    (rule,) = parse_rules(WHOLE, "rules.yaml")
    assert (rule.name, rule.kind, rule.scope, rule.mode) == (
        "licence-underuse",
        "churn_risk",
        Scope.ACCOUNT,
        Mode.SHADOW,
    )
    assert (rule.when, rule.clear) == (
        "licence_utilization < 0.50 AND tenure_days > 60",
        "licence_utilization >= 0.60",
    )
    assert (rule.hold, rule.repeat) == (timedelta(days=14), timedelta(days=30))
    assert rule.severity == "CASE WHEN arr >= 100000 THEN 'high' ELSE 'medium' END"
    assert (rule.at_stake, rule.to, rule.template) == ("arr * 0.5", ("owner", "#cs-risk"), "churn_risk")


def test_what_is_left_out_has_a_plain_meaning() -> None:
    (rule,) = parse_rules(LEAST, "rules.yaml")
    assert rule.clear == "NOT (peak_utilization > 1)"
    assert (rule.hold, rule.repeat, rule.countdown, rule.steps) == (timedelta(0), None, None, ())
    assert (rule.severity, rule.at_stake, rule.mode, rule.scope) == ("'medium'", None, Mode.LIVE, Scope.ACCOUNT)


def test_rules_keep_their_order() -> None:
    assert [rule.name for rule in parse_rules(WHOLE + LEAST, "rules.yaml")] == ["licence-underuse", "overage"]


def test_no_rules_at_all_may_be_meant() -> None:
    assert parse_rules("[]", "rules.yaml") == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("12h", timedelta(hours=12)), ("14d", timedelta(days=14)), ("2w", timedelta(days=14)), ("0d", timedelta(0))],
)
def test_durations_are_hours_days_or_weeks(written: str, meant: timedelta) -> None:
    assert only(f"for: {written}").hold == meant


def test_a_severity_may_be_a_bare_word() -> None:
    assert only("severity: critical").severity == "'critical'"


@pytest.mark.parametrize(("written", "meant"), [("5000", "5000"), ("-2.5", "-2.5"), ("overage_value", "overage_value")])
def test_what_is_at_stake_may_be_a_number_or_an_expression(written: str, meant: str) -> None:
    assert only(f"at_stake: {written}").at_stake == meant


def test_steps_are_kept_from_the_highest_down() -> None:
    (rule,) = parse_rules(changed("countdown: days_to_deadline\n  steps: [30, 120, 0]"), "rules.yaml")
    assert (rule.countdown, rule.steps) == ("days_to_deadline", (120, 30, 0))


def test_the_version_tells_rules_apart_and_nothing_else() -> None:
    version = only("for: 14d").version
    assert only("for: 2w").version == version
    assert only("for:   '14d'  # a remark").version == version
    assert only("for: 15d").version != version
    assert len({version, only("mode: shadow").version, only("to: [owner]").version, only("severity: low").version}) == 4


def test_a_misspelt_metric_is_told_with_its_place_and_the_nearest_name() -> None:
    text = WHOLE + changed("when: licence_utilisation < 0.5")
    assert faults(text) == [
        "rules.yaml:16:9: unknown metric 'licence_utilisation' in rule 'overage'; did you mean 'licence_utilization'?"
    ]


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ("when: arr > 1 AND arrr > 2", "5:21"),
        ('when: "arr > 1 AND arrr > 2"', "5:22"),
        ("when: 'segment = ''x'' AND arrr > 2'", "5:30"),
        ("when: \"segment = '\\u0041' AND arrr > 2\"", "5:9"),  # an escape that cannot be followed: the scalar's place
        ('when: "name = \'\\"\' AND arrr > 2"', "5:26"),
        ("when: arr > 1\n    AND arrr > 2", "6:9"),
        ("when: >\n    arr > 1\n    AND\n    arrr > 2", "8:5"),
        ("when: |-\n      arr > 1\n      AND arrr > 2", "7:11"),
        ("when: |2-  # a remark\n      arr > 1 AND arrr > 2", "6:19"),
        ("when: !!str arr > 1 AND arrr > 2", "5:9"),
        ("when: 'arr > 1 AND\n\n     arrr > 2'", "7:6"),
    ],
)
def test_the_place_inside_a_condition_is_exact_however_it_is_quoted(when: str, place: str) -> None:
    (fault,) = faults(changed(when))
    assert fault.startswith(f"rules.yaml:{place}: unknown metric 'arrr'"), fault


def test_line_ends_of_other_systems_do_not_move_the_place() -> None:
    text = changed("when: arr > 1 AND arrr > 2")
    for ending in ("\r\n", "\r", "\u2028"):
        assert faults(text.replace("\n", ending))[0].startswith("rules.yaml:5:21:")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("whn: arr > 1", "rules.yaml:6:3: unknown key 'whn' in rule 'overage'; did you mean 'when'?"),
        ("kind: churnrisk", "rules.yaml:5:9: unknown kind 'churnrisk' in rule 'overage'; did you mean 'churn_risk'?"),
        ("kind: x", "known are churn_risk, upsell, renewal, operations"),
        ("scope: acount", "unknown scope 'acount' in rule 'overage'; did you mean 'account'?"),
        ("mode: quiet", "unknown mode 'quiet' in rule 'overage'; known are live, shadow"),
        ("name: Licence underuse", "'Licence underuse' is no name"),
        ("template: ../../etc/passwd", "'../../etc/passwd' is no template"),
        ("when: 5", "`when` of rule 'overage' is a number; a text is wanted"),
        ("when: true", "`when` of rule 'overage' is true or false; a text is wanted"),
        ("when: [arr > 1]", "`when` of rule 'overage' is a list; a text is wanted"),
        ("when:", "`when` of rule 'overage' is empty"),
        ('when: ""', "`when` of rule 'overage' is empty"),
        ("when: arr", "`when` yields a number, where true or false is wanted in rule 'overage'"),
        ("when: 1 < 2", "names no metric: it holds always or never"),
        ("clear: arr", "`clear` yields a number, where true or false is wanted"),
        ("for: 14", "`for: 14` of rule 'overage' is no duration; write 12h, 14d or 2w"),
        ("for: 14 days", "is no duration"),
        ("for: -3d", "is no duration"),
        ("repeat: 367d", "`repeat: 367d` of rule 'overage' is over a year"),
        ("repeat: 12h", "is under a day"),
        ("severity: hihg", "rules.yaml:6:13: unknown severity 'hihg' in rule 'overage'; did you mean 'high'?"),
        ("severity: urgent", "unknown severity 'urgent' in rule 'overage'; known are low, medium, high, critical"),
        ("severity: \"'hihg'\"", "rules.yaml:6:14: unknown severity 'hihg' in rule 'overage'; did you mean 'high'?"),
        (
            "severity: CASE WHEN arr > 1 THEN 'high' ELSE 'normal' END",
            "rules.yaml:6:48: unknown severity 'normal' in rule 'overage'; known are low, medium, high, critical",
        ),
        ("severity: segment", "unknown severity segment"),
        ("severity: arr", "`severity` yields a number, where text is wanted"),
        ("at_stake: segment", "`at_stake` yields text, where a number is wanted"),
        ("at_stake: .inf", "unknown metric 'inf'"),
        ("at_stake: true", "`at_stake` of rule 'overage' is true or false"),
        ("to: owner", 'is no list of destinations; write [owner, "#cs-risk"]'),
        ("to: []", "is no list of destinations"),
        ("to: [ownr]", "rules.yaml:5:8: unknown destination 'ownr' in rule 'overage'; did you mean 'owner'?"),
        ("to: [cs-risk]", 'write owner, csm, manager, account_channel or a lower-case "#channel"'),
        ('to: ["#CS-Risk"]', "unknown destination '#CS-Risk'"),
        ('to: ["#cs risk"]', "unknown destination '#cs risk'"),
        ("to: [5]", "unknown destination '5'"),
        ("to: [{a: b}]", "unknown destination"),
        ("to: [owner, owner]", "rules.yaml:5:15: destination 'owner' stands twice"),
        ("to:\n    - #cs-risk", "an empty destination in rule 'overage'; write a channel in quotes"),
        ("countdown: arr\n  steps: [7]", "unknown metric in days 'arr'"),
        ("countdown: days_to_deadlin\n  steps: [7]", "did you mean 'days_to_deadline'?"),
        ("countdown: days_to_deadline", "has a `countdown` but no `steps`"),
        ("steps: [7]", "has `steps` but no `countdown`"),
        ("countdown: days_to_deadline\n  steps: 7", "`steps` of rule 'overage' is no list"),
        ("countdown: days_to_deadline\n  steps: [7, x]", "rules.yaml:7:14: step 'x' of rule 'overage'"),
        ("countdown: days_to_deadline\n  steps: [7, -1]", "step '-1' of rule 'overage'"),
        ("countdown: days_to_deadline\n  steps: [yes]", "step 'True' of rule 'overage'"),
        ("countdown: days_to_deadline\n  steps: [7, 7]", "different numbers"),
    ],
)
def test_each_fault_says_what_is_wrong_and_what_would_be_right(line: str, said: str) -> None:
    assert any(said in fault for fault in faults(changed(line))), faults(changed(line))


@pytest.mark.parametrize("key", ["name", "kind", "when", "to", "template"])
def test_a_missing_key_is_named(key: str) -> None:
    lines = [line for line in WHOLE.replace("- name", "  name").splitlines() if not line.startswith(f"  {key}:")]
    text = "-" + "\n".join(lines)[1:]
    assert any(f"has no `{key}`" in fault for fault in faults(text))


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    text = WHOLE.replace("14d", "14x").replace("churn_risk\n  when", "churn\n  when").replace("arr * 0.5", "ar * 0.5")
    found = faults(text + LEAST.replace("csm", "cms"))
    assert [fault.split(" ")[0] for fault in found] == [
        "rules.yaml:2:9:",
        "rules.yaml:5:8:",
        "rules.yaml:8:13:",
        "rules.yaml:15:8:",
    ]


def test_two_rules_of_one_name_are_refused() -> None:
    assert faults(LEAST + LEAST) == ["rules.yaml:6:9: a rule 'overage' already stands in line 1"]


def test_a_source_has_no_owner() -> None:
    text = changed("to: [owner]", changed("when: failed", changed("scope: source")))
    assert any("a source has no owner: rule 'overage' has to go to a #channel" in fault for fault in faults(text))


@pytest.mark.parametrize(
    ("when", "clear", "contradict"),
    [
        ("licence_utilization < 0.5", "licence_utilization >= 0.6", False),
        ("licence_utilization < 0.5", "licence_utilization >= 0.5", False),
        ("licence_utilization < 0.5", "licence_utilization >= 0.4", True),
        ("licence_utilization < 0.5", "licence_utilization < 0.6", True),
        ("licence_utilization <= 0.5", "licence_utilization >= 0.5", True),
        ("licence_utilization < 0.5", "licence_utilization < 0.5", True),
        ("arr > 100 AND nps < 3", "nps >= 3", False),
        ("arr > 100 AND nps < 3", "nps >= 3 OR arr > 100", True),
        ("usage_change_month < -0.3", "usage_change_month > -0.1", False),
        ("usage_change_month < -0.3", "usage_change_month > -0.5", True),
        ("segment = 'Small'", "segment <> 'Large'", True),
        ("segment = 'Small'", "segment <> 'Small'", False),
        ("auto_renew", "auto_renew", True),
        ("auto_renew", "NOT auto_renew", False),
        ("deadline < DATE '2026-02-01'", "deadline > DATE '2026-01-01'", True),
        ("deadline < DATE '2026-02-01'", "deadline > DATE '2026-02-01'", False),
        ("nps IS NULL", "nps IS NULL", True),
        ("active_users < 0.5 * seats", "active_users > 0.4 * seats", True),
        # over a metric that `when` does not have: nobody can say here that the two never meet
        ("licence_utilization < 0.5", "licence_utilization >= 0.6 OR active_lines = 0", False),
        ("licence_utilization < 0.5", "licence_utilization >= 0.4 OR active_lines = 0", True),
    ],
)
def test_a_clear_that_holds_together_with_when_is_refused(when: str, clear: str, *, contradict: bool) -> None:
    text = changed(f"clear: {clear}", changed(f"when: {when}"))
    if contradict:
        (fault,) = faults(text)
        assert fault.startswith("rules.yaml:6:10: `clear` of rule 'overage' contradicts `when`: with ")
    else:
        assert len(parse_rules(text, "rules.yaml")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a list of rules"),
        ("name: x", "not a list of rules"),
        ("- 5", "rules.yaml:1:3: not a rule; a rule begins with `- name: ...`"),
        ("- name: [", "not valid YAML"),
        ("- name: a\n  name: b", "key 'name' stands twice"),
        ("- &a {name: *a}", "aliases (*) are not allowed"),
        (
            "- name: x\n  to: [owner, #cs-risk]\n",
            "rules.yaml:2:15: a bare # begins a comment; write a channel in quotes",
        ),
        ("- name: \x07", "not valid YAML"),
        ("- !!python/object/apply:os.system [ls]", "not valid YAML"),
    ],
)
def test_a_text_that_is_no_list_of_rules_is_refused_in_words(text: str, said: str) -> None:
    assert any(said in fault for fault in faults(text)), faults(text)


LAUGHS = "- a: &a [x, x]\n" + "".join(
    f"  {name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [LAUGHS, "[" * 50_000, "- " * 50_000, "- a: " + "{b: " * 5_000, LEAST * 5_000, "- {}\n" * 600],
    ids=["aliases", "brackets", "lists", "mappings", "long", "many"],
)
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    assert faults(text)
    assert time.perf_counter() - start < 3


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="- name:whenkidto[]{}#'\"|>&*!,\n\t 0é", max_size=60))
def test_no_text_does_anything_but_pass_or_be_refused_in_words(text: str) -> None:
    said = ""
    try:
        parse_rules(text, "rules.yaml")
    except FaultyTextError as error:
        said = str(error)
    assert "Traceback" not in said


_SCALAR = st.text(alphabet="ab <>=.'\"\\#:%é|&*-", min_size=1, max_size=30).map(str.strip).filter(bool)


@settings(deadline=None)
@given(_SCALAR, st.sampled_from(["single", "double"]), st.data())
def test_places_point_at_the_character_that_was_written(value: str, style: str, data: st.DataObject) -> None:
    written = {
        "single": "'" + value.replace("'", "''") + "'",
        "double": '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
    }[style]
    text = f"- x\n-   {written}\n"
    offset = data.draw(st.integers(0, len(value) - 1))
    mark = Places(text, "f").inside(Mark("f", 2, 5), value, offset)
    assert mark.line == 2
    assert mark.column is not None
    found = text.splitlines()[1][mark.column - 1 :]
    doubled = {"single": "'", "double": '\\"'}[style]
    assert found[0] == (value[offset] if style == "single" or value[offset] not in doubled else "\\")


@pytest.mark.parametrize("path", ["config/rules.yaml", "examples/philadelphia/rules.yaml"])
def test_the_rules_that_ship_are_without_fault(path: str) -> None:
    rules = parse_rules((ROOT / path).read_text(encoding="utf-8"), path)
    shipped = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}
    assert {rule.template for rule in rules} <= shipped
    assert all(rule.mode is Mode.LIVE for rule in rules)


def test_seven_plays_ship() -> None:
    text = (ROOT / "config/rules.yaml").read_text(encoding="utf-8")
    assert [rule.name for rule in parse_rules(text, "config/rules.yaml")] == [
        "licence-underuse",
        "utilization-falling",
        "near-limit",
        "overage",
        "renewal-reminder",
        "source-stale",
        "fleet-drop",
    ]
