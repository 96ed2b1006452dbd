"""Headroom's forecast and its peers, on cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.forecasting.cases import FUTURE, HORIZONS
from bot.core.forecasting.forecast import Draws, Forecasts, ForecastSettings, forecast
from bot.core.forecasting.outlook import outlook
from bot.core.forecasting.settings import Widths

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.forecasting.cases import Cases, Floats

TAIL: Final = 0.09
"""Share of the errors beyond either bound on the series calibrated on: of unseen series a little more lies outside."""


def run_rate(cases: Cases) -> Floats:
    """Use of the term so far / days elapsed, on every day to come."""
    return np.repeat((cases.used() / cases.elapsed)[:, None], FUTURE, axis=1)


def last_28_days(cases: Cases) -> Floats:
    """Mean of the known ones of the last 28 days."""
    return np.repeat(_recent(cases)[:, None], FUTURE, axis=1)


def seasonal_naive(cases: Cases) -> Floats:
    """The last week over and over; an unknown day is the mean of the last 28."""
    week = np.where(np.isfinite(cases.history[:, -7:]), cases.history[:, -7:], _recent(cases)[:, None])
    return np.tile(week, (1, -(-FUTURE // 7)))[:, :FUTURE]


PEERS: Final[dict[str, Callable[[Cases], Floats]]] = {
    "run rate": run_rate,
    "last 28 days": last_28_days,
    "seasonal naive": seasonal_naive,
}


def _recent(cases: Cases) -> Floats:
    recent = cases.history[:, -28:]
    known = np.isfinite(recent)
    return np.asarray(np.where(known, recent, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def headroom(cases: Cases, days: Floats, capacity: Floats, settings: ForecastSettings) -> Forecasts:
    """Forecast each case to the end of a term that ends so many days after its origin."""
    return forecast(_draws(cases, days, capacity), settings)


def _draws(cases: Cases, days: Floats, capacity: Floats) -> Draws:
    last = np.full(len(cases), cases.history.shape[1] - 1.0)
    return Draws(cases.history, cases.used(), capacity, days, last)


def standard_errors(cases: Cases, settings: ForecastSettings) -> dict[float, Floats]:
    """Errors in typical errors at each of the days that widths are calibrated at; NaN where there is none."""
    none = np.zeros(len(cases))
    seen = outlook(_draws(cases, none, none), FUTURE, settings)
    errors = {}
    for days in settings.widths.days:
        ahead = days + seen.ahead.astype(np.float64)
        actual = cases.actual(int(days)) + seen.overlap
        error = seen.spread.error(np.maximum(actual, 0.0), seen.total(ahead), ahead)
        errors[days] = np.where(seen.basis >= settings.least_history, error, np.nan)
    return errors


def calibrated(variants: list[Cases], settings: ForecastSettings) -> ForecastSettings:
    """Take widths from all cases given; each series of each variant weighs the same."""
    errors = [standard_errors(cases, settings) for cases in variants]
    lows, highs = [], []
    for place, days in enumerate(settings.widths.days):
        pairs = [(each[days], equal_weights(cases, each[days])) for cases, each in zip(variants, errors, strict=True)]
        values, weights = (np.concatenate(column) for column in zip(*pairs, strict=True))
        if not weights.any():
            # No series is long enough to tell: nothing is held against these days either.
            lows.append(settings.widths.low[place])
            highs.append(settings.widths.high[place])
            continue
        lows.append(max(-weighted_quantile(values, weights, TAIL), 0.1))
        highs.append(max(weighted_quantile(values, weights, 1 - TAIL), 0.1))
    return replace(settings, widths=Widths(settings.widths.days, tuple(lows), tuple(highs)))


def equal_weights(cases: Cases, values: Floats) -> Floats:
    """Weights with which each series that has known values weighs the same."""
    _, number = np.unique(cases.series, return_inverse=True)
    known = np.isfinite(values)
    counts = np.bincount(number, weights=known)
    return np.where(known, 1 / np.maximum(counts[number], 1), 0.0)


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Value below which so large a share of the weights lies; something must weigh."""
    chosen = weights > 0
    order = np.argsort(values[chosen], kind="stable")
    reached = np.cumsum(weights[chosen][order]) / weights[chosen].sum()
    return float(values[chosen][order][min(int(np.searchsorted(reached, share)), len(order) - 1)])


__all__ = ["HORIZONS", "PEERS", "calibrated", "equal_weights", "headroom", "standard_errors", "weighted_quantile"]
