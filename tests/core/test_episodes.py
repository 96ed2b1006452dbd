"""The life of an episode, told as timelines; `tests/core/timelines.py` says how they are written."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.core.acts import claim
from bot.core.episodes import Episode, Phase, Reason, Step, advance, episode_id
from tests.core.timelines import AT_ONCE, COUNTDOWN, RULE, RULES, START, finding, moment, night, tell

if TYPE_CHECKING:
    from bot.core.verdicts import Rule

TIMELINES = [
    # holds for `for`, fires once, stays quiet until `repeat`
    ("underuse", "0d hold, 13d hold, 14d hold", "14d fired: held for 14 days"),
    ("underuse", "0d hold, 14d hold, 15d hold, 43d hold", "14d fired: held for 14 days"),
    # a missed night fires late, not never, and says so
    ("underuse", "0d hold, 20d hold", "20d fired: held for 20 days"),
    # a gap in the data is not a recovery
    ("underuse", "0d hold, 14d hold, 15d unknown, 20d hold", "14d fired: held for 14 days"),
    # nor does it stop the count; but it fires on a day on which the condition is known to hold
    ("underuse", "0d hold, 5d unknown, 14d hold", "14d fired: held for 14 days"),
    ("underuse", "0d hold, 14d unknown, 16d hold", "16d fired: held for 16 days"),
    # a day on which it does not hold starts the count anew, though it be not clear yet
    ("underuse", "0d hold, 10d between, 11d hold, 14d hold", ""),
    ("underuse", "0d hold, 10d between, 11d hold, 25d hold", "25d fired: held for 14 days"),
    ("underuse", "0d hold, 10d clear, 11d hold, 14d hold", ""),
    # what never fired ends in silence
    ("underuse", "0d hold, 13d clear", ""),
    ("underuse", "0d hold, 13d known-clear, 14d hold", ""),
    # back over `when` but not over `clear`: still the same episode
    ("underuse", "0d hold, 14d hold, 16d between, 17d hold", "14d fired: held for 14 days"),
    # clear of the threshold: the end, said once
    (
        "underuse",
        "0d hold, 14d hold, 16d between, 20d clear, 21d clear",
        "14d fired: held for 14 days; 20d resolved: after 20 days",
    ),
    # unknown ends nothing, unless `clear` is known all the same
    ("at once", "0d hold, 1d unknown, 9d unknown", "0d fired: it holds"),
    ("at once", "0d hold, 1d unknown, 9d known-clear", "0d fired: it holds; 9d resolved: after 9 days"),
    # a new stretch is a new episode
    (
        "at once",
        "0d hold, 1d clear, 2d hold, 3d clear",
        "0d fired: it holds; 1d resolved: after 1 day; 2d fired: it holds; 3d resolved: after 1 day",
    ),
    # said again while it holds, counted from the last time it spoke
    (
        "underuse",
        "0d hold, 14d hold, 44d hold, 45d hold, 80d hold, 81d hold",
        "14d fired: held for 14 days; 44d repeat-2026-02-15: said 30 days ago; 80d repeat-2026-03-23: said 36 days ago",
    ),
    # not while it is unknown or between: the figures would be old or wrong
    ("underuse", "0d hold, 14d hold, 44d unknown, 45d between", "14d fired: held for 14 days"),
    # without `repeat` it is said once
    ("at once", "0d hold, 300d hold", "0d fired: it holds"),
    # somebody took it on: not reminded, but told of the end
    (
        "underuse",
        "0d hold, 14d hold, 15d claim-U1, 44d hold, 90d hold, 91d clear",
        "14d fired: held for 14 days; 15d claimed: claimed by U1; 91d resolved: after 91 days",
    ),
    # the first one wins
    ("at once", "0d hold, 1d claim-U1, 2d claim-U2, 3d hold", "0d fired: it holds; 1d claimed: claimed by U1"),
    # there is nothing to take on before it fired, nor after the end
    ("underuse", "0d hold, 1d claim-U1, 14d hold", "14d fired: held for 14 days"),
    ("at once", "0d hold, 1d clear, 2d claim-U1", "0d fired: it holds; 1d resolved: after 1 day"),
    # a rise is said once, a fall is not, and what was said before the fall is not said again
    (
        "at once",
        "0d hold, 1d hold high, 2d hold high, 3d hold low, 4d hold high, 5d hold critical",
        "0d fired: it holds; 1d worsened-high: now high; 5d worsened-critical: now critical",
    ),
    # somebody who took it on hears of a rise
    (
        "at once",
        "0d hold, 1d claim-U1, 2d hold high",
        "0d fired: it holds; 1d claimed: claimed by U1; 2d worsened-high: now high",
    ),
    # a rise before it fired is no rise: it fires with the severity of the day
    ("underuse", "0d hold low, 13d hold high, 14d hold high", "14d fired: held for 14 days"),
    # each step of a countdown once
    (
        "countdown",
        (
            "0d hold 95-left, 5d hold 90-left, 6d hold 89-left, 35d hold 60-left, 65d hold 30-left, 88d hold "
            "7-left, 95d hold 0-left"
        ),
        (
            "0d step-120: 95 days left; 5d step-90: 90 days left; 35d step-60: 60 days left; 65d step-30: 30 "
            "days left; 88d step-7: 7 days left"
        ),
    ),
    # who comes in late hears the present step, not those before it
    ("countdown", "0d hold 45-left, 1d hold 44-left", "0d step-60: 45 days left"),
    # a night was missed: the step is late, not lost
    ("countdown", "0d hold 61-left, 3d hold 58-left", "0d step-90: 61 days left; 3d step-60: 58 days left"),
    # several steps were missed: one message
    ("countdown", "0d hold 119-left, 100d hold 19-left", "0d step-120: 119 days left; 100d step-30: 19 days left"),
    # no step is reached yet
    ("countdown", "0d hold 130-left, 10d hold 120-left", "10d step-120: 120 days left"),
    # the days left are unknown: no step
    (
        "countdown",
        "0d hold, 1d hold 45-left, 2d hold, 3d hold 30-left",
        "1d step-60: 45 days left; 3d step-30: 30 days left",
    ),
    # the contract was renewed
    ("countdown", "0d hold 30-left, 5d clear 390-left", "0d step-30: 30 days left; 5d resolved: after 5 days"),
    # a later deadline takes the place of the one that passed: that is another countdown
    (
        "countdown",
        "0d hold 7-left, 8d hold 52-left, 9d hold 51-left, 30d hold 30-left",
        (
            "0d step-7: 7 days left; 8d resolved: the deadline moved: 52 days left; 9d step-60: 51 days left; "
            "30d step-30: 30 days left"
        ),
    ),
    # a day or two later, within the step: the same countdown
    (
        "countdown",
        "0d hold 20-left, 1d hold 25-left, 19d hold 7-left",
        "0d step-30: 20 days left; 19d step-7: 7 days left",
    ),
    # somebody took it on: the steps still speak
    (
        "countdown",
        "0d hold 45-left, 1d claim-U1, 15d hold 30-left",
        "0d step-60: 45 days left; 1d claimed: claimed by U1; 15d step-30: 30 days left",
    ),
    # a rise together with a step is one message
    (
        "countdown",
        "0d hold 45-left, 15d hold 30-left high, 16d hold 29-left high",
        "0d step-60: 45 days left; 15d step-30: 30 days left",
    ),
]


@pytest.mark.parametrize(("rule", "timeline", "said"), TIMELINES)
def test_timelines(rule: str, timeline: str, said: str) -> None:
    assert tell(timeline, RULES[rule]) == said


def live(*moments: str, rule: Rule = AT_ONCE) -> Step:
    """The last step of a timeline."""
    step = moment(moments[0], None, rule)
    for text in moments[1:]:
        step = moment(text, step.episode, rule)
    return step


@pytest.mark.parametrize(
    ("moments", "rule", "reason", "detail"),
    [
        (["0d clear"], AT_ONCE, Reason.NOT_HOLDING, ""),
        (["0d unknown"], AT_ONCE, Reason.UNKNOWN, ""),
        (["0d hold", "3d hold"], RULE, Reason.TOO_SHORT, "held for 3 days of 14 days"),
        (["0d hold 130-left"], COUNTDOWN, Reason.TOO_EARLY, "130 days left"),
        (["0d hold"], COUNTDOWN, Reason.TOO_EARLY, "the days left are unknown"),
        (["0d hold", "1d hold"], AT_ONCE, Reason.ALREADY_SAID, ""),
        (["0d hold", "14d hold", "20d hold"], RULE, Reason.ALREADY_SAID, "said 6 days ago"),
        (["0d hold", "1d between"], AT_ONCE, Reason.BETWEEN, ""),
        (["0d hold", "1d unknown"], AT_ONCE, Reason.UNKNOWN, ""),
        (["0d hold", "1d between"], RULE, Reason.NOT_HOLDING, "after 1 day"),
        (["0d hold", "0d claim-U1", "1d hold"], AT_ONCE, Reason.TAKEN, "claimed by U1"),
        (["0d hold", "0d claim-U1", "1d claim-U2"], AT_ONCE, Reason.TAKEN, "U1 has had it since 2026-01-02 05:00"),
        (
            ["0d hold", "1d clear", "1d claim-U2"],
            AT_ONCE,
            Reason.ENDED,
            "it has ended: there is nothing left to take on",
        ),
        (["0d hold", "0d claim-U2"], RULE, Reason.TOO_SHORT, "it has not fired yet: there is nothing to take on"),
    ],
)
def test_silence_has_its_reason(moments: list[str], rule: Rule, reason: Reason, detail: str) -> None:
    step = live(*moments, rule=rule)
    assert (step.notify, step.transition, step.reason, step.detail) == (False, "", reason, detail)


def test_an_episode_opens_with_what_was_found() -> None:
    episode = advance(None, finding(0, "hold", severity="low", stake=500.0), RULE, night(0)).episode
    assert episode == Episode(
        episode_id=episode_id(RULE.name, "001A", START),
        rule=RULE.name,
        rule_version="v1",
        subject="001A",
        phase=Phase.PENDING,
        opened_on=START,
        fired_at=None,
        notified_at=None,
        step=None,
        claimed_by=None,
        claimed_at=None,
        resolved_at=None,
        severity="low",
        at_stake=500.0,
        announced=False,
    )


def test_the_name_of_an_episode_never_changes() -> None:
    # Names are in the state store and under Slack's messages: another name would be another episode.
    assert episode_id("licence-underuse", "001A", START) == "e98ae073-023e-55d4-a639-05a4edd3efbf"
    assert episode_id("licence-underuse", "001A", START + timedelta(days=1)) != "e98ae073-023e-55d4-a639-05a4edd3efbf"


def test_firing_claiming_and_ending_leave_their_times() -> None:
    fired = live("0d hold").episode
    assert fired is not None
    assert (fired.phase, fired.fired_at, fired.notified_at) == (Phase.FIRING, night(0), night(0))
    claimed = claim(fired, "U1", night(1)).episode
    assert claimed is not None
    assert (claimed.phase, claimed.claimed_by, claimed.claimed_at) == (Phase.CLAIMED, "U1", night(1))
    ended = moment("2d clear", claimed, AT_ONCE).episode
    assert ended is not None
    assert (ended.phase, ended.resolved_at, ended.claimed_by) == (Phase.RESOLVED, night(2), "U1")


def test_what_is_at_stake_follows_the_findings_and_outlives_an_unknown_one() -> None:
    first = advance(None, finding(0, "hold", stake=500.0), AT_ONCE, night(0)).episode
    second = advance(first, finding(1, "hold", stake=700.0), AT_ONCE, night(1)).episode
    third = advance(second, finding(2, "hold", stake=None), AT_ONCE, night(2)).episode
    assert third is not None
    assert third.at_stake == 700.0


def test_an_episode_goes_on_under_a_new_version_of_its_rule() -> None:
    episode = live("0d hold").episode
    step = advance(episode, finding(1, "hold"), dataclasses.replace(AT_ONCE, version="v2"), night(1))
    assert step.episode is not None
    assert (step.notify, step.episode.rule_version) == (False, "v2")


@pytest.mark.parametrize(
    ("rule", "before", "again"),
    [
        (RULE, ["0d hold"], "0d hold"),
        (RULE, ["0d hold", "14d hold"], "14d hold"),
        (RULE, ["0d hold", "14d hold", "44d hold"], "44d hold"),
        (AT_ONCE, ["0d hold", "1d hold high"], "1d hold high"),
        (COUNTDOWN, ["0d hold 61-left", "1d hold 60-left"], "1d hold 60-left"),
        (AT_ONCE, ["0d hold", "1d clear"], "1d clear"),
        (COUNTDOWN, ["0d hold 7-left", "8d clear"], "8d clear"),
    ],
)
def test_judging_a_day_again_says_nothing_again(rule: Rule, before: list[str], again: str) -> None:
    state = live(*before, rule=rule).episode
    for _ in range(2):
        step = moment(again, state, rule)
        assert not step.notify
        assert step.episode in {state, None}


def test_a_second_episode_of_one_day_waits_for_the_next() -> None:
    # Fired and ended on one day (its figures were corrected in between); both would bear the same name.
    ended = live("0d hold", "0d clear").episode
    again = moment("0d hold", ended, AT_ONCE)
    assert (again.notify, again.reason, again.episode) == (False, Reason.ENDED, ended)
    tomorrow = moment("1d hold", ended, AT_ONCE)
    assert (tomorrow.notify, tomorrow.transition) == (True, "fired")
    assert tomorrow.episode is not None
    assert ended is not None
    assert tomorrow.episode.episode_id != ended.episode_id


def test_hold_counts_days_of_the_data_and_not_of_the_clock() -> None:
    # A replay of two weeks in one minute says what the nights themselves said.
    episode, now = None, datetime(2026, 6, 1, tzinfo=UTC)
    for day in range(15):
        step = advance(episode, finding(day, "hold"), RULE, now + timedelta(seconds=day))
        episode = step.episode
        assert step.notify == (day == 14)


def test_a_hold_of_hours_is_over_on_the_next_day() -> None:
    rule = dataclasses.replace(RULE, hold=timedelta(hours=12))
    first = advance(None, finding(0, "hold"), rule, night(0))
    assert (first.notify, first.detail) == (False, "held for 0 days of 12 hours")
    assert advance(first.episode, finding(1, "hold"), rule, night(1)).detail == "held for 1 day"


def test_repeat_goes_by_the_calendar_and_not_by_the_second() -> None:
    fired = live("0d hold", "14d hold", rule=RULE).episode
    early = night(44) - timedelta(minutes=3)
    assert advance(fired, finding(44, "hold"), RULE, early).reason is Reason.REPEATED


def test_the_calendar_of_repeats_is_that_of_utc() -> None:
    fired = live("0d hold", "14d hold", rule=RULE).episode
    late = datetime(2026, 2, 14, 20, tzinfo=ZoneInfo("America/Los_Angeles"))  # the 15th in UTC
    assert advance(fired, finding(44, "hold"), RULE, late).transition == "repeat-2026-02-15"
