"""Weeks instead of days, for series with too few events to be judged by the day.

The same evidence as by the day, on sums of seven days that end on the last one: what is expected is the mean of two to
26 weeks before, as medians of a few events say little, times the ratio in which the others of the fleet stand to
their own expectation that week, all their events together.

Measured on 2,000 simulated series each of .15, .4 and .9 events a day, with chance alone and with a spread of the
weeks' level of a third (`tests/core/trends/test_weekly.py` holds it): at the thresholds below .1 to .3 false alarms of
falls a series-year and .02 to .12 of rises; use that stops is told after nine, four and three weeks in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.core.trends.expectation import Expected
from bot.core.trends.statistic import Statistic

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DAYS_OF_WEEK: Final = 7
_LEAST_DAYS: Final = 5
"""Known days that make a week known; the others count like these."""
_MOST_CHI: Final = 25.0
"""Of a single week, in the dispersion."""
_LEAST_EVENTS: Final = 10.0
"""That the others of a fleet expect together, to tell how it stands."""
_MOST_RATIO: Final = 3.0
"""Multiple of its expectation beyond which one of them counts no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyDetection:
    """When weekly sums are evidence of a change."""

    nearest_week: int = 2
    """Weeks back that the expectation looks at, from ..."""
    furthest_week: int = 26
    """... to."""
    least_weeks: int = 4
    """Known ones of them to expect something."""
    fall_ratio: float = 0.5
    """Share of the expectation for which evidence of a fall is weighed against no fall."""
    rise_ratio: float = 2.0
    """The same for a rise."""
    most: float = 1.5
    """Evidence that one week can add or take away."""
    dispersion_weeks: int = 26
    dispersion_prior: float = 8.0
    """Weeks of plain chance that the dispersion begins with."""
    least_spread: float = 0.1
    """Least spread of a series about its expectation, as a share, beyond chance."""
    fall_threshold: float = 4.0
    """Evidence at which a fall is one."""
    rise_threshold: float = 4.0
    """The same for a rise."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weekly sums, and all that is to be judged of them; [series, days], each week on its last day, NaN between."""

    sums: Floats
    expected: Expected
    falls: Statistic
    rises: Statistic


def weekly(counts: Floats, fleets: npt.NDArray[np.int64], settings: WeeklyDetection) -> Weeks:
    """Sum up, expect and weigh the weeks of `counts`, [series, days]; `fleets`: [series]."""
    sums = weekly_sums(counts)
    expected = _expect(sums, fleets, settings)
    days = counts.shape[1]
    return Weeks(
        sums=_on_last_days(sums, days, np.nan),
        expected=Expected(
            values=_on_last_days(expected.values, days, np.nan),
            variance=_on_last_days(expected.variance, days, np.nan),
            fleet=_on_last_days(expected.fleet, days, 0.0),
            history=_held(expected.history, days, 0),
        ),
        falls=_statistic(_evidence(sums, expected, settings.fall_ratio, settings.most), days),
        rises=_statistic(_evidence(sums, expected, settings.rise_ratio, settings.most), days),
    )


def weekly_sums(counts: Floats) -> Floats:
    """Sum blocks of seven days that end on the last one; [series, days] in, [series, weeks] out.

    A block with under five known days is unknown; what comes before the first whole block is left out.
    """
    series, days = counts.shape
    weeks = days // DAYS_OF_WEEK
    blocks = counts[:, days - weeks * DAYS_OF_WEEK :].reshape(series, weeks, DAYS_OF_WEEK)
    known = np.sum(~np.isnan(blocks), axis=2)
    mean = np.nansum(blocks, axis=2) / np.maximum(known, 1)
    return np.where(known >= _LEAST_DAYS, mean * DAYS_OF_WEEK, np.nan)


def _expect(sums: Floats, fleets: npt.NDArray[np.int64], settings: WeeklyDetection) -> Expected:
    known = ~np.isnan(sums)
    filled = np.where(known, sums, 0.0)
    total, number = (_trailing(each, settings.nearest_week, settings.furthest_week) for each in (filled, known))
    base = np.where(number >= settings.least_weeks, total / np.maximum(number, 1), np.nan)
    fleet = _fleet(sums, base, fleets)
    values = base * np.exp(fleet)
    chi = np.minimum((sums - values) ** 2 / np.maximum(values, 0.5), _MOST_CHI)
    seen = ~np.isnan(chi)
    squares, weeks = (_trailing(each, 1, settings.dispersion_weeks) for each in (np.where(seen, chi, 0.0), seen))
    dispersion = (squares + settings.dispersion_prior) / (weeks + settings.dispersion_prior)
    variance = values * (np.maximum(dispersion, 1.0) + settings.least_spread**2 * values)
    return Expected(values, variance, fleet, np.cumsum(known, axis=1, dtype=np.int32))


def _trailing(values: npt.NDArray[np.generic], nearest: int, furthest: int) -> Floats:
    """Sum the weeks `nearest` to `furthest` before each."""
    sums = np.cumsum(np.pad(values.astype(np.float64), ((0, 0), (furthest + 1, 0))), axis=1)
    weeks = values.shape[1]
    return np.asarray(sums[:, furthest + 1 - nearest :][:, :weeks] - sums[:, :weeks])


def _fleet(sums: Floats, base: Floats, fleets: npt.NDArray[np.int64]) -> Floats:
    """Log ratio of the fleet's other events to what was expected of them; 0 where they are too few."""
    judged = ~np.isnan(sums) & ~np.isnan(base)
    expected = np.where(judged, base, 0.0)
    events = np.where(judged, np.minimum(sums, _MOST_RATIO * np.maximum(base, 1.0)), 0.0)
    _, codes = np.unique(fleets, return_inverse=True)
    others = []
    for each in (events, expected):
        total = np.zeros((codes.max(initial=-1) + 1, sums.shape[1]))
        np.add.at(total, codes, each)
        others.append(total[codes] - each)
    enough = others[1] >= _LEAST_EVENTS
    ratio = np.maximum(others[0], 0.5) / np.where(enough, others[1], 1.0)
    return np.asarray(np.log(np.where(enough, ratio, 1.0)))


def _evidence(sums: Floats, expected: Expected, ratio: float, most: float) -> Floats:
    """Log-likelihood ratio of each week at so many times its expectation; an unknown week adds nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.maximum(expected.variance / expected.values, 1.0)
        steps = (sums * np.log(ratio) + expected.values * (1 - ratio)) / scale
    return np.asarray(np.nan_to_num(np.clip(steps, -most, most)))


def _statistic(steps: Floats, days: int) -> Statistic:
    """Sum up evidence week by week, never below 0; the value of a week holds until the next one ends."""
    values, since = np.zeros(steps.shape), np.full(steps.shape, -1, dtype=np.int32)
    value, begun = np.zeros(len(steps)), np.full(len(steps), -1, dtype=np.int32)
    for week in range(steps.shape[1]):
        value = np.maximum(value + steps[:, week], 0.0)
        last_day = days - 1 - DAYS_OF_WEEK * (steps.shape[1] - 1 - week)
        begun = np.where(value == 0, -1, np.where(begun < 0, last_day, begun)).astype(np.int32)
        values[:, week], since[:, week] = value, begun
    return Statistic(_held(values, days, 0.0), _held(since, days, -1))


def _on_last_days(weeks: Floats, days: int, between: float) -> Floats:
    spread = np.full((len(weeks), days), between)
    spread[:, days - weeks.shape[1] * DAYS_OF_WEEK + DAYS_OF_WEEK - 1 :: DAYS_OF_WEEK][:, : weeks.shape[1]] = weeks
    return spread


def _held(weeks: npt.NDArray[Any], days: int, before: float) -> npt.NDArray[Any]:
    """Let the value of a week hold from its last day to the day before the next week's last."""
    first = days - (weeks.shape[1] - 1) * DAYS_OF_WEEK - 1
    held = np.full((len(weeks), days), before, dtype=weeks.dtype)
    if weeks.shape[1]:
        held[:, first:] = np.repeat(weeks, DAYS_OF_WEEK, axis=1)[:, : days - first]
    return held
