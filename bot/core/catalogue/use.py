"""Metrics of what an account used of what it bought."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.unknown import NO_LINES, NO_UTILIZATION, UNCOVERED
from bot.core.catalogue.window import LINE, MONTHS, PERIOD, PERIOD_OR_TERM, TERM

USE: Final = (
    Metric(
        "seats",
        "Licences",
        Unit.COUNT,
        "sum over seats lines in force of quantity x users that one of it is for, reductions taken off",
        NO_LINES,
        window="as-of",
        example="10 licences, 4 fewer since 1 March: 10 - 4 = 6",
    ),
    Metric(
        "active_users",
        "Active users",
        Unit.COUNT,
        "distinct users in the 28 days, of each meter of seats lines; who uses two products counts once for each. "
        "For a meter that is a maximum: its highest day",
        f"{UNCOVERED} for one of the meters, or the source counts users without telling who they are",
        window="28 days",
        example="40 people, each on one day or more: 40",
    ),
    Metric(
        "licence_utilization",
        "Licence utilization",
        Unit.SHARE,
        "active users / licences of the seats lines that have a meter",
        "as for active users, or no licence is contracted",
        window="28 days",
        example="41 of 100 licences used: 41 %",
    ),
    Metric(
        "shelfware",
        "Unused licences",
        Unit.COUNT,
        "licences of the seats lines that have a meter - active users, at least 0",
        "as for active users",
        window="28 days",
        example="100 licences, 40 used: 100 - 40 = 60",
    ),
    Metric(
        "licence_headroom",
        "Free licences",
        Unit.COUNT,
        "licences of the seats lines that have a meter - active users; below 0 where more are active than licensed",
        "as for active users",
        window="28 days",
        example="2 licences, 4 people active: 2 - 4 = -2",
    ),
    Metric(
        "shelfware_value",
        "Unused licences in a year",
        Unit.MONEY,
        "sum over seats lines of (licences - active users, at least 0) x price of a licence for a year",
        "no seats line has a known use and a price, or as for ARR",
        window="28 days",
        example="60 licences unused, at 10 a month: 60 x 120 = 7,200",
    ),
    Metric(
        "allowance_utilization",
        "Allowance utilization",
        Unit.SHARE,
        "used in the current period / allowance, of the allowance line with the highest share; periods run from the "
        "day of the month on which the line starts, or the first of the lines that it continues under its contract, or "
        "with the calendar where the product `resets` so. What is contracted for a part of a period counts pro rata, "
        "and lines of one meter with the same period are one pool, those that end or begin within it too; other lines "
        "of one meter share its use by what they buy a day. A maximum is held against what is in force, in whole",
        NO_UTILIZATION,
        window=PERIOD,
        example="62 a month, 93 from 15 March on, are 28 + 51 = 79 for March; 93 used: 93 / 79 = 118 %",
    ),
    Metric(
        "allowance_pace",
        "Allowance pace",
        Unit.RATIO,
        "allowance utilization / share of the period elapsed up to the end of the window, of the same line",
        NO_UTILIZATION,
        window=PERIOD,
        example="102 % used on day 17 of 31: 1.02 x 31 / 17 = 1.86",
    ),
    Metric(
        "commit_utilization",
        "Commit utilization",
        Unit.SHARE,
        "used since the start of the term / commit, of the commit line with the highest share; lines of one meter "
        "that run at the same time share its use in proportion to what they buy. A commit counts whole, whenever in the "
        "term of its contract it was bought, and runs from its own start to its own end",
        NO_UTILIZATION,
        window=TERM,
        example="274 of 1,000 used: 274 / 1,000 = 27.4 %",
    ),
    Metric(
        "commit_pace",
        "Commit pace",
        Unit.RATIO,
        "commit utilization / share of the term elapsed up to the end of the window, of the same line",
        f"{NO_UTILIZATION}, or the commit has no end",
        window=TERM,
        example="18 % used on day 90 of 365: 0.18 x 365 / 90 = 0.73",
    ),
    Metric(
        "service_utilization",
        "Service utilization",
        Unit.SHARE,
        "delivered since the start of the term / bought, over the service lines that have a meter",
        NO_UTILIZATION,
        window=TERM,
        example="3 of 4 trainings delivered: 75 %",
    ),
    Metric(
        "peak_utilization",
        "Highest utilization",
        Unit.SHARE,
        "highest known utilization of any seats, allowance or commit line in force",
        NO_UTILIZATION,
        window=LINE,
        example="licences at 40 %, calls at 310 %, units at 27 %: 310 %",
    ),
    Metric(
        "peak_pace",
        "Pace of that line",
        Unit.RATIO,
        "pace of the line with the highest utilization",
        f"{NO_UTILIZATION}, or that line is of seats or has no end",
        window=LINE,
        example="calls at 310 % on the last day of their month: 3.1",
    ),
    Metric(
        "peak_line",
        "Tightest line",
        Unit.TEXT,
        "product of the line with the highest utilization",
        NO_UTILIZATION,
        window=LINE,
        example="licences at 40 %, calls at 310 %, units at 27 %: Calls",
    ),
    Metric(
        "headroom",
        "Headroom",
        Unit.COUNT,
        "contracted - used of the line with the highest utilization, in its unit; below 0 where more is used",
        NO_UTILIZATION,
        window=LINE,
        example="31 of 10 calls used: 10 - 31 = -21",
    ),
    Metric(
        "overage",
        "Used beyond the contract",
        Unit.COUNT,
        "used - contracted, at least 0, of the line with the highest utilization, in its unit",
        NO_UTILIZATION,
        window=LINE,
        example="31 of 10 calls used: 31 - 10 = 21",
    ),
    Metric(
        "headroom_value",
        "Value not used yet",
        Unit.MONEY,
        "sum over allowance and commit lines of (contracted - used, at least 0) x price of a unit for the period or term",
        "no such line has a known use and a price, or as for ARR",
        window=PERIOD_OR_TERM,
        example="31 of 62 calls at 10 each and 10 of 100 units at 2 are left: 31 x 10 + 10 x 2 = 330",
    ),
    Metric(
        "lowest_commit_pace",
        "Lowest commit pace",
        Unit.RATIO,
        "lowest known pace of any commit line in force",
        f"{NO_UTILIZATION}, or no commit has an end",
        window=TERM,
        example="commits at 0.73 and at 1.2: 0.73",
    ),
    Metric(
        "overage_value",
        "Overage",
        Unit.MONEY,
        "sum over allowance and commit lines of (used - contracted, at least 0) x price of a unit for the period or term",
        "no such line has a known use and a price, or the lines in force are in several currencies",
        window=PERIOD_OR_TERM,
        example="31 of 10 calls used, at 30 each: 21 x 30 = 630",
    ),
    Metric(
        "cus",
        "CUS",
        Unit.SCORE,
        "value used / value contracted over the last 28 days x 100, over seats, allowance and commit lines with a price "
        "and known use; contracted = value of the line / days of term x 28, without an end ARR / 365 x 28; a line's "
        "utilization over the 28 days counts up to 1.5",
        "no line has a price and known use, or those lines are in several currencies",
        window="28 days",
        example="two lines of the same worth, used to 30 % and to 200 %: (0.3 + 1.5) / 2 x 100 = 90",
    ),
    Metric(
        "usage_change_month",
        "Change month on month",
        Unit.CHANGE,
        "use a covered day in the calendar month before that of as-of / the same in the month before it, less 1; "
        "of seats the active users of a day, of a maximum the highest day; mean over lines with known use, weighted by "
        "contracted value (alike where no line has a price, or they are in several currencies)",
        "under 80 % of either month is covered, or nothing was used in the earlier one",
        window=MONTHS,
        example="as-of in March; 3 a day in February after 4 in January: 3 / 4 - 1 = -25 %",
    ),
    Metric(
        "usage_as_of",
        "Usage complete to",
        Unit.DATE,
        "last day up to as-of that is covered for the lines in force; of several sources the oldest",
        "no source covers them",
        window="all days up to as-of",
        example="logins covered to 31 March, taps to 28 February: 2026-02-28",
    ),
    Metric(
        "usage_age_days",
        "Age of the usage data",
        Unit.DAYS,
        "as-of less that day",
        "no source covers them",
        window="all days up to as-of",
        example="covered to 28 February: 31 days",
    ),
)
