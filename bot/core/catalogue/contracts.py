"""Metrics of what an account is and what it bought.

A *contract* is all lines with one contract id, those of it that are over or still to come too; a line without one is a
contract of its own. ACV and TCV follow the trade's common use: TCV is everything that a contract is worth over its whole
term, services and other one-time things included; ACV is the recurring part of it for one year of the term, so that a
ramp counts with its mean; ARR is what the lines of today come to in a year.

Expansions and contractions are changes of what is bought: of one thing, which is the use of one meter by lines of one
kind, or a product where there is no meter. A new line raises it, a line that ends lowers it; a renewal of the same
quantity changes nothing, one at a higher or lower quantity counts once. More and less of one thing within 28 days of each
other are one change, so that a renewal signed late, or early, is none. Services do not count, and neither does what was
bought when no line was in force on the day before: that is a new customer, or one who came back.

With `currencies` in the settings all money is in the report currency, at the rates of the as-of day, past days too: what
changes with the rates alone is no expansion. A currency without a rate makes the account's money unknown.
"""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_ACCOUNTS, OF_ALL, OF_CONTRACTS, OF_CRM

CONTRACTS: Final = (
    Metric(
        "name",
        "Account",
        Unit.TEXT,
        "name in the CRM",
        "never",
        window="as-of",
        example="Acme",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "segment",
        "Segment",
        Unit.TEXT,
        "segment in the CRM",
        "the CRM does not say",
        window="as-of",
        example="Enterprise",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "region",
        "Region",
        Unit.TEXT,
        "region in the CRM",
        "the CRM does not say",
        window="as-of",
        example="EMEA",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "currency",
        "Currency",
        Unit.TEXT,
        "currency of the lines in force; the report currency where the settings name one",
        "no line in force, several currencies, or one without a rate",
        window="as-of",
        example="all lines in USD: USD; one of them in EUR: unknown",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "nps",
        "NPS",
        Unit.COUNT,
        "last NPS in the CRM",
        "the CRM does not say",
        window="as-of",
        example="the CRM says 40: 40",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "arr",
        "ARR",
        Unit.MONEY,
        "sum over lines in force, services excepted, of quantity x price x price periods in a year; a price of the whole "
        "term counts with 12 / months of the term",
        "no line in force has a price for a time, they are in several currencies, or a currency has no rate",
        window="as-of",
        example="100 licences at 10 a month, 10 calls a month at 30: 12,000 + 3,600 = 15,600",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "contract_value",
        "Contract value",
        Unit.MONEY,
        "sum over lines in force of quantity x price x price periods in the term",
        "as for ARR, or a line with a price has no end",
        window="the terms of the lines in force",
        example="licences of 12,000 and a commit of 1,000 units at 2: 12,000 + 1,000 x 2 = 14,000",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "acv",
        "ACV",
        Unit.MONEY,
        "sum over contracts with a line in force of their value, services excepted, over the whole term / its years; a "
        "term under a year counts as one, and a contract without an end with its ARR",
        "as for ARR",
        window="the whole terms of the contracts in force",
        example="100 licences at 100, 110 and 120 in three years: 33,000 / 3 = 11,000",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "tcv",
        "TCV",
        Unit.MONEY,
        "sum over contracts with a line in force of quantity x price x price periods in the term of every line, ended "
        "and coming ones and services too",
        "as for ARR, or a contract has no end",
        window="the whole terms of the contracts in force",
        example="100 licences at 100, 110 and 120 in three years: 100 x 100 + 100 x 110 + 100 x 120 = 33,000",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "discount",
        "Discount",
        Unit.SHARE,
        "1 - value / value at list price (value / (1 - discount of the line)), summed over lines in force with a "
        "discount from 0 to under 100 %, a price and an end",
        "the CRM states no discount for such a line, or those lines are in several currencies",
        window="the terms of the lines in force",
        example="900 for what lists at 1,000, 300 for 500: 1 - 1,200 / 1,500 = 20 %",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "expansions",
        "Expansions",
        Unit.COUNT,
        "number of changes in the last 365 days by which more of a thing is bought, or the same quantity of another "
        "product for more money",
        "no line but services has ever begun",
        window="365 days",
        example="100 licences, renewed as 130: 1",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "contractions",
        "Contractions",
        Unit.COUNT,
        "number of changes in the last 365 days by which less of a thing is bought, or the same quantity of another "
        "product for less money; a line that ends without another counts",
        "no line but services has ever begun",
        window="365 days",
        example="100 licences, renewed as 70: 1",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "expansion_arr",
        "Expansion",
        Unit.MONEY,
        "ARR that the expansions of the last 365 days added; 0 without any",
        "as for expansions, one of them has no price, or the changes of the year are in several currencies",
        window="365 days",
        example="100 licences at 10 a year, renewed as 130: 30 x 10 = 300",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "contraction_arr",
        "Contraction",
        Unit.MONEY,
        "ARR that the contractions of the last 365 days took, as a positive amount; 0 without any",
        "as for contractions, one of them has no price, or the changes of the year are in several currencies",
        window="365 days",
        example="100 licences at 10 a year, renewed as 70: 30 x 10 = 300",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "last_expansion",
        "Last expansion",
        Unit.DATE,
        "day of the last expansion, however long ago",
        "none is known",
        window="all days up to as-of",
        example="100 licences until 30 June 2025, renewed as 120 on 21 July: 2025-07-21",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "active_lines",
        "Lines in force",
        Unit.COUNT,
        "number of lines with start <= as-of <= end",
        "never",
        window="as-of",
        example="four lines run, a fifth begins tomorrow: 4",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "tenure_days",
        "Tenure",
        Unit.DAYS,
        "as-of less the earlier of customer-since and the first start of a contract line, ended ones too",
        "neither date is known, or both lie ahead",
        window="all days up to as-of",
        example="customer since 31 March 2024: 730 days",
        rests_on=OF_CRM,
    ),
    Metric(
        "days_to_renewal",
        "Days to renewal",
        Unit.DAYS,
        "renewal date, less as-of",
        "no line in force has an end",
        window="the days from as-of on",
        example="renewal on 30 June: 91 days",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "days_to_notice",
        "Days to notice",
        Unit.DAYS,
        "first notice date of a line in force that is not past, less as-of",
        "no notice date is known or all are past",
        window="the days from as-of on",
        example="notice by 1 May: 31 days",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "days_to_deadline",
        "Days to deadline",
        Unit.DAYS,
        "the lesser of days to notice and days to renewal",
        "neither is known",
        window="the days from as-of on",
        example="notice in 31 days, renewal in 91: 31 days",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "renewal_date",
        "Renewal date",
        Unit.DATE,
        "first end of a line in force; a line that the same contract continues, like a step of a ramp, ends with the last "
        "that follows it without a gap",
        "no line in force has an end: none has, or terms of 50 years and more",
        window="the days from as-of on",
        example="100 licences to 31 March, then 150 to 31 December under the same contract: 2026-12-31",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "deadline",
        "Deadline",
        Unit.DATE,
        "the earlier of the first notice date that is not past and the renewal date",
        "neither is known",
        window="the days from as-of on",
        example="notice by 1 May, renewal on 30 June: 2026-05-01",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "auto_renew",
        "Auto-renew",
        Unit.FLAG,
        "whether the line that ends first renews by itself; of several the first by id",
        "the CRM does not say",
        window="as-of",
        example="the licences end first, and renew by themselves: true",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "family_accounts",
        "Accounts of the family",
        Unit.COUNT,
        "number of accounts: this one and all below it, however deep",
        "the accounts' parents go in a circle",
        window="as-of",
        example="a holding, 2 subsidiaries, 2 more below one of them: 1 + 2 + 2 = 5",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "family_arr",
        "ARR of the family",
        Unit.MONEY,
        "sum of the ARR of this account and all below it",
        "none has one, a member with lines in force other than services has none, they are in several currencies, or parents go in a circle",
        window="as-of",
        example="a holding without lines, below it 100, 10, 5 and 1: 100 + 10 + 5 + 1 = 116",
        rests_on=OF_CRM,
    ),
    Metric(
        "family_licence_utilization",
        "Licence utilization of the family",
        Unit.SHARE,
        "active users / licences of the seats lines that have a meter, both summed over this account and all below it",
        "none has such licences, the active users of one that has are unknown, or parents go in a circle",
        window="28 days",
        example="10 of 20 licences used here, 30 of 30 below: (10 + 30) / (20 + 30) = 80 %",
        rests_on=OF_ALL,
    ),
    Metric(
        "family_renewal_date",
        "First renewal of the family",
        Unit.DATE,
        "first renewal date of this account and all below it",
        "none is known, or parents go in a circle",
        window="the days from as-of on",
        example="31 December here, 30 June below: 2026-06-30",
        rests_on=OF_CRM,
    ),
)
