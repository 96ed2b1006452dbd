"""Which days are judged, and what is said of several at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.episodes import Episode, Phase, Reason, Step
from bot.core.replay import days_to_judge, end, say_once
from bot.core.rules import parse_rules

RULES = parse_rules(
    """
- {name: quick, kind: upsell, when: arr > 1, severity: low, to: [owner], template: upsell}
- {name: slow, kind: churn_risk, when: arr < 1, for: 14d, severity: low, to: [owner], template: churn_risk}
""",
    "rules.yaml",
)
DAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)


def step(name: str, phase: Phase, reason: Reason, *, notify: bool = True) -> Step:
    episode = Episode(
        episode_id=name, rule="slow", rule_version="1", subject="a", phase=phase, opened_on=DAY, fired_at=None,
        notified_at=None, step=None, claimed_by=None, claimed_at=None, resolved_at=None, severity="low", at_stake=None,
    )  # fmt: skip
    return Step(episode, notify=notify, reason=reason, transition=reason.name.lower(), detail="")


def said(steps: list[Step], heard: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    return [(item.episode.episode_id, item.transition) for item in say_once(steps, heard) if item.episode]


def test_the_first_night_looks_back_as_far_as_the_longest_for() -> None:
    days = days_to_judge(None, DAY, RULES)
    assert (days[0], days[-1], len(days)) == (date(2026, 3, 17), DAY, 15)


def test_without_rules_the_first_night_judges_its_own_day() -> None:
    assert days_to_judge(None, DAY, []) == (DAY,)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (DAY - timedelta(days=1), (DAY,)),
        (DAY, (DAY,)),  # the same day again
        (DAY - timedelta(days=3), (date(2026, 3, 29), date(2026, 3, 30), DAY)),
    ],
)
def test_later_nights_judge_what_was_missed(last: date, expected: tuple[date, ...]) -> None:
    assert days_to_judge(last, DAY, RULES) == expected


def test_a_month_is_caught_up_with_and_no_more() -> None:
    assert days_to_judge(DAY - timedelta(days=400), DAY, RULES)[0] == DAY - timedelta(days=31)


def test_of_a_new_episode_its_firing_is_said_and_not_that_it_has_grown_worse_since() -> None:
    steps = [step("e", Phase.FIRING, Reason.FIRED), step("e", Phase.FIRING, Reason.WORSENED)]
    assert said(steps) == [("e", "fired")]


def test_of_an_episode_that_people_know_the_last_word_is_said() -> None:
    steps = [step("e", Phase.FIRING, Reason.WORSENED), step("e", Phase.FIRING, Reason.REPEATED)]
    assert said(steps, frozenset({"e"})) == [("e", "repeated")]


def test_of_a_countdown_the_last_step_is_said() -> None:
    steps = [step("e", Phase.FIRING, Reason.COUNTED_DOWN), step("e", Phase.FIRING, Reason.COUNTED_DOWN)]
    assert said(steps) == [("e", "counted_down")]


def test_what_began_and_ended_unheard_of_is_not_spoken_of() -> None:
    steps = [step("e", Phase.FIRING, Reason.FIRED), step("e", Phase.RESOLVED, Reason.RESOLVED)]
    assert said(steps) == []


def test_the_end_of_what_people_know_is_said() -> None:
    assert said([step("e", Phase.RESOLVED, Reason.RESOLVED)], frozenset({"e"})) == [("e", "resolved")]


def test_silent_steps_stay_silent() -> None:
    assert said([step("e", Phase.PENDING, Reason.TOO_SHORT, notify=False)]) == []


def test_what_is_ended_for_want_of_a_rule_is_told_to_those_who_had_heard_of_it() -> None:
    firing = step("e", Phase.FIRING, Reason.FIRED).episode
    assert firing is not None
    ended = end(firing, "the rule is gone", NOW)
    assert ended.episode == replace(firing, phase=Phase.RESOLVED, resolved_at=NOW, notified_at=NOW)
    assert (ended.notify, ended.reason, ended.transition, ended.detail) == (
        True,
        Reason.RESOLVED,
        "resolved",
        "the rule is gone",
    )


def test_what_nobody_had_heard_of_is_ended_in_silence() -> None:
    pending = step("e", Phase.PENDING, Reason.TOO_SHORT).episode
    assert pending is not None
    ended = end(pending, "the rule is gone", NOW)
    assert ended.episode == replace(pending, phase=Phase.RESOLVED, resolved_at=NOW)
    assert (ended.notify, ended.transition) == (False, "")


def test_what_somebody_closed_is_ended_in_silence() -> None:
    closed = step("a", Phase.CLOSED, Reason.CLOSED).episode
    assert closed is not None
    ended = end(closed, "the rule is gone", NOW)
    assert (ended.notify, ended.reason) == (False, Reason.CLOSED)
    assert ended.episode is not None
    assert ended.episode.phase is Phase.RESOLVED
