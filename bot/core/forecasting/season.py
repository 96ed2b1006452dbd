"""The season of the year, where two whole years of weeks are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Floats
    from bot.core.forecasting.settings import ForecastSettings

YEAR: Final = 52
_BEFORE: Final = 4
"""Weeks before a year's way, to which it is compared."""
_LEAST_KNOWN: Final = 0.9
"""Share of the weeks of both years that must be known, and in use."""
_FLOOR: Final = 0.05
"""Added to ratios before the logarithm is taken: a week may be without use."""
_MOST: Final = 1.0
"""Logarithm that no factor exceeds."""


def seasonal(sums: Floats, settings: ForecastSettings) -> Floats:
    """[lines, 52] log factor of each week to come, the next one first; NaN where not known.

    The way that use took from the same weeks of the two years before, less the growth from year to year: what both
    agree on, and of that a share.
    """
    lines, weeks = sums.shape
    needed = 2 * YEAR + _BEFORE
    if weeks < needed:
        return np.full((lines, YEAR), np.nan)
    recent = sums[:, -needed:]
    even = _with_neighbours(recent)
    growth = np.log(_ratio(_mean(recent[:, -YEAR:]), _mean(recent[:, -2 * YEAR : -YEAR]))) / YEAR
    grown = growth[:, None] * (np.arange(YEAR) + (1 + _BEFORE) / 2)
    first, second = (
        np.log(_ratio(even[:, start : start + YEAR], _mean(recent[:, start - _BEFORE : start])[:, None])) - grown
        for start in (_BEFORE, _BEFORE + YEAR)
    )
    agreed = np.where(first * second > 0, np.sign(first) * np.minimum(np.abs(first), np.abs(second)), 0.0)
    factors = np.clip(settings.season_share * np.nan_to_num(agreed), -_MOST, _MOST)
    usable = (recent > 0).mean(axis=1) >= _LEAST_KNOWN
    return np.where(usable[:, None], factors, np.nan)


def _ratio(values: Floats, base: Floats) -> Floats:
    positive = base > 0
    ratio = np.divide(values, base, out=np.ones(np.broadcast_shapes(values.shape, base.shape)), where=positive)
    return np.asarray((ratio + _FLOOR) / (1 + _FLOOR))


def _mean(sums: Floats) -> Floats:
    known = np.isfinite(sums)
    return np.asarray(np.where(known, sums, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _with_neighbours(sums: Floats) -> Floats:
    """Mean of each week and its known neighbours; NaN where none of the three is known."""
    lines = len(sums)
    edge = np.full((lines, 1), np.nan)
    wide = np.concatenate([edge, sums, edge], axis=1)
    sides = np.stack([wide[:, :-2], wide[:, 1:-1], wide[:, 2:]])
    known = np.isfinite(sides)
    mean = np.where(known, sides, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known.any(axis=0), mean, np.nan)
