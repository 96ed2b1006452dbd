from __future__ import annotations

import numpy as np
import pytest

from bot.core.forecasting.levels import levels, past_errors, rate
from bot.core.forecasting.settings import ForecastSettings

SETTINGS = ForecastSettings()


def test_what_a_week_knows_does_not_depend_on_later_weeks() -> None:
    # Only the mix of the two memories is judged at the end, by the whole past.
    alone = ForecastSettings(sharpness=0.0)
    sums = np.random.default_rng(2).gamma(5, 20, (3, 60))
    later = sums.copy()
    later[:, 40:] *= 7
    for before, after in zip(
        (levels(sums, alone).fast, levels(sums, alone).slow, levels(sums, alone).growth),
        (levels(later, alone).fast, levels(later, alone).slow, levels(later, alone).growth),
        strict=True,
    ):
        np.testing.assert_array_equal(before[:, :40], after[:, :40])


def test_a_half_life_halves() -> None:
    # With memories of one week, a step from 0 to 100 shows 50, 75, 87.5 where earlier weeks weigh nothing new.
    one = ForecastSettings(fast=1.0, slow=1.0, steady_fast=1.0, steady_slow=1.0, growth_share=0.0)
    sums = np.array([[0.0] * 60 + [100.0] * 3])
    assert levels(sums, one).fast[0, -3:] == pytest.approx([50, 75, 87.5])


def test_the_way_leads_from_the_fast_level_to_the_slow_one() -> None:
    flat = ForecastSettings(growth_share=0.0)
    state = levels(np.array([[100.0] * 50 + [200.0] * 2]), flat).at(-1)
    assert state.slow[0] < state.fast[0]
    assert rate(state, 0.0, flat)[0] == pytest.approx(state.fast[0])
    assert rate(state, 500.0, flat)[0] == pytest.approx(state.slow[0])


def test_steady_noise_is_given_a_long_memory_and_a_wandering_level_a_short_one() -> None:
    chance = np.random.default_rng(4)
    steady = 100 + chance.normal(0, 20, 60)
    wandering = 100 * np.exp(chance.normal(0, 0.2, 60).cumsum())
    steady[-1], wandering[-1] = 170, wandering[-2] * 1.7
    state = levels(np.stack([steady, wandering]), SETTINGS).at(-1)
    assert state.fast[0] == pytest.approx(100, rel=0.1)
    assert state.fast[1] > 1.25 * wandering[-2]


def test_past_errors_are_those_of_the_weeks_that_followed() -> None:
    sums = np.array([[100.0] * 20 + [50.0]])
    errors = past_errors(sums, levels(sums, SETTINGS), 1, SETTINGS)
    assert np.isnan(errors[0, :5]).all()
    assert errors[0, 5:-1] == pytest.approx(np.zeros(14))
    assert errors[0, -1] == pytest.approx(np.log(0.5), abs=0.1)


def test_an_unknown_week_is_no_error() -> None:
    sums = np.full((1, 20), 100.0)
    sums[0, 15] = np.nan
    errors = past_errors(sums, levels(sums, SETTINGS), 1, SETTINGS)
    assert np.isnan(errors[0, 14])
    assert np.isfinite(errors[0, 15])
