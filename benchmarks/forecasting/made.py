"""Made-up series: what the real ones have little of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.forecasting.cases import Floats

DAYS: Final = 400 + 365
WEEKDAYS: Final = np.array([1.25, 1.3, 1.25, 1.2, 1.1, 0.5, 0.4])


def _level(chance: np.random.Generator, series: int, spread: float) -> Floats:
    """[series, days] a level that wanders by `spread` a day."""
    steps = chance.normal(0.0, spread, (series, DAYS))
    start = chance.uniform(np.log(20), np.log(2000), (series, 1))
    return np.asarray(np.exp(start + steps.cumsum(axis=1)))


def _counts(chance: np.random.Generator, level: Floats) -> Floats:
    """Overdispersed counts around a level, with a weekday pattern."""
    mean = level * WEEKDAYS[np.arange(DAYS) % 7]
    return np.asarray(chance.poisson(mean * chance.gamma(8, 1 / 8, mean.shape)), dtype=np.float64)


def growing(chance: np.random.Generator, series: int) -> Floats:
    """Grow by 1 to 6 % a month."""
    drift = np.log1p(chance.uniform(0.01, 0.06, (series, 1))) / 30
    return _counts(chance, _level(chance, series, 0.01) * np.exp(drift * np.arange(DAYS)))


def intermittent(chance: np.random.Generator, series: int) -> Floats:
    """Use on one day in five, of very different size; how often wanders."""
    often = np.clip(0.2 * np.exp(chance.normal(0, 0.01, (series, DAYS)).cumsum(axis=1)), 0.02, 0.8)
    return np.where(chance.random((series, DAYS)) < often, np.ceil(chance.gamma(1.5, 20, (series, DAYS))), 0.0)


def burning_down(chance: np.random.Generator, series: int) -> Floats:
    """Commits: a lively start that slows to a share of 40 to 100 %, in projects of some weeks each."""
    slowing = chance.uniform(0.4, 1.0, (series, 1)) ** (np.arange(DAYS) / 365)
    weeks = chance.gamma(6, 1 / 6, (series, -(-DAYS // 21)))
    return _counts(chance, _level(chance, series, 0.01) * slowing * np.repeat(weeks, 21, axis=1)[:, :DAYS])


def steady(chance: np.random.Generator, series: int) -> Floats:
    """The same level for ever, with nothing but noise."""
    return _counts(chance, _level(chance, series, 0.0))


MADE: Final[dict[str, Callable[[np.random.Generator, int], Floats]]] = {
    "growing": growing,
    "intermittent": intermittent,
    "burning down": burning_down,
    "steady": steady,
}


def made(kind: str, series: int, seed: int) -> dict[str, Floats]:
    """So many series of a kind by name."""
    counts = MADE[kind](np.random.default_rng([seed, 5, list(MADE).index(kind)]), series)
    return {f"{kind} {number}": row for number, row in enumerate(counts)}
