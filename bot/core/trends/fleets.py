"""What a fleet's other series do on a day: the log factor by which they stand off their own expectation.

The factor is a weighted median of the others' log ratios: a series that strays far from its own weekdays says little
of the fleet's day. A few neighbours with little volume make a noisy factor: it is trusted as far as it stands out of
the scatter of those it was taken from.

Three sizes, so that the answer never depends on how series are spread over batches:
- up to `SMALL` members: the median leaves out the series itself, exactly;
- up to `WHOLE`: the median of all, exactly; one in 65 moves it by less than one place. Such fleets have to lie in one
  batch whole (`batches` does so);
- larger ones: from a histogram of log ratios in steps of 0.01 that adds up over batches exactly, as weights are whole
  numbers (`Tally`). Of far over `ENOUGH` members only some are asked, chosen by what they did on the first two weeks:
  no day of those has an expectation, so that the choice knows nothing of what is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.rolling import rolling, trailing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ids = npt.NDArray[np.int64]

SMALL: Final = 64
WHOLE: Final = 2000
ENOUGH: Final = 4_000
SEEDS: Final = 14
"""First days that the choice of members looks at."""
_LEAST_OTHERS: Final = 2
_FARTHEST: Final = 3.0
"""Log ratio that stands for everything beyond it, a stop above all."""
_STEP: Final = 0.01
_BINS: Final = round(2 * _FARTHEST / _STEP)
_STRAY_DAYS: Final = 84
_STRAY_PRIOR: Final = 14
_STRAY_USUAL: Final = 0.04
_STRAY_MOST: Final = 1.5
_WEIGHT_UNIT: Final = 64.0
_DOUBT: Final = 0.5
"""Neighbours' worth of doubt whether the fleet's day is the series' day, too."""
_MEDIAN_VARIANCE: Final = np.pi / 2
_QUARTILES: Final = 1.349
"""Distance of the quartiles of a normal distribution in standard deviations."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class FleetDays:
    """Log factors of the fleets with over `WHOLE` members; made by `Tally`."""

    ids: Ids
    """[fleets], ascending."""
    factors: Floats
    """[fleets, days]."""


class Tally:
    """First pass over the series of fleets too large for one batch; their order and batches change nothing."""

    def __init__(self, fleets: Ids, days: int) -> None:
        """Take the fleet of every series of all batches."""
        ids, sizes = np.unique(fleets, return_counts=True)
        self._ids = ids[sizes > WHOLE]
        self._sizes = sizes[sizes > WHOLE]
        self._weights = np.zeros((len(self._ids), days * _BINS))

    def __len__(self) -> int:
        return len(self._ids)

    def chosen(self, first_days: Floats, fleets: Ids) -> npt.NDArray[np.intp]:
        """Rows of a batch to be asked; `first_days`: [series, up to SEEDS], as measured.

        Series that did nothing yet are always among them: there is nothing to tell them apart by.
        """
        row = np.minimum(np.searchsorted(self._ids, fleets), len(self._ids) - 1)
        share = np.maximum(self._sizes[row] // ENOUGH, 1)
        seen = np.nan_to_num(first_days) * 7919.0 ** (1 + np.arange(first_days.shape[1]) % 3)
        mixed = seen @ np.arange(1.0, 2.0 * first_days.shape[1], 2.0)
        return np.flatnonzero((self._ids[row] == fleets) & (np.fmod(mixed, share) < 1))

    def add(self, ratios: Floats, weights: Floats, fleets: Ids) -> None:
        """Count log ratios, and their weights, of shape [days, series]."""
        days = len(ratios)
        places = np.minimum(((np.nan_to_num(ratios) + _FARTHEST) / _STEP).astype(np.int64), _BINS - 1)
        places += np.arange(days)[:, None] * _BINS
        for row in np.flatnonzero(np.isin(self._ids, fleets)):
            its = fleets == self._ids[row]
            heavy = np.bincount(places[:, its].ravel(), weights[:, its].ravel(), minlength=days * _BINS)
            self._weights[row] += heavy

    def factors(self) -> FleetDays:
        """Take the medians, interpolated within a step."""
        days = self._weights.shape[1] // _BINS
        sums = np.cumsum(self._weights.reshape(len(self._ids), days, _BINS), axis=2)
        half = sums[:, :, -1:] / 2
        place = np.minimum(np.sum(sums < half, axis=2, keepdims=True), _BINS - 1)
        above = np.take_along_axis(sums, place, axis=2)
        below = np.where(place > 0, np.take_along_axis(sums, np.maximum(place - 1, 0), axis=2), 0.0)
        inside = (half - below) / np.maximum(above - below, 1.0)
        medians = (place + inside) * _STEP - _FARTHEST
        return FleetDays(self._ids, np.where(half > 0, medians, 0.0)[:, :, 0])


def batches(fleets: Ids, size: int) -> Iterator[npt.NDArray[np.intp]]:
    """Split series into batches of about `size` that hold every fleet of up to `WHOLE` members whole."""
    _, fleet, sizes = np.unique(fleets, return_inverse=True, return_counts=True)
    order = np.argsort(fleet, kind="stable")
    within = np.arange(len(fleets)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # A large fleet may be cut anywhere, another before its first member only.
    may_begin = (within == 0) | (sizes[fleet[order]] > WHOLE)
    begin = 0
    while begin < len(order):
        cuts = np.flatnonzero(may_begin[begin + size : begin + size + WHOLE + 1])
        end = begin + size + int(cuts[0]) if len(cuts) else len(order)
        yield order[begin:end]
        begin = end


def log_ratios(known: Floats, base: Floats) -> Floats:
    """Log of use over its own expectation, clipped; half an event on both sides keeps a zero finite."""
    return np.asarray(np.clip(np.log((known + 0.5) / (base + 0.5)), -_FARTHEST, _FARTHEST))


def whole_weights(ratios: Floats, base: Floats) -> Floats:
    """Say how much each series has to say of its fleet's day; whole numbers, 0 where the ratio is unknown."""
    summed, number = rolling(np.square(np.clip(ratios, -_STRAY_MOST, _STRAY_MOST)), _STRAY_DAYS, lag=1)
    stray = (summed + _STRAY_PRIOR * _STRAY_USUAL) / (number + _STRAY_PRIOR)
    weights = np.rint(_WEIGHT_UNIT / (stray + 1 / np.maximum(base, 1.0)))
    return np.where(np.isnan(ratios), 0.0, weights)


def fleet_factors(known: Floats, base: Floats, fleets: Ids, large: FleetDays) -> Floats:
    """Log factor of each series' fleet on each day; [days, series] in and out, 0 without a fleet."""
    ids, fleet, sizes = np.unique(fleets, return_inverse=True, return_counts=True)
    told = np.isin(ids, large.ids)
    by_day = np.ascontiguousarray(large.factors.T)
    if told.all():
        return np.take(by_day, np.searchsorted(large.ids, fleets), axis=1)
    answer = np.zeros_like(known)
    of_large = np.flatnonzero(told[fleet])
    answer[:, of_large] = by_day[:, np.searchsorted(large.ids, fleets[of_large])]
    order = np.argsort(fleet, kind="stable")
    begins = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[~told & (sizes > _LEAST_OTHERS)]):
        those = np.flatnonzero((sizes == size) & ~told)
        for some in np.array_split(those, -(-len(those) * size // WHOLE)):
            members = order[begins[some][:, None] + np.arange(size)]
            flat, shape = members.ravel(), (len(known), *members.shape)
            ratios = log_ratios(known[:, flat], base[:, flat])
            weights = whole_weights(ratios, base[:, flat])
            median = _of_others if size <= SMALL else _of_all
            answer[:, members] = median(ratios.reshape(shape), weights.reshape(shape))
    return answer


def _of_all(ratios: Floats, weights: Floats) -> Floats:
    """Weighted median of each fleet; [days, fleets, members]."""
    ordered, sums, _ = _ordered(ratios, weights)
    middle = _at(ordered, sums, sums[:, :, -1:] / 2)
    return np.broadcast_to(np.where(sums[:, :, -1:] > 0, middle, 0.0), ratios.shape)


def _of_others(ratios: Floats, weights: Floats) -> Floats:
    """Weighted median of each member's others, as far as it can be trusted; [days, fleets, members]."""
    ordered, sums, order = _ordered(ratios, weights)
    rank = np.argsort(order, axis=2, kind="stable")
    total = sums[:, :, -1:]
    low, high = np.zeros(ratios.shape, np.intp), np.zeros(ratios.shape, np.intp)
    for member in range(ratios.shape[2]):
        upto = sums[:, :, member : member + 1]
        low += upto < (total - weights) / 2
        high += upto < (total + weights) / 2
    # Up to a member's own rank the sums are those of its others; from there on they hold its weight, too.
    place = np.minimum(np.where(low < rank, low, high), ratios.shape[2] - 1)
    others = (weights > 0).sum(axis=2, keepdims=True) - (weights > 0)
    median = np.where(others >= _LEAST_OTHERS, np.take_along_axis(ordered, place, axis=2), 0.0)
    squares = (weights * weights).sum(axis=2, keepdims=True) - weights * weights
    worth = np.square(total - weights) / np.maximum(squares, 1.0)
    quarters = [_at(ordered, sums, total * share) for share in (0.25, 0.75)]
    scatter = np.square((quarters[1] - quarters[0]) / _QUARTILES)
    noise = _MEDIAN_VARIANCE * np.where(total > 0, scatter, 0.0) / np.maximum(worth, 1.0)
    shape = (len(ratios), ratios.shape[1] * ratios.shape[2])
    trusted = _out_of_noise(median.reshape(shape), noise.reshape(shape)).reshape(ratios.shape)
    return np.asarray(trusted * worth / (worth + _DOUBT))


def _out_of_noise(factors: Floats, noise: Floats) -> Floats:
    """Shrink the factor's week and its day, each by the share of their variance that is noise; [days, series]."""
    week = trailing(factors, _WEEK) / _WEEK
    day = factors - week
    return _share_real(week, noise / _WEEK) * week + _share_real(day, noise * (1 - 1 / _WEEK)) * day


def _share_real(values: Floats, noise: Floats) -> Floats:
    seen, chance = trailing(values * values, _STRAY_DAYS), trailing(noise, _STRAY_DAYS)
    return np.maximum(seen - chance, 0.0) / np.maximum(seen, np.finfo(np.float64).tiny)


def _ordered(ratios: Floats, weights: Floats) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Order each fleet's day; returns ratios, running sums of weights, and where each stood. Unknown ones are last."""
    order = np.argsort(ratios, axis=2, kind="stable")
    ordered = np.nan_to_num(np.take_along_axis(ratios, order, axis=2))
    return ordered, np.cumsum(np.take_along_axis(weights, order, axis=2), axis=2), order


def _at(ordered: Floats, sums: Floats, targets: Floats) -> Floats:
    """Find the first value at which the weights reach a target; targets of shape [days, fleets, 1]."""
    place = np.minimum(np.sum(sums < targets, axis=2, keepdims=True), sums.shape[2] - 1)
    return np.take_along_axis(ordered, place, axis=2)
