"""Metrics of what was used of a contract line in force, and what that is worth; money is in `currency`."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_CONTRACTS, OF_USE
from bot.core.catalogue.unknown import NO_ARR, NO_PERIOD, UNCOVERED, UNPRICED
from bot.core.catalogue.window import LINE, MONTHS, PERIOD_OR_TERM

_NO_UNIT_PRICE: Final = f"{UNPRICED}, or a commit has no end"
_UNUSED: Final = (
    "the line has no meter, usage is not covered over the window, names nobody where seats are counted, or never named "
    "the account while some of it belongs to nobody"
)
_NOT_CONTRACTED: Final = f"{_UNUSED}, or nothing is contracted"

LINE_USE: Final = (
    Metric(
        "contracted",
        "Contracted",
        Unit.COUNT,
        "quantity x units of the meter that one buys; of seats for now, of a commit or a service for its term, of an "
        "allowance for the current period: for a part of a period pro rata, with what lines of the same pool contracted "
        "that ended or begin within it. Reductions that are booked as lines of their own are taken from the lines of the "
        "same thing and contract, and are 0 themselves; one without such a line is shown as booked",
        "never",
        window="as-of for seats, else the current period or the term",
        example="62 a month, 93 from 15 March on: 62 x 14 / 31 + 93 x 17 / 31 = 79",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "used",
        "Used",
        Unit.COUNT,
        "seats: users of the last 28 days; allowance: in the current period; commit and service: since the start; lines "
        "of one meter and kind share its use in proportion to what they contract",
        _UNUSED,
        window=LINE,
        example="3 calls a day in the 31 days of March: 31 x 3 = 93",
        rests_on=OF_USE,
    ),
    Metric(
        "utilization",
        "Utilization",
        Unit.SHARE,
        "used / contracted",
        _NOT_CONTRACTED,
        window=LINE,
        example="93 of 79 used: 93 / 79 = 118 %",
        rests_on=OF_USE,
    ),
    Metric(
        "pace",
        "Pace",
        Unit.RATIO,
        "utilization / elapsed; 1 is exactly on course",
        f"{_NOT_CONTRACTED}, {NO_PERIOD}, or a commit has no end",
        window=PERIOD_OR_TERM,
        example="102 % used on day 17 of 31: 1.02 x 31 / 17 = 1.86",
        rests_on=OF_USE,
    ),
    Metric(
        "elapsed",
        "Elapsed",
        Unit.SHARE,
        "share of the days of the period or term that are over, up to the end of the window",
        f"{_UNUSED}, {NO_PERIOD}, or a commit has no end",
        window=PERIOD_OR_TERM,
        example="day 17 of 31: 17 / 31 = 55 %",
        rests_on=OF_USE,
    ),
    Metric(
        "headroom",
        "Headroom",
        Unit.COUNT,
        "contracted - used; below 0 where more is used",
        _UNUSED,
        window=LINE,
        example="62 calls a month, 31 used: 62 - 31 = 31",
        rests_on=OF_USE,
    ),
    Metric(
        "overage",
        "Used beyond the contract",
        Unit.COUNT,
        "used - contracted, at least 0",
        f"{_UNUSED}, or it is a service",
        window=LINE,
        example="2,700 of 2,000 calls used: 2,700 - 2,000 = 700",
        rests_on=OF_USE,
    ),
    Metric(
        "shelfware",
        "Unused licences",
        Unit.COUNT,
        "contracted - used, at least 0",
        f"{_UNUSED}, or it is not of seats",
        window="28 days",
        example="10 licences, 4 used: 10 - 4 = 6",
        rests_on=OF_USE,
    ),
    Metric(
        "headroom_value",
        "Value not used yet",
        Unit.MONEY,
        "headroom, at least 0, x price of a unit for the period or term",
        f"{_UNUSED}, {NO_PERIOD}, or {_NO_UNIT_PRICE}",
        window=PERIOD_OR_TERM,
        example="31 calls left, at 10 each: 31 x 10 = 310",
        rests_on=OF_USE,
    ),
    Metric(
        "overage_value",
        "Overage",
        Unit.MONEY,
        "overage x price of a unit for the period or term; what licences beyond the contract cost, no price of the line says",
        f"{_UNUSED}, {NO_PERIOD}, or {_NO_UNIT_PRICE}",
        window=PERIOD_OR_TERM,
        example="700 calls beyond, at 5 for a thousand: 700 / 1,000 x 5 = 3.5",
        rests_on=OF_USE,
    ),
    Metric(
        "shelfware_value",
        "Unused licences in a year",
        Unit.MONEY,
        "unused licences / contracted x ARR",
        f"{_NOT_CONTRACTED}, it is not of seats, or {NO_ARR}",
        window="28 days",
        example="60 of 100 licences unused, ARR of 12,000: 60 / 100 x 12,000 = 7,200",
        rests_on=OF_USE,
    ),
    Metric(
        "recent_value",
        "Value of 28 days",
        Unit.MONEY,
        "value / days of the term x 28; without an end ARR / 365 x 28",
        NO_ARR,
        window="28 days",
        example="10 licences at 20 a month for the 365 days of 2026: 2,400 / 365 x 28 = 184.11",
        rests_on=OF_CONTRACTS,
    ),
    Metric(
        "recent_utilization",
        "Utilization of 28 days",
        Unit.SHARE,
        "use of the last 28 days / what the lines in force of the same meter and kind contract for as many",
        f"{UNCOVERED}, nothing is contracted, or the line is a service or a commit without an end",
        window="28 days",
        example="168 used, 100 a month of 31 days: 168 / (100 / 31 x 28) = 186 %",
        rests_on=OF_USE,
    ),
    Metric(
        "cus_contribution",
        "Part of CUS",
        Unit.SCORE,
        "share of the account's value over the 28 days x utilization of 28 days, up to 1.5, x 100; the parts of an "
        "account add up to its CUS",
        "as for CUS, or the line itself has no price or no known use",
        window="28 days",
        example="half of the account's value, used to 30 %: 100 x 0.3 / 2 = 15",
        rests_on=OF_USE,
    ),
    Metric(
        "change_month",
        "Change month on month",
        Unit.CHANGE,
        "use of its meter a covered day in the calendar month before that of as-of / the same in the month before it, less "
        "1; lines of one meter have the same",
        "under 80 % of either month is covered, or nothing was used in the earlier one",
        window=MONTHS,
        example="as-of in March; 3 a day in February after 4 in January: 3 / 4 - 1 = -25 %",
        rests_on=OF_USE,
    ),
    Metric(
        "covered_share",
        "Coverage",
        Unit.SHARE,
        "covered days / days, of the 28 days for seats, of the period or term so far for the others",
        "no source measures its meter, or never read this line",
        window=LINE,
        example="9 of 90 days are missing: 81 / 90 = 90 %",
        rests_on=OF_USE,
    ),
    Metric(
        "usage_as_of",
        "Usage complete to",
        Unit.DATE,
        "last day up to as-of that is covered",
        "no source covers it",
        window="all days up to as-of",
        example="covered to 29 March: 2026-03-29",
        rests_on=OF_USE,
    ),
)
