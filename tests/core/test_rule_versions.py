"""Versions of rules: what one says, and what changed to the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.durations import parse_duration
from bot.core.rule_versions import Change, changes, definition, written
from bot.core.rules import parse_rules

TEXT = """\
- name: idle
  kind: churn_risk
  when: licence_utilization < 0.5
  for: 2w
  to: [owner, "#cs-risk"]
  template: churn_risk
"""


def said(text: str) -> dict[str, object]:
    (rule,) = parse_rules(text, "rules.yaml")
    return dict(definition(rule))


def test_a_definition_has_every_key_of_a_rule_with_what_is_left_out_written_out() -> None:
    assert said(TEXT) == {
        "name": "idle",
        "kind": "churn_risk",
        "scope": "account",
        "when": "licence_utilization < 0.5",
        "clear": "NOT (licence_utilization < 0.5)",
        "for": "14d",
        "repeat": None,
        "countdown": None,
        "steps": None,
        "severity": "'medium'",
        "at_stake": None,
        "escalate": None,
        "to": "owner, #cs-risk",
        "template": "churn_risk",
        "mode": "live",
    }


def test_a_countdown_and_times_are_written_as_in_the_file() -> None:
    more = "  repeat: 36h\n  escalate: 90m\n  countdown: days_to_renewal\n  steps: [7, 30]\n  mode: shadow\n"
    found = said(TEXT + more)
    assert [found[key] for key in ("repeat", "escalate", "countdown", "steps", "mode")] == [
        "36h",
        "90m",
        "days_to_renewal",
        "30, 7",
        "shadow",
    ]


def test_changes_are_told_by_field_with_what_was_and_what_is() -> None:
    (old,), (new,) = (
        parse_rules(text, "r")
        for text in (TEXT, TEXT.replace("for: 2w", "for: 3w\n  repeat: 30d").replace("0.5", "0.4"))
    )
    found = changes(definition(old), definition(new))
    assert [str(one) for one in found] == [
        "`when` was `licence_utilization < 0.5`, is `licence_utilization < 0.4`",
        "`clear` was `NOT (licence_utilization < 0.5)`, is `NOT (licence_utilization < 0.4)`",
        "`for` was `14d`, is `21d`",
        "`repeat` was not set, is `30d`",
    ]
    assert old.version != new.version


def test_the_same_rule_in_other_words_is_the_same_version() -> None:
    (old,), (new,) = (parse_rules(text, "r") for text in (TEXT, TEXT.replace("2w", "14d").replace("< 0.5", "  <  0.5")))
    assert changes(definition(old), definition(new)) == ()
    assert old.version == new.version


def test_a_field_that_only_one_of_both_knows_is_a_change() -> None:
    assert changes({"for": "1d", "old": "x"}, {"for": "1d", "new": "y"}) == (
        Change("new", None, "y"),
        Change("old", "x", None),
    )


@given(st.integers(1, 60 * 24 * 400))
def test_a_written_duration_reads_as_the_same(minutes: int) -> None:
    duration = timedelta(minutes=minutes)
    try:
        assert parse_duration(written(duration)) == duration
    except ValueError:
        assert minutes > 99_999  # more digits than a duration has


@pytest.mark.parametrize("change", [TEXT.replace("14d", "15d"), TEXT.replace("churn_risk\n  when", "upsell\n  when")])
def test_whatever_changes_the_version_shows_in_the_changes(change: str) -> None:
    (old,), (new,) = (parse_rules(text, "r") for text in (TEXT, change))
    assert (old.version != new.version) == bool(changes(definition(old), definition(new)))
