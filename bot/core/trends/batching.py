"""Tables that fit into memory: whole fleets together, and fleets too large for that in parts of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from bot.core.trends.outcome import Series

    Days = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.intp]

_CHUNK: Final = 10_000
"""Rows whose contents are summed up at a time."""
_SEED: Final = 20_260_101


def batches(series: Series, largest: int) -> Iterator[tuple[Rows, Days]]:
    """Yield the rows of each batch, and the group that each is compared within, ascending.

    A fleet of more than `largest` series falls into parts of about equal size, by what stands in the rows and not by
    where they stand, so that order changes nothing; the medians of parts of thousands differ by less than a hundredth.
    """
    group = _groups(series, largest)
    order = np.argsort(group, kind="stable")
    firsts = np.flatnonzero(np.diff(group[order], prepend=-1))
    ends = np.append(firsts[1:], len(order))[: len(firsts)]
    begin = 0
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        if end - begin > largest and first > begin:
            yield order[begin:first], group[order[begin:first]]
            begin = first
    if begin < len(order):
        yield order[begin:], group[order[begin:]]


def _groups(series: Series, largest: int) -> Days:
    """Give each series the number of its group: its fleet, or a part of it."""
    _, fleet, size = np.unique(series.fleets, return_inverse=True, return_counts=True)
    # Some room, as parts are equal by chance only.
    parts = np.where(size > largest, np.ceil(size / (0.9 * largest)), 1).astype(np.int64)
    part = np.zeros(len(fleet), dtype=np.int64)
    large = np.flatnonzero(parts[fleet] > 1)
    for begin in range(0, len(large), _CHUNK):
        rows = large[begin : begin + _CHUNK]
        part[rows] = _fingerprint(series.counts[rows]) % parts[fleet[rows]]
    starts = np.cumsum(parts) - parts
    return np.asarray(starts[fleet] + part)


def _fingerprint(counts: npt.NDArray[np.floating]) -> Days:
    """Sum up what stands in each row, exactly: the same row has the same number wherever it stands."""
    # Whole numbers wrap around, while sums of floats would depend on how the table is cut.
    bits = np.ascontiguousarray(counts, dtype=np.float64).view(np.uint64)
    drawn = np.random.default_rng(_SEED).integers(1, 2**63, counts.shape[1], dtype=np.uint64)
    weights = np.asarray(drawn | np.uint64(1))
    half = np.uint64(32)
    # Small counts are floats whose lower bits are all 0, and so would be those of their sum.
    total = ((bits ^ (bits >> half)) * weights).sum(axis=1, dtype=np.uint64)
    return np.asarray((((total ^ (total >> half)) * weights[0]) >> half).astype(np.int64))
