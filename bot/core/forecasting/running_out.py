"""The day on which use reaches the capacity: ahead, with its interval, or behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.forecasting.weeks import WEEK

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Draws, Floats
    from bot.core.forecasting.outlook import Outlook
    from bot.core.forecasting.settings import ForecastSettings

_TOLERANCE: Final = 1e-9
"""Of the capacity and of a day: sums of many days may miss them by rounding."""

_NOTHING: Final = 1e-12
"""Of what is missing: a week with so little use brings it no nearer."""


def run_out(draws: Draws, seen: Outlook, settings: ForecastSettings) -> dict[str, Floats]:
    """`run_out`, `run_out_low` and `run_out_high` of Forecasts."""
    enough = draws.capacity * (1 - _TOLERANCE)
    missing = enough - draws.used + seen.overlap
    low, high = seen.bounds(settings)
    middle = _day(seen, missing)
    days = {
        "run_out": middle,
        # Both bounds are days that count as inside: each rounded outwards would hold a day more than was calibrated.
        "run_out_low": np.minimum(np.maximum(np.ceil(_moment(high, missing) - _TOLERANCE), 1.0), middle),
        "run_out_high": np.maximum(np.floor(_moment(low, missing) + _TOLERANCE), middle),
    }
    days = {
        name: np.where(day - seen.ahead <= settings.horizon, day - seen.ahead, np.inf) for name, day in days.items()
    }
    days["run_out"] = np.where(np.isinf(days["run_out"]), np.nan, days["run_out"])
    spent = np.flatnonzero(draws.used >= enough)
    if spent.size:
        past = _spent_on(draws, spent, enough[spent])
        for day in days.values():
            day[spent] = past
    return days


def _day(seen: Outlook, missing: Floats) -> Floats:
    """First day at whose end the expected total is enough; inf where none is."""
    week = (seen.totals[:, 1:] < missing[:, None]).sum(axis=1)
    within = np.minimum(week, seen.rates.shape[1] - 1)[:, None]
    start, rate = (np.take_along_axis(values, within, axis=1) for values in (seen.totals, seen.rates))
    day = (start + rate * seen.shares[:, 1:WEEK] < missing[:, None]).sum(axis=1) + 1
    return np.where(week < seen.rates.shape[1], WEEK * week + day, np.inf)


def _moment(totals: Floats, missing: Floats) -> Floats:
    """Days, with fractions, until totals known at the ends of weeks are enough; within a week, use is even."""
    week = (totals[:, 1:] < missing[:, None]).sum(axis=1)
    within = np.minimum(week, totals.shape[1] - 2)[:, None]
    start, end = (np.take_along_axis(totals, column, axis=1)[:, 0] for column in (within, within + 1))
    rising = end - start > _NOTHING * np.abs(missing)
    share = np.divide(missing - start, end - start, out=np.ones_like(start), where=rising)
    return np.where(week < totals.shape[1] - 1, WEEK * (week + np.clip(share, 0.0, 1.0)), np.inf)


def _spent_on(draws: Draws, lines: np.ndarray[tuple[int, ...], np.dtype[np.intp]], enough: Floats) -> Floats:
    """Walk back from what is used to the day that made it enough, no further than the first of the period.

    An unknown day counts as a usual one; where the days do not explain the use, that is the first column.
    """
    counts = np.maximum(draws.counts[lines], 0.0)
    days = counts.shape[1]
    covered = np.arange(days)[None, :] <= draws.known_to[lines][:, None]
    known = covered & np.isfinite(counts)
    usual = np.where(known, counts, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    filled = np.where(known, counts, np.where(covered, usual[:, None], 0.0))
    since = np.cumsum(filled[:, ::-1], axis=1)[:, ::-1] - filled
    before = (draws.used[lines][:, None] - since < enough[:, None]).sum(axis=1)
    earliest = np.maximum(days - draws.days_so_far()[lines], 0.0)
    return np.asarray(np.clip(before, np.minimum(earliest, days - 1.0), days - 1.0) - (days - 1.0))
