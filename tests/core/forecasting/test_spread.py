from __future__ import annotations

import numpy as np
import pytest

from bot.core.forecasting.levels import levels
from bot.core.forecasting.settings import ForecastSettings, Widths
from bot.core.forecasting.spread import Spread, bounds, probability_below, quantile, spread

SETTINGS = ForecastSettings()
WIDTHS = Widths()
DAYS = np.array([1.0, 7, 30, 90, 365, 1200])


def test_quantiles_and_probabilities_are_inverse() -> None:
    for share in (0.02, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99):
        assert probability_below(quantile(share, DAYS, WIDTHS), DAYS, WIDTHS) == pytest.approx(share, abs=1e-6)


def test_the_bounds_are_the_tenth_and_ninetieth_percentile() -> None:
    low, high = bounds(DAYS, WIDTHS)
    assert quantile(0.1, DAYS, WIDTHS) == pytest.approx(low, rel=1e-4)
    assert quantile(0.9, DAYS, WIDTHS) == pytest.approx(high, rel=1e-4)


def test_a_known_percentile_of_students_distribution() -> None:
    # Four degrees of freedom: 95 % lie below 2.1318, 90 % below 1.5332.
    widths = Widths(days=(1.0, 2.0), low=(1.0, 1.0), high=(1.0, 1.0))
    assert quantile(0.95, np.array([1.0]), widths)[0] == pytest.approx(2.1318 / 1.5332, abs=1e-4)


def test_moving_by_an_error_and_measuring_it_are_inverse() -> None:
    found = Spread(np.log(np.array([[0.1, 0.2, 0.3]] * 6)), np.full(6, 5.0))
    moved = found.at(DAYS * 10, DAYS, np.linspace(-1, 2, 6))
    assert found.error(moved, DAYS * 10, DAYS) == pytest.approx(np.linspace(-1, 2, 6))


def test_where_next_to_nothing_is_expected_there_is_no_error() -> None:
    found = Spread(np.zeros((2, 3)), np.array([0.0, 1e-300]))
    assert np.isnan(found.error(np.full(2, 1000.0), np.zeros(2), np.full(2, 30.0))).all()


def test_a_restless_past_makes_wider_intervals_than_a_calm_one() -> None:
    chance = np.random.default_rng(1)
    calm = 100 + chance.normal(0, 1, 60)
    restless = 100 * np.exp(chance.normal(0, 0.3, 60).cumsum() / 2)
    sums = np.stack([calm, restless])
    found = spread(sums, levels(sums, SETTINGS), SETTINGS)
    for days in (7.0, 28.0, 91.0, 300.0):
        narrow, wide = found.typical(np.full(2, days))
        assert wide > 3 * narrow


def test_without_a_past_the_error_is_what_series_usually_have() -> None:
    sums = np.full((1, 60), np.nan)
    sums[0, -4:] = 100
    found = spread(sums, levels(sums, SETTINGS), SETTINGS)
    assert np.exp(found.logs[0]).tolist() == pytest.approx([0.10, 0.18, 0.30])


def test_unknown_weeks_are_no_errors() -> None:
    sums = np.full((1, 60), 100.0)
    sums[0, 20:30] = np.nan
    found = spread(sums, levels(sums, SETTINGS), SETTINGS)
    assert (np.exp(found.logs[0]) < 0.05).all()
