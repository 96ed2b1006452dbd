"""Evidence of falls by the day, and every alarm of a history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.trends.alarms import fall_alarms, rise_alarms
from bot.core.trends.expectation import Expected, expect
from bot.core.trends.falls import falls
from bot.core.trends.settings import Detection
from bot.core.trends.statistic import cumulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from bot.core.trends.statistic import Statistic

    Floats = npt.NDArray[np.float64]

DETECTION = Detection()


def drawn(series: int, days: int = 240, level: float = 60.0, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).poisson(level, (series, days)).astype(np.float64)


def fallen(counts: Floats) -> Statistic:
    expected = expect(counts, np.arange(len(counts)), None, DETECTION)
    return falls(counts, expected, DETECTION)


def cumulated(steps: Sequence[float]) -> tuple[list[float], list[int]]:
    statistic, since = np.empty((len(steps), 1)), np.empty((len(steps), 1), np.int32)
    cumulate((np.array([float(step)]) for step in steps), statistic, since)
    return statistic[:, 0].tolist(), since[:, 0].tolist()


def alarms(counts: Floats, detection: Detection = DETECTION) -> list[list[int]]:
    found = fall_alarms(counts, np.zeros_like(counts), detection)
    return [np.flatnonzero(row).tolist() for row in found]


def test_a_days_evidence_is_the_quasi_poisson_likelihood_ratio() -> None:
    # Twice as scattered as chance: (5 log 0.7 + 10 x 0.3) / 2; then back by (13 log 0.7 + 3) / 2, and to 0.
    expected = Expected(
        np.full((1, 3), 10.0), np.full((1, 3), 20.0), np.zeros((1, 3)), np.full((1, 3), 1, dtype=np.int32)
    )
    found = falls(np.array([[5.0, 13.0, 20.0]]), expected, DETECTION)
    first = (5 * np.log(0.7) + 3) / 2
    second = first + (13 * np.log(0.7) + 3) / 2
    assert found.statistic[0] == pytest.approx([first, max(second, 0), 0])
    assert first == pytest.approx(0.6083, abs=1e-4)


def test_no_single_day_is_a_fall() -> None:
    counts = drawn(1)
    counts[0, 200] = 0.0
    found = fallen(counts).statistic[0]
    assert found[200] - found[199] == pytest.approx(DETECTION.most_for)
    assert found.max() < DETECTION.fall_threshold


def test_evidence_adds_up_from_its_last_zero_on() -> None:
    statistic, since = cumulated([1.0, -3.0, 0.5, 0.5, -0.2, -2.0, 0.0, 1.0])
    assert statistic == pytest.approx([1, 0, 0.5, 1.0, 0.8, 0, 0, 1])
    assert since == [0, -1, 2, 2, 2, -1, -1, 7]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-8, 6), min_size=1, max_size=60))
def test_the_sum_is_the_one_that_is_never_let_fall_below_zero(steps: list[int]) -> None:
    statistic, since = cumulated(steps)
    value, start = 0.0, -1
    for day, step in enumerate(steps):
        value = max(value + step, 0.0)
        start = -1 if value == 0 else (day if start < 0 else start)
        assert (statistic[day], since[day]) == (value, start)


def test_a_fall_is_found_within_days_and_dated_to_its_first() -> None:
    counts = drawn(20)
    counts[:, 200:] = np.floor(counts[:, 200:] * 0.5)
    found = fallen(counts)
    over = found.statistic >= DETECTION.fall_threshold
    first = over[:, 200:].argmax(axis=1)
    assert over[:, 200:].any(axis=1).all()
    assert np.median(first) <= 7
    assert np.abs(np.median(found.since[np.arange(20), 200 + first] - 200)) <= 2


def test_what_goes_on_as_before_is_no_fall() -> None:
    assert (fallen(drawn(300)).statistic[:, 120:] >= DETECTION.fall_threshold).any(axis=1).mean() < 0.02


def test_an_unknown_day_changes_nothing() -> None:
    counts = drawn(5)
    counts[:, 200:] *= 0.6
    counts[:, 203:207] = np.nan
    found = fallen(counts)
    assert (found.statistic[:, 203:207] == found.statistic[:, 202:203]).all()


def test_a_series_that_is_unknown_has_no_evidence() -> None:
    found = fallen(np.full((2, 90), np.nan))
    assert not found.statistic.any()
    assert (found.since == -1).all()


def test_zeros_after_zeros_are_no_fall() -> None:
    assert not fallen(np.zeros((1, 200))).statistic.any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(70, 180), st.sampled_from([0.0, 0.1]))
def test_days_to_come_change_nothing(seed: int, until: int, missing: float) -> None:
    chance = np.random.default_rng(seed)
    counts = drawn(6, 200, 12.0, seed)
    counts[chance.random(counts.shape) < missing] = np.nan
    fleets = np.array([0, 0, 0, 0, 1, 2])
    changed = counts.copy()
    changed[:, until:] = chance.poisson(30, (6, 200 - until))
    one, other = (falls(table, expect(table, fleets, None, DETECTION), DETECTION) for table in (counts, changed))
    assert np.array_equal(one.statistic[:, :until], other.statistic[:, :until])
    assert np.array_equal(one.since[:, :until], other.since[:, :until])


def test_the_first_alarm_is_the_day_the_statistic_reaches_its_threshold() -> None:
    counts = drawn(30)
    counts[:, 150:] = np.floor(counts[:, 150:] * 0.6)
    over = fallen(counts).statistic >= DETECTION.fall_threshold
    assert [days[0] for days in alarms(counts)] == over.argmax(axis=1).tolist()


def test_after_an_alarm_the_new_level_is_the_usual_one() -> None:
    counts = drawn(30, days=300)
    counts[:, 150:] = np.floor(counts[:, 150:] * 0.5)
    assert np.mean([len(days) for days in alarms(counts)]) < 1.4


def test_a_second_fall_soon_after_the_first_is_alarmed_too() -> None:
    counts = drawn(30, days=300, level=200.0)
    counts[:, 150:] = np.floor(counts[:, 150:] * 0.5)
    counts[:, 175:] = np.floor(counts[:, 175:] * 0.5)
    second = [any(175 <= day <= 190 for day in days) for days in alarms(counts)]
    assert np.mean(second) > 0.9


def test_alarms_know_nothing_of_days_to_come() -> None:
    counts = drawn(10)
    counts[:, 120:] = np.floor(counts[:, 120:] * 0.6)
    changed = counts.copy()
    changed[:, 170:] = 500.0
    one, other = (fall_alarms(table, np.zeros_like(table), DETECTION) for table in (counts, changed))
    assert np.array_equal(one[:, :170], other[:, :170])


def test_a_higher_threshold_alarms_later() -> None:
    counts = drawn(10)
    counts[:, 150:] = np.floor(counts[:, 150:] * 0.6)
    early, late = (alarms(counts, replace(DETECTION, fall_threshold=height)) for height in (4.0, 12.0))
    assert all(one[0] < other[0] for one, other in zip(early, late, strict=True))


def test_a_rise_is_no_fall() -> None:
    counts = drawn(10)
    counts[:, 150:] *= 2
    assert not fall_alarms(counts[:, :200], np.zeros((10, 200)), DETECTION)[:, 150:].any()
    assert rise_alarms(counts, np.zeros_like(counts), DETECTION)[:, 150:].any(axis=1).all()
