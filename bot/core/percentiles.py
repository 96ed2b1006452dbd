"""Where an account stands among those of its segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bot.core.scoring.columns import floats, nullable, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

FEWEST: Final = 8
"""Among fewer known values a percentile says more about chance than about the account."""

RANKED: Final = ("cus", "licence_utilization")
"""Metrics that get a percentile."""


def percentiles(accounts: pa.Table, fewest: int = FEWEST) -> pa.Table:
    """Return, in the order of the accounts, `<metric>_percentile` and `<metric>_peers` of each of RANKED.

    Reads `segment` and the metrics. Peers are the accounts of the segment whose value is known, the account itself
    among them. NULL: an account without a segment has no peers, and one without a value no percentile; under `fewest`
    peers nobody has one.
    """
    segments = _codes(accounts)
    columns: dict[str, pa.Array[Any]] = {}
    for metric in RANKED:
        percentile, peers = mid_ranks(floats(accounts, metric), segments)
        columns[f"{metric}_percentile"] = nullable(np.where(peers >= fewest, percentile, np.nan))
        columns[f"{metric}_peers"] = whole(peers)
    return pa.table(columns)


def mid_ranks(values: Array, groups: Codes) -> tuple[Array, Array]:
    """Return the percentile rank of each value in its group, 0..100, and the number of known values of the group.

    PR = (number below + half of the number equal) / number x 100, the value itself among the equal ones: the mean of
    the strict and the weak share (`percentileofscore(..., kind="mean")` of SciPy). It neither favours nor punishes
    ties, and the mean over a group is always 50. `values` and `groups` have the shape [accounts]; NaN is unknown and
    has no rank; a group under 0 is none, and has neither ranks nor a number.
    """
    ranks, sizes = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    grouped = np.flatnonzero(groups >= 0)
    known = grouped[~np.isnan(values[grouped])]
    counts = np.bincount(groups[known], minlength=int(groups.max(initial=-1)) + 1)
    sizes[grouped] = counts[groups[grouped]]
    order = known[np.lexsort((values[known], groups[known]))]
    start_of_group = (np.cumsum(counts) - counts)[groups[order]]
    first, after = _runs(values[order], groups[order])
    ranks[order] = (first - start_of_group + (after - first) / 2) / sizes[order] * 100
    return ranks, sizes


def _runs(values: Array, groups: Codes) -> tuple[Codes, Codes]:
    """Return for each place of a sorted array where its run of equal values begins, and the place after its end."""
    new = np.ones(len(values), dtype=bool)
    new[1:] = (values[1:] != values[:-1]) | (groups[1:] != groups[:-1])
    starts = np.flatnonzero(new)
    run = np.cumsum(new) - 1
    return starts[run], np.append(starts[1:], len(values))[run]


def _codes(accounts: pa.Table) -> Codes:
    segments = accounts.column("segment")
    codes: Codes = pc.index_in(segments, segments.unique().drop_null()).fill_null(-1).to_numpy().astype(np.int64)
    return codes
