"""Metrics of what an account used of what it bought."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.unknown import NO_LINES, NO_UTILIZATION, UNCOVERED

USE: Final = (
    Metric(
        "seats",
        "Licences",
        Unit.COUNT,
        "sum over seats lines in force of quantity x users that one of it is for",
        NO_LINES,
    ),
    Metric(
        "active_users",
        "Active users",
        Unit.COUNT,
        "distinct users in the 28 days, of each meter of seats lines; who uses two products counts once for each. "
        "For a meter that is a maximum: its highest day",
        f"{UNCOVERED} for one of the meters, or the source counts users without telling who they are",
    ),
    Metric(
        "licence_utilization",
        "Licence utilization",
        Unit.SHARE,
        "active users / licences of the seats lines that have a meter",
        "as for active users, or no licence is contracted",
    ),
    Metric(
        "shelfware",
        "Unused licences",
        Unit.COUNT,
        "licences of the seats lines that have a meter - active users, at least 0",
        "as for active users",
    ),
    Metric(
        "allowance_utilization",
        "Allowance utilization",
        Unit.SHARE,
        "used in the current period / allowance, of the allowance line with the highest share; periods run from the "
        "day of the month on which the line starts; lines of one meter share its use by what they buy a day",
        NO_UTILIZATION,
    ),
    Metric(
        "allowance_pace",
        "Allowance pace",
        Unit.RATIO,
        "allowance utilization / share of the period elapsed up to the end of the window, of the same line",
        NO_UTILIZATION,
    ),
    Metric(
        "commit_utilization",
        "Commit utilization",
        Unit.SHARE,
        "used since the start of the term / commit, of the commit line with the highest share; lines of one meter "
        "that run at the same time share its use in proportion to what they buy",
        NO_UTILIZATION,
    ),
    Metric(
        "commit_pace",
        "Commit pace",
        Unit.RATIO,
        "commit utilization / share of the term elapsed up to the end of the window, of the same line",
        NO_UTILIZATION,
    ),
    Metric(
        "service_utilization",
        "Service utilization",
        Unit.SHARE,
        "delivered since the start of the term / bought, over the service lines that have a meter",
        NO_UTILIZATION,
    ),
    Metric(
        "peak_utilization",
        "Highest utilization",
        Unit.SHARE,
        "highest known utilization of any seats, allowance or commit line in force",
        NO_UTILIZATION,
    ),
    Metric(
        "peak_pace",
        "Pace of that line",
        Unit.RATIO,
        "pace of the line with the highest utilization",
        f"{NO_UTILIZATION}, or that line is of seats",
    ),
    Metric("peak_line", "Tightest line", Unit.TEXT, "product of the line with the highest utilization", NO_UTILIZATION),
    Metric(
        "lowest_commit_pace",
        "Lowest commit pace",
        Unit.RATIO,
        "lowest known pace of any commit line in force",
        NO_UTILIZATION,
    ),
    Metric(
        "overage_value",
        "Overage",
        Unit.MONEY,
        "sum over allowance and commit lines of (used - contracted, at least 0) x price of a unit for the period or term",
        "no such line has a known use and a price, or the lines in force are in several currencies",
    ),
    Metric(
        "cus",
        "CUS",
        Unit.SCORE,
        "value used / value contracted over the last 28 days x 100, over seats, allowance and commit lines with a price "
        "and known use; contracted = value of the line / days of term x 28; a line's utilization over the 28 days "
        "counts up to 1.5",
        "no line has a price and known use, or those lines are in several currencies",
    ),
    Metric(
        "usage_change_month",
        "Change month on month",
        Unit.CHANGE,
        "use a covered day in the calendar month before that of as-of / the same in the month before it, less 1; "
        "of seats the active users of a day, of a maximum the highest day; mean over lines with known use, weighted by "
        "contracted value (alike where no line has a price)",
        "under 80 % of either month is covered, or nothing was used in the earlier one",
    ),
    Metric(
        "usage_as_of",
        "Usage complete to",
        Unit.DATE,
        "last day up to as-of that is covered for the lines in force; of several sources the oldest",
        "no source covers them",
    ),
    Metric("usage_age_days", "Age of the usage data", Unit.DAYS, "as-of less that day", "no source covers them"),
)
