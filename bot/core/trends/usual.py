"""What is usual on each weekday: the median of the same weekday of past weeks.

At low volume eight days tell little of a weekday: there it is drawn towards the level of the whole week, as far as
the weekdays of a series differ by no more than chance. Tables are of shape [days, series], NaN is unknown.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.rolling import rolling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_WEEK: Final = 7
_LEAST_KNOWN: Final = 2
"""Known days on a weekday to expect something of it."""
_SHAPE_DAYS: Final = 28
_MEDIAN_VARIANCE: Final = np.pi / 2
"""Variance of a median over that of a mean of as many values."""
_EIGHT: Final = 8
_FOUR: Final = 4


def usual(known: Floats, nearest: int, furthest: int) -> Floats:
    """Level to be expected on each day had nothing changed, without the fleet; NaN where too little is known."""
    own = weekday_median(known, nearest, furthest)
    summed, number = rolling(own, _WEEK)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.divide(summed, number, out=summed)
        shape = own / level
        shape -= 1
        squares, days = rolling(shape * shape, _SHAPE_DAYS)
        squares *= level
        # Of the mean square, what chance alone would make says nothing of weekdays.
        days *= -_MEDIAN_VARIANCE / (furthest - nearest + 1)
        real = np.divide(days, squares, out=squares)
        real += 1
        shape *= np.maximum(real, 0.0, out=real)
        shape += 1
        shape *= level
    # Weekdays that are all alike, a level of 0 and weeks in the shape of days leave nothing to mix.
    np.copyto(shape, own, where=~np.isfinite(shape))
    return shape


def weekday_median(known: Floats, nearest: int, furthest: int) -> Floats:
    """Median of the known days `nearest` to `furthest` weeks before each; NaN where under two are."""
    days, series = known.shape
    if not known.size:
        return np.empty_like(known)
    reach = furthest * _WEEK
    padded = np.full((reach + days, series), np.inf, known.dtype)
    padded[reach:] = np.nan_to_num(known, nan=np.inf)
    past = [padded[reach - week * _WEEK :][:days] for week in range(nearest, furthest + 1)]
    there = np.isfinite(padded).view(np.int8)
    number = reduce(np.add, (there[reach - week * _WEEK :][:days] for week in range(nearest, furthest + 1)))
    ordered = _lowest_of_eight(padded, nearest, days) if len(past) == _EIGHT else list(np.sort(np.stack(past), axis=0))
    return _middle(ordered, number)


def _lowest_of_eight(padded: Floats, nearest: int, days: int) -> list[Floats]:
    """Order eight weeks, unknown ones last; returns the lowest five.

    Pairs are ordered once for all the days that share them, then fours, then eights: a third of what ordering each
    day's eight anew would take.
    """
    low, high = _pair(padded[_WEEK:], padded[:-_WEEK])
    gap = 2 * _WEEK
    first, inner = _pair(low[gap:], low[:-gap])
    outer, fourth = _pair(high[gap:], high[:-gap])
    four = [first, *_pair(inner, outer), fourth]
    # A four stands on the latest of its weeks: here the nearest, and the fifth.
    end = len(first) - days
    near = [each[end - nearest * _WEEK :][:days] for each in four]
    far = [each[end - (nearest + _FOUR) * _WEEK :][:days] for each in reversed(four)]
    lower = [np.minimum(*both) for both in zip(near, far, strict=True)]
    upper = [np.maximum(*both) for both in zip(near, far, strict=True)]
    # `lower` rises and falls only once: four comparisons order it.
    a, c = _pair(lower[0], lower[2])
    b, d = _pair(lower[1], lower[3])
    return [*_pair(a, b), *_pair(c, d), reduce(np.minimum, upper)]


def _pair(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    return np.minimum(one, other), np.maximum(one, other)


def _middle(ordered: Sequence[Floats], number: npt.NDArray[np.int8]) -> Floats:
    """Middle of so many known values, ordered with the unknown last."""
    answer = np.full(number.shape, np.nan, ordered[0].dtype)
    lowest, highest = number.min(axis=1), number.max(axis=1)
    changes = np.flatnonzero(np.diff(lowest) | np.diff(highest)) + 1
    # Mostly as many are known of all series of a block, and so for weeks on end.
    for begin, end in pairwise([0, *changes.tolist(), len(number)]):
        for known in range(max(int(lowest[begin]), _LEAST_KNOWN), int(highest[begin]) + 1):
            low, high = ordered[(known - 1) // 2][begin:end], ordered[known // 2][begin:end]
            where = True if lowest[begin] == highest[begin] else number[begin:end] == known
            np.add(low, high, out=answer[begin:end], where=where)
    answer *= 0.5
    return answer
