from __future__ import annotations

import numpy as np
import pytest

from bot.core.forecasting.settings import ForecastSettings
from bot.core.forecasting.weeks import weeks
from tests.core.forecasting.lines import NAN, constant, draws

SETTINGS = ForecastSettings()


def test_weeks_end_on_the_last_day() -> None:
    cut = weeks(draws([list(range(1, 31))]), SETTINGS)
    # 30 days: two days of a week are too few to tell of it.
    assert np.isnan(cut.sums[0, 0])
    assert cut.sums[0, 1:].tolist() == pytest.approx([sum(range(3 + 7 * week, 10 + 7 * week)) for week in range(4)])


def test_a_week_with_an_unknown_day_is_scaled_by_what_that_day_usually_has() -> None:
    counts = [30.0, 10, 10, 10, 10, 0, 0] * 13
    counts[-7] = NAN
    cut = weeks(draws([counts]), SETTINGS)
    assert cut.sums[0, -1] == pytest.approx(70, rel=0.1)
    assert cut.sums[0, -2] == pytest.approx(70)


def test_a_week_with_most_of_its_days_unknown_is_unknown() -> None:
    counts = constant(10, 70) + constant(NAN, 5) + constant(10, 2)
    assert np.isnan(weeks(draws([counts]), SETTINGS).sums[0, -1])


def test_the_profile_adds_up_to_one_and_follows_the_weekdays() -> None:
    cut = weeks(draws([[20, 10, 10, 10, 10, 0, 0] * 20, constant(0, 140)]), SETTINGS)
    assert cut.profile.sum(axis=1).tolist() == pytest.approx([1, 1])
    assert cut.profile[0, 0] == pytest.approx(20 / 60, abs=0.04)
    assert cut.profile[0, 6] < 0.03
    assert cut.profile[1].tolist() == pytest.approx([1 / 7] * 7)


@pytest.mark.parametrize(("last", "late"), [([], 0), ([5], 1), ([6], 0), ([4, 2], 2), ([4, 9, 2], 1), ([5, 4, 1], 3)])
def test_the_last_days_are_late_where_they_stay_low_and_only_to_the_end(last: list[float], late: int) -> None:
    cut = weeks(draws([[*constant(10, 100), *last]]), SETTINGS)
    assert cut.ahead.tolist() == [late]
    assert cut.dropped.tolist() == [sum(last[len(last) - late :])]


def test_a_quiet_weekend_is_not_late() -> None:
    assert weeks(draws([[10, 10, 10, 10, 10, 1, 0] * 12]), SETTINGS).ahead.tolist() == [0]


def test_a_low_day_of_a_line_that_often_has_them_is_not_late() -> None:
    assert weeks(draws([[2, 9, 16, 5, 12, 1, 20, 8, 3, 13] * 12 + [2.0]]), SETTINGS).ahead.tolist() == [0]


def test_use_that_stopped_four_days_ago_has_stopped() -> None:
    cut = weeks(draws([constant(10, 100) + constant(0, stopped) for stopped in [3]]), SETTINGS)
    assert cut.ahead.tolist() == [3]
    assert weeks(draws([constant(10, 100) + constant(0, 4)]), SETTINGS).ahead.tolist() == [0]


def test_each_line_ends_on_its_own_last_covered_day() -> None:
    counts = [constant(10, 60) + constant(NAN, 10), constant(10, 70)]
    cut = weeks(draws(counts, known_to=[59, 69]), SETTINGS)
    assert cut.ahead.tolist() == [10, 0]
    assert cut.sums[:, -1].tolist() == pytest.approx([70, 70])


def test_weeks_before_the_first_use_are_no_history_unless_use_is_rare() -> None:
    rare = np.zeros((1, 140))
    rare[0, 70::21] = 5
    cut = weeks(draws(np.concatenate([[constant(0, 70) + constant(10, 70)], rare, np.zeros((1, 140))])), SETTINGS)
    assert cut.basis.tolist() == [70, 140, 140]


def test_one_week_of_an_import_is_no_level_and_the_next_like_it_is() -> None:
    week = constant(10, 7)
    spike = constant(500, 7)
    cut = weeks(draws([week * 9 + spike + week, week * 9 + spike * 2]), SETTINGS)
    assert cut.sums[0, -3:].tolist() == pytest.approx([70, 280, 70])
    assert cut.sums[1, -3:].tolist() == pytest.approx([70, 280, 3500])


def test_use_after_a_pause_is_no_spike() -> None:
    cut = weeks(draws([constant(10, 70) + constant(0, 35) + constant(10, 7)]), SETTINGS)
    assert cut.sums[0, -1] == pytest.approx(70)
