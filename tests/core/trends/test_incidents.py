"""Fleet outages: what is one, what it is called, and that batches change nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends.incidents import Incident, tally_outages

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Fleets = npt.NDArray[np.int64]


def fleet_of(series: int, days: int = 10, level: float = 10.0) -> tuple[Floats, Floats, Fleets]:
    """Counts at their expectation, of one fleet named 7."""
    return np.full((series, days), level), np.full((series, days), level), np.full(series, 7, dtype=np.int64)


def test_days_on_which_nearly_all_are_under_half_are_one_incident() -> None:
    counts, base, fleets = fleet_of(10)
    counts[:9, 4] = 4.9
    counts[:, 5] = 0
    assert tally_outages(counts, base, fleets).incidents() == (
        Incident(fleet=7, first=4, last=5, share=1.0, series=10),
    )
    assert tally_outages(counts, base, fleets).incidents()[0].days == 2


def test_four_in_five_are_no_incident_and_exactly_half_is_not_under_half() -> None:
    counts, base, fleets = fleet_of(10)
    counts[:8, 2] = 0
    counts[:, 6] = 5
    assert tally_outages(counts, base, fleets).incidents() == ()


def test_two_stretches_are_two_incidents() -> None:
    counts, base, fleets = fleet_of(6)
    counts[:, 0] = 0
    counts[:, 8:] = 1
    assert [(each.first, each.last) for each in tally_outages(counts, base, fleets).incidents()] == [(0, 0), (8, 9)]


def test_four_series_have_no_incident() -> None:
    counts, base, fleets = fleet_of(4)
    counts[:, 3] = 0
    assert tally_outages(counts, base, fleets).incidents() == ()
    assert tally_outages(counts, base, fleets).masked(fleets) is None


def test_unknown_days_and_unknown_expectations_are_not_judged() -> None:
    counts, base, fleets = fleet_of(6)
    counts[:, 3] = 0
    counts[:2, 3] = math.nan  # leaves four
    counts[:, 5] = 0
    base[:2, 5] = math.nan  # leaves four
    assert tally_outages(counts, base, fleets).incidents() == ()


def test_series_that_expect_next_to_nothing_are_not_judged() -> None:
    counts, base, fleets = fleet_of(200, level=0.9)
    assert tally_outages(np.zeros_like(counts), base, fleets).incidents() == ()


def test_many_small_series_make_an_incident_together() -> None:
    counts, base, fleets = fleet_of(40, level=1.0)
    counts[:, 3] = 0
    assert tally_outages(counts, base, fleets).incidents() == (Incident(7, 3, 3, 1.0, 40),)


def test_an_incident_masks_its_own_fleet_only() -> None:
    counts, base, _ = fleet_of(12)
    fleets = np.array([1, 2] * 6)
    counts[fleets == 2, 4] = 0
    masked = tally_outages(counts, base, fleets).masked(fleets)
    assert masked is not None
    assert np.argwhere(masked).tolist() == [[row, 4] for row in range(1, 12, 2)]


def test_a_fleet_that_was_not_tallied_is_not_masked() -> None:
    counts, base, fleets = fleet_of(6)
    counts[:, 4] = 0
    assert tally_outages(counts, base, fleets).masked(np.array([99, 3])) is None


def test_what_lasts_longer_than_four_weeks_is_masked_for_four_weeks() -> None:
    counts, base, fleets = fleet_of(6, days=60)
    counts[:, 10:50] = 0
    counted = tally_outages(counts, base, fleets)
    masked = counted.masked(fleets)
    assert masked is not None
    assert (counted.incidents()[0].first, counted.incidents()[0].last) == (10, 49)
    assert np.flatnonzero(masked[0]).tolist() == list(range(10, 38))


def test_chance_makes_no_incident() -> None:
    rng = np.random.default_rng(1)
    base = np.full((5, 20_000), 4.0)
    assert tally_outages(rng.poisson(base).astype(float), base, np.zeros(5, dtype=np.int64)).incidents() == ()


def test_no_series_have_no_incident() -> None:
    nothing = np.empty((0, 10))
    counted = tally_outages(nothing, nothing, np.empty(0, dtype=np.int64))
    assert counted.incidents() == ()
    assert counted.masked(np.array([1])) is None


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 30))
def test_tallies_of_batches_add_up_to_the_tally_of_all(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.uniform(0, 20, (30, 12))
    counts = rng.poisson(base * rng.choice([0.1, 1.0], 12)).astype(float)
    counts[rng.random(counts.shape) < 0.1] = math.nan
    fleets = rng.integers(0, 4, 30)
    order = rng.permutation(30)
    whole = tally_outages(counts, base, fleets)
    first, second = order[:cut], order[cut:]
    parts = tally_outages(counts[first], base[first], fleets[first]) + tally_outages(
        counts[second], base[second], fleets[second]
    )
    assert parts.fleets.tolist() == whole.fleets.tolist()
    assert np.array_equal(parts.low, whole.low)
    assert parts.incidents() == whole.incidents()
