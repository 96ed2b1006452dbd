"""Changes of level in monthly figures, like invoices: one lasting step among 12 to 36 months.

The log values of each series before and after every month are compared (maximum of the two-sample t over all splits,
three months before and two after at least). From 24 known months on, two harmonics of the year are fitted beside the
step where they explain more than they cost (Schwarz's criterion). Where there is a fleet, the median of its other
series in that month is taken out first.

The significance of the maximum is that of Gombay and Horvath (1996), "On the rate of approximations for maximum
likelihood tests in change-point models", Journal of Multivariate Analysis 56:
`P(max > x) = x exp(-x^2 / 2) / sqrt(2 pi) * (log((1 - h) (1 - l) / (h l)) (1 - 1 / x^2) + 4 / x^2)`,
h and l being the shares left out at either end. A t of few degrees of freedom is brought to a normal deviate by
Wallace (1959) before, and what a month carries over from the last (correlation r of neighbouring residuals, mended for
its bias) shrinks t^2 by (1 - r) / (1 + r). The confidence is the bound of Sellke, Bayarri and Berger (2001)
on the odds that a significance p can speak for: 1 / (1 - e p ln p).

Measured on simulated series at p = .05 (`tests/core/trends/test_monthly.py` holds it): of white noise of 12, 24 and 36
months 2 % raise a false alarm, of months that carry over .3 of the last 6-9 %; a step of three standard deviations
three months ago is found in 66, 86 and 90 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.medians import median, median_of_others

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

_BEFORE: Final = 3
_AFTER: Final = 2
"""Months on either side of a step at least."""
_SEASONED: Final = 24
"""Known months from which a season can be told from a step."""
_LEAST_NOISE: Final = 0.03
"""Standard deviation of log values at least: invoices that are alike to the cent would make any change significant."""
_LEAST_SHARE: Final = 0.05
"""Of a series' median: lower values, zeros above all, count as so much, as they have no logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlySettings:
    """When a step in monthly figures is a trend."""

    least_months: int = 12
    window: int = 36
    """Months looked at, the last ones."""
    significance: float = 0.05
    current: int = 6
    """Months for which a step is news; after them the new level is the usual one."""


@dataclass(frozen=True, slots=True)
class MonthlyChanges:
    """What monthly figures say; every array has shape [series]."""

    direction: npt.NDArray[np.int8]
    """-1 down, 1 up, 0 neither."""
    size: Floats
    """Change as a share of the level before, season and fleet taken out; NaN where the direction is 0."""
    start: npt.NDArray[np.int32]
    """Index of the first month of the new level; -1 where the direction is 0."""
    confidence: Floats
    """0..1; NaN where the direction is 0."""
    statistic: Floats
    """Evidence as a multiple of its threshold: log of the significance over log of the one wanted; NaN where there are
    too few months."""
    now: Floats
    """Mean of the months since the start; NaN where the direction is 0."""
    known: npt.NDArray[np.int32]
    """Known months of the window."""


def monthly_changes(
    values: Floats, fleets: npt.NDArray[np.int64] | None = None, settings: MonthlySettings | None = None
) -> MonthlyChanges:
    """Find the lasting step of each series of monthly figures.

    `values`: [series, months], complete months, the last one last; NaN is unknown, below 0 counts as 0. `fleets`:
    [series], the group whose months are taken out; None compares each series with itself alone.
    """
    settings = settings or MonthlySettings()
    offset = max(values.shape[1] - settings.window, 0)
    window = values[:, offset:]
    logs = _logs(window)
    if fleets is not None:
        logs = logs - _fleet(logs, fleets)
    known: npt.NDArray[np.int32] = np.asarray(np.sum(~np.isnan(logs), axis=1), dtype=np.int32)
    split = _Splits.of(len(window))
    for seasoned in (False, True):
        rows = np.flatnonzero((known >= settings.least_months) & ((known >= _SEASONED) == seasoned))
        if len(rows):
            split.put(rows, _preferred(logs[rows], seasoned=seasoned))
    return _judged(window, logs, split, known, offset, settings)


def step_significance(squares: Floats, freedom: Floats, before: Floats, after: Floats) -> Floats:
    """Tell the significance of a largest t^2 over splits that leave out shares `before` and `after` at the ends."""
    square = ((8 * freedom + 1) / (8 * freedom + 3)) ** 2 * freedom * np.log1p(squares / freedom)
    deviate = np.sqrt(np.maximum(square, 1.0))  # below 1 the approximation fails, and nothing is significant
    spread = np.log((1 - before) * (1 - after) / (before * after))
    tail = deviate * np.exp(-(deviate**2) / 2) / math.sqrt(2 * math.pi)
    return np.asarray(np.clip(tail * (spread * (1 - deviate**-2) + 4 * deviate**-2), 0.0, 1.0))


def odds_bound(significance: Floats) -> Floats:
    """Highest share of belief that a significance can speak for: .71 at .05, .89 at .01, at most one half from 1/e."""
    bounded = np.clip(significance, 1e-12, math.exp(-1))
    return 1 / (1 - math.e * bounded * np.log(bounded))


@dataclass(frozen=True, slots=True)
class _Splits:
    """The strongest split of each series: first month of its second part, log step, significance."""

    month: npt.NDArray[np.int32]
    step: Floats
    significance: Floats

    @classmethod
    def of(cls, series: int) -> _Splits:
        return cls(np.full(series, -1, dtype=np.int32), np.full(series, np.nan), np.ones(series))

    def of_rows(self, rows: npt.NDArray[np.intp]) -> _Splits:
        return _Splits(self.month[rows], self.step[rows], self.significance[rows])

    def put(self, rows: npt.NDArray[np.intp], other: _Splits) -> None:
        self.month[rows], self.step[rows] = other.month, other.step
        self.significance[rows] = other.significance


def _logs(values: Floats) -> Floats:
    filled = np.where(np.isnan(values) | (values <= 0), np.nan, values)
    least = _LEAST_SHARE * median(filled)[:, None]
    # A series of zeros only has no median: it is flat, at whatever level.
    least = np.where(np.isnan(least), 1.0, least)
    return np.log(np.maximum(values, least))


def _fleet(logs: Floats, fleets: npt.NDArray[np.int64]) -> Floats:
    """Median deviation of the other series of the fleet in each month; 0 where there are too few."""
    deviations = logs - median(logs)[:, None]
    taken = np.zeros_like(logs)
    for fleet in np.unique(fleets):
        members = np.flatnonzero(fleets == fleet)
        taken[members] = median_of_others(deviations[members])
    return np.nan_to_num(taken)


def _preferred(logs: Floats, *, seasoned: bool) -> _Splits:
    """Take the season into account where that explains the more, by Schwarz's criterion."""
    plain, cost = _strongest(logs, seasoned=False)
    if seasoned:
        other, other_cost = _strongest(logs, seasoned=True)
        rows = np.flatnonzero(other_cost < cost)
        plain.put(rows, other.of_rows(rows))
    return plain


def _strongest(logs: Floats, *, seasoned: bool) -> tuple[_Splits, Floats]:
    """Regress each series on its level, its season and a step at every month; keep the best step, and its cost."""
    series, months = logs.shape
    known = ~np.isnan(logs)
    weights, filled = known.astype(np.float64), np.nan_to_num(logs)
    design = _design(months, seasoned=seasoned)
    steps = np.tri(months, dtype=np.float64)  # column k is 1 from month k on
    columns = design.shape[1]
    inner = np.linalg.pinv(_products(weights, design, design), hermitian=True)
    along = filled @ design
    fitted = np.einsum("npq,nq->np", inner, along)
    residue = np.where(known, filled - fitted @ design.T, 0.0)
    cross = _products(weights, design, steps)
    free = weights @ steps - np.einsum("npk,npq,nqk->nk", cross, inner, cross)
    gain = residue @ steps
    number = weights @ steps
    total = weights.sum(axis=1)
    allowed = (number >= _AFTER) & (total[:, None] - number >= _BEFORE) & known & (free > 0.5)  # noqa: PLR2004
    explained = np.where(allowed, gain**2 / np.where(allowed, free, 1.0), -1.0)
    month = np.argmax(explained, axis=1)
    every = np.arange(series)
    best, step = np.maximum(explained[every, month], 0.0), gain[every, month] / np.maximum(free[every, month], 0.5)
    freedom = total - columns - 1
    left = np.maximum((residue**2).sum(axis=1) - best, 0.0)
    noise = np.maximum(left / freedom, _LEAST_NOISE**2)
    rest = _residue_after(logs, design, steps[:, month].T, np.asarray(inner))
    squares = best / noise * _carried(rest, (1 + columns) / total)
    significance = step_significance(squares, freedom, _BEFORE / total, _AFTER / total)
    significance = np.where(explained[every, month] < 0, 1.0, significance)
    cost = total * np.log(noise * freedom / total) + columns * np.log(total)
    return _Splits(month.astype(np.int32), step, significance), cost


def _design(months: int, *, seasoned: bool) -> Floats:
    turn = 2 * np.pi * np.arange(months) / 12
    waves = [wave(order * turn) for order in (1, 2) for wave in (np.cos, np.sin)] if seasoned else []
    return np.column_stack([np.ones(months), *waves])


def _products(weights: Floats, left: Floats, right: Floats) -> Floats:
    """Weighted inner products of the columns of two designs, for every series: [series, left, right]."""
    pairs = left[:, :, None] * right[:, None, :]
    return np.asarray((weights @ pairs.reshape(len(pairs), -1)).reshape(-1, left.shape[1], right.shape[1]))


def _residue_after(logs: Floats, design: Floats, step: Floats, inner: Floats) -> Floats:
    """Take its design and its own best step out of each series; NaN stays."""
    known = ~np.isnan(logs)
    free = [np.where(known, each, 0.0) for each in (logs, step)]
    values, regressor = (
        np.where(known, each - np.einsum("npq,nq->np", inner, each @ design) @ design.T, np.nan) for each in free
    )
    share = np.nansum(values * regressor, axis=1) / np.maximum(np.nansum(regressor**2, axis=1), 1e-9)
    return np.asarray(values - share[:, None] * regressor)


def _carried(residue: Floats, bias: Floats) -> Floats:
    """Factor by which what months carry over shrinks t^2."""
    products = np.nansum(residue[:, 1:] * residue[:, :-1], axis=1)
    squares = np.maximum(np.nansum(residue**2, axis=1), 1e-12)
    share = np.clip(products / squares + bias, 0.0, 0.6)
    return np.asarray((1 - share) / (1 + share))


def _judged(
    window: Floats,
    logs: Floats,
    split: _Splits,
    known: npt.NDArray[np.int32],
    offset: int,
    settings: MonthlySettings,
) -> MonthlyChanges:
    months = window.shape[1]
    after = np.arange(months)[None, :] >= split.month[:, None]
    level = median(np.where(after, logs, np.nan)) - median(np.where(after, np.nan, logs))
    # A return after a dip is a step, too: against what was usual before, it is none.
    lasting = level * np.sign(split.step) > np.abs(split.step) / 2
    news = months - split.month <= settings.current
    found = (split.significance <= settings.significance) & lasting & news & ~np.isnan(split.step)
    evidence = np.log(np.maximum(split.significance, 1e-300)) / np.log(settings.significance)
    since = np.where(after & ~np.isnan(window), window, 0.0).sum(axis=1)
    number = np.maximum((after & ~np.isnan(window)).sum(axis=1), 1)
    return MonthlyChanges(
        direction=np.where(found, np.sign(split.step), 0).astype(np.int8),
        size=np.where(found, np.expm1(split.step), np.nan),
        start=np.where(found, split.month + offset, -1).astype(np.int32),
        confidence=np.where(found, odds_bound(split.significance), np.nan),
        statistic=np.where(np.isnan(split.step), np.nan, evidence),
        now=np.where(found, since / number, np.nan),
        known=known,
    )
