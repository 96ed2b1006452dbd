"""What is expected of a day: weekdays, fleets, gaps; and that nothing hangs on days to come, order or batches."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends import fleets as fleets_module
from bot.core.trends.expectation import Expected, FleetPass, expect, expect_given
from bot.core.trends.fleets import Tally, batches
from bot.core.trends.rolling import rolling, trailing
from bot.core.trends.settings import Detection
from bot.core.trends.usual import usual, weekday_median

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DETECTION = Detection()
DAYS = 120
ALONE = np.array([0])


def drawn(series: int, level: float = 40.0, days: int = DAYS, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).poisson(level, (series, days)).astype(np.float64)


def same(one: Expected, other: Expected) -> bool:
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name), equal_nan=True) for each in fields(one)
    )


def test_a_day_is_expected_to_be_the_median_of_its_weekday_two_to_nine_weeks_back() -> None:
    counts = np.zeros((1, DAYS))
    day = 100
    counts[0, [day - 7 * week for week in range(1, 11)]] = [1000, 8, 1, 2, 3, 4, 5, 6, 7, 1000]
    assert weekday_median(counts.T, 2, 9)[day, 0] == 4.5


def test_weeks_that_are_unknown_are_left_out_of_the_median() -> None:
    counts = np.full((1, DAYS), np.nan)
    day = 100
    for known, median in (([5.0], np.nan), ([5.0, 9.0], 7.0), ([5.0, 9.0, 1.0], 5.0)):
        counts[0, [day - 14 - 7 * week for week in range(len(known))]] = known
        assert weekday_median(counts.T, 2, 9)[day, 0] == pytest.approx(median, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(2, 9), (1, 4), (2, 26), (2, 10)]), st.sampled_from([0.0, 0.2, 0.9]))
def test_the_median_is_numpys_whatever_is_missing(seed: int, weeks: tuple[int, int], missing: float) -> None:
    chance = np.random.default_rng(seed)
    known = chance.poisson(3, (90, 4)).astype(np.float64)
    known[chance.random(known.shape) < missing] = np.nan
    wanted = np.full(known.shape, np.nan)
    for day, series in np.ndindex(*known.shape):
        past = [known[day - 7 * week, series] for week in range(weeks[0], weeks[1] + 1) if day >= 7 * week]
        seen = [count for count in past if not np.isnan(count)]
        if len(seen) >= 2:
            wanted[day, series] = np.median(seen)
    assert np.array_equal(weekday_median(known, *weeks), wanted, equal_nan=True)


def test_weekdays_that_differ_are_expected_to_differ() -> None:
    week = np.array([100.0, 100, 100, 100, 100, 20, 10])
    counts = np.tile(week, 20)[:, None]
    assert usual(counts, 2, 9)[-7:, 0] == pytest.approx(week, rel=0.07)


def test_weekdays_that_differ_by_chance_only_are_expected_to_be_alike() -> None:
    counts = drawn(200, level=3.0).T
    spread = {
        name: table[-28:].std(axis=0).mean()
        for name, table in (("median", weekday_median(counts, 2, 9)), ("usual", usual(counts, 2, 9)))
    }
    assert spread["usual"] < 0.7 * spread["median"]


@pytest.mark.parametrize("days", [1, 7, 28, 84, 112, 300])
@pytest.mark.parametrize("lag", [0, 1, 14, 200])
def test_a_trailing_sum_is_the_sum_of_its_days(days: int, lag: int) -> None:
    values = drawn(3).T
    wanted = [values[max(day - lag - days + 1, 0) : max(day - lag + 1, 0)].sum(axis=0) for day in range(DAYS)]
    assert trailing(values, days, lag) == pytest.approx(np.array(wanted))


def test_unknown_days_are_neither_summed_nor_counted() -> None:
    summed, number = rolling(np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, 5.0]]), 2)
    assert (summed.tolist(), number.tolist()) == ([[1, 0], [1, 0], [3, 5]], [[1, 0], [1, 0], [1, 1]])


def test_a_fleets_day_is_expected_of_its_members_and_of_nobody_else() -> None:
    counts = drawn(12, level=400.0)
    fleets = np.repeat([7, 9], 6)
    counts[:6, 100:] *= 0.5
    expected = expect(counts, fleets, None, DETECTION)
    assert np.exp(expected.fleet[:6, 106:].mean()) == pytest.approx(0.5, abs=0.06)
    assert np.exp(expected.fleet[6:, 106:].mean()) == pytest.approx(1.0, abs=0.03)
    assert expected.values[:6, 106:].mean() == pytest.approx(200, rel=0.1)


def test_what_a_series_does_is_no_part_of_its_own_fleets_day() -> None:
    counts = drawn(3, level=400.0)
    fleets = np.zeros(3, np.int64)
    before = expect(counts, fleets, None, DETECTION).fleet
    counts[0, 100:] = 0.0
    after = expect(counts, fleets, None, DETECTION).fleet
    # The scatter by which a fleet's day is trusted is that of all its members.
    assert np.abs(after[0] - before[0]).max() < 0.02
    assert np.abs(after[1] - before[1]).max() > 0.02


@pytest.mark.parametrize("members", [1, 2])
def test_without_two_others_there_is_no_fleet(members: int) -> None:
    expected = expect(drawn(members), np.zeros(members, np.int64), None, DETECTION)
    assert not expected.fleet.any()


def test_where_the_fleet_scatters_by_chance_its_day_is_not_followed() -> None:
    thin, thick = (expect(drawn(9, level=level), np.zeros(9, np.int64), None, DETECTION) for level in (2.0, 2000.0))
    assert np.abs(thin.fleet[:, 90:]).mean() < 0.1
    assert np.abs(thick.fleet[:, 90:]).mean() < 0.01


def test_ignored_days_are_unknown_days() -> None:
    counts, ignored = drawn(4), np.zeros((4, DAYS), bool)
    ignored[1:, 60:64] = True
    fleets = np.zeros(4, np.int64)
    gapped = np.where(ignored, np.nan, counts)
    assert same(expect(counts, fleets, ignored, DETECTION), expect(gapped, fleets, None, DETECTION))


def test_a_missing_day_is_not_a_zero() -> None:
    counts = drawn(1)
    counts[0, 30:90:2] = np.nan
    assert expect(counts, ALONE, None, DETECTION).values[0, -1] == pytest.approx(40, rel=0.15)


def test_nothing_is_expected_of_what_was_never_known() -> None:
    expected = expect(np.full((2, DAYS), np.nan), np.zeros(2, np.int64), None, DETECTION)
    assert np.isnan(expected.values).all()
    assert np.isnan(expected.variance).all()
    assert not expected.history.any()


def test_known_days_are_counted() -> None:
    counts = drawn(2, days=5)
    counts[1, 1:3] = np.nan
    assert expect(counts, np.arange(2), None, DETECTION).history.tolist() == [[1, 2, 3, 4, 5], [1, 1, 1, 2, 3]]


def test_the_variance_is_chance_and_a_tenth_at_least_and_more_of_a_series_that_strays() -> None:
    calm = np.full((1, 200), 50.0)
    expected = expect(calm, ALONE, None, DETECTION)
    # 50 of chance, (0.1 x 50)^2 of what nobody's use is steadier than.
    assert expected.variance[0, -1] == pytest.approx(75.0)
    wild = np.where(np.arange(200) // 14 % 2, 100.0, 50.0)[None]
    strayed = expect(wild, ALONE, None, DETECTION)
    assert strayed.variance[0, -1] / strayed.values[0, -1] ** 2 > 1.5 * 75 / 50**2


@pytest.mark.parametrize("members", [5, 80])
def test_days_to_come_change_nothing(members: int) -> None:
    counts, fleets = drawn(members), np.zeros(members, np.int64)
    until = 100
    whole = expect(counts, fleets, None, DETECTION)
    counts[:, until:] = np.random.default_rng(2).poisson(3, (members, DAYS - until))
    changed = expect(counts, fleets, None, DETECTION)
    for each in fields(whole):
        one, other = (getattr(table, each.name)[:, :until] for table in (whole, changed))
        assert np.array_equal(one, other, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_series_changes_nothing(seed: int) -> None:
    chance = np.random.default_rng(seed)
    counts, fleets = drawn(40, level=9.0, seed=seed), chance.integers(0, 4, 40)
    order = chance.permutation(40)
    mixed = expect(counts[order], fleets[order], None, DETECTION)
    plain = expect(counts, fleets, None, DETECTION)
    assert all(
        np.array_equal(getattr(mixed, each.name), getattr(plain, each.name)[order], equal_nan=True)
        for each in fields(plain)
    )


def test_batches_change_nothing_in_two_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    # Sizes at which two hundred series hold a small fleet, one that is kept whole and one that is cut.
    monkeypatch.setattr(fleets_module, "SMALL", 8)
    monkeypatch.setattr(fleets_module, "WHOLE", 40)
    fleets = np.random.default_rng(4).permutation(np.repeat([1, 2, 3], [6, 30, 164]))
    counts = drawn(200, level=15.0)
    whole = expect(counts, fleets, None, DETECTION)
    first = FleetPass(fleets, DAYS, DETECTION)
    split = list(batches(fleets, 50))
    for rows in split:
        first.add(counts[rows], fleets[rows], None)
    for rows in split:
        part = expect(counts[rows], fleets[rows], None, DETECTION, first.large())
        for each in fields(part):
            assert np.array_equal(getattr(part, each.name), getattr(whole, each.name)[rows], equal_nan=True)
    assert len(split) > 2
    assert sorted(np.concatenate(split).tolist()) == list(range(200))


def test_no_batch_cuts_a_fleet_that_has_to_be_whole() -> None:
    fleets = np.random.default_rng(5).integers(0, 30, 900)
    for rows in batches(fleets, 100):
        assert len(rows) < 100 + 60
        for fleet in np.unique(fleets[rows]):
            assert (fleets[rows] == fleet).sum() == (fleets == fleet).sum()


def test_a_large_fleets_median_is_told_to_a_hundredth() -> None:
    members = 3001
    ratios = np.random.default_rng(6).normal(-0.2, 0.3, (5, members))
    tally = Tally(np.zeros(members, np.int64), 5)
    tally.add(ratios, np.ones_like(ratios), np.zeros(members, np.int64))
    assert tally.factors().factors[0] == pytest.approx(np.median(ratios, axis=1), abs=0.01)


def test_of_a_huge_fleet_a_few_thousand_are_asked_and_all_who_did_nothing_yet() -> None:
    fleets = np.zeros(40_000, np.int64)
    first_days = drawn(40_000, level=3.0, days=14)
    first_days[:500] = np.nan
    chosen = Tally(fleets, 20).chosen(first_days, fleets)
    assert set(range(500)) <= set(chosen.tolist())
    assert 3_000 < len(chosen) < 6_500


def test_with_its_fleet_given_a_series_is_expected_as_within_it() -> None:
    counts, fleets = drawn(5), np.zeros(5, np.int64)
    whole = expect(counts, fleets, None, DETECTION)
    assert same(expect_given(counts, whole.fleet, DETECTION), whole)


@pytest.mark.parametrize("shape", [(0, 0), (0, 30), (3, 0), (3, 1), (1, 13)])
def test_too_small_a_table_is_no_error(shape: tuple[int, int]) -> None:
    expected = expect(np.ones(shape), np.zeros(shape[0], np.int64), None, DETECTION)
    assert expected.values.shape == shape
    assert np.isnan(expected.values).all()
