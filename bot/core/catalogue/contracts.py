"""Metrics of what an account is and what it bought."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit

CONTRACTS: Final = (
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
)
