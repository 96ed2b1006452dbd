"""Where a change began, against an exact search; frozen expectations and levels, computed by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends.starts import (
    Frozen,
    confidence,
    fleet_path,
    freeze,
    log_ratios,
    mend_path,
    split,
    tamed,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

WEEK = [10.0, 10, 10, 10, 10, 3, 2]


def frozen(counts: Floats, reference: int, path: Floats | None = None, moved: float = math.nan) -> Frozen:
    path = np.zeros_like(counts) if path is None else path
    at = np.full(len(counts), reference)
    return Frozen(counts, freeze(counts, path, at, 56), path, np.ones_like(counts), at, np.full(len(counts), moved))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), days=st.integers(4, 60), unknown=st.floats(0, 0.4))
def test_the_split_is_that_of_an_exact_search_with_a_linear_kernel(seed: int, days: int, unknown: float) -> None:
    rng = np.random.default_rng(seed)
    ratios = rng.normal(size=days)
    ratios[rng.integers(days) :] += rng.normal()
    ratios[rng.random(days) < unknown] = math.nan
    known = np.flatnonzero(~np.isnan(ratios))
    if len(known) < 4:
        assert split(ratios[None])[0] == -1
        return
    exact = ruptures.KernelCPD(kernel="linear", min_size=2).fit_predict(ratios[known][:, None], n_bkps=1)[0]
    assert split(ratios[None])[0] == known[exact]


def test_only_splits_of_the_direction_asked_for_are_looked_at() -> None:
    # Up by 5 at day 4, then down by 3 at day 8.
    ratios = np.array([[0.0] * 4 + [5.0] * 4 + [2.0] * 4] * 3)
    assert split(ratios, np.array([0, 1, -1], dtype=np.int8)).tolist() == [4, 4, 8]


def test_a_series_that_only_rises_has_no_fall_to_split_at() -> None:
    assert split(np.array([[0.0] * 5 + [1.0] * 5]), np.array([-1], dtype=np.int8)).tolist() == [-1]


def test_a_frozen_expectation_is_the_mean_of_each_weekday_of_eight_weeks() -> None:
    # Eight weeks, the last of which had twice the use: weekday means are 9/8 of the usual ones.
    counts = np.array([WEEK * 7 + [2 * each for each in WEEK] + [0.0] * 14])
    assert frozen(counts, 56).expected[0, 56:] == pytest.approx([9 / 8 * each for each in WEEK] * 2)


def test_a_weekday_known_once_only_expects_nothing() -> None:
    counts = np.array([WEEK * 10])
    counts[0, 0:49:7] = math.nan  # leaves the Monday of the eighth week
    expected = frozen(counts, 56).expected[0]
    assert np.isnan(expected[56])
    assert expected[57] == 10


def test_a_frozen_expectation_moves_with_the_fleet() -> None:
    counts, path = np.array([WEEK * 10]), np.zeros((1, 70))
    path[0, 56:] = math.log(0.9)
    assert frozen(counts, 56, path).expected[0, 56:63] == pytest.approx([0.9 * each for each in WEEK])


def test_the_path_of_a_fleet_that_halved_stays_at_a_half_though_its_factor_forgets() -> None:
    level = np.where(np.arange(300) < 100, 0.0, math.log(0.5))
    # The factor against the mean log level of the same weekday two to nine weeks before.
    factors = np.zeros(300)
    for day in range(63, 300):
        factors[day] = level[day] - np.mean([level[day - 7 * week] for week in range(2, 10)])
    assert fleet_path(factors[None], 2, 9)[0] == pytest.approx(level)
    assert factors[-1] == 0


def test_a_path_is_mended_to_end_where_the_fleet_has_moved() -> None:
    path = np.zeros((2, 100))
    mended = mend_path(path, np.array([-0.4, math.nan]), np.array([50, 50]), 14, 56)
    assert mended[0, :50] == pytest.approx(0)
    # From day 50 to the middle of the last 14 days, at 93: 43 days; half of it after 21.5.
    assert mended[0, 71] == pytest.approx(-0.2)
    assert mended[0, -7:] == pytest.approx(-0.4)
    assert mended[1] == pytest.approx(0)


def test_the_level_is_that_of_the_latest_known_days_since_the_start() -> None:
    # 55 a week are expected; two weeks at 60 % of that, then a week at 50 %, with two unknown days.
    counts = np.array([WEEK * 8 + [0.6 * each for each in WEEK * 2] + [0.5 * each for each in WEEK]])
    counts[0, -2:] = math.nan
    level = frozen(counts, 56, moved=math.log(1.1)).level(np.array([60]), 10)
    # Wednesday to Sunday of the week before the last, and the five known days of the last.
    expected = [10, 10, 10, 3, 2, 10, 10, 10, 10, 10]
    now = [6, 6, 6, 1.8, 1.2, 5, 5, 5, 5, 5]
    assert level.before[0] == pytest.approx(sum(expected) / 10)
    assert level.now[0] == pytest.approx(sum(now) / 10)
    assert level.size[0] == pytest.approx(sum(now) / sum(expected) - 1)
    assert level.fleet[0] == pytest.approx(0.1)
    # Each day has the variance of its expectation: the sum has sqrt(85).
    assert level.deviate[0] == pytest.approx((sum(now) - 85) / math.sqrt(85))


def test_one_wild_day_does_not_hide_a_fall() -> None:
    counts = np.array([[10.0] * 56 + [5.0] * 14])
    counts[0, 60] = 500
    # The median day is a half; 500 counts as 5 + 3 sqrt(10) = 14.5: (13 * 5 + 14.5) / 140 = .568
    assert frozen(counts, 56).level(np.array([56]), 14).size[0] == pytest.approx(-0.432, abs=1e-3)


def test_nothing_before_has_no_size() -> None:
    counts = np.array([[0.0] * 56 + [4.0] * 14])
    level = frozen(counts, 56).level(np.array([56]), 14)
    assert (level.before[0], level.now[0]) == (0, 4)
    assert math.isnan(level.size[0])


def test_the_start_is_looked_for_from_a_first_day_on() -> None:
    counts = np.array([[10.0] * 56 + [8.0] * 20 + [5.0] * 20])
    down = np.array([-1], dtype=np.int8)
    assert frozen(counts, 56).split(np.array([28]), down).tolist() == [76]
    assert frozen(counts, 56).split(np.array([94]), down).tolist() == [56]  # two days only: the reference


def test_log_ratios_are_bounded_by_a_factor_of_four() -> None:
    ratios = log_ratios(np.array([0.0, 9.5, 99.5, math.nan]), np.array([9.5, 9.5, 9.5, 9.5]))
    assert ratios == pytest.approx([-math.log(4), 0, math.log(4), math.nan], nan_ok=True)


def test_days_beyond_three_deviations_are_brought_back() -> None:
    counts, expected = np.array([0.0, 5, 200, 200]), np.array([100.0, 4, 100, math.nan])
    # 100 -+ 3 sqrt(100) = 70 and 130
    assert tamed(counts, expected, expected) == pytest.approx([70, 5, 130, 200])


def test_the_confidence_grows_with_the_evidence() -> None:
    # 1 / (1 + 2 exp(-.4)) = 1 / (1 + 2 * .67032) = .4272; exp(-1.2) = .30119, exp(-3.2) = .04076
    assert confidence(np.array([1.0, 3.0, 8.0])) == pytest.approx([0.4272, 0.6241, 0.9246], abs=1e-4)


def test_no_series_are_no_error() -> None:
    nothing = np.empty((0, 30))
    assert split(nothing).shape == (0,)
    assert frozen(nothing, 20).level(np.empty(0, dtype=np.int64), 14).size.shape == (0,)
