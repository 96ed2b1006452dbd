from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from bot.core.forecasting.draws import Forecasts
from bot.core.forecasting.forecast import ForecastSettings, forecast
from tests.core.forecasting.lines import NAN, busy, constant, draws

FIGURES = [each.name for each in fields(Forecasts) if each.name not in {"basis", "verdict"}]


def test_ten_a_day_with_three_hundred_left_run_out_in_thirty_days() -> None:
    told = forecast(draws([constant(10)], used=700, capacity=1000, days_left=60))
    assert told.verdict.tolist() == ["ok"]
    assert told.run_out.tolist() == [30]
    assert told.run_out_low[0] <= 30 <= told.run_out_high[0]
    assert told.end_use[0] == pytest.approx(1300)
    assert told.end_utilization[0] == pytest.approx(1.3)
    assert told.overage[0] == pytest.approx(300)
    assert told.probability_over[0] > 0.99
    assert told.level[0] == pytest.approx(10)
    assert told.level_end[0] == pytest.approx(10)


def test_a_capacity_that_is_reached_within_a_day_is_reached_by_its_end() -> None:
    told = forecast(draws([constant(10)] * 3, used=700, capacity=[1000, 1001, 1009.9]))
    assert told.run_out.tolist() == [30, 31, 31]


def test_weekends_off_put_the_run_out_on_a_working_day() -> None:
    # As-of is a Sunday: nearly fifty are used by the next Friday, nothing over the weekend, ten on Monday.
    week = [10, 10, 10, 10, 10, 0, 0]
    told = forecast(draws([week * 20] * 3, used=0, capacity=[49, 55, 98]))
    assert told.run_out.tolist() == [5, 8, 12]


def test_no_use_never_runs_out() -> None:
    told = forecast(draws([constant(0)], used=0, capacity=100))
    assert told.verdict.tolist() == ["ok"]
    assert np.isnan(told.run_out[0])
    assert [told.run_out_low[0], told.run_out_high[0]] == [np.inf, np.inf]
    assert [told.end_use[0], told.overage[0], told.overage_mean[0], told.probability_over[0]] == [0, 0, 0, 0]


def test_a_run_out_beyond_the_horizon_is_not_told() -> None:
    told = forecast(draws([constant(10)], used=0, capacity=10_000), ForecastSettings(horizon=365))
    assert np.isnan(told.run_out[0])
    assert told.run_out_high[0] == np.inf
    assert forecast(draws([constant(10)], used=0, capacity=10_000), ForecastSettings(horizon=2000)).run_out[0] == 1000


def test_what_is_spent_names_the_day_on_which_it_was() -> None:
    # 120 days of 10 are 1,200 used: after 100 of them, 20 days ago, it was 1,000.
    told = forecast(draws([constant(10)], used=1200, capacity=1000))
    assert [told.run_out[0], told.run_out_low[0], told.run_out_high[0]] == [-20, -20, -20]
    assert told.probability_over[0] == 1
    assert told.overage[0] == pytest.approx(800)  # 200 so far, 600 in the 60 days left


def test_what_is_spent_today_was_spent_today() -> None:
    told = forecast(draws([constant(10)], used=1000, capacity=1000))
    assert told.run_out.tolist() == [0]


def test_use_that_the_days_do_not_explain_was_spent_before_them() -> None:
    told = forecast(draws([constant(10)], used=50_000, capacity=1000))
    assert told.run_out.tolist() == [-119]


def test_nothing_was_spent_before_the_period_began() -> None:
    told = forecast(draws([constant(10)], used=50_000, capacity=1000, elapsed=15))
    assert told.run_out.tolist() == [-14]


def test_earlier_use_counts_though_no_day_shows_it() -> None:
    told = forecast(draws([constant(10)], used=9_700, capacity=10_000))
    assert told.run_out.tolist() == [30]


@pytest.mark.parametrize("name", ["used", "capacity", "days_left", "known_to"])
def test_unknown_in_is_unknown_out(name: str) -> None:
    told = forecast(draws([constant(10)], **{name: NAN}))
    assert told.verdict.tolist() == ["unknown"]
    assert all(np.isnan(getattr(told, figure)[0]) for figure in FIGURES)


def test_an_amount_that_is_no_number_is_unknown_and_leaves_the_others_alone() -> None:
    told = forecast(draws([constant(10), constant(10)], used=[np.inf, 9_700.0], capacity=10_000))
    assert told.verdict.tolist() == ["unknown", "ok"]
    assert told.run_out[1] == 30


def test_a_line_without_a_known_day_is_unknown() -> None:
    told = forecast(draws([constant(NAN)], used=0))
    assert told.verdict.tolist() == ["unknown"]
    assert all(np.isnan(getattr(told, figure)[0]) for figure in FIGURES)


def test_a_term_that_has_ended_is_unknown() -> None:
    assert forecast(draws([constant(10)], days_left=-1)).verdict.tolist() == ["unknown"]


def test_a_month_of_history_is_enough_and_less_is_too_little() -> None:
    short = [constant(NAN, 200 - days) + constant(10, days) for days in (27, 28)]
    told = forecast(draws(short))
    assert told.verdict.tolist() == ["too little history", "ok"]
    assert told.basis.tolist() == [27, 28]
    assert np.isnan(told.end_use[0])


def test_days_before_the_first_use_are_no_history() -> None:
    told = forecast(draws([constant(0, 150) + constant(10, 50), constant(0, 180) + constant(10, 20)], used=0))
    assert told.verdict.tolist() == ["ok", "too little history"]
    assert told.level[0] == pytest.approx(10, rel=0.01)


def test_incomplete_last_days_change_neither_level_nor_run_out() -> None:
    # Two days that show 3 and 1 of their 10: used says 16 too little, and 284 more are missing to 300.
    counts = [*constant(10, 118), 3, 1]
    told = forecast(draws([counts], used=700 - 16, capacity=1000))
    assert told.run_out.tolist() == [30]
    assert told.level[0] == pytest.approx(10)
    assert told.end_use[0] == pytest.approx(1300)


def test_four_low_days_are_a_fall() -> None:
    told = forecast(draws([[*constant(10, 116), 1, 1, 1, 1]], used=700, capacity=1000))
    assert told.level[0] < 9


def test_days_after_the_last_covered_one_are_forecast_and_counted() -> None:
    counts = constant(10, 115) + constant(NAN, 5)
    told = forecast(draws([counts], used=700, capacity=1000, known_to=114))
    # 30 days from the last covered one, which is 5 days before as-of.
    assert told.run_out.tolist() == [25]
    assert told.end_use[0] == pytest.approx(700 + 65 * 10)


def test_a_capacity_reached_since_the_last_covered_day_is_behind() -> None:
    counts = constant(10, 110) + constant(NAN, 10)
    assert forecast(draws([counts], used=970, capacity=1000, known_to=109)).run_out.tolist() == [-7]


def test_days_before_the_period_are_not_counted_into_it() -> None:
    # The period began two days ago, the source ends five days before as-of: only two of them belong to it.
    counts = constant(10, 115) + constant(NAN, 5)
    told = forecast(draws([counts], used=0, capacity=100, known_to=114, days_left=28, elapsed=2))
    assert told.end_use[0] == pytest.approx(300)
    assert told.run_out.tolist() == [8]


def test_incomplete_days_before_the_period_are_not_counted_into_it() -> None:
    counts = [*constant(10, 117), 4, 3, 1]
    told = forecast(draws([counts], used=1, capacity=100, days_left=29, elapsed=1))
    assert told.end_use[0] == pytest.approx(300)


def test_a_gap_changes_neither_level_nor_run_out() -> None:
    counts = constant(10, 80) + constant(NAN, 20) + constant(10, 20)
    told = forecast(draws([counts], used=700, capacity=1000))
    assert told.run_out.tolist() == [30]


def test_a_line_that_ends_today_has_no_use_to_come() -> None:
    told = forecast(draws([constant(10)] * 2, used=[700, 1100], capacity=1000, days_left=0))
    assert told.end_use.tolist() == told.end_use_low.tolist() == told.end_use_high.tolist() == [700, 1100]
    assert told.probability_over.tolist() == [0, 1]
    assert told.overage_mean.tolist() == [0, 100]


def test_an_end_too_far_away_is_not_forecast_but_the_run_out_is() -> None:
    told = forecast(draws([constant(10)], used=700, capacity=1000, days_left=36_500))
    assert told.run_out.tolist() == [30]
    assert np.isnan(told.end_use[0])
    assert np.isnan(told.probability_over[0])


def test_nothing_contracted_is_spent_and_has_no_utilization() -> None:
    told = forecast(draws([constant(10)], used=50, capacity=0))
    assert told.run_out[0] <= 0
    assert np.isnan(told.end_utilization[0])
    assert told.overage[0] == pytest.approx(650)


def test_a_correction_is_a_day_without_use_and_nothing_falls_below_zero() -> None:
    counts = constant(10)
    counts[-30] = -400
    told = forecast(draws([counts], used=300, capacity=1000))
    assert told.level[0] == pytest.approx(10, rel=0.02)
    assert told.end_use_low[0] >= 300


def test_growth_goes_on_and_fades() -> None:
    growing = [10 * 1.003**day for day in range(300)]
    told = forecast(draws([growing], used=0, capacity=1e9, days_left=90))
    for_ever = sum(10 * 1.003**day for day in range(300, 390))
    as_of_late = 90 * sum(growing[-28:]) / 28
    assert as_of_late < told.end_use[0] < for_ever


def test_rare_use_is_forecast_by_its_mean() -> None:
    counts = np.zeros((1, 364))
    counts[0, ::14] = 140  # 10 a day
    told = forecast(draws(counts, used=0, capacity=1000, days_left=90))
    assert told.end_use[0] == pytest.approx(900, rel=0.2)
    assert told.end_use_low[0] < 840 < told.end_use_high[0]


def test_probability_says_how_far_the_capacity_lies_from_what_is_expected() -> None:
    counts = np.repeat(busy(1), 3, axis=0)
    end = forecast(draws(counts, used=0, capacity=1)).end_use[0]
    told = forecast(draws(counts, used=0, capacity=[0.5 * end, end, 2 * end]))
    assert told.probability_over[1] == pytest.approx(0.5, abs=1e-6)
    assert told.probability_over[0] > 0.9
    assert told.probability_over[2] < 0.1


def test_probability_and_interval_agree() -> None:
    counts = np.repeat(busy(1), 2, axis=0)
    bare = forecast(draws(counts, used=0, capacity=1))
    told = forecast(draws(counts, used=0, capacity=[bare.end_use_low[0], bare.end_use_high[0]]))
    assert told.probability_over == pytest.approx([0.9, 0.1], abs=1e-4)


def test_mean_overage_counts_what_may_happen_where_the_middle_stays_below() -> None:
    counts = busy(1)
    end = forecast(draws(counts, used=0, capacity=1)).end_use[0]
    told = forecast(draws(counts, used=0, capacity=1.02 * end))
    assert told.overage[0] == 0
    assert told.overage_mean[0] > 0


def test_faults_of_the_shape_are_told_all_at_once() -> None:
    with pytest.raises(ValueError, match=r"used: shape \(2,\); wanted \(1,\).*known_to: beyond the last column, 119"):
        draws_of_wrong_shape()


def draws_of_wrong_shape() -> None:
    good = draws([constant(10)])
    type(good)(good.counts, np.zeros(2), good.capacity, good.days_left, np.array([120.0]))


def test_counts_must_have_lines_and_days() -> None:
    good = draws([constant(10)])
    with pytest.raises(ValueError, match=r"counts: shape \(120,\); wanted \[lines, days\]"):
        type(good)(good.counts[0], good.used, good.capacity, good.days_left, good.known_to)
    with pytest.raises(ValueError, match="counts: no days"):
        type(good)(good.counts[:, :0], good.used, good.capacity, good.days_left, good.known_to - 120)


def test_no_lines_have_no_forecast() -> None:
    told = forecast(draws(np.empty((0, 100))))
    assert told.run_out.shape == told.verdict.shape == (0,)
