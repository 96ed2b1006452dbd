"""Sums over the latest days of tables with unknown values.

The detector works inside on tables of shape [days, series]: what one day does to all series then runs through memory
in order, which is several times as fast as the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_FEW: Final = 32


def rolling(values: Floats, days: int, *, lag: int = 0) -> tuple[Floats, Floats]:
    """Sum and number of the known values among the `days` days that end `lag` days before each; [days, series].

    The number is of shape [days, 1] where it is the same for all series.
    """
    known = ~np.isnan(values)
    every, some = np.all(known, axis=1, keepdims=True), np.any(known, axis=1, keepdims=True)
    filled = values if every.all() else np.where(known, values, 0.0)
    # Unknown days are mostly so for all series of a block: the first weeks, an outage.
    alike = np.array_equal(every, some)
    number = (every if alike else known).astype(values.dtype)
    return trailing(filled, days, lag), trailing(number, days, lag)


def trailing(values: Floats, days: int, lag: int = 0) -> Floats:
    """Sum the `days` days that end `lag` days before each; days before the first count as 0."""
    answer = np.zeros_like(values)
    if lag < len(values):
        (_doubled if days <= _FEW else _from_running)(values[: len(values) - lag], days, answer[lag:])
    return answer


def _doubled(values: Floats, days: int, into: Floats) -> None:
    """Put sums of 1, 2, 4, ... days together: for a few days that is half the work."""
    length, shift = 1, 0
    while True:
        if days & length:
            into[shift:] += values[: len(values) - shift]
            shift += length
        if length * 2 > days or shift >= len(values):
            return
        longer = values.copy()
        longer[length:] += values[:-length]
        values, length = longer, length * 2


def _from_running(values: Floats, days: int, into: Floats) -> None:
    sums = np.cumsum(values, axis=0)
    into[:days] = sums[:days]
    if len(sums) > days:
        np.subtract(sums[days:], sums[:-days], out=into[days:])
