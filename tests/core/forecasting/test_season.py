from __future__ import annotations

import numpy as np
import pytest

from bot.core.forecasting.season import YEAR, seasonal
from bot.core.forecasting.settings import ForecastSettings

SETTINGS = ForecastSettings(season_share=1.0)
WEEKS = np.arange(2 * YEAR + 8)
SUMMER = 100 * (1 + 0.4 * np.sin(2 * np.pi * WEEKS / YEAR))


def test_a_season_that_both_years_have_is_found() -> None:
    factors = seasonal(SUMMER[None, :], SETTINGS)[0]
    to_come = 1 + 0.4 * np.sin(2 * np.pi * (WEEKS[-1] + 1 + np.arange(YEAR)) / YEAR)
    before = np.mean(SUMMER[-4:]) / 100
    assert np.exp(factors) == pytest.approx(to_come / before, abs=0.05)


def test_one_year_of_weeks_has_no_season() -> None:
    assert np.isnan(seasonal(SUMMER[None, :YEAR], SETTINGS)).all()


def test_growth_is_no_season() -> None:
    assert seasonal((100 * np.power(1.01, WEEKS, dtype=np.float64))[None, :], SETTINGS)[0] == pytest.approx(
        np.zeros(YEAR), abs=0.02
    )


def test_what_the_years_do_not_agree_on_is_no_season() -> None:
    once = np.full(len(WEEKS), 100.0)
    once[-30:-20] = 300
    factors = seasonal(once[None, :], SETTINGS)[0]
    assert factors[22:30] == pytest.approx(np.zeros(8), abs=0.25)  # growth is taken out of either year


def test_a_line_with_much_unknown_has_none_and_others_keep_theirs() -> None:
    holes = SUMMER.copy()
    holes[::4] = np.nan
    both = seasonal(np.stack([holes, SUMMER]), SETTINGS)
    assert np.isnan(both[0]).all()
    assert np.isfinite(both[1]).all()
