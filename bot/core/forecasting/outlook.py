"""The way from the last complete day on: use week by week, with the interval around its running total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bot.core.forecasting.levels import levels, rate
from bot.core.forecasting.season import YEAR, seasonal
from bot.core.forecasting.spread import bounds, spread
from bot.core.forecasting.weeks import WEEK, weeks

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Draws, Floats, Whole
    from bot.core.forecasting.settings import ForecastSettings
    from bot.core.forecasting.spread import Spread


@dataclass(frozen=True, slots=True)
class Outlook:
    """Use of [lines] after their last complete day. Days are counted from there."""

    ahead: Whole
    """[lines] days from the last complete day to as-of."""
    overlap: Floats
    """[lines] what the way has of use that is counted already, or that lies before the period or term."""
    basis: Floats
    """[lines] known days since the first use."""
    rates: Floats
    """[lines, weeks] use of each week to come."""
    totals: Floats
    """[lines, weeks + 1] use up to the end of each week; the first is 0."""
    shares: Floats
    """[lines, 8] share of a week that has passed after 0 to 7 days."""
    spread: Spread

    def total(self, days: Floats) -> Floats:
        """[lines] expected use over so many whole days."""
        week, day = np.divmod(days.astype(np.int64), WEEK)
        week = np.minimum(week, self.rates.shape[1] - 1)
        return np.asarray(_pick(self.totals, week) + _pick(self.rates, week) * _pick(self.shares, day))

    def rate(self, days: Floats) -> Floats:
        """[lines] use a week around that day."""
        return _pick(self.rates, np.minimum(days.astype(np.int64) // WEEK, self.rates.shape[1] - 1))

    def bounds(self, settings: ForecastSettings) -> tuple[Floats, Floats]:
        """[lines, weeks + 1] lower and upper use up to the end of each week; a running total never falls."""
        days = np.arange(self.totals.shape[1], dtype=np.float64)[None, :] * WEEK
        low, high = bounds(days, settings.widths)
        return (
            np.maximum.accumulate(self.spread.at(self.totals, days, low), axis=1),
            np.maximum.accumulate(self.spread.at(self.totals, days, high), axis=1),
        )


def outlook(draws: Draws, days: int, settings: ForecastSettings) -> Outlook:
    """Look at least so many days beyond as-of."""
    cut = weeks(draws, settings)
    states = levels(cut.sums, settings)
    season = seasonal(cut.sums, settings)
    now = states.at(-1)
    count = -(-(days + int(cut.ahead.max(initial=0))) // WEEK) + 1
    rates = np.stack([rate(now, week + 0.5, settings) for week in range(count)], axis=1)
    rates *= np.exp(np.nan_to_num(season)[:, np.arange(count) % YEAR])
    errors = spread(cut.sums, states, settings)
    none = np.zeros((len(draws), 1))
    seen = Outlook(
        ahead=cut.ahead,
        overlap=cut.dropped,
        basis=cut.basis,
        rates=rates,
        totals=np.concatenate([none, np.cumsum(rates, axis=1)], axis=1),
        shares=np.concatenate([none, np.cumsum(cut.profile, axis=1)], axis=1),
        spread=errors.narrowed(np.where(np.isnan(season[:, 0]), 1.0, settings.season_narrowing)),
    )
    before = np.maximum(cut.ahead - draws.days_so_far(), 0.0)
    return replace(seen, overlap=cut.dropped + seen.total(before))


def _pick(values: Floats, columns: Whole) -> Floats:
    return np.asarray(np.take_along_axis(values, columns[:, None], axis=1)[:, 0])
