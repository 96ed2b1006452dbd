"""What holds today, given running evidence that is written out by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.trends.expectation import Expected, expect
from bot.core.trends.falls import falls
from bot.core.trends.judging import Judging, Measured, Neighbours, judge
from bot.core.trends.settings import Detection
from bot.core.trends.statistic import Statistic

if TYPE_CHECKING:
    import numpy.typing as npt

    from bot.core.trends.outcome import Trends

    Floats = npt.NDArray[np.float64]

DAYS = 300
THRESHOLDS = (10.0, 4.0)


@dataclass
class Account:
    """One series of a hundred events a day, and its runs of evidence: (begins, over from, over to, multiple)."""

    falls: list[tuple[int, int, int, float]] = field(default_factory=list)
    rises: list[tuple[int, int, int, float]] = field(default_factory=list)
    use: dict[int, float] = field(default_factory=dict)
    """From a day on, counted from today, so many events a day."""
    known: int = DAYS
    usual: float = 100.0


def statistic(runs: list[tuple[int, int, int, float]], threshold: float) -> tuple[Floats, npt.NDArray[np.int32]]:
    values, since = np.zeros(DAYS), np.full(DAYS, -1, dtype=np.int32)
    for begins, first, last, multiple in runs:
        values[DAYS + begins : DAYS + first] = 0.5 * threshold
        values[DAYS + first : DAYS + last + 1] = multiple * threshold
        since[DAYS + begins : DAYS + last + 1] = DAYS + begins
    return values, since


def judged(*accounts: Account, judging: Judging | None = None) -> Trends:
    counts = np.full((len(accounts), DAYS), 100.0)
    for row, account in enumerate(accounts):
        for day, level in sorted(account.use.items()):
            counts[row, DAYS + day :] = level
        counts[row, : DAYS - account.known] = np.nan
    usual = np.repeat([[account.usual] for account in accounts], DAYS, axis=1)
    expected = Expected(usual, usual, np.zeros_like(usual), np.cumsum(~np.isnan(counts), axis=1, dtype=np.int32))
    changes = [
        Statistic(*(np.array(each) for each in zip(*runs, strict=True)))
        for runs in (
            [statistic(account.falls, THRESHOLDS[0]) for account in accounts],
            [statistic(account.rises, THRESHOLDS[1]) for account in accounts],
        )
    ]
    near = Neighbours(counts, np.arange(len(accounts)), np.arange(len(accounts)))
    return judge(Measured(counts, expected, (2, 9), near), (changes[0], changes[1]), THRESHOLDS, judging or Judging())


def test_evidence_that_never_reached_its_threshold_is_flat_and_shown() -> None:
    trends = judged(Account(falls=[(-20, -5, -1, 0.8)], use={-20: 80}))
    assert (trends.verdict[0], trends.statistic[0], trends.start[0]) == ("flat", 0.8, -1)


def test_a_fall_is_told_with_everything() -> None:
    trends = judged(Account(falls=[(-23, -10, -1, 1.5)], use={-20: 70}))
    assert trends.verdict[0] == "falling"
    # The evidence began three days early by chance; the split finds the day.
    assert (trends.start[0], trends.reference[0]) == (DAYS - 20, DAYS - 23)
    assert trends.size[0] == pytest.approx(-0.3)
    assert (trends.before[0], trends.now[0]) == (pytest.approx(100), pytest.approx(70))
    assert trends.confidence[0] == pytest.approx(1 / (1 + 2 * math.exp(-0.4 * 1.5)))


def test_evidence_that_began_late_does_not_take_fallen_days_for_the_level_before() -> None:
    trends = judged(Account(falls=[(-12, -6, -1, 1.2)], use={-25: 70}))
    assert (trends.start[0], trends.reference[0]) == (DAYS - 25, DAYS - 25)
    assert trends.size[0] == pytest.approx(-0.3)


def test_use_that_came_back_is_flat_though_its_alarm_is_recent() -> None:
    trends = judged(Account(falls=[(-50, -40, -30, 2.0)], use={-50: 60, -20: 100}))
    assert trends.verdict[0] == "flat"


def test_a_change_is_news_for_ninety_days() -> None:
    young = Account(falls=[(-91, -80, -50, 2.0)], use={-91: 60})
    old = Account(falls=[(-92, -80, -50, 2.0)], use={-92: 60})
    assert judged(young, old).verdict.tolist() == ["falling", "flat"]


def test_evidence_that_is_over_its_threshold_today_is_compared_with_ninety_days_ago() -> None:
    falling_on = Account(falls=[(-200, -150, -1, 2.0)], use={-200: 90, -60: 70})
    settled = Account(falls=[(-200, -150, -1, 2.0)], use={-200: 70})
    trends = judged(falling_on, settled)
    assert trends.verdict.tolist() == ["falling", "flat"]
    assert trends.reference[0] == DAYS - 91
    assert trends.size[0] == pytest.approx(70 / 90 - 1)


def test_a_return_after_a_dip_is_no_rise() -> None:
    trends = judged(
        Account(falls=[(-60, -50, -25, 2.0)], rises=[(-25, -15, -1, 2.0)], use={-60: 50, -25: 100}),
        Account(falls=[(-85, -80, -70, 2.0)], rises=[(-25, -15, -1, 2.0)], use={-85: 95, -25: 140}),
    )
    # Of the second, the alarms lie further apart: the rise is compared with the weeks right before it.
    assert trends.verdict.tolist() == ["flat", "rising"]
    assert trends.reference[1] == DAYS - 25


def test_a_fall_that_was_made_good_in_part_is_still_a_fall() -> None:
    trends = judged(Account(falls=[(-60, -50, -30, 2.0)], rises=[(-25, -15, -1, 2.0)], use={-60: 50, -25: 75}))
    assert (trends.verdict[0], trends.start[0]) == ("falling", DAYS - 60)
    assert trends.size[0] == pytest.approx(-0.25)


def test_a_change_of_under_a_tenth_or_within_chance_is_flat() -> None:
    small = Account(falls=[(-40, -20, -1, 1.2)], use={-40: 91})
    enough = Account(falls=[(-40, -20, -1, 1.2)], use={-40: 89})
    assert judged(small, enough).verdict.tolist() == ["flat", "falling"]
    # 14 days of 100 with the variance of 100: 89 lies 11 / (10 / sqrt(14)) = 4.1 deviations off.
    strict = Judging(least_deviate=4.2)
    assert judged(enough, judging=strict).verdict.tolist() == ["flat"]


def test_young_series_need_more_evidence_and_are_provisional() -> None:
    factor = Judging().provisional_factor
    fall = {-20: 60.0}
    little = Account(falls=[(-20, -10, -1, factor - 0.1)], use=fall, known=70)
    enough = Account(falls=[(-20, -10, -1, factor + 0.1)], use=fall, known=70)
    grown = Account(falls=[(-20, -10, -1, 1.1)], use=fall, known=100)
    trends = judged(little, enough, grown)
    assert trends.verdict.tolist() == ["flat", "falling", "falling"]
    assert trends.provisional.tolist() == [True, True, False]
    assert trends.statistic[1] == pytest.approx((factor + 0.1) / factor)


def test_use_where_there_was_none_is_a_rise_without_a_size() -> None:
    trends = judged(Account(rises=[(-20, -15, -1, 3.0)], use={-DAYS: 0, -20: 40}, usual=0.0))
    assert trends.verdict[0] == "rising"
    assert np.isnan(trends.size[0])
    assert (trends.before[0], trends.now[0], trends.start[0]) == (0, 40, DAYS - 20)


def test_an_alarm_today_on_two_days_is_judged_by_those_days() -> None:
    trends = judged(Account(falls=[(-2, -1, -1, 1.1)], use={-2: 10}))
    assert trends.verdict[0] == "falling"
    assert trends.start[0] == DAYS - 2
    assert trends.size[0] == pytest.approx(-0.9)


def test_young_series_raise_no_more_false_alarms_than_old_ones() -> None:
    rng = np.random.default_rng(3)
    stray = np.repeat(rng.gamma(5.0, 0.2, (1500, 30)), 7, axis=1)
    counts = rng.poisson(3 * stray).astype(np.float64)
    settings = Detection()
    found = falls(counts, expect(counts, np.arange(1500), None, settings), settings).statistic
    young, old = found[:, 20:75] / Judging().provisional_factor, found[:, 150:205]
    alarms = [np.sum(np.diff((each >= settings.fall_threshold).astype(np.int8), axis=1) == 1) for each in (young, old)]
    assert 20 < alarms[0] <= alarms[1]
