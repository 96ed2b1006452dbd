"""Use by the end of the period or term, and what of it lies beyond the capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.forecasting.spread import bounds, probability_below, quantile
from bot.core.forecasting.weeks import WEEK

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Draws, Floats
    from bot.core.forecasting.outlook import Outlook
    from bot.core.forecasting.settings import ForecastSettings

_OUTCOMES: Final = 19
"""Equally likely outcomes over which the mean overage is taken."""


def ending(draws: Draws, seen: Outlook, left: Floats, settings: ForecastSettings) -> dict[str, Floats]:
    """Fields of Forecasts about the end, `left` days after as-of."""
    days = left + seen.ahead
    expected = seen.total(days)
    start = draws.used - seen.overlap
    low, high = (seen.spread.at(expected, days, bound) for bound in bounds(days, settings.widths))
    # Incomplete days are forecast anew, yet what they have shown was used.
    use = {
        suffix: np.maximum(start + total, draws.used)
        for suffix, total in (("", expected), ("_low", low), ("_high", high))
    }
    bought = np.where(draws.capacity > 0, draws.capacity, np.nan)
    found = {f"end_use{suffix}": value for suffix, value in use.items()}
    found |= {f"end_utilization{suffix}": value / bought for suffix, value in use.items()}
    found |= {f"overage{suffix}": np.maximum(value - draws.capacity, 0.0) for suffix, value in use.items()}
    return found | {
        "overage_mean": _mean_overage(draws, seen, expected, days, settings),
        "probability_over": _probability_over(draws, seen, expected, days, settings),
        "level_end": seen.rate(days) / WEEK,
    }


def _mean_overage(draws: Draws, seen: Outlook, expected: Floats, days: Floats, settings: ForecastSettings) -> Floats:
    start, beyond = draws.used - seen.overlap, np.zeros(len(draws))
    for outcome in range(_OUTCOMES):
        error = quantile((outcome + 0.5) / _OUTCOMES, days, settings.widths)
        use = np.maximum(start + seen.spread.at(expected, days, error), draws.used)
        beyond += np.maximum(use - draws.capacity, 0.0)
    return beyond / _OUTCOMES


def _probability_over(
    draws: Draws, seen: Outlook, expected: Floats, days: Floats, settings: ForecastSettings
) -> Floats:
    missing = np.maximum(draws.capacity - draws.used + seen.overlap, 0.0)
    error = seen.spread.error(missing, expected, days)
    # Where no use is expected at all, there is none to go over with.
    above = np.where(np.isfinite(error), 1 - probability_below(error, days, settings.widths), 0.0)
    return np.where(draws.used > draws.capacity, 1.0, above)
