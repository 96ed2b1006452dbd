"""The catalogue of metrics: name, unit, formula in words, and what unknown means.

Words used below. *Lines in force*: start <= as-of <= end, in the latest snapshot of each CRM source up to as-of.
*Known* use: a window is known where at least 80 % of its days are covered; a sum is then scaled by days / covered
days, a covered day without rows is zero, and anything less is unknown. Windows end on the last covered day where that
is at most 3 days before as-of; those of allowances and commits also where the source is no older than its
`stale_after`. Otherwise they end on as-of, and the missing days count as uncovered. Where several sources or names of
a customer feed one meter, the least complete of them decides. Use that a source attributes to contract lines counts
for these lines alone: a commit's is then the sum of all readings of the line, as stated; a line without any reading
is unknown; and reports more than 7 days apart are complete to the last of them and tell nothing of 28 days or a month.

The names are the columns of the metrics tables that `bot.facts.engine` makes, the words that rules are written in
and the variables of templates. A test holds the SQL, the rules and `docs/metrics.md` to this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.verdicts import Scope


class Unit(StrEnum):
    """How a value is shown."""

    SHARE = "share"  # 0.41 = 41 %
    CHANGE = "change"  # -0.34 = down 34 %
    MONEY = "money"  # in the currency of the account's contracts
    COUNT = "count"
    DAYS = "days"
    RATIO = "ratio"  # 1 = exactly on course
    SCORE = "score"  # 0..100 and more
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of a metrics table."""

    name: str
    label: str
    unit: Unit
    formula: str
    unknown: str
    """When the value is NULL."""


def _catalogue(*metrics: Metric) -> MappingProxyType[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


_NO_LINES = "the account has no line of this kind in force"
_UNCOVERED = (
    f"{_NO_LINES}, has no meter, usage is not covered over the window, "
    "or usage never named the account while some of it belongs to nobody"
)
_NO_UTILIZATION = f"{_UNCOVERED}, or nothing is contracted"

ACCOUNT_METRICS: Final = _catalogue(
    Metric("name", "Account", Unit.TEXT, "name in the CRM", "never"),
    Metric("segment", "Segment", Unit.TEXT, "segment in the CRM", "the CRM does not say"),
    Metric("region", "Region", Unit.TEXT, "region in the CRM", "the CRM does not say"),
    Metric(
        "currency", "Currency", Unit.TEXT, "currency of the lines in force", "no line in force, or several currencies"
    ),
    Metric("nps", "NPS", Unit.COUNT, "last NPS in the CRM", "the CRM does not say"),
    Metric(
        "arr",
        "ARR",
        Unit.MONEY,
        "sum over lines in force, services excepted, of value / days of term x 365; value = quantity x price x price periods in the term",
        "no line in force has a price, or they are in several currencies",
    ),
    Metric(
        "contract_value",
        "Contract value",
        Unit.MONEY,
        "sum over lines in force of quantity x price x price periods in the term",
        "as for ARR",
    ),
    Metric("active_lines", "Lines in force", Unit.COUNT, "number of lines with start <= as-of <= end", "never"),
    Metric(
        "tenure_days",
        "Tenure",
        Unit.DAYS,
        "as-of less the earlier of customer-since and the first start of a contract line, ended ones too",
        "neither date is known",
    ),
    Metric(
        "days_to_renewal", "Days to renewal", Unit.DAYS, "first end of a line in force, less as-of", "no line in force"
    ),
    Metric(
        "days_to_notice",
        "Days to notice",
        Unit.DAYS,
        "first notice date of a line in force that is not past, less as-of",
        "no notice date is known or all are past",
    ),
    Metric(
        "days_to_deadline",
        "Days to deadline",
        Unit.DAYS,
        "the lesser of days to notice and days to renewal",
        "no line in force",
    ),
    Metric("renewal_date", "Renewal date", Unit.DATE, "first end of a line in force", "no line in force"),
    Metric(
        "deadline",
        "Deadline",
        Unit.DATE,
        "the earlier of the first notice date that is not past and the renewal date",
        "no line in force",
    ),
    Metric(
        "auto_renew",
        "Auto-renew",
        Unit.FLAG,
        "whether the line that ends first renews by itself",
        "the CRM does not say",
    ),
    Metric(
        "seats",
        "Licences",
        Unit.COUNT,
        "sum over seats lines in force of quantity x users that one of it is for",
        _NO_LINES,
    ),
    Metric(
        "active_users",
        "Active users",
        Unit.COUNT,
        "distinct users in the 28 days, of each meter of seats lines; who uses two products counts once for each. "
        "For a meter that is a maximum: its highest day",
        f"{_UNCOVERED} for one of the meters, or the source counts users without telling who they are",
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
        _NO_UTILIZATION,
    ),
    Metric(
        "allowance_pace",
        "Allowance pace",
        Unit.RATIO,
        "allowance utilization / share of the period elapsed up to the end of the window, of the same line",
        _NO_UTILIZATION,
    ),
    Metric(
        "commit_utilization",
        "Commit utilization",
        Unit.SHARE,
        "used since the start of the term / commit, of the commit line with the highest share; lines of one meter "
        "that run at the same time share its use in proportion to what they buy",
        _NO_UTILIZATION,
    ),
    Metric(
        "commit_pace",
        "Commit pace",
        Unit.RATIO,
        "commit utilization / share of the term elapsed up to the end of the window, of the same line",
        _NO_UTILIZATION,
    ),
    Metric(
        "service_utilization",
        "Service utilization",
        Unit.SHARE,
        "delivered since the start of the term / bought, over the service lines that have a meter",
        _NO_UTILIZATION,
    ),
    Metric(
        "peak_utilization",
        "Highest utilization",
        Unit.SHARE,
        "highest known utilization of any seats, allowance or commit line in force",
        _NO_UTILIZATION,
    ),
    Metric(
        "peak_pace",
        "Pace of that line",
        Unit.RATIO,
        "pace of the line with the highest utilization",
        f"{_NO_UTILIZATION}, or that line is of seats",
    ),
    Metric(
        "peak_line", "Tightest line", Unit.TEXT, "product of the line with the highest utilization", _NO_UTILIZATION
    ),
    Metric(
        "lowest_commit_pace",
        "Lowest commit pace",
        Unit.RATIO,
        "lowest known pace of any commit line in force",
        _NO_UTILIZATION,
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

SOURCE_METRICS: Final = _catalogue(
    Metric("name", "Source", Unit.TEXT, "name in the settings", "never"),
    Metric(
        "age_days",
        "Age of the data",
        Unit.DAYS,
        "as-of less the last day that the source is complete for",
        "the source never delivered anything",
    ),
    Metric(
        "complete_to",
        "Complete to",
        Unit.DATE,
        "last day up to as-of that the source's coverage reaches, or on which its contracts were read; the earlier of "
        "both where it delivers both",
        "the source never delivered anything",
    ),
    Metric("stale_after_days", "Stale after", Unit.DAYS, "`stale_after` of the source in the settings", "never"),
    Metric("failed", "Last reading failed", Unit.FLAG, "whether the last reading ended in an error", "never"),
    Metric("error", "Error", Unit.TEXT, "what the last reading said when it failed", "it did not fail"),
    Metric("rows_total", "Rows", Unit.COUNT, "rows that the last reading saw", "the source was never read"),
    Metric(
        "rows_rejected", "Rows refused", Unit.COUNT, "rows that the last reading refused", "the source was never read"
    ),
)

METRICS: Final = MappingProxyType({Scope.ACCOUNT: ACCOUNT_METRICS, Scope.SOURCE: SOURCE_METRICS})
