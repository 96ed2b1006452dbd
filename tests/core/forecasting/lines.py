"""Contract lines for the tests of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.core.forecasting.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.forecasting.draws import Floats

NAN = float("nan")


def draws(
    counts: Sequence[Sequence[float]] | Floats,
    used: float | Sequence[float] | None = None,
    capacity: float | Sequence[float] = 1000.0,
    days_left: float | Sequence[float] = 60.0,
    known_to: float | Sequence[float] | None = None,
    elapsed: float | Sequence[float] | None = None,
) -> Draws:
    """Lines with one value for all, or one each; by default, all days are covered and their sum is used."""
    days = np.asarray(counts, dtype=np.float64)
    lines = len(days)

    def column(value: float | Sequence[float]) -> Floats:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (lines,)).copy()

    return Draws(
        counts=days,
        used=np.nansum(days, axis=1) if used is None else column(used),
        capacity=column(capacity),
        days_left=column(days_left),
        known_to=column(days.shape[1] - 1 if known_to is None else known_to),
        elapsed=None if elapsed is None else column(elapsed),
    )


def constant(value: float, days: int = 120) -> list[float]:
    """So many days of the same use."""
    return [value] * days


def busy(lines: int, days: int = 200, seed: int = 1) -> Floats:
    """Lines of different size and weekday pattern, with gaps, some of them growing."""
    chance = np.random.default_rng(seed)
    level = np.exp(chance.uniform(1, 6, (lines, 1)) + chance.normal(0, 0.003, (lines, 1)) * np.arange(days))
    weekday = chance.uniform(0.3, 1.7, (lines, 7))[:, np.arange(days) % 7]
    counts = chance.poisson(level * weekday).astype(np.float64)
    counts[chance.random((lines, days)) < 0.03] = np.nan
    return counts
