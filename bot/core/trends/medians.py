"""Medians of tables with unknown values, and of everyone but the one looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_OTHERS: Final = 4
"""Series beside the one looked at from which a fleet's median says something."""


def median(rows: Floats) -> Floats:
    """Median of the known values of each row; NaN where there are none. nanmedian would warn of those."""
    ordered = np.sort(rows, axis=1)
    number = np.sum(~np.isnan(rows), axis=1)
    low = np.take_along_axis(ordered, np.maximum(number - 1, 0)[:, None] // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(number // 2, rows.shape[1] - 1)[:, None], axis=1)
    return np.asarray((low + high)[:, 0] / 2)


def median_of_others(columns: Floats) -> Floats:
    """For each value of [series, columns]: the median of the known others of its column, NaN where under four are."""
    series, width = columns.shape
    if series <= _OTHERS:
        return np.full_like(columns, np.nan)
    known = ~np.isnan(columns)
    number = known.sum(axis=0)
    # Unknown values sort last; the spare rows are for columns with next to nothing known.
    ordered = np.concatenate([np.sort(columns.T, axis=1).T, np.full((2, width), np.nan)])
    every = np.arange(width)

    def middle(others: npt.NDArray[np.int64], *, without: bool) -> Floats:
        halves = []
        for place in ((others - 1) // 2, others // 2):
            low, high = ordered[np.maximum(place, 0), every], ordered[np.maximum(place, 0) + 1, every]
            # Without the value itself, everything from its rank on moves up by one place.
            halves.append(np.where(columns <= low, high, low) if without else np.broadcast_to(low, columns.shape))
        return np.where(others >= _OTHERS, (halves[0] + halves[1]) / 2, np.nan)

    return np.where(known, middle(number - 1, without=True), middle(number, without=False))
