"""Metrics of all accounts together: whether more of them begin to fall at once than can be true.

An account *falls* where a live rule of kind `churn_risk` about a fall, one whose `when` names a metric of the unit
`change`, fires on it tonight or has fired within `guards.fleet.at_most`; what had fired when the last incident ended
counts no more. It *begins to fall* on `trend_start` where the rule names a metric of the trend, else on the day on which
the rule began to hold; where it was the rule that was new or changed, that day tells nothing and does not count. Counted
are those that begin within the same `guards.fleet.days` days, wherever these are most.
"""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_NOTHING

_DOUBT: Final = "whether they are more than the limit hangs on accounts whose sources are in doubt"
_NONE: Final = f"no account begins to fall, or {_DOUBT}"
_WINDOW: Final = "3 days (`guards.fleet.days`)"

FLEET: Final = (
    Metric(
        "falling_accounts",
        "Falling accounts",
        Unit.COUNT,
        "accounts that begin to fall within the same days; where those of several such stretches are more than the limit, "
        "all of them",
        _DOUBT,
        window=_WINDOW,
        example="31 accounts fall from 27 March on, 20 more from the 28th: 31 + 20 = 51",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_limit",
        "Falling accounts allowed",
        Unit.COUNT,
        "the larger of `guards.fleet.accounts` and `guards.fleet.share` of the watched accounts, in whole accounts",
        "never",
        window="as-of",
        example="200 watched accounts, 15 % of them or 5: 0.15 x 200 = 30",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_share",
        "Share of falling accounts",
        Unit.SHARE,
        "falling accounts / watched accounts",
        f"no account is watched, or {_DOUBT}",
        window=_WINDOW,
        example="50 of 200 watched accounts: 50 / 200 = 25 %",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "watched_accounts",
        "Watched accounts",
        Unit.COUNT,
        "accounts in which a metric of the unit `change` is known that a live churn rule names",
        "never",
        window="as-of",
        example="200 of 220 accounts have a known trend: 200",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_since",
        "Falling since",
        Unit.DATE,
        "first day on which one of the falling accounts began to fall",
        _NONE,
        window=_WINDOW,
        example="31 accounts fall from 27 March on, 20 more from the 28th: 2026-03-27",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_until",
        "Last began to fall",
        Unit.DATE,
        "last day on which one of them began to fall",
        _NONE,
        window=_WINDOW,
        example="31 accounts fall from 27 March on, 20 more from the 28th: 2026-03-28",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_names",
        "Who is falling",
        Unit.TEXT,
        "names of the falling accounts, the 20 with the highest ARR, and how many more there are",
        _NONE,
        window=_WINDOW,
        example="51 accounts: Acme · Bolt · and 49 more",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "falling_arr",
        "ARR of the falling accounts",
        Unit.MONEY,
        "sum of the known ARR of the falling accounts",
        "none is known, their contracts are in several currencies, or as for falling accounts",
        window=_WINDOW,
        example="two accounts at 12,000 and 3,600 a year: 12,000 + 3,600 = 15,600",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "currency",
        "Currency",
        Unit.TEXT,
        "currency of that ARR",
        "as for it",
        window="as-of",
        example="USD",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "incident_days",
        "Days of the incident",
        Unit.DAYS,
        "as-of less the day on which the open episode of a rule of scope fleet began; 0 without one",
        "never",
        window="as-of",
        example="since 28 March: 3 days",
        rests_on=OF_NOTHING,
    ),
    Metric(
        "at_most_days",
        "Held at most",
        Unit.DAYS,
        "`guards.fleet.at_most` of the settings",
        "never",
        window="as-of",
        example="`at_most: 7d`: 7 days",
        rests_on=OF_NOTHING,
    ),
)
