"""The methods of the field, each with one score a day and one threshold on it.

Scores are arrays of shape [series, days]; the higher, the more of a fall; minus infinity where there is none yet. What
stands on a day uses that day and earlier ones only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from ruptures import KernelCPD

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_SPREAD_DAYS: Final = 56
_LEAST_SPREAD: Final = 0.1
_PELT_DAYS: Final = 112
PELT_EVERY: Final = 3
"""Days from one look to the next: a daily one finds the same, for three times the time."""
_PELT_NEWS: Final = 56
_PELT_SEGMENT: Final = 7


@dataclass(frozen=True, slots=True)
class Table:
    """What a method sees: counts, the calendar and from which day on the score is asked for."""

    counts: Floats
    first: tuple[date, ...]
    asked: npt.NDArray[np.bool_]
    """[series, days]: where a slow method has to look."""


def mean(counts: Floats, days: int, *, lag: int = 0) -> Floats:
    """Mean of the known among the `days` days that end `lag` days before each; NaN where under half are known."""
    known = ~np.isnan(counts)
    pad = ((0, 0), (days + lag, 0))
    width = counts.shape[1]
    sums = np.pad(np.where(known, counts, 0.0).cumsum(axis=1), pad)
    numbers = np.pad(known.cumsum(axis=1), pad)
    total, number = sums[:, days : days + width] - sums[:, :width], numbers[:, days : days + width] - numbers[:, :width]
    return np.where(number * 2 >= days, total / np.maximum(number, 1), np.nan)


def _drop(now: Floats, before: Floats) -> Floats:
    return _score(1 - now / np.where(before > 0, before, np.nan))


def _score(values: Floats) -> Floats:
    return np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def month_rolling(table: Table) -> Floats:
    """Share by which the last 30 days lie under the 30 before."""
    return _drop(mean(table.counts, 30), mean(table.counts, 30, lag=30))


def month_calendar(table: Table) -> Floats:
    """Share by which a calendar month lies under the one before, a day; known on the first of the next month."""
    answer = np.full(table.counts.shape, -np.inf)
    for row, first in enumerate(table.first):
        dates = [first + timedelta(days=day) for day in range(table.counts.shape[1])]
        begins = [day for day, each in enumerate(dates) if each.day == 1]
        for before, now, end in zip(begins, begins[1:], begins[2:], strict=False):
            pair = [table.counts[row, before:now], table.counts[row, now:end]]
            known = [part[~np.isnan(part)] for part in pair]
            if min(map(len, known)) * 2 >= 28 and known[0].sum() > 0:  # noqa: PLR2004
                answer[row, end : end + 28] = 1 - known[1].mean() / known[0].mean()
    return answer


def month_quarter(table: Table) -> Floats:
    """Share by which the last 30 days lie under the 90 before."""
    return _drop(mean(table.counts, 30), mean(table.counts, 90, lag=30))


def week_percent(table: Table) -> Floats:
    """Share by which the last 7 days lie under the 7 before."""
    return _drop(mean(table.counts, 7), mean(table.counts, 7, lag=7))


def week_z(table: Table) -> Floats:
    """Standard deviations by which the last 7 days lie under the 8 weeks before."""
    week = mean(table.counts, 7)
    past = np.stack(
        [np.pad(week, ((0, 0), (7 * back, 0)), constant_values=np.nan)[:, : week.shape[1]] for back in range(1, 9)]
    )
    enough = np.sum(~np.isnan(past), axis=0) >= 4  # noqa: PLR2004
    usual = np.where(enough, np.nansum(past, axis=0) / np.maximum(np.sum(~np.isnan(past), axis=0), 1), np.nan)
    spread = np.sqrt(np.nansum((past - usual) ** 2, axis=0) / np.maximum(np.sum(~np.isnan(past), axis=0) - 1, 1))
    return _score((usual - week) / np.maximum(spread, 1e-9 + 0.01 * usual))


def ewma(table: Table) -> Floats:
    """EWMA chart (lambda 0.15) of the log ratio to the same weekday 2-9 weeks back, by the series' own spread."""
    ratio = _weekday_ratio(table.counts)
    spread = np.sqrt(np.maximum(mean(np.square(ratio), _SPREAD_DAYS, lag=1), _LEAST_SPREAD**2))
    steps = np.nan_to_num(-ratio / spread)
    answer, value = np.zeros_like(steps), np.zeros(len(steps))
    for day in range(steps.shape[1]):
        value = np.where(np.isnan(ratio[:, day]), value, 0.85 * value + 0.15 * steps[:, day])
        answer[:, day] = value
    return answer


def _weekday_ratio(counts: Floats) -> Floats:
    width = counts.shape[1]
    past = np.stack(
        [np.pad(counts, ((0, 0), (7 * back, 0)), constant_values=np.nan)[:, :width] for back in range(2, 10)]
    )
    number = np.sum(~np.isnan(past), axis=0)
    usual = np.where(number >= 2, np.nansum(past, axis=0) / np.maximum(number, 1), np.nan)  # noqa: PLR2004
    return np.asarray(np.log((counts + 0.5) / (usual + 0.5)))


def seasonal_naive(table: Table) -> Floats:
    """Standard deviations by which a day lies under the same weekday a week ago: under which interval it falls."""
    before = np.pad(table.counts, ((0, 0), (7, 0)), constant_values=np.nan)[:, : table.counts.shape[1]]
    errors = before - table.counts
    spread = np.sqrt(mean(np.square(errors), _SPREAD_DAYS, lag=1))
    return _score(errors / np.where(spread > 0, spread, np.nan))


def pelt(table: Table) -> Floats:
    """PELT (ruptures, least squares) on the weekday-adjusted logs of the last 112 days, every third day.

    The penalty is twenty times BIC's, of the noise that weekly differences show: days in a row are alike, and at BIC's
    own it finds changes everywhere. The score is the share by which the last segment lies under the one before, where
    it began within 56 days.
    """
    answer = np.full(table.counts.shape, -np.inf)
    detector = KernelCPD(kernel="linear", min_size=_PELT_SEGMENT)
    for row, day in zip(*np.nonzero(table.asked), strict=True):
        if day % PELT_EVERY == 0 and day >= _PELT_DAYS - 1:
            # A look holds until the next one.
            answer[row, day : day + PELT_EVERY] = _last_drop(
                table.counts[row, day - _PELT_DAYS + 1 : day + 1], detector
            )
    return answer


def _last_drop(counts: Floats, detector: KernelCPD) -> float:
    logs = np.log(counts + 0.5).reshape(-1, 7)
    known = ~np.isnan(logs)
    weekday = np.nansum(logs, axis=0) / np.maximum(known.sum(axis=0), 1)
    adjusted = (logs - weekday).ravel()
    there = np.flatnonzero(known.ravel())
    signal = adjusted[there]
    if len(signal) < 4 * _PELT_SEGMENT:
        return -np.inf
    differences = signal[7:] - signal[:-7]
    noise = max(float(np.median(np.abs(differences - np.median(differences)))) * 1.4826 / np.sqrt(2), 0.02)
    ends = detector.fit(signal[:, None]).predict(pen=40 * noise**2 * np.log(len(signal)))
    if len(ends) < 2 or there[ends[-2]] < _PELT_DAYS - _PELT_NEWS:  # noqa: PLR2004
        return -np.inf
    begin = ends[-3] if len(ends) > 2 else 0  # noqa: PLR2004
    return float(1 - np.exp(signal[ends[-2] :].mean() - signal[begin : ends[-2]].mean()))


PEERS: Final[dict[str, Callable[[Table], Floats]]] = {
    "month-on-month-rolling": month_rolling,
    "month-on-month-calendar": month_calendar,
    "30-against-90-days": month_quarter,
    "week-on-week-percent": week_percent,
    "week-on-week-z": week_z,
    "ewma": ewma,
    "pelt": pelt,
    "seasonal-naive-interval": seasonal_naive,
}
