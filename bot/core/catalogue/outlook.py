"""Metrics of where an account is heading: trend and forecast."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_USE
from bot.core.catalogue.unknown import NO_CHANGE, NO_TREND
from bot.core.catalogue.window import RUN_OUT, TO_THE_END, TREND

_NO_RUN_OUT: Final = "no line runs out by its end, none is drawn down and known, or there are fewer than 28 known days since the first use"
_NO_FORECAST: Final = (
    "no allowance or commit line whose meter is a sum has a known use and an end within 1,830 days, or there are fewer than "
    "28 known days since the first use"
)

OUTLOOK: Final = (
    Metric(
        "trend_direction",
        "Direction of the trend",
        Unit.TEXT,
        "`falling`, `rising` or `flat`: whether daily use has changed for good, against its own weekdays and against the "
        "other accounts on the same days; outages that hit all, holidays and changes of the contract are taken out. Of "
        "several things bought the one that falls most, weighted by contracted value; then the one that rises most",
        NO_TREND,
        window=TREND,
        example="200 calls a day until August, 100 in September: falling",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_size",
        "Usage trend",
        Unit.CHANGE,
        "use a day in the latest 14 known days since the change began / what was to be expected of them by their weekdays "
        "and the other accounts, less 1; 0 where the trend is flat. Of weekly figures the latest 4 weeks",
        f"{NO_TREND}; or there was no use before",
        window=TREND,
        example="100 calls a day where 200 were to be expected: 100 / 200 - 1 = -50 %",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_start",
        "Trend since",
        Unit.DATE,
        "day on which the change began",
        NO_CHANGE,
        window=TREND,
        example="200 calls a day until 31 August, 100 since: 2026-09-01",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_days",
        "Days of the trend",
        Unit.DAYS,
        "as-of less the day on which the change began",
        NO_CHANGE,
        window=TREND,
        example="since 1 September, as-of 30 September: 29 days",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_confidence",
        "Confidence in the trend",
        Unit.SHARE,
        "how sure it is that the change is one, 0 to 1: 1 / (1 + 2 x exp(-0.4 x evidence / its threshold)), the highest of "
        "the change; of monthly figures by the significance of the step",
        NO_CHANGE,
        window=TREND,
        example="evidence of three times its threshold: 1 / (1 + 2 x exp(-0.4 x 3)) = 62 %",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_provisional",
        "Trend provisional",
        Unit.FLAG,
        "whether there are fewer than 75 days of history, or 26 weeks of weekly figures: the change has to be plainer then, "
        "and may still prove wrong",
        NO_TREND,
        window=TREND,
        example="60 days are known: true",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_line",
        "Trend of",
        Unit.TEXT,
        "product whose use the trend is of",
        NO_TREND,
        window=TREND,
        example="calls fall, events rise: Calls",
        rests_on=OF_USE,
    ),
    Metric(
        "trend_words",
        "Trend in words",
        Unit.TEXT,
        "the trend as a sentence",
        "no line in force has a meter that a source covers",
        window=TREND,
        example="down 34 % since 12 May, against its own weekday pattern; the fleet is flat",
        rests_on=OF_USE,
    ),
    Metric(
        "run_out_date",
        "Run-out",
        Unit.DATE,
        "first day on which an allowance or commit line is spent at the present rate, growth and season included, if that "
        "is by the end of its period or term; where it is spent already, the day on which it was; of several lines the "
        "first",
        _NO_RUN_OUT,
        window=RUN_OUT,
        example="3,030 bought, 2,730 used by 30 September, 10 a day: 300 / 10 = 30 days: 2026-10-30",
        rests_on=OF_USE,
    ),
    Metric(
        "days_to_run_out",
        "Days to run-out",
        Unit.DAYS,
        "run-out less as-of",
        _NO_RUN_OUT,
        window=RUN_OUT,
        example="30 October, as-of 30 September: 30 days",
        rests_on=OF_USE,
    ),
    Metric(
        "run_out_gap_days",
        "Days short",
        Unit.DAYS,
        "end of that line's period or term less the run-out",
        _NO_RUN_OUT,
        window=RUN_OUT,
        example="30 October, and the term ends on 31 December: 62 days",
        rests_on=OF_USE,
    ),
    Metric(
        "run_out_earliest",
        "Run-out at the earliest",
        Unit.DATE,
        "lower end of the 80 % interval of the run-out",
        _NO_RUN_OUT,
        window=RUN_OUT,
        example="30 October, at the earliest the 27th: 2026-10-27",
        rests_on=OF_USE,
    ),
    Metric(
        "run_out_latest",
        "Run-out at the latest",
        Unit.DATE,
        "upper end of the 80 % interval of the run-out",
        f"{_NO_RUN_OUT}; or it may never be",
        window=RUN_OUT,
        example="30 October, at the latest 3 November: 2026-11-03",
        rests_on=OF_USE,
    ),
    Metric(
        "run_out_line",
        "Runs out",
        Unit.TEXT,
        "product of that line",
        _NO_RUN_OUT,
        window=RUN_OUT,
        example="calls are spent in October, units in December: Calls",
        rests_on=OF_USE,
    ),
    Metric(
        "end_utilization",
        "Utilization at the end",
        Unit.SHARE,
        "use by the end of the period or term as forecast / contracted, of the allowance or commit line where it is highest",
        _NO_FORECAST,
        window=TO_THE_END,
        example="2,730 of 3,030 used, 10 a day for 92 days more: (2,730 + 920) / 3,030 = 120 %",
        rests_on=OF_USE,
    ),
    Metric(
        "end_utilization_low",
        "Utilization at the end, low",
        Unit.SHARE,
        "lower end of its 80 % interval",
        _NO_FORECAST,
        window=TO_THE_END,
        example="3,590 of 3,030 at the least: 3,590 / 3,030 = 118 %",
        rests_on=OF_USE,
    ),
    Metric(
        "end_utilization_high",
        "Utilization at the end, high",
        Unit.SHARE,
        "upper end of its 80 % interval",
        _NO_FORECAST,
        window=TO_THE_END,
        example="3,710 of 3,030 at the most: 3,710 / 3,030 = 122 %",
        rests_on=OF_USE,
    ),
    Metric(
        "end_line",
        "Utilization at the end: of",
        Unit.TEXT,
        "product of that line",
        _NO_FORECAST,
        window=TO_THE_END,
        example="calls at 120 % by the end, units at 80 %: Calls",
        rests_on=OF_USE,
    ),
    Metric(
        "probability_over",
        "Chance of overage",
        Unit.SHARE,
        "probability that a line exceeds what was contracted before its period or term ends; of several lines the highest",
        _NO_FORECAST,
        window=TO_THE_END,
        example="one line at 3 %, another at 96 %: 96 %",
        rests_on=OF_USE,
    ),
    Metric(
        "overage_expected_value",
        "Expected overage",
        Unit.MONEY,
        "mean use beyond the contract by the end of period or term as forecast x price of a unit, summed over lines",
        f"{_NO_FORECAST}, no such line has a price, or they are in several currencies",
        window=TO_THE_END,
        example="620 beyond the contract, at 2 each: 620 x 2 = 1,240",
        rests_on=OF_USE,
    ),
)
