"""Steps in monthly figures: what is found, and how often nothing is taken for something."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends.monthly import (
    MonthlySettings,
    monthly_changes,
    odds_bound,
    step_significance,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

EVER = MonthlySettings(current=99)


def noise(series: int, months: int, carried: float, seed: int) -> Floats:
    """Log values of standard deviation .1 that carry over a share of the month before."""
    drawn = np.random.default_rng(seed).standard_normal((series, months))
    for month in range(1, months):
        drawn[:, month] = carried * drawn[:, month - 1] + math.sqrt(1 - carried**2) * drawn[:, month]
    return np.asarray(np.exp(0.1 * drawn))


def test_the_significance_is_that_of_the_formula() -> None:
    # x = 3, h = l = .1: 3 exp(-4.5) / 2.5066 = .013296; log(.81 / .01) = 4.39445;
    # .013296 * (4.39445 * 8 / 9 + 4 / 9) = .013296 * 4.35062 = .05785
    significance = step_significance(*(np.array([each]) for each in (9.0, 1e9, 0.1, 0.1)))
    assert significance[0] == pytest.approx(0.05785, abs=1e-4)


def test_the_confidence_is_the_bound_on_the_odds() -> None:
    # p = .05: -e p ln p = 2.71828 * .05 * 2.99573 = .40716; 1 / 1.40716 = .7107
    assert odds_bound(np.array([0.05, 0.9])) == pytest.approx([0.7107, 0.5], abs=1e-3)


@pytest.mark.parametrize("months", [12, 24, 36])
def test_white_noise_raises_an_alarm_in_one_of_twenty_series_at_most(months: int) -> None:
    found = monthly_changes(noise(4000, months, 0.0, seed=months), settings=EVER)
    assert 0.005 < np.mean(found.direction != 0) <= 0.05


@pytest.mark.parametrize("months", [12, 24, 36])
def test_months_that_carry_over_from_the_last_raise_few_alarms(months: int) -> None:
    assert np.mean(monthly_changes(noise(4000, months, 0.3, seed=months), settings=EVER).direction != 0) <= 0.11


def test_a_season_is_no_step() -> None:
    season = np.exp(0.3 * np.cos(2 * np.pi * np.arange(36) / 12))
    assert np.mean(monthly_changes(noise(1000, 36, 0.0, seed=1) * season, settings=EVER).direction != 0) <= 0.05


@pytest.mark.parametrize(("months", "least"), [(12, 0.6), (24, 0.8), (36, 0.85)])
def test_a_step_of_three_deviations_is_found_after_three_months(months: int, least: float) -> None:
    values = noise(1000, months, 0.0, seed=months)
    values[:, -3:] *= math.exp(-0.3)
    found = monthly_changes(values)
    fell = found.direction == -1
    assert np.mean(fell) >= least
    assert np.median(found.start[fell]) == months - 3
    assert np.median(found.size[fell]) == pytest.approx(math.expm1(-0.3), abs=0.04)


def test_an_invoice_that_never_changed_and_falls_by_a_quarter_is_told_with_size_and_month() -> None:
    found = monthly_changes(np.array([[400.0] * 15 + [300.0] * 3]))
    assert (found.direction[0], found.start[0], found.now[0]) == (-1, 15, 300)
    assert found.size[0] == pytest.approx(-0.25)
    assert found.confidence[0] > 0.95


def test_an_invoice_that_never_changed_is_flat() -> None:
    found = monthly_changes(np.array([[400.0] * 18]))
    assert (found.direction[0], found.start[0]) == (0, -1)
    assert math.isnan(found.size[0])


def test_invoices_that_end_are_a_fall() -> None:
    found = monthly_changes(np.array([[400.0, 420, 390] * 5 + [0.0, 0.0]]))
    assert (found.direction[0], found.start[0], found.now[0]) == (-1, 15, 0)
    assert found.size[0] < -0.9


def test_a_return_after_a_dip_is_no_rise() -> None:
    steady = [100.0, 104, 97, 102, 99, 103, 98, 101]
    dipped = [*steady, 60, 62, 58, *steady[:4]]
    assert monthly_changes(np.array([dipped])).direction[0] == 0


def test_a_step_is_news_for_six_months() -> None:
    values = np.array([[400.0] * 15 + [300.0] * 6, [400.0] * 14 + [300.0] * 7])
    assert monthly_changes(values).direction.tolist() == [-1, 0]


def test_what_the_fleet_does_together_is_taken_out() -> None:
    rng = np.random.default_rng(4)
    values = np.exp(0.05 * rng.standard_normal((8, 18)))
    values[:, 14:] *= 0.6
    values[0, 14:] /= 0.6
    alone, fleet = monthly_changes(values), monthly_changes(values, np.zeros(8, dtype=np.int64))
    assert alone.direction.tolist() == [0] + 7 * [-1]
    assert fleet.direction.tolist() == [1] + 7 * [0]


def test_eleven_months_are_too_few() -> None:
    found = monthly_changes(np.array([[400.0] * 8 + [100.0] * 3]))
    assert (found.direction[0], found.known[0]) == (0, 11)
    assert math.isnan(found.statistic[0])


def test_older_months_than_the_window_are_not_looked_at_and_the_start_counts_from_the_first() -> None:
    found = monthly_changes(np.array([[9000.0] * 10 + [400.0] * 33 + [300.0] * 3]))
    assert (found.known[0], found.start[0]) == (36, 43)
    assert found.size[0] == pytest.approx(-0.25)


def test_unknown_months_make_no_step() -> None:
    values = np.array([[400.0] * 9 + [math.nan] * 4 + [400.0] * 5, [math.nan] * 18, [0.0] * 18])
    assert monthly_changes(values).direction.tolist() == [0, 0, 0]


def test_no_series_are_no_error() -> None:
    assert monthly_changes(np.empty((0, 20)), np.empty(0, dtype=np.int64)).direction.shape == (0,)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_and_unit_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = noise(20, 26, 0.2, seed)
    values[:, 22:] *= rng.uniform(0.5, 1.5, (20, 1))
    values[rng.random(values.shape) < 0.1] = math.nan
    order = rng.permutation(20)
    fleets = rng.integers(0, 2, 20)
    one, other = monthly_changes(values, fleets), monthly_changes(1000 * values[order], fleets[order])
    assert np.array_equal(one.direction[order], other.direction)
    assert np.array_equal(one.start[order], other.start)
    assert one.size[order] == pytest.approx(other.size, nan_ok=True)
