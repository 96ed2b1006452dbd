"""How a table is cut into batches."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends.batching import batches
from bot.core.trends.outcome import Series


def table(fleets: list[int], seed: int = 1) -> Series:
    counts = np.random.default_rng(seed).poisson(20, (len(fleets), 30)).astype(np.float64)
    return Series(counts, date(2026, 1, 1), np.array(fleets, dtype=np.int64), [None] * len(fleets))


def test_whole_fleets_fill_a_batch_up_to_its_size() -> None:
    cut = [(rows.tolist(), groups.tolist()) for rows, groups in batches(table([7, 7, 3, 3, 7, 5, 5, 5]), 5)]
    assert cut == [([2, 3, 5, 6, 7], [0, 0, 1, 1, 1]), ([0, 1, 4], [2, 2, 2])]


def test_a_fleet_that_is_too_large_falls_into_parts() -> None:
    cut = list(batches(table([1] * 1000), 300))
    assert sorted(row for rows, _ in cut for row in rows.tolist()) == list(range(1000))
    assert 4 <= len({group for _, groups in cut for group in groups.tolist()}) <= 5
    assert max(len(rows) for rows, _ in cut) < 400


def test_no_series_make_no_batch() -> None:
    assert list(batches(table([]), 5)) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 20), st.integers(0, 1000))
def test_every_series_is_in_one_batch_with_its_group_whatever_the_order(
    fleets: list[int], largest: int, seed: int
) -> None:
    series = table(fleets)
    order = np.random.default_rng(seed).permutation(len(fleets))
    turned = Series(series.counts[order], series.first_day, series.fleets[order], [None] * len(fleets))
    cut, other = list(batches(series, largest)), list(batches(turned, largest))
    assert sorted(row for rows, _ in cut for row in rows.tolist()) == list(range(len(fleets)))
    groups = {row: group for rows, of in cut for row, group in zip(rows.tolist(), of.tolist(), strict=True)}
    again = {
        int(order[row]): group for rows, of in other for row, group in zip(rows.tolist(), of.tolist(), strict=True)
    }
    assert groups == again
    assert len({(fleets[row], group) for row, group in groups.items()}) == len(set(groups.values()))
    assert all((np.diff(of) >= 0).all() for _, of in cut)
