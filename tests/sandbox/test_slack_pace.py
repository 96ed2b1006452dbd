"""Slack's rate limits, on a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack_pace import UNLIMITED, Pace, RateLimits
from bot.sandbox.slack_state import RateLimitedError


def _accepted(pace: Pace, times: list[float]) -> list[float]:
    accepted = []
    for now in times:
        try:
            pace.post("C1", now)
        except RateLimitedError:
            continue
        accepted.append(now)
    return accepted


def test_one_a_second_is_let_through_and_faster_is_not() -> None:
    assert _accepted(Pace(RateLimits()), [0, 0.5, 1.0, 1.9, 2.0]) == [0, 1.0, 2.0]


def test_a_burst_may_come_at_once_and_must_be_earned_again() -> None:
    pace = Pace(RateLimits(post_burst=3))
    assert _accepted(pace, [0, 0, 0, 0, 1, 1, 4, 4, 4, 4]) == [0, 0, 0, 1, 4, 4, 4]


def test_who_waits_as_told_is_let_through() -> None:
    pace = Pace(RateLimits())
    pace.post("C1", 0.0)
    with pytest.raises(RateLimitedError) as caught:
        pace.post("C1", 0.2)
    pace.post("C1", 0.2 + caught.value.retry_after)


def test_no_limit_is_none() -> None:
    assert len(_accepted(Pace(UNLIMITED), [0.0] * 100)) == 100


@given(st.lists(st.floats(0, 20), max_size=60).map(sorted), st.integers(1, 4))
def test_no_second_ever_sees_more_than_burst_and_one(times: list[float], burst: int) -> None:
    accepted = _accepted(Pace(RateLimits(post_burst=burst)), times)
    for start in accepted:
        assert sum(start <= now < start + 0.9 for now in accepted) <= burst + 1
