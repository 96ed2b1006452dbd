"""Daily counts as weeks that end on the last complete day, with what each weekday has of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from bot.core.forecasting.draws import Draws, Floats, Whole
    from bot.core.forecasting.settings import ForecastSettings

WEEK: Final = 7
_PROFILE_WEEKS: Final = 12
_PROFILE_PRIOR: Final = 0.5
"""Of a week of even use: what the weekday profile is mixed with."""
_LEAST_SHARE: Final = 0.4
"""Of a week's use that its known days usually have; below, the week is unknown."""
_MEDIAN_WEEKS: Final = 8
_QUIET: Final = 0.2
"""Share of weeks without use up to which leading zeros are taken for the time before the first use."""
_SPIKE: Final = 4.0
"""Times the most of the weeks before beyond which a week is taken to be no more: an import is no level ..."""
_SPIKE_WEEKS: Final = 4
"""... until the week after shows the same."""
_TOLERANCE: Final = 1e-9
"""The unit that use is counted in must not decide by rounding."""
_TO_DEVIATION: Final = 1.4826
"""Median absolute deviation of a normal distribution to its standard deviation."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Histories of [lines], cut into weeks; the last week ends on the last complete day."""

    sums: Floats
    """[lines, weeks] use; a week with some unknown days is scaled by weekday, NaN is unknown."""
    profile: Floats
    """[lines, 7] share that each day has of its week, in the order of the days to come; adds up to 1."""
    ahead: Whole
    """[lines] days from the last complete day to as-of."""
    dropped: Floats
    """[lines] use in this period or term of the last days that were taken for incomplete."""
    basis: Floats
    """[lines] known days since the first use."""


def weeks(draws: Draws, settings: ForecastSettings) -> Weeks:
    """Cut histories into weeks, without the last days where these are incomplete."""
    days = draws.counts.shape[1]
    known_to = np.where(draws.known_to >= 0, draws.known_to, -1.0).astype(np.int64)
    counts = np.maximum(draws.counts, 0.0)
    aligned = _ending_at(counts, known_to)
    late = _late_days(aligned, settings)
    ahead = days - 1 - known_to
    within = np.minimum(late, np.maximum(draws.days_so_far() - ahead, 0))
    last = aligned[:, -settings.late_days :]
    incomplete = np.arange(last.shape[1]) >= last.shape[1] - within[:, None]
    blocks = _blocks(_ending_at(counts, known_to - late))
    profile = _profile(blocks)
    sums = _without_spikes(_since_first_use(_sums(blocks, profile)))
    known = np.isfinite(blocks).sum(axis=2)
    return Weeks(
        sums=sums,
        profile=profile,
        ahead=ahead + late,
        dropped=np.where(incomplete & np.isfinite(last), last, 0.0).sum(axis=1),
        basis=np.where(np.isfinite(sums), known, 0).sum(axis=1).astype(np.float64),
    )


def _ending_at(counts: Floats, ends: Whole) -> Floats:
    """Shift each row so that its day `ends` stands in the last column."""
    days = counts.shape[1]
    if (ends == days - 1).all():
        return counts
    columns = np.arange(days)[None, :] + (ends - (days - 1))[:, None]
    shifted = np.take_along_axis(counts, np.maximum(columns, 0), axis=1)
    return np.where(columns >= 0, shifted, np.nan)


def _late_days(counts: Floats, settings: ForecastSettings) -> Whole:
    """[lines] how many of the last days are incomplete: low, each against its own weekday, after a day that is not."""
    days = counts.shape[1]
    run = np.zeros(len(counts), dtype=np.int64)
    if days < (_MEDIAN_WEEKS // 2) * WEEK + settings.late_days + 1:
        return run
    going = np.ones(len(counts), dtype=np.bool_)
    for back in range(settings.late_days + 1):
        going &= _is_low(counts, days - 1 - back, settings)
        run += going
    return np.where(run > settings.late_days, 0, run)


def _is_low(counts: Floats, day: int, settings: ForecastSettings) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    # A low day before the one looked at tells nothing of how much weekdays differ from each other: hence medians.
    same = counts[:, [day - WEEK * back for back in range(1, _MEDIAN_WEEKS + 1) if day >= WEEK * back]]
    known = np.isfinite(same).sum(axis=1) >= _MEDIAN_WEEKS // 2
    middle = _median(same)
    deviation = _TO_DEVIATION * _median(np.abs(same - middle[:, None]))
    value = counts[:, day]
    bar = np.minimum(settings.late_share * middle, middle - settings.late_deviations * deviation)
    return np.asarray(known & (value < bar * (1 - _TOLERANCE)))


def _median(values: Floats) -> Floats:
    """Median of the known values of each row; NaN where there is none."""
    ordered = np.sort(values, axis=1)
    known = np.isfinite(values).sum(axis=1)
    last = values.shape[1] - 1
    below = np.take_along_axis(ordered, np.clip((known - 1) // 2, 0, last)[:, None], axis=1)[:, 0]
    above = np.take_along_axis(ordered, np.clip(known // 2, 0, last)[:, None], axis=1)[:, 0]
    return np.asarray(np.where(known > 0, (below + above) / 2, np.nan))


def _blocks(counts: Floats) -> Floats:
    """[lines, weeks, 7], unknown days before the first column included."""
    lines, days = counts.shape
    missing = -days % WEEK
    padded = np.concatenate([np.full((lines, missing), np.nan), counts], axis=1) if missing else counts
    return padded.reshape(lines, padded.shape[1] // WEEK, WEEK)


def _profile(blocks: Floats) -> Floats:
    recent = blocks[:, -_PROFILE_WEEKS:]
    means = _sum(recent, 2) / np.maximum(np.isfinite(recent).sum(axis=2), 1)
    expected = np.where(np.isfinite(recent), means[:, :, None], 0.0).sum(axis=1)
    prior = _PROFILE_PRIOR * expected.mean(axis=1, keepdims=True) / _PROFILE_WEEKS
    # Use on one weekday only, or none at all, leaves nothing to divide by on the others.
    ratios = np.divide(_sum(recent, 1) + prior, expected + prior, out=np.ones_like(expected), where=expected > 0)
    return np.asarray(ratios / ratios.sum(axis=1, keepdims=True))


def _sums(blocks: Floats, profile: Floats) -> Floats:
    share = np.where(np.isfinite(blocks), profile[:, None, :], 0.0).sum(axis=2)
    enough = share >= _LEAST_SHARE
    return np.asarray(np.where(enough, _sum(blocks, 2) / np.where(enough, share, 1.0), np.nan))


def _sum(values: Floats, axis: int) -> Floats:
    return np.asarray(np.where(np.isfinite(values), values, 0.0).sum(axis=axis))


def _since_first_use(sums: Floats) -> Floats:
    """Leading zeros are the time before the first use, and no history, unless weeks without use are usual."""
    used = sums > 0
    started = np.logical_or.accumulate(used, axis=1)
    quiet = (started & (sums == 0)).sum(axis=1) / np.maximum((started & np.isfinite(sums)).sum(axis=1), 1)
    drop = ~started & (used.any(axis=1) & (quiet <= _QUIET))[:, None]
    return np.where(drop, np.nan, sums)


def _without_spikes(sums: Floats) -> Floats:
    most = np.zeros_like(sums)
    for back in range(1, _SPIKE_WEEKS + 1):
        before = np.where(np.isfinite(sums[:, :-back]), sums[:, :-back], 0.0)
        most[:, back:] = np.maximum(most[:, back:], before)
    # After weeks without any use, one with use is a beginning and no spike.
    return np.where((most > 0) & (sums > _SPIKE * most), _SPIKE * most, sums)
