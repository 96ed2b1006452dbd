"""How far a fleet has moved since a day: the median over its other series, each compared with its own weekdays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.medians import median_of_others

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_WEEK: Final = 7
_LEAST_KNOWN: Final = 2
"""Known days on a weekday, before, to compare it."""
_FARTHEST: Final = 3.0
"""Log ratio that stands for everything beyond it, a stop above all."""


def moved(counts: Floats, fleets: npt.NDArray[np.int64], days: int, latest: int, before: int) -> Floats:
    """Tell each series how far the others of its fleet have moved since each of the last `days` days.

    `counts`: [series, all days], NaN is unknown; `fleets`: [series]. Compared are the last `latest` days with the
    `before` days before each day, weekday by weekday; both are whole weeks. Answers log ratios, [series, days]; NaN
    where under four others can be compared.
    """
    own = _ratios(counts, days, latest, before // _WEEK)
    others = np.full_like(own, np.nan)
    for fleet in np.unique(fleets):
        members = np.flatnonzero(fleets == fleet)
        others[members] = median_of_others(own[members])
    return others


def _ratios(counts: Floats, days: int, latest: int, weeks: int) -> Floats:
    """Log ratio of each series' latest days to the weeks before each of `days` days: [series, days]."""
    reach = days + _WEEK * (weeks + 1)
    part = counts[:, -reach:]
    part = np.concatenate([np.full((len(counts), reach - part.shape[1]), np.nan), part], axis=1)
    # The seven days before each of `days` days; the weeks before those stand in whole weeks to the left.
    first, width = reach - days - _WEEK, days + _WEEK - 1
    before = _mean([part[:, first - _WEEK * week :][:, :width] for week in range(weeks)])
    newest_first = part[:, ::-1]
    now = _mean([newest_first[:, week * _WEEK : (week + 1) * _WEEK] for week in range(latest // _WEEK)], least=1)
    present = now[:, (reach - 1 - np.arange(first, first + width)) % _WEEK]
    both = ~np.isnan(before) & ~np.isnan(present)
    earlier, later = (_sums_of_seven(np.where(both, each, 0.0)) for each in (before, present))
    comparable = (_sums_of_seven(both.astype(np.float64)) > _WEEK / 2) & (earlier > 0)
    ratio = later / np.where(comparable, earlier, 1.0)
    logs = np.log(np.clip(ratio, np.exp(-_FARTHEST), np.exp(_FARTHEST)))
    return np.where(comparable, logs, np.nan)


def _mean(parts: list[Floats], least: int = _LEAST_KNOWN) -> Floats:
    """Average tables of one shape cell by cell; NaN where fewer than `least` are known."""
    number, total = np.zeros(parts[0].shape), np.zeros(parts[0].shape)
    for each in parts:
        known = ~np.isnan(each)
        number += known
        total += np.where(known, each, 0.0)
    return np.where(number >= least, total / np.maximum(number, 1), np.nan)


def _sums_of_seven(values: Floats) -> Floats:
    """Sum each seven neighbouring columns."""
    summed = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return np.asarray(summed[:, _WEEK:] - summed[:, :-_WEEK])
