"""Evidence of rises by the day."""

from __future__ import annotations

import numpy as np
import pytest

from bot.core.trends.alarms import rise_alarms
from bot.core.trends.expectation import Expected, expect
from bot.core.trends.rises import rises
from bot.core.trends.settings import Detection

DETECTION = Detection()


def test_a_days_evidence_is_the_quasi_poisson_likelihood_ratio() -> None:
    expected = Expected(np.array([[10.0]]), np.array([[40.0]]), np.zeros((1, 1)), np.ones((1, 1), np.int32))
    found = rises(np.array([[20.0]]), expected, DETECTION)
    assert found.statistic[0, 0] == pytest.approx((20 * np.log(1.7) - 7) / 4)
    assert found.since[0, 0] == 0


def test_a_rise_is_found_and_dated() -> None:
    counts = np.random.default_rng(1).poisson(60, (20, 240)).astype(np.float64)
    counts[:, 200:] *= 2
    found = rises(counts, expect(counts, np.arange(20), None, DETECTION), DETECTION)
    over = found.statistic >= DETECTION.rise_threshold
    first = 200 + over[:, 200:].argmax(axis=1)
    assert over[:, 200:].any(axis=1).all()
    assert np.median(first) <= 212
    assert np.median(found.since[np.arange(20), first]) == 200


def test_what_goes_on_as_before_is_no_rise() -> None:
    counts = np.random.default_rng(2).poisson(60, (300, 240)).astype(np.float64)
    found = rises(counts, expect(counts, np.arange(300), None, DETECTION), DETECTION)
    assert not (found.statistic[:, 120:] >= DETECTION.rise_threshold).any()


def test_a_rise_of_the_whole_fleet_is_nobodys_rise() -> None:
    counts = np.random.default_rng(3).poisson(200, (10, 240)).astype(np.float64)
    counts[:, 200:] *= 2
    found = rises(counts, expect(counts, np.zeros(10, np.int64), None, DETECTION), DETECTION)
    assert not (found.statistic >= DETECTION.rise_threshold).any()


def test_a_spike_of_some_days_is_no_rise() -> None:
    counts = np.random.default_rng(4).poisson(60, (1, 240)).astype(np.float64)
    counts[0, 200:205] *= 50
    found = rises(counts, expect(counts, np.zeros(1, np.int64), None, DETECTION), DETECTION)
    assert found.statistic.max() < DETECTION.rise_threshold


def test_after_an_alarm_the_new_level_is_the_usual_one() -> None:
    counts = np.random.default_rng(5).poisson(60, (20, 300)).astype(np.float64)
    counts[:, 150:] *= 3
    assert rise_alarms(counts, np.zeros_like(counts), DETECTION).sum(axis=1).mean() < 1.4
