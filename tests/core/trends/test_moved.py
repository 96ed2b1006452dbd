"""How far the others of a fleet have moved."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.core.trends.moved import moved

WEEK = np.array([10.0, 10, 10, 10, 10, 3, 2])


def test_a_fleet_that_fell_by_a_tenth_has_moved_by_so_much_since_before_and_not_at_all_since_then() -> None:
    counts = np.tile(WEEK, (6, 20)) * np.arange(1.0, 7.0)[:, None]
    counts[:, 84:] *= 0.9
    since = moved(counts, np.zeros(6, dtype=np.int64), 140 - 70, 14, 56)
    assert since.shape == (6, 70)
    assert since[:, 84 - 70] == pytest.approx([math.log(0.9)] * 6)
    assert since[:, 83 - 70] == pytest.approx([math.log(0.9)] * 6)
    # Since the last day, half of the eight weeks before lie behind the step at day 84 + 28.
    half = math.log(0.9 / ((1 + 0.9) / 2))
    assert since[:, 112 - 70] == pytest.approx([half] * 6)


def test_a_series_does_not_move_its_own_fleet() -> None:
    counts = np.tile(WEEK, (6, 20))
    counts[0, 100:] = 0
    assert moved(counts, np.zeros(6, dtype=np.int64), 50, 14, 56)[0] == pytest.approx([0.0] * 50)


def test_four_others_are_the_least_and_fleets_do_not_mix() -> None:
    counts = np.tile(WEEK, (9, 20))
    counts[4:, 126:] *= 0.5
    since = moved(counts, np.array([7] * 4 + [3] * 5), 30, 14, 56)
    assert np.isnan(since[:4]).all()
    assert since[4:, -14] == pytest.approx([math.log(0.5)] * 5)


def test_unknown_weekdays_are_left_out_on_both_sides() -> None:
    counts = np.tile(WEEK, (5, 20))
    counts[:, -14:] *= 0.8
    counts[:, [-2, -9]] = math.nan  # both last Saturdays: 3 of 55 are not compared
    assert moved(counts, np.zeros(5, dtype=np.int64), 20, 14, 56)[:, -14] == pytest.approx([math.log(0.8)] * 5)


def test_where_nothing_is_known_nothing_moved() -> None:
    counts = np.full((6, 100), math.nan)
    assert np.isnan(moved(counts, np.zeros(6, dtype=np.int64), 91, 14, 56)).all()
    assert np.isnan(moved(np.zeros((6, 100)), np.zeros(6, dtype=np.int64), 91, 14, 56)).all()


def test_a_fleet_that_stopped_has_moved_as_far_as_is_counted() -> None:
    counts = np.tile(WEEK, (6, 20))
    counts[:, -14:] = 0
    assert moved(counts, np.zeros(6, dtype=np.int64), 20, 14, 56)[:, -14] == pytest.approx([-3.0] * 6)


def test_a_table_shorter_than_the_weeks_looked_at_is_no_error() -> None:
    assert moved(np.ones((6, 20)), np.zeros(6, dtype=np.int64), 20, 14, 56).shape == (6, 20)
