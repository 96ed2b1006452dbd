"""Where use stands, how fast it grows, and its way from here: a present level that returns to a slow one.

All values are use a week. Weeks ahead are counted from the last complete day; fractions are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Floats
    from bot.core.forecasting.settings import ForecastSettings

OFFSET: Final = 0.1
"""Of the long level, added on both sides of an error's ratio."""
_FLOOR: Final = 0.02
"""Share of the long level added before growth is taken: a level may be 0."""
_MOST_CARRIED: Final = 0.7
_MOST_GROWN: Final = 1.5
"""Logarithms beyond which nothing is carried forward."""
_ENOUGH_KNOWN: Final = 0.8
"""Share of the weeks of a span that must be known to hold a forecast against them."""
_FIRST_ORIGIN: Final = 6
"""Known weeks that a past forecast needs."""
SPANS: Final = (1, 4, 13)
"""Weeks over which forecasts are held against the past."""
_JUDGED_SPANS: Final = (1, 4)
"""Weeks over which the two memories are compared ..."""
_PRIOR_ERROR: Final = 0.2
_PRIOR_WEIGHT: Final = 2.0
"""... by their mean error, this many past forecasts being taken to have been that far off."""


def _mean_points(span: int, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return weeks ahead and weights of them that give the mean over a span: Gauss-Legendre."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return tuple((span * (points + 1) / 2).tolist()), tuple((weights / 2).tolist())


# The way is smooth: two or three of its points give the mean over a span to 1e-5 and spare the rest.
_POINTS: Final = {span: _mean_points(span, count) for span, count in zip(SPANS, (1, 2, 3), strict=True)}


@dataclass(frozen=True, slots=True)
class Levels:
    """What was known at the end of each week: arrays of [lines, weeks], or of [lines] at one week."""

    fast: Floats
    slow: Floats
    """Brought forward by the growth since the centre of its weights."""
    growth: Floats
    """Log ratio a week."""
    long: Floats

    def at(self, week: int) -> Levels:
        """State at the end of one week."""
        return Levels(self.fast[:, week], self.slow[:, week], self.growth[:, week], self.long[:, week])

    def first(self, weeks: int) -> Levels:
        """States of the first weeks."""
        return Levels(self.fast[:, :weeks], self.slow[:, :weeks], self.growth[:, :weeks], self.long[:, :weeks])


@dataclass(frozen=True, slots=True)
class _Smoothed:
    mean: Floats
    """[lines, weeks] exponentially weighted mean of the known weeks."""
    age: Floats
    """[lines, weeks] mean age in weeks of what is in it; 0 where nothing is."""


def levels(sums: Floats, settings: ForecastSettings) -> Levels:
    """Follow the levels from week to week; each week knows only what was before and itself.

    Moving series do best with a short memory and little patience, steady ones with a long memory and no growth: both
    are followed, and mixed by how well each would have forecast the series' own past.
    """
    long, slow = _smooth(sums, settings.long), _smooth(sums, settings.slow)
    growth = _growth(slow, long, settings)
    steady_slow = _smooth(sums, settings.steady_slow)
    moving = Levels(_smooth(sums, settings.fast).mean, _brought_forward(slow, growth), growth, long.mean)
    steady = Levels(_smooth(sums, settings.steady_fast).mean, _brought_forward(steady_slow, growth), growth, long.mean)
    odds = settings.moving_odds * (_mean_error(sums, steady, settings) / _mean_error(sums, moving, settings))
    share = (odds**settings.sharpness / (1 + odds**settings.sharpness))[:, None]
    return Levels(
        fast=share * moving.fast + (1 - share) * steady.fast,
        slow=share * moving.slow + (1 - share) * steady.slow,
        growth=growth * (settings.steady_growth + (1 - settings.steady_growth) * share),
        long=long.mean,
    )


def rate(state: Levels, ahead: float, settings: ForecastSettings) -> Floats:
    """Use a week at so many weeks ahead."""
    kept = settings.persistence**ahead
    lasting = (1 - settings.damping**ahead) / (1 - settings.damping)
    grown = np.exp(np.clip(state.growth * lasting, -_MOST_GROWN, _MOST_GROWN))
    return np.asarray((state.fast * kept + state.slow * (1 - kept)) * grown)


def past_errors(sums: Floats, states: Levels, span: int, settings: ForecastSettings) -> Floats:
    """[lines, origins] errors of the mean over `span` weeks, forecast from each past week; NaN where unknown."""
    lines, weeks = sums.shape
    origins = weeks - span
    if origins < 1:
        return np.full((lines, 1), np.nan)
    past = states.first(origins)
    points, weights = _POINTS[span]
    expected = sum((weight * rate(past, point, settings) for point, weight in zip(points, weights, strict=True)), 0.0)
    known = np.isfinite(sums)
    total = _following(np.where(known, sums, 0.0), span)
    count = _following(known.astype(np.float64), span)
    offset = OFFSET * states.long[:, -1:]
    usable = (count >= _ENOUGH_KNOWN * span) & (known.cumsum(axis=1)[:, :origins] >= _FIRST_ORIGIN) & (offset > 0)
    actual = total / np.maximum(count, 1)
    ratio = np.divide(actual + offset, expected + offset, out=np.full_like(actual, np.nan), where=usable)
    return np.asarray(np.log(ratio))


def _following(values: Floats, span: int) -> Floats:
    """[lines, weeks - span] sum over the `span` weeks after each."""
    running = np.cumsum(values, axis=1)
    return np.asarray(running[:, span:] - running[:, :-span])


def _growth(slow: _Smoothed, long: _Smoothed, settings: ForecastSettings) -> Floats:
    floor = _FLOOR * long.mean
    ratio = np.divide(slow.mean + floor, long.mean + floor, out=np.ones_like(floor), where=long.mean > 0)
    apart = long.age - slow.age + settings.growth_prior
    return np.clip(settings.growth_share * np.log(ratio) / apart, -settings.most_growth, settings.most_growth)


def _brought_forward(slow: _Smoothed, growth: Floats) -> Floats:
    return np.asarray(slow.mean * np.exp(np.clip(growth * slow.age, -_MOST_CARRIED, _MOST_CARRIED)))


def _mean_error(sums: Floats, states: Levels, settings: ForecastSettings) -> Floats:
    """[lines] geometric mean over the judged spans of the mean absolute error."""
    logs = np.zeros(len(sums))
    for span in _JUDGED_SPANS:
        errors = past_errors(sums, states, span, settings)
        known = np.isfinite(errors)
        total = np.where(known, np.abs(errors), 0.0).sum(axis=1) + _PRIOR_ERROR * _PRIOR_WEIGHT
        logs += np.log(total / (known.sum(axis=1) + _PRIOR_WEIGHT))
    return np.asarray(np.exp(logs / len(_JUDGED_SPANS)))


def _smooth(sums: Floats, half_life: float) -> _Smoothed:
    known = np.isfinite(sums)
    values = np.where(known, sums, 0.0)
    kept = 0.5 ** (1 / half_life)
    total, weight, ages = (np.zeros(len(sums)) for _ in range(3))
    means, mean_ages = np.full_like(sums, np.nan), np.zeros_like(sums)
    for week in range(sums.shape[1]):
        ages = (ages + weight) * kept
        total = total * kept + values[:, week]
        weight = weight * kept + known[:, week]
        np.divide(total, weight, out=means[:, week], where=weight > 0)
        np.divide(ages, weight, out=mean_ages[:, week], where=weight > 0)
    return _Smoothed(means, mean_ages)
