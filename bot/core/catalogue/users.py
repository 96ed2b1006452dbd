"""Metrics of the people who use what an account bought.

Users are told apart by the ids of one source (`users_source`), over all meters of the seats lines in force; of an
account without such a line, over all meters that name or count users. Active on a day: a quantity above zero. Windows
end where those of seats lines do, and are known by the same 80 % rule; neither users nor their days are scaled up to
the days that are not covered, so a window with gaps counts too few rather than too many. Where use is not named
within a window, users cannot be told apart and every count of different users is unknown.

Where the thresholds come from: active days of the last 28 are the "L28" histogram of *The Power User Curve*
(Li Jin and Andrew Chen, a16z, 2018), which leaves the cuts to the product. Catalogues of data teams call 10 sessions
of 30 days a power user (Coalesce Catalog), Mozilla's telemetry calls 14 days of 28 a regular user of a browser. At
work a week has five days: 12 of 28 is three days a week, 4 of 28 is weekly. DAU / MAU with DAU as the mean over the
same 28 days is the share of days on which a monthly user is there; four whole weeks hold each weekday alike. Gini:
Cowell, *Measurement of Inequality*, in the Handbook of Income Distribution (2000).
"""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_ALL, OF_USE

_NAMED: Final = (
    "no source tells of this account's users, the window is not covered, usage never named the account while some of "
    "it belongs to nobody, or use within the window is not named"
)
_BEFORE: Final = f"{_NAMED}; the 28 days before likewise"
_YEAR: Final = (
    f"{_NAMED}; likewise over the year to the window's end, or since the account became a customer where that is later"
)
_SPREAD: Final = f"{_NAMED}, or nobody used anything"


def _adoption(day: int, window: str, users: int) -> Metric:
    return Metric(
        f"adoption_day_{day}",
        f"Adoption at day {day}",
        Unit.SHARE,
        f"distinct users of the {window} / licences in force on that day, of the meters that users are known of; day 0 is "
        "the earlier of customer-since and the first start of a contract line, as for tenure; who uses two meters "
        "counts once for each",
        "that day is not reached or not covered yet, under 80 % of the window is covered, use in it is not named, or no "
        "licence was in force on that day",
        window=window,
        example=f"{users} users, 10 licences on that day: {users} / 10 = {users * 10} %",
        rests_on=OF_ALL,
    )


USERS: Final = (
    Metric(
        "users_source",
        "Source of the users",
        Unit.TEXT,
        "source whose user ids are counted: the one that measures most meters of the seats lines; of several the one "
        "with the most users within a year, then the first by name",
        "no source tells of this account's users",
        window="365 days",
        example="of `few` with 1 user and `many` with 2: many",
        rests_on=OF_USE,
    ),
    Metric(
        "mau",
        "MAU",
        Unit.COUNT,
        "distinct users of the last 28 days, over all meters at once",
        _NAMED,
        window="28 days",
        example="three users, on 12, 4 and 1 of the days: 3",
        rests_on=OF_USE,
    ),
    Metric(
        "wau",
        "WAU",
        Unit.COUNT,
        "distinct users of the last 7 days of that window",
        _NAMED,
        window="the last 7 of the 28 days",
        example="of three users one came within them: 1",
        rests_on=OF_USE,
    ),
    Metric(
        "dau",
        "DAU",
        Unit.COUNT,
        "mean of the distinct users of a day over the covered days of the last 28; counts of users that are not named "
        "serve too",
        "no source tells of this account's users, the window is not covered, usage never named the account while some "
        "of it belongs to nobody, or users are neither named nor counted, or counted for several meters",
        window="28 days",
        example="three users, on 12, 4 and 1 of the days: (12 + 4 + 1) / 28 = 0.61",
        rests_on=OF_USE,
    ),
    Metric(
        "stickiness",
        "Stickiness",
        Unit.SHARE,
        "DAU / MAU: share of the days on which a user of the month is there",
        _SPREAD,
        window="28 days",
        example="three users, on 12, 4 and 1 of the days: 17 / 28 / 3 = 20 %",
        rests_on=OF_USE,
    ),
    Metric(
        "active_user_share",
        "Active share of all users",
        Unit.SHARE,
        "MAU / distinct users of the 365 days to the end of the window",
        f"{_YEAR}; or there was no user",
        window="28 days, and 365",
        example="4 users in the 28 days, 6 in the year: 4 / 6 = 67 %",
        rests_on=OF_ALL,
    ),
    Metric(
        "new_users",
        "New users",
        Unit.COUNT,
        "users of the last 28 days without use in the 337 days before them",
        _YEAR,
        window="28 days, and 365",
        example="4 users, 2 of them seen earlier in the year: 4 - 2 = 2",
        rests_on=OF_ALL,
    ),
    Metric(
        "users_lost",
        "Users lost",
        Unit.COUNT,
        "users of the 28 days before, without use in the last 28",
        _BEFORE,
        window="28 days, and the 28 before",
        example="3 users before, 1 of them still there: 3 - 1 = 2",
        rests_on=OF_USE,
    ),
    Metric(
        "active_users_change_28d",
        "Change of users in 28 days",
        Unit.CHANGE,
        "MAU / MAU of the 28 days before, less 1. For words only: an alarm on it comes late and calls holidays a "
        "change; trends are for alarms",
        f"{_BEFORE}; or nobody was active in the earlier ones",
        window="28 days, and the 28 before",
        example="4 users after 3: 4 / 3 - 1 = 33 %",
        rests_on=OF_USE,
    ),
    Metric(
        "usage_change_28d",
        "Change of use in 28 days",
        Unit.CHANGE,
        "use a covered day in the last 28 days / the same in the 28 days before, less 1; over lines as for the change "
        "month on month. For words only, as the change of users",
        "under 80 % of either 28 days is covered, or nothing was used in the earlier ones",
        window="28 days, and the 28 before",
        example="2 calls a day after 1: 2 / 1 - 1 = 100 %",
        rests_on=OF_USE,
    ),
    Metric(
        "light_users",
        "Light users",
        Unit.COUNT,
        "users active on 1 to 3 of the last 28 days",
        _NAMED,
        window="28 days",
        example="users on 1, 3 and 4 of the days: 2",
        rests_on=OF_USE,
    ),
    Metric(
        "medium_users",
        "Medium users",
        Unit.COUNT,
        "users active on 4 to 11 of the last 28 days",
        _NAMED,
        window="28 days",
        example="users on 3, 4 and 11 of the days: 2",
        rests_on=OF_USE,
    ),
    Metric(
        "power_users",
        "Power users",
        Unit.COUNT,
        "users active on 12 or more of the last 28 days",
        _NAMED,
        window="28 days",
        example="users on 11 and 12 of the days: 1",
        rests_on=OF_USE,
    ),
    Metric(
        "power_user_share",
        "Share of power users",
        Unit.SHARE,
        "power users / MAU",
        _SPREAD,
        window="28 days",
        example="1 power user of three: 1 / 3 = 33 %",
        rests_on=OF_USE,
    ),
    Metric(
        "power_users_lost",
        "Power users lost",
        Unit.COUNT,
        "power users of the 28 days before, without any use in the last 28",
        _BEFORE,
        window="28 days, and the 28 before",
        example="one was there on 12 days before, and not since: 1",
        rests_on=OF_USE,
    ),
    Metric(
        "top_user_share",
        "Share of the top user",
        Unit.SHARE,
        "highest share that one user has in the quantity of the last 28 days; of several meters the mean of the shares",
        _SPREAD,
        window="28 days",
        example="of 17 calls one user made 12: 12 / 17 = 71 %",
        rests_on=OF_USE,
    ),
    Metric(
        "usage_gini",
        "Concentration of use (Gini)",
        Unit.SHARE,
        "Gini coefficient of those shares over the users of the last 28 days, 0 = all alike: 2 x sum(place x share) / "
        "(users x sum of shares) - (users + 1) / users, places by rising share from 1",
        f"{_SPREAD}, or there is one user only",
        window="28 days",
        example="1, 4 and 12 of 17 calls: 2 x (1 x 1 + 2 x 4 + 3 x 12) / (3 x 17) - 4 / 3 = 43 %",
        rests_on=OF_USE,
    ),
    Metric(
        "days_since_last_use",
        "Days since last use",
        Unit.DAYS,
        "end of the window less the last day with any use, of all meters of the lines in force or of users; where "
        "there never was any, less the day on which the account became a customer. A row is proof of use on a day that "
        "is not covered, too; use by contract line is left out",
        "nothing is measured, under 80 % of the days since then is covered, or usage never named the account while "
        "some of it belongs to nobody",
        window="since the last use, else since the account's start",
        example="last used on 10 March: 21 days",
        rests_on=OF_ALL,
    ),
    Metric(
        "days_to_first_use",
        "Days to first use",
        Unit.DAYS,
        "first day with any use less the day on which the account became a customer, at least 0; of the same meters",
        "there was no use yet, the account's start is unknown, or under 80 % of the days up to then is covered",
        window="from the account's start to the first use",
        example="customer since 1 June 2025, first used on the 9th: 8 days",
        rests_on=OF_ALL,
    ),
    _adoption(1, "day after day 0", 2),
    *(_adoption(day, f"28 days up to {day} days after day 0", users) for day, users in ((30, 4), (90, 7), (180, 5))),
    Metric(
        "adoption_cohort_quartile",
        "Adoption quartile",
        Unit.COUNT,
        "1 (lowest) to 4 (highest quarter) of the account's latest adoption within its cohort: floor(4 x (accounts "
        "below + half of those alike, itself too) / accounts) + 1; cohort: accounts whose latest known adoption is of "
        "the same day, and that have been customers for as many whole years (of 365 days)",
        "no adoption is known, or the cohort has under 8 accounts",
        window="that of the account's latest adoption",
        example="two of 9 accounts at 20 %, two lower: floor(4 x 3 / 9) + 1 = 2",
        rests_on=OF_ALL,
    ),
    Metric(
        "adoption_cohort_size",
        "Size of the adoption cohort",
        Unit.COUNT,
        "accounts in that cohort, itself too",
        "no adoption is known",
        window="that of the account's latest adoption",
        example="9 accounts in their first year are past day 30, and not past day 90: 9",
        rests_on=OF_ALL,
    ),
)
