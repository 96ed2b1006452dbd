"""Running evidence of a change, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from bot.core.trends.expectation import Expected
    from bot.core.trends.settings import Detection

    Floats = npt.NDArray[np.float64]

_BLOCK: Final = 8192
"""Series worked on at a time: few enough that a day of them stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """Evidence of a lasting change in one direction; what stands on a day uses that day and earlier ones only."""

    statistic: Floats
    """[series, days], never negative, never NaN; 0 where nothing speaks for a change. An unknown day carries the
    value of the day before."""
    since: npt.NDArray[np.int32]
    """[series, days]: index of the first day of the change as it now seems (the day after the statistic's last 0);
    -1 where the statistic is 0."""


def weigh(counts: Floats, expected: Expected, ratio: float, settings: Detection) -> Statistic:
    """Add up, day by day, the evidence that use has become `ratio` times its expectation; never below 0 (a CUSUM).

    A day's evidence is the log of the quasi-Poisson likelihood at `ratio` times the expectation over the one at the
    expectation, divided by the overdispersion. It is clipped, and 0 on unknown days.
    """
    series, days = counts.shape
    statistic, since = np.empty((days, series)), np.empty((days, series), np.int32)
    for begin in range(0, series, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        tables = np.ascontiguousarray(counts[block].T), expected.values[block].T, expected.variance[block].T
        cumulate(_evidence(*tables, ratio, settings), statistic[:, block], since[:, block])
    return Statistic(statistic.T, since.T)


def _evidence(counts: Floats, values: Floats, variances: Floats, ratio: float, settings: Detection) -> Iterator[Floats]:
    """Yield each day's evidence; tables of shape [days, series]."""
    slope = np.log(ratio)
    for count, mean, variance in zip(counts, values, variances, strict=True):
        evidence = count * slope
        evidence -= mean * (ratio - 1)
        evidence *= mean
        # Where nothing is expected there is no variance either: 0 / 0 is as unknown as NaN is.
        with np.errstate(invalid="ignore", divide="ignore"):
            evidence /= variance
        np.minimum(evidence, settings.most_for, out=evidence)
        np.maximum(evidence, -settings.most_against, out=evidence)
        np.copyto(evidence, 0.0, where=np.isnan(evidence))
        yield evidence


def cumulate(evidence: Iterable[Floats], statistic: Floats, since: npt.NDArray[np.int32]) -> None:
    """Sum days of evidence, never below 0, and tell the day after the last 0 (-1 while it is 0).

    `evidence`: [series] for each day. Filled in are `statistic` and `since`, of shape [days, series].
    """
    value, start = np.zeros(statistic.shape[1]), np.zeros(statistic.shape[1], np.int32)
    for day, each in enumerate(evidence):
        value += each
        np.maximum(value, 0.0, out=value)
        statistic[day] = value
        # Arithmetic in place of masks: which series are at 0 is not to be foreseen, and a wrong guess costs more.
        at_zero = (value == 0).view(np.int8)
        np.maximum(start, at_zero * np.int32(day + 1), out=start)
        np.multiply(start, 1 - at_zero, out=since[day])
        since[day] -= at_zero
