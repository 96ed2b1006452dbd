"""The way of the running total from as-of to the end of a period or term, with its 80 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.forecasting.forecast import forecast
from bot.core.forecasting.outlook import outlook
from bot.core.forecasting.settings import ForecastSettings
from bot.core.forecasting.spread import bounds

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Draws, Floats

_DEFAULTS: Final = ForecastSettings()


@dataclass(frozen=True, slots=True)
class Path:
    """Use of [lines] so far and to come by [steps] days; NaN where there is no forecast.

    low <= middle <= high, and none of them ever falls.
    """

    days: Floats
    """[lines, steps] whole days after as-of; the first is 0, the last the end or the settings' horizon."""
    low: Floats
    middle: Floats
    high: Floats


def path(draws: Draws, steps: int = 25, settings: ForecastSettings = _DEFAULTS) -> Path:
    """Look ahead at so many days, evenly apart; at the end it says what `forecast` says of it."""
    told = np.isfinite(forecast(draws, settings).level)
    left = np.where(told, np.minimum(np.nan_to_num(draws.days_left), settings.horizon), 0.0)
    seen = outlook(draws, int(left.max(initial=0)), settings)
    days = np.round(left[:, None] * np.linspace(0.0, 1.0, steps)[None, :])
    start = draws.used - seen.overlap
    columns = []
    for step in range(steps):
        ahead = days[:, step] + seen.ahead
        expected = seen.total(ahead)
        low, high = (seen.spread.at(expected, ahead, bound) for bound in bounds(ahead, settings.widths))
        # What was used already is used, whatever the incomplete last days are forecast to be.
        columns.append([np.maximum(start + total, draws.used) for total in (low, expected, high)])
    ways = np.asarray(columns, dtype=np.float64).transpose(1, 2, 0)
    ways[:, :, 0] = draws.used
    low, middle, high = (np.where(told[:, None], np.maximum.accumulate(way, axis=1), np.nan) for way in ways)
    return Path(days, np.minimum(low, middle), middle, np.maximum(middle, high))
