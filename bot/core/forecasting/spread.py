"""How far forecasts of a series were off in its own past, and how wide that makes an interval.

Errors are logarithms of (use + offset) / (forecast + offset) with the offset in proportion to the series' own level:
an error of a factor weighs the same up and down, and a period without any use has a finite one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.forecasting.levels import OFFSET, SPANS, past_errors
from bot.core.forecasting.weeks import WEEK

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Floats
    from bot.core.forecasting.levels import Levels
    from bot.core.forecasting.settings import ForecastSettings, Widths

_PRIOR: Final = (0.10, 0.18, 0.30)
"""Typical error over each span of a series without noise ..."""
_NOISE_SHARE: Final = (1.0, 0.5, 0.3)
"""... and the share of the variance between neighbouring weeks that adds to it (squared)."""
_PRIOR_WEIGHT: Final = 1.0
"""In independent past forecasts."""
_INDEPENDENT: Final = (1.0, 1.0, 2.0)
"""Forecasts from neighbouring weeks overlap: so many count as one."""
_TO_DEVIATION: Final = 1.25
"""Mean absolute deviation of a normal distribution to its standard deviation."""
_MIX_DAYS: Final = (7, 28, 91, 182)
_MIX: Final = ((1.0, 0.0, 0.0), (0.3, 0.7, 0.0), (0.1, 0.4, 0.5), (0.0, 0.4, 0.6))
"""Weight of the logarithm of each span's error in the width at so many days ahead."""
_NOTHING: Final = 1e-12
_STUDENT_90: Final = 1.5332
"""Ninetieth percentile of Student's t with four degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What a series' own past says of the errors to expect."""

    logs: Floats
    """[lines, spans] log of the typical error over each span."""
    offset: Floats
    """[lines] use a week."""

    def typical(self, days: Floats) -> Floats:
        """Typical error of the use over so many days; `days` is [lines], or [1, points] for all lines."""
        ahead = np.log(np.maximum(days, 1.0))
        weights = (np.interp(ahead, np.log(_MIX_DAYS), [mix[span] for mix in _MIX]) for span in range(len(SPANS)))
        logs = (self._fitting(self.logs[:, span], days) for span in range(len(SPANS)))
        return np.asarray(np.exp(sum((weight * log for weight, log in zip(weights, logs, strict=True)), 0.0)))

    def error(self, actual: Floats, expected: Floats, days: Floats) -> Floats:
        """[lines] error in typical errors, as the widths are calibrated on; NaN where next to nothing was expected."""
        offset = self.offset * days / WEEK
        hopeful = expected + offset > _NOTHING * np.maximum(actual, _NOTHING)
        ratio = np.divide(actual + offset, expected + offset, out=np.full_like(expected, np.nan), where=hopeful)
        return np.asarray(np.log(ratio) / self.typical(days))

    def at(self, expected: Floats, days: Floats, errors: Floats) -> Floats:
        """Use over so many days that lies this many typical errors away: the inverse of `error`; never negative.

        `days` and `errors` are [lines], or [1, points] for all lines.
        """
        offset = self._fitting(self.offset, days) * days / WEEK
        moved = (expected + offset) * np.exp(errors * self.typical(days)) - offset
        return np.asarray(np.maximum(moved, 0.0))

    def narrowed(self, factors: Floats) -> Spread:
        """Return the same with typical errors times `factors`, [lines]."""
        return Spread(self.logs + np.log(factors)[:, None], self.offset)

    @staticmethod
    def _fitting(values: Floats, days: Floats) -> Floats:
        return values if days.ndim == 1 else values[:, None]


def spread(sums: Floats, states: Levels, settings: ForecastSettings) -> Spread:
    """Hold the forecasts that past weeks would have made against what came."""
    offset = OFFSET * states.long[:, -1]
    noise = _noise(sums, offset)
    spans = zip(SPANS, _PRIOR, _NOISE_SHARE, _INDEPENDENT, strict=True)
    logs = []
    for weeks, prior, share, overlap in spans:
        errors = np.abs(past_errors(sums, states, weeks, settings))
        known = np.isfinite(errors)
        count = known.sum(axis=1)
        mean = _TO_DEVIATION * np.where(known, errors, 0.0).sum(axis=1) / np.maximum(count, 1)
        expected = np.sqrt(prior**2 + share * noise**2)
        independent = count / overlap
        logs.append(np.log((mean * independent + expected * _PRIOR_WEIGHT) / (independent + _PRIOR_WEIGHT)))
    return Spread(np.stack(logs, axis=1), offset)


def bounds(days: Floats, widths: Widths) -> tuple[Floats, Floats]:
    """Tenth and ninetieth percentile of the error after so many days, in typical errors: below and above 0."""
    ahead, known = np.log(np.maximum(days, 1.0)), np.log(widths.days)
    # Beyond what could be measured, errors are taken to grow as those of a random walk do.
    beyond = np.sqrt(np.maximum(days / widths.days[-1], 1.0))
    return -np.interp(ahead, known, widths.low) * beyond, np.interp(ahead, known, widths.high) * beyond


def quantile(share: float, days: Floats, widths: Widths) -> Floats:
    """Error below which so large a share lies: Student's t on either side, with its 10 and 90 % at the bounds."""
    low, high = bounds(days, widths)
    size = _student_quantile(share) / _STUDENT_90
    return np.asarray(np.where(size < 0, -low, high) * size)


def probability_below(errors: Floats, days: Floats, widths: Widths) -> Floats:
    """Share of errors below these: the inverse of `quantile`."""
    low, high = bounds(days, widths)
    return _student(errors / np.where(errors < 0, -low, high) * _STUDENT_90)


def _noise(sums: Floats, offset: Floats) -> Floats:
    """[lines] typical difference of a week from what its neighbours share."""
    known = np.isfinite(sums) & (offset > 0)[:, None]
    logs = np.log(np.where(known, sums + offset[:, None], 1.0))
    steps = np.abs(np.diff(logs, axis=1))
    both = known[:, 1:] & known[:, :-1]
    mean = np.where(both, steps, 0.0).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    return np.asarray(_TO_DEVIATION / np.sqrt(2) * mean)


def _student(values: Floats) -> Floats:
    """Distribution function of Student's t with four degrees of freedom, whose tails the measured errors have."""
    scaled = values / np.sqrt(4 + values * values)
    return np.asarray(0.5 + 0.75 * scaled * (1 - scaled * scaled / 3))


def _student_quantile(share: float) -> float:
    spread_out = math.sqrt(4 * share * (1 - share))
    size = 2 * math.sqrt(max(math.cos(math.acos(min(spread_out, 1.0)) / 3) / spread_out - 1, 0.0))
    return math.copysign(size, share - 0.5)
