"""Metrics of where a contract line is heading: trend and forecast."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.unknown import NO_CHANGE, NO_TREND
from bot.core.catalogue.window import RUN_OUT, TO_THE_END, TREND

_NO_LINE_FORECAST: Final = (
    "the line is no allowance or commit, its meter is a maximum, nothing is contracted, its use is unknown, or there are "
    "fewer than 28 known days since the first use"
)
_NO_LINE_RUN_OUT: Final = f"{_NO_LINE_FORECAST}; or it is not spent within 730 days"
_NO_LINE_END: Final = f"{_NO_LINE_FORECAST}; or the end is more than 1,830 days ahead"

LINE_OUTLOOK: Final = (
    Metric(
        "trend_direction",
        "Direction of the trend",
        Unit.TEXT,
        "`falling`, `rising` or `flat`: of the use of its meter, as for an account; lines of one meter have the same, unless a "
        "source tells their use apart",
        NO_TREND,
        window=TREND,
        example="200 calls a day until August, 500 in September: rising",
    ),
    Metric(
        "trend_size",
        "Usage trend",
        Unit.CHANGE,
        "as for an account",
        f"{NO_TREND}; or there was no use before",
        window=TREND,
        example="500 calls a day where 200 were to be expected: 500 / 200 - 1 = 150 %",
    ),
    Metric(
        "trend_start",
        "Trend since",
        Unit.DATE,
        "as for an account",
        NO_CHANGE,
        window=TREND,
        example="200 calls a day until 31 August, 500 since: 2026-09-01",
    ),
    Metric(
        "trend_confidence",
        "Confidence in the trend",
        Unit.SHARE,
        "as for an account",
        NO_CHANGE,
        window=TREND,
        example="evidence of eight times its threshold: 1 / (1 + 2 x exp(-0.4 x 8)) = 92 %",
    ),
    Metric(
        "trend_basis",
        "Trend by",
        Unit.TEXT,
        "`daily`, `weekly` or `monthly` figures",
        NO_TREND,
        window=TREND,
        example="less than one event a day: weekly",
    ),
    Metric(
        "trend_provisional",
        "Trend provisional",
        Unit.FLAG,
        "as for an account",
        NO_TREND,
        window=TREND,
        example="60 days are known: true",
    ),
    Metric(
        "trend_words",
        "Trend in words",
        Unit.TEXT,
        "the trend as a sentence",
        "the line has no meter, or no source covers it",
        window=TREND,
        example="no trend: use is as its own weekday pattern lets expect",
    ),
    Metric(
        "run_out_date",
        "Run-out",
        Unit.DATE,
        "first day on which the line is spent, also after its end",
        _NO_LINE_RUN_OUT,
        window=RUN_OUT,
        example="3,030 bought, 2,730 used by 30 September, 10 a day: 300 / 10 = 30 days: 2026-10-30",
    ),
    Metric(
        "run_out_earliest",
        "Run-out at the earliest",
        Unit.DATE,
        "lower end of its 80 % interval",
        _NO_LINE_RUN_OUT,
        window=RUN_OUT,
        example="30 October, at the earliest the 27th: 2026-10-27",
    ),
    Metric(
        "run_out_latest",
        "Run-out at the latest",
        Unit.DATE,
        "upper end of its 80 % interval",
        _NO_LINE_RUN_OUT,
        window=RUN_OUT,
        example="30 October, at the latest 3 November: 2026-11-03",
    ),
    Metric(
        "end_used",
        "Used by the end",
        Unit.COUNT,
        "use of the whole period or term as forecast",
        _NO_LINE_END,
        window=TO_THE_END,
        example="2,730 used, 10 a day for 92 days more: 2,730 + 92 x 10 = 3,650",
    ),
    Metric(
        "end_utilization",
        "Utilization at the end",
        Unit.SHARE,
        "that / contracted",
        _NO_LINE_END,
        window=TO_THE_END,
        example="3,650 of 3,030: 3,650 / 3,030 = 120 %",
    ),
    Metric(
        "end_utilization_low",
        "Utilization at the end, low",
        Unit.SHARE,
        "lower end of its 80 % interval",
        _NO_LINE_END,
        window=TO_THE_END,
        example="3,590 of 3,030 at the least: 3,590 / 3,030 = 118 %",
    ),
    Metric(
        "end_utilization_high",
        "Utilization at the end, high",
        Unit.SHARE,
        "upper end of its 80 % interval",
        _NO_LINE_END,
        window=TO_THE_END,
        example="3,710 of 3,030 at the most: 3,710 / 3,030 = 122 %",
    ),
    Metric(
        "probability_over",
        "Chance of overage",
        Unit.SHARE,
        "probability that use exceeds the contract by the end",
        _NO_LINE_END,
        window=TO_THE_END,
        example="24 of 25 ways lead beyond the contract: 24 / 25 = 96 %",
    ),
    Metric(
        "used_a_day",
        "Used a day",
        Unit.COUNT,
        "use a day at present, weekdays evened out",
        _NO_LINE_FORECAST,
        window="756 days back",
        example="15 a day on a meter of which the line has two thirds: 15 x 2 / 3 = 10",
    ),
    Metric(
        "forecast_basis_days",
        "Days behind the forecast",
        Unit.DAYS,
        "known days since the first use",
        _NO_LINE_FORECAST,
        window="756 days back",
        example="first used on 3 September, all days to the 30th known: 28 days",
    ),
    Metric(
        "overage_expected",
        "Expected overage",
        Unit.COUNT,
        "mean use beyond the contract by the end",
        _NO_LINE_END,
        window=TO_THE_END,
        example="3,650 of 3,030 by the end: 3,650 - 3,030 = 620",
    ),
    Metric(
        "overage_expected_value",
        "Value of expected overage",
        Unit.MONEY,
        "that x price of a unit for the period or term",
        f"{_NO_LINE_END}, or the line has no price",
        window=TO_THE_END,
        example="620 beyond the contract, at 2 each: 620 x 2 = 1,240",
    ),
)
