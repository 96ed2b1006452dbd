"""When a commit or an allowance is spent and what will be used by the end, each with an 80 % interval.

The running total of a line has an interval at each day to come; the day on which a bound of it reaches the capacity
is the bound of the run-out date, because use never falls: it is spent by a day if and only if its total then is enough.
No random numbers: the same line gives the same forecast in any batch, order and run.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

import numpy as np

from bot.core.forecasting.draws import Draws, Forecastable, Forecasts
from bot.core.forecasting.ending import ending
from bot.core.forecasting.outlook import outlook
from bot.core.forecasting.running_out import run_out
from bot.core.forecasting.settings import ForecastSettings
from bot.core.forecasting.weeks import WEEK

__all__ = ["Draws", "ForecastSettings", "Forecastable", "Forecasts", "forecast"]

_DEFAULTS: Final = ForecastSettings()


def forecast(draws: Draws, settings: ForecastSettings = _DEFAULTS) -> Forecasts:
    """Forecast each line of contracts.

    A line whose use, capacity, days left or last covered day is unknown is unknown, and so is every figure of it;
    so is a line whose term has ended.
    """
    parts = [
        _batch(draws.rows(slice(start, start + settings.batch)), settings)
        for start in range(0, max(len(draws), 1), settings.batch)
    ]
    return Forecasts(
        **{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Forecasts)}
    )


def _batch(draws: Draws, settings: ForecastSettings) -> Forecasts:
    known = _known(draws)
    # An amount that is no number must not get into the arithmetic of the others.
    draws = replace(draws, **{name: np.where(known, getattr(draws, name), np.nan) for name in ("used", "capacity")})
    near = known & (draws.days_left <= settings.longest)
    left = np.where(near, draws.days_left, 0.0)
    seen = outlook(draws, max(settings.horizon, int(left.max(initial=0))), settings)
    told = known & (seen.basis >= settings.least_history)
    ends = {name: np.where(near, value, np.nan) for name, value in ending(draws, seen, left, settings).items()}
    values = run_out(draws, seen, settings) | ends | {"level": seen.rates[:, 0] / WEEK}
    little = np.where(known & (seen.basis > 0), Forecastable.TOO_LITTLE_HISTORY.value, Forecastable.UNKNOWN.value)
    return Forecasts(
        **{name: np.where(told, value, np.nan) for name, value in values.items()},
        basis=np.where(draws.known_to >= 0, seen.basis, np.nan),
        verdict=np.where(told, Forecastable.OK.value, little),
    )


def _known(draws: Draws) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    amounts = np.isfinite(draws.used) & np.isfinite(draws.capacity) & (draws.capacity >= 0)
    return np.asarray(amounts & (draws.days_left >= 0) & np.isfinite(draws.days_left) & (draws.known_to >= 0))
