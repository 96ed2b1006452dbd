"""Every alarm of a history: after each one the detector takes the new level for the usual one, and starts anew.

The statistics of `falls` and `rises` stay over their threshold for as long as a change is news, which is what a verdict
as of today needs. Who asks instead when each of several changes was noticed (the benchmark, a backtest) wants a
detector that is not blind to a second fall because of a first. The first alarm of a series is the same either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.expectation import expect_given
from bot.core.trends.falls import falls
from bot.core.trends.rises import rises

if TYPE_CHECKING:
    import numpy.typing as npt

    from bot.core.trends.settings import Detection

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_LATEST: Final = 7
_LOWEST: Final = 0.3
"""Level after an alarm, as a share of the one before, that the usual is lowered to at most; a rise: its inverse."""


def fall_alarms(counts: Floats, fleet: Floats, settings: Detection) -> Mask:
    """Tell the days on which a fall is alarmed; [series, days]. `fleet`: `Expected.fleet` of the same series."""
    return _alarms(counts, fleet, settings, rising=False)


def rise_alarms(counts: Floats, fleet: Floats, settings: Detection) -> Mask:
    """Tell the days on which a rise is alarmed; [series, days]. `fleet`: `Expected.fleet` of the same series."""
    return _alarms(counts, fleet, settings, rising=True)


def _alarms(counts: Floats, fleet: Floats, settings: Detection, *, rising: bool) -> Mask:
    answer = np.zeros(counts.shape, bool)
    counts, rows, begin = counts.copy(), np.arange(len(counts)), np.zeros(len(counts), np.int64)
    while len(rows):
        day, since, shift = _next_alarm(counts[rows], fleet[rows], begin, settings, rising=rising)
        found = day >= 0
        rows, begin, since = rows[found], day[found] + 1, since[found]
        answer[rows, begin - 1] = True
        before = np.arange(counts.shape[1]) < since[:, None]
        counts[rows] *= np.where(before, shift[found][:, None], 1.0)
    return answer


def _next_alarm(
    counts: Floats,
    fleet: Floats,
    begin: npt.NDArray[np.int64],
    settings: Detection,
    *,
    rising: bool,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """First day at or after `begin` with an alarm (-1: none), the day the change began on, and the new level's share.

    Evidence before `begin` does not count.
    """
    expected = expect_given(counts, fleet, settings)
    days = np.arange(counts.shape[1])
    counted = np.where(days >= begin[:, None], counts, np.nan)
    statistic = rises(counted, expected, settings) if rising else falls(counted, expected, settings)
    over = statistic.statistic >= (settings.rise_threshold if rising else settings.fall_threshold)
    day = np.where(over.any(axis=1), over.argmax(axis=1), -1)
    since = statistic.since[np.arange(len(counts)), day].astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.log((counts + 0.5) / (expected.values + 0.5))
    shift = np.zeros(len(counts))
    found = np.flatnonzero(day >= 0)
    # Of a change that goes on, the latest week is nearer to what comes than the whole of it.
    levels = [_median(ratios[found], first, day[found]) for first in (since[found], day[found] - _LATEST + 1)]
    farthest = -np.log(_LOWEST)
    shift[found] = np.clip(np.maximum(*levels), 0, farthest) if rising else np.clip(np.minimum(*levels), -farthest, 0)
    return day, since, np.exp(shift)


def _median(ratios: Floats, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> Floats:
    """Median of the known days from `first` to `last` of each row; 0 where there are none."""
    days = np.arange(ratios.shape[1])
    inside = (days >= first[:, None]) & (days <= last[:, None]) & ~np.isnan(ratios)
    ordered = np.sort(np.where(inside, ratios, np.inf), axis=1)
    number = inside.sum(axis=1)
    rows = np.arange(len(ratios))
    middle = (
        ordered[rows, np.maximum(number - 1, 0) // 2] + ordered[rows, np.minimum(number // 2, ratios.shape[1] - 1)]
    ) / 2
    return np.where(number > 0, middle, 0.0)
