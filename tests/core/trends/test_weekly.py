"""Weeks instead of days: their sums, what is expected of them, and how often nothing is taken for something."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.trends.weekly import WeeklyDetection, weekly, weekly_sums

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

SETTINGS = WeeklyDetection()


def alone(counts: Floats) -> npt.NDArray[np.int64]:
    return np.arange(len(counts))


def events(level: float, spread: float, series: int = 400, days: int = 600) -> Floats:
    """Events of a working week whose weeks differ by a share, with chance."""
    rng = np.random.default_rng(7)
    week = np.repeat(rng.gamma(spread**-2, spread**2, (series, days // 7 + 1)), 7, axis=1)[:, :days]
    return rng.poisson(level * week).astype(np.float64)


def test_weeks_end_on_the_last_day() -> None:
    assert weekly_sums(np.array([[9.0] + [1.0] * 7 + [2.0] * 7])).tolist() == [[7, 14]]


def test_two_unknown_days_count_like_the_others_of_their_week_and_three_make_it_unknown() -> None:
    sums = weekly_sums(np.array([[1.0, 2, 3, 1, 2, math.nan, math.nan, *[5.0] * 4, *[math.nan] * 3]]))
    # 9 in five days are 12.6 in seven.
    assert sums[0] == pytest.approx([12.6, math.nan], nan_ok=True)


def test_a_week_stands_on_its_last_day_and_its_evidence_holds_until_the_next() -> None:
    counts = np.ones((1, 7 * 12 + 3))
    counts[:, -14:] = 0
    weeks = weekly(counts, alone(counts), SETTINGS)
    assert np.flatnonzero(~np.isnan(weeks.sums[0])).tolist() == list(range(9, 87, 7))
    # Expected 7, seen 0: .5 x 7 = 3.5, of which a week adds 1.5 at most. The first of the two ends on day 79.
    assert weeks.falls.statistic[0, 79:].tolist() == [1.5] * 7 + [3.0]
    assert weeks.falls.since[0, 78:].tolist() == [-1] + [79] * 8
    assert weeks.expected.history[0, [8, 9, 86]].tolist() == [0, 1, 12]


def test_expected_is_the_mean_of_two_to_26_weeks_before() -> None:
    counts = np.repeat(np.arange(40.0), 7)[None]
    weeks = weekly(counts, alone(counts), SETTINGS)
    # Week 39 expects the mean of weeks 13 to 37, which is 25 a day; week 4 knows three of them only, week 5 four.
    assert weeks.expected.values[0, -1] == pytest.approx(25 * 7)
    assert np.isnan(weeks.expected.values[0, 7 * 5 - 1])
    assert weeks.expected.values[0, 7 * 6 - 1] == pytest.approx(1.5 * 7)


def test_the_others_of_a_fleet_are_taken_out_and_the_series_itself_is_not() -> None:
    counts = np.ones((6, 7 * 12))
    counts[:, -7:] = 0.5
    counts[0, -7:] = 0
    weeks = weekly(counts, np.zeros(6, dtype=np.int64), SETTINGS)
    # Of the first, the others expect 35 and have 17.5; of the rest, 35 and 14.
    assert weeks.expected.fleet[:2, -1] == pytest.approx([math.log(0.5), math.log(14 / 35)])
    assert weekly(counts[:2], np.zeros(2, dtype=np.int64), SETTINGS).expected.fleet[0, -1] == 0  # 7 events: too few


def test_an_unknown_week_changes_no_evidence() -> None:
    counts = np.ones((1, 7 * 12))
    counts[:, -21:] = 0
    counts[:, -14:-7] = math.nan
    weeks = weekly(counts, alone(counts), SETTINGS)
    assert weeks.falls.statistic[0, [-15, -8, -1]].tolist() == [1.5, 1.5, 3.0]


@pytest.mark.parametrize(("level", "spread"), [(0.15, 0.01), (0.4, 0.33), (0.9, 0.33)])
def test_false_alarms_are_few(level: float, spread: float) -> None:
    counts = events(level, spread)
    weeks = weekly(counts, alone(counts), SETTINGS)
    years = 400 * (600 - 210) / 365
    for found, threshold, most in (
        (weeks.falls, SETTINGS.fall_threshold, 0.35),
        (weeks.rises, SETTINGS.rise_threshold, 0.2),
    ):
        over = found.statistic[:, 210:] >= threshold
        assert np.sum(over[:, 1:] & ~over[:, :-1]) / years <= most


@pytest.mark.parametrize(("level", "days"), [(0.15, 70), (0.4, 35), (0.9, 24)])
def test_use_that_stops_is_told_in_weeks(level: float, days: int) -> None:
    counts = events(level, 0.1)
    counts[:, 500:] = 0
    over = weekly(counts, alone(counts), SETTINGS).falls.statistic[:, 500:] >= SETTINGS.fall_threshold
    assert np.median(np.where(over.any(axis=1), over.argmax(axis=1), 100)) <= days


@pytest.mark.parametrize("shape", [(0, 20), (3, 6), (3, 0)])
def test_no_series_and_less_than_a_week_are_no_error(shape: tuple[int, int]) -> None:
    weeks = weekly(np.ones(shape), np.zeros(shape[0], dtype=np.int64), SETTINGS)
    assert weeks.sums.shape == weeks.falls.statistic.shape == shape
    assert np.isnan(weeks.sums).all()
