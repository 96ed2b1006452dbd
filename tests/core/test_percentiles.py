"""Where an account stands in its segment: mid-ranks by hand, ties, unknown values, and segments too small to tell."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.percentiles import FEWEST, mid_ranks, percentiles

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = float("nan")


def accounts(
    segments: Sequence[str | None], cus: Sequence[float | None], seats: Sequence[float | None] | None = None
) -> pa.Table:
    return pa.table(
        {
            "segment": pa.array(segments, pa.string()),
            "cus": pa.array(cus, pa.float64()),
            "licence_utilization": pa.array(seats or [None] * len(cus), pa.float64()),
        }
    )


def ranks(values: list[float], groups: list[int]) -> list[float | None]:
    found, _ = mid_ranks(np.array(values, dtype=np.float64), np.array(groups, dtype=np.int64))
    return [None if math.isnan(one) else one for one in found]


def test_mid_ranks_by_hand() -> None:
    # of four: 0 below + half of itself = 12.5 %; two equal ones: 1 below + half of both = 50 %; 3 + half = 87.5 %
    assert ranks([1, 2, 2, 3], [0, 0, 0, 0]) == [12.5, 50, 50, 87.5]


def test_equal_values_all_stand_in_the_middle() -> None:
    assert ranks([7, 7, 7], [0, 0, 0]) == [50, 50, 50]


def test_groups_are_apart_and_unknown_values_count_nowhere() -> None:
    assert ranks([5, 1, UNKNOWN, 9, 2, 4], [0, 1, 0, 0, 1, -1]) == [25, 25, None, 75, 75, None]


def test_the_order_of_rows_changes_nothing() -> None:
    values, groups = [4.0, 1.0, 3.0, 1.0, 2.0], [0, 0, 1, 1, 0]
    turned = ranks(values[::-1], groups[::-1])
    assert turned[::-1] == ranks(values, groups)


def test_a_segment_of_eight_known_values_has_percentiles_and_one_of_seven_has_none() -> None:
    rows = accounts(["big"] * 9 + ["small"] * 7, [10.0 * n for n in range(8)] + [None] + [1.0] * 7)
    found = percentiles(rows).to_pylist()
    assert FEWEST == 8
    assert [row["cus_percentile"] for row in found[:3]] == [6.25, 18.75, 31.25]
    # The ninth of the big segment has no CUS: it is no peer, and has no place.
    assert [row["cus_peers"] for row in found] == [8] * 9 + [7] * 7
    assert [row["cus_percentile"] for row in found[8:]] == [None] * 8


def test_an_account_without_a_segment_is_not_compared_with_those_of_others() -> None:
    found = percentiles(accounts([None] * 10, [float(n) for n in range(10)])).to_pylist()
    assert {(row["cus_percentile"], row["cus_peers"]) for row in found} == {(None, None)}


def test_each_metric_has_peers_of_its_own() -> None:
    some = [0.1 * n for n in range(8)]
    found = percentiles(accounts(["a"] * 9, [1.0] * 9, [*some, None])).to_pylist()
    assert [found[0][name] for name in ("cus_peers", "licence_utilization_peers")] == [9, 8]
    assert found[0]["licence_utilization_percentile"] == 6.25
    assert found[8]["licence_utilization_percentile"] is None


@pytest.mark.parametrize("segments", [[], [None], ["a"]])
def test_few_or_no_accounts_are_no_error(segments: list[str | None]) -> None:
    found = percentiles(accounts(segments, [1.0] * len(segments)))
    assert found.num_rows == len(segments)
    assert found.schema.types == [pa.float64(), pa.int64()] * 2


@given(st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2]), st.one_of(st.just(UNKNOWN), st.integers(0, 6)))))
def test_ranks_are_those_counted_one_by_one_and_their_mean_is_50(some: list[tuple[int, float]]) -> None:
    groups, values = [group for group, _ in some], [value for _, value in some]
    found = ranks(values, groups)
    for place, (group, value) in enumerate(some):
        peers = [other for its, other in some if its == group and not math.isnan(other)]
        if group < 0 or math.isnan(value):
            assert found[place] is None
        else:
            below, equal = sum(other < value for other in peers), sum(other == value for other in peers)
            assert found[place] == pytest.approx((below + equal / 2) / len(peers) * 100)
    for group in {group for group, value in some if group >= 0 and not math.isnan(value)}:
        of_group = [rank for rank, its in zip(found, groups, strict=True) if its == group and rank is not None]
        assert sum(of_group) / len(of_group) == pytest.approx(50)


def test_a_hundred_thousand_accounts_take_no_second() -> None:
    random = np.random.default_rng(1)
    rows = accounts(random.choice(["a", "b", "c"], 100_000).tolist(), random.uniform(0, 150, 100_000).tolist())
    began = perf_counter()
    percentiles(rows)
    assert perf_counter() - began < 1
