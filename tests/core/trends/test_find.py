"""Verdicts on whole series: planted changes and what looks like one."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.trends.find import TrendSettings, find, find_monthly
from bot.core.trends.outcome import Basis, ContractChange, Series, Trends, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DAYS = 300
FIRST = date(2025, 8, 4)  # a Monday; the last day is 30 May 2026
WEEK = np.array([60.0, 62, 64, 61, 55, 18, 12])


def use(series: int, seed: int = 1, level: float = 1.0) -> Floats:
    """Events of accounts with a working week and chance, nothing else."""
    expected = np.tile(WEEK, DAYS // 7 + 1)[:DAYS] * level
    return np.random.default_rng(seed).poisson(expected, (series, DAYS)).astype(np.float64)


def world(
    counts: Floats,
    countries: Sequence[str | None] | None = None,
    changes: Mapping[int, Sequence[ContractChange]] | None = None,
) -> Series:
    fleets = np.zeros(len(counts), dtype=np.int64)
    return Series(counts, FIRST, fleets, countries or [None] * len(counts), changes or {})


def scaled(counts: Floats, row: int, first: int, factor: float, last: int = DAYS) -> Floats:
    """Multiply some days of a row, rounded."""
    counts[row, first:last] = np.round(counts[row, first:last] * factor)
    return counts


def verdicts(trends: Trends) -> list[str]:
    return [str(each) for each in trends.verdict]


def test_nothing_is_said_of_accounts_whose_use_is_as_ever() -> None:
    trends = find(world(use(12)))
    assert verdicts(trends) == ["flat"] * 12
    assert (trends.start == -1).all()
    assert np.isnan(trends.size).all()
    assert trends.incidents == ()


@pytest.mark.parametrize(("factor", "verdict"), [(0.6, "falling"), (1.6, "rising")])
def test_a_lasting_change_is_told_with_start_and_size(factor: float, verdict: str) -> None:
    trends = find(world(scaled(use(12, seed=3), 3, DAYS - 30, factor)))
    assert verdicts(trends) == ["flat"] * 3 + [verdict] + ["flat"] * 8
    assert abs(trends.start[3] - (DAYS - 30)) <= 2
    assert trends.size[3] == pytest.approx(factor - 1, abs=0.1)
    assert trends.now[3] / trends.before[3] - 1 == pytest.approx(trends.size[3])
    assert trends.before[3] == pytest.approx(WEEK.mean(), rel=0.05)
    assert abs(trends.fleet[3]) < 0.05
    assert trends.confidence[3] > 0.45
    assert trends.statistic[3] > 1
    assert trends.basis[3] == "daily"
    assert not trends.provisional[3]


def test_a_dip_that_was_made_good_is_over() -> None:
    trends = find(world(scaled(use(12), 3, DAYS - 50, 0.5, last=DAYS - 20)))
    assert verdicts(trends)[3] == "flat"


def test_a_step_is_news_for_ninety_days_and_the_usual_level_after_them() -> None:
    counts = scaled(scaled(use(12), 3, DAYS - 85, 0.6), 5, DAYS - 150, 0.6)
    trends = find(world(counts))
    assert (verdicts(trends)[3], verdicts(trends)[5]) == ("falling", "flat")
    assert trends.size[3] == pytest.approx(-0.4, abs=0.06)


def test_what_the_fleet_does_together_is_no_trend_of_its_accounts() -> None:
    counts = use(12)
    for row in range(12):
        scaled(counts, row, DAYS - 30, 0.7)
    trends = find(world(scaled(counts, 4, DAYS - 25, 0.5)))
    assert verdicts(trends) == ["flat"] * 4 + ["falling"] + ["flat"] * 7
    assert trends.fleet[4] == pytest.approx(-0.3, abs=0.05)
    assert trends.size[4] == pytest.approx(-0.5, abs=0.07)


def test_a_fleet_outage_is_one_incident_and_nobodys_fall() -> None:
    counts = use(12)
    counts[:, DAYS - 12 : DAYS - 6] = 0
    trends = find(world(counts))
    assert verdicts(trends) == ["flat"] * 12
    assert [(each.first, each.last, each.fleet) for each in trends.incidents] == [(DAYS - 12, DAYS - 7, 0)]


def test_an_empty_turn_of_the_year_is_no_churn_where_christmas_is_kept() -> None:
    counts = use(3)[:, :170]  # to 20 January 2026
    christmas, epiphany = (date(2025, 12, 22) - FIRST).days, (date(2026, 1, 6) - FIRST).days
    counts[:, christmas : epiphany + 1] = 1
    assert verdicts(find(world(counts, ["Germany"] * 3))) == ["flat"] * 3
    shorter = counts[:, : epiphany + 1]
    assert verdicts(find(world(shorter, ["Germany", None, "Germany"]))) == ["flat", "falling", "flat"]


def test_a_change_with_the_contract_is_no_trend_and_carries_the_contract_change() -> None:
    change = ContractChange(DAYS - 35, 100, 60)
    trends = find(world(scaled(use(12), 3, DAYS - 30, 0.6), changes={3: [ContractChange(5, 50, 100), change]}))
    assert verdicts(trends)[3] == "contract change"
    assert trends.changes == {3: change}
    assert trends.size[3] == pytest.approx(-0.4, abs=0.05)


@pytest.mark.parametrize(
    "change",
    [ContractChange(DAYS - 30, 60, 100), ContractChange(DAYS - 50, 100, 60), ContractChange(DAYS - 30, 60, 60)],
    ids=["the other direction", "too early", "no change"],
)
def test_a_contract_change_that_does_not_fit_explains_nothing(change: ContractChange) -> None:
    trends = find(world(scaled(use(12), 3, DAYS - 30, 0.6), changes={3: [change]}))
    assert verdicts(trends)[3] == "falling"
    assert trends.changes == {}


def test_use_that_falls_on_after_a_contract_change_is_a_trend_judged_by_what_came_after_it() -> None:
    counts = scaled(scaled(use(12), 3, DAYS - 85, 0.6), 3, DAYS - 20, 0.4)
    trends = find(world(counts, changes={3: [ContractChange(DAYS - 85, 100, 60)]}))
    assert verdicts(trends)[3] == "falling"
    assert abs(trends.start[3] - (DAYS - 20)) <= 2
    assert trends.size[3] == pytest.approx(-0.6, abs=0.07)
    assert trends.changes == {}


def test_a_short_history_is_provisional_and_a_very_short_one_is_said_to_be() -> None:
    counts = use(12)
    counts[3, : DAYS - 60] = math.nan
    counts[4, : DAYS - 10] = math.nan
    trends = find(world(scaled(counts, 3, DAYS - 14, 0.3)))
    assert verdicts(trends)[3:5] == ["falling", "too little history"]
    assert trends.provisional.tolist() == [False] * 3 + [True] + [False] * 8


def test_under_one_event_a_day_weeks_are_judged() -> None:
    counts = use(12, level=0.7 / WEEK.mean())
    counts[3, DAYS - 84 :] = 0
    trends = find(world(counts))
    assert set(trends.basis) == {"weekly"}
    assert verdicts(trends) == ["flat"] * 3 + ["falling"] + ["flat"] * 8
    assert abs(trends.start[3] - (DAYS - 84)) <= 14
    assert trends.size[3] == -1
    assert trends.before[3] == pytest.approx(0.7, rel=0.25)


def test_under_one_event_a_week_there_is_too_little_volume() -> None:
    counts = use(3)
    counts[1] = 0
    counts[1, ::20] = 1
    trends = find(world(counts))
    assert verdicts(trends) == ["flat", "too little volume", "flat"]
    assert math.isnan(trends.statistic[1])


def test_little_use_over_under_ten_weeks_is_too_little_volume() -> None:
    counts = use(3, level=0.7 / WEEK.mean())
    counts[0, :-60] = math.nan
    assert verdicts(find(world(counts))) == ["too little volume", "flat", "flat"]


def test_what_nothing_is_known_of_lately_is_unknown() -> None:
    counts = use(4)
    counts[0] = math.nan
    counts[1, -14:] = math.nan
    counts[2, -13:] = math.nan
    assert verdicts(find(world(counts))) == ["unknown", "unknown", "flat", "flat"]


def test_holidays_do_not_make_what_was_measured_unknown() -> None:
    days = (date(2026, 1, 6) - FIRST).days + 1
    assert verdicts(find(world(use(3)[:, :days], ["DE"] * 3))) == ["flat"] * 3


def test_a_gap_of_four_days_makes_no_trend() -> None:
    counts = use(12)
    counts[:6, DAYS - 10 : DAYS - 6] = math.nan
    assert verdicts(find(world(counts))) == ["flat"] * 12


def test_no_series_and_no_days_are_no_error() -> None:
    assert len(find(world(np.empty((0, 50))))) == 0
    assert verdicts(find(world(np.empty((2, 0))))) == ["unknown"] * 2


def test_parts_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="2 countries for 3 series"):
        Series(np.ones((3, 5)), FIRST, np.zeros(3, dtype=np.int64), ["DE", "DE"])
    with pytest.raises(ValueError, match="2 fleets for 3 series"):
        Series(np.ones((3, 5)), FIRST, np.zeros(2, dtype=np.int64), [None] * 3)
    with pytest.raises(ValueError, match=r"1 counts are negative or infinite \(row 0 day 1\); unknown is NaN"):
        world(np.array([[1.0, -1.0]]))
    with pytest.raises(ValueError, match=r"contract changes of rows \[4\], but there are 1 series"):
        world(np.ones((1, 4)), changes={4: []})
    with pytest.raises(ValueError, match="counts have 1 dimensions"):
        world(np.ones(4))


def columns(trends: Trends) -> dict[str, npt.NDArray[np.generic]]:
    return {
        each.name: getattr(trends, each.name) for each in fields(trends) if each.name not in {"changes", "incidents"}
    }


def same(one: Trends, other: Trends) -> bool:
    pairs = zip(columns(one).values(), columns(other).values(), strict=True)
    return all(
        np.allclose(mine, theirs, equal_nan=True) if mine.dtype.kind == "f" else np.array_equal(mine, theirs)
        for mine, theirs in pairs
    )


def strange_world(seed: int) -> Floats:
    """Accounts that grow, shrink, pause and vanish at random."""
    rng = np.random.default_rng(seed)
    counts = use(10, seed)[:, :200] * rng.choice([0.02, 0.2, 1.0, 3.0], (10, 1))
    for row in range(10):
        first = int(rng.integers(80, 190))
        counts[row, first:] *= rng.choice([0.0, 0.5, 1.0, 1.0, 2.0])
    counts[rng.random(counts.shape) < 0.03] = math.nan
    counts[rng.integers(10), :] = math.nan
    return np.asarray(np.round(counts))


SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(seed=st.integers(0, 10_000))
def test_the_order_of_series_changes_nothing(seed: int) -> None:
    counts, order = strange_world(seed), np.random.default_rng(seed).permutation(10)
    countries = [("DE", "US", None)[row % 3] for row in range(10)]
    change = ContractChange(150, 2, 1)
    one = find(world(counts, countries, {row: [change] for row in range(10)}))
    other = find(world(counts[order], [countries[row] for row in order], {row: [change] for row in range(10)}))
    assert same(one.of_rows(order), other)
    assert one.incidents == other.incidents


@SLOW
@given(seed=st.integers(0, 10_000))
def test_unknown_in_is_unknown_out_and_every_verdict_has_the_figures_it_promises(seed: int) -> None:
    counts = strange_world(seed)
    trends = find(world(counts))
    assert (trends.verdict[np.isnan(counts).all(axis=1)] == Verdict.UNKNOWN).all()
    told = np.isin(trends.verdict, (Verdict.FALLING, Verdict.RISING, Verdict.CONTRACT_CHANGE))
    assert ((trends.start >= 0) == told).all()
    assert (~np.isnan(trends.confidence) == told).all()
    assert (trends.size[trends.verdict == Verdict.FALLING] < 0).all()
    assert ((trends.confidence[told] >= 0) & (trends.confidence[told] <= 1)).all()


@SLOW
@given(seed=st.integers(0, 10_000), row=st.integers(0, 9), days=st.integers(1, 12))
def test_unknown_days_at_the_end_raise_no_alarm_that_was_not_there_before_them(seed: int, row: int, days: int) -> None:
    counts = use(10, seed, level=0.3)
    before = find(world(counts[:, :-days])).verdict[row]
    counts[row, -days:] = math.nan
    after = find(world(counts)).verdict[row]
    assert after in {Verdict.FLAT, before}


@SLOW
@given(seed=st.integers(0, 10_000), row=st.integers(0, 9))
def test_ten_times_the_events_do_not_turn_the_direction(seed: int, row: int) -> None:
    rng = np.random.default_rng(seed)
    counts = scaled(use(10, seed), row, int(rng.integers(DAYS - 80, DAYS - 20)), float(rng.choice([0.6, 1.5])))
    more = counts.copy()
    more[row] *= 10
    one, ten = find(world(counts)).verdict[row], find(world(more)).verdict[row]
    assert {one, ten} != {Verdict.FALLING, Verdict.RISING}


def test_a_fleet_too_large_for_a_batch_is_judged_in_parts_that_say_the_same() -> None:
    counts = use(60)
    for row in range(0, 60, 10):
        scaled(counts, row, DAYS - 30, 0.5)
    counts[:, DAYS - 60] = 0
    order = np.random.default_rng(1).permutation(60)
    parts = TrendSettings(batch=20)
    whole, apart, turned = find(world(counts)), find(world(counts), parts), find(world(counts[order]), parts)
    assert np.array_equal(whole.verdict, apart.verdict)
    assert same(apart.of_rows(order), turned)
    assert whole.incidents == apart.incidents
    assert [each.series for each in whole.incidents] == [60]


def test_fleets_are_compared_within_themselves_in_however_many_batches() -> None:
    counts = use(30)
    for row in range(10, 20):
        scaled(counts, row, DAYS - 30, 0.6)
    series = replace(world(counts, changes={4: [ContractChange(DAYS - 30, 2, 1)]}), fleets=np.repeat([5, 2, 9], 10))
    scaled(counts, 4, DAYS - 30, 0.6)
    one, many = find(series), find(series, TrendSettings(batch=10))
    assert verdicts(one)[4] == "contract change"
    assert set(verdicts(one)) == {"flat", "contract change"}
    assert same(one, many)
    assert one.changes == many.changes == {4: ContractChange(DAYS - 30, 2, 1)}


def test_monthly_figures_have_the_same_verdicts() -> None:
    values = np.full((6, 18), 400.0)
    values[0, 15:] = 300
    values[1, 16:] = 600
    values[2, 15:] = 300
    values[3, :8] = math.nan
    values[4, -3:] = math.nan
    trends = find_monthly(values, contract_changes={2: [ContractChange(14, 40, 30)], 0: [ContractChange(9, 40, 30)]})
    assert verdicts(trends) == ["falling", "rising", "contract change", "too little history", "unknown", "flat"]
    assert trends.start.tolist() == [15, 16, 15, -1, -1, -1]
    assert (trends.before[0], trends.now[0]) == (pytest.approx(400), 300)
    assert trends.statistic[0] > 1 > trends.statistic[5]
    assert set(trends.basis) == {Basis.MONTHLY}
    assert trends.changes == {2: ContractChange(14, 40, 30)}


def test_monthly_figures_of_no_series_are_no_error() -> None:
    assert len(find_monthly(np.empty((0, 12)))) == 0
    assert replace(find_monthly(np.empty((0, 12))), changes={}).incidents == ()
