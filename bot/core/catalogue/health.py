"""Metrics of how an account fares: what the CRM says of it, its health, and where it stands in its segment."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit
from bot.core.catalogue.rests import OF_ACCOUNTS, OF_ALL

_SILENT: Final = "the CRM does not say"
_PEERS: Final = "the CRM does not say the account's segment"

REPORTED: Final = (
    Metric(
        "csat",
        "CSAT",
        Unit.COUNT,
        "last CSAT in the CRM: satisfied answers in percent, 0 to 100",
        _SILENT,
        window="as-of",
        example="the CRM says 80: 80",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "open_cases",
        "Open cases",
        Unit.COUNT,
        "support cases that are not closed, as the CRM counts them",
        _SILENT,
        window="as-of",
        example="the CRM counts 4: 4",
        rests_on=OF_ACCOUNTS,
    ),
    Metric(
        "urgent_cases",
        "Urgent cases",
        Unit.COUNT,
        "open cases of the highest priority, as the CRM counts them",
        _SILENT,
        window="as-of",
        example="one of the 4 is urgent: 1",
        rests_on=OF_ACCOUNTS,
    ),
)
"""Facts of the CRM, like NPS."""

HEALTH: Final = (
    Metric(
        "health",
        "Health",
        Unit.SCORE,
        "weighted mean of the scores of the factors with data, 0 to 100; a factor is the weighted mean of the scores of "
        "its known metrics, each by its curve; factors, weights and curves: `health` in the settings",
        "factors with less than half of the weight have data (`health.minimum_coverage`)",
        window="that of each metric in it",
        example="scores of 63.33, 60 and 90, weights of 60, 30 and 10: (60 x 63.33 + 30 x 60 + 10 x 90) / 100 = 65",
        rests_on=OF_ALL,
    ),
    Metric(
        "health_band",
        "Health band",
        Unit.TEXT,
        "red, yellow or green: health against the thresholds for the account's tenure (`health.bands`)",
        "health or tenure is unknown, or the account is younger than the first band",
        window="that of each metric in it",
        example="65 at an age where yellow begins at 40 and green at 70: yellow",
        rests_on=OF_ALL,
    ),
    Metric(
        "health_coverage",
        "Health coverage",
        Unit.SHARE,
        "weight of the factors with data / weight of all factors",
        "never",
        window="that of each metric in it",
        example="factors of 80 of 100 points of weight have data: 80 %",
        rests_on=OF_ALL,
    ),
    Metric(
        "health_missing",
        "Health without",
        Unit.TEXT,
        "names of the factors without data, with commas between them; empty where all have data",
        "never",
        window="that of each metric in it",
        example="no survey is known and no cases are: reviews, support",
        rests_on=OF_ALL,
    ),
)

STANDING: Final = (
    Metric(
        "cus_percentile",
        "CUS percentile",
        Unit.SCORE,
        "accounts of the segment with a lower CUS + half of those with the same, itself among them, in percent of those "
        "with a known one: 50 is the middle",
        f"CUS is unknown, {_PEERS}, or fewer than 8 accounts of the segment have a known CUS",
        window="28 days",
        example="8 accounts at 0, 10, 20 to 70, this one at 20: (2 + 0.5) / 8 x 100 = 31.25",
        rests_on=OF_ALL,
    ),
    Metric(
        "cus_peers",
        "Accounts behind the CUS percentile",
        Unit.COUNT,
        "accounts of the segment, itself among them, with a known CUS",
        _PEERS,
        window="28 days",
        example="9 accounts, the CUS of one is unknown: 8",
        rests_on=OF_ALL,
    ),
    Metric(
        "licence_utilization_percentile",
        "Licence utilization percentile",
        Unit.SCORE,
        "as for CUS, of licence utilization",
        f"licence utilization is unknown, {_PEERS}, or fewer than 8 accounts of the segment have a known one",
        window="28 days",
        example="the lowest of 8: 0.5 / 8 x 100 = 6.25",
        rests_on=OF_ALL,
    ),
    Metric(
        "licence_utilization_peers",
        "Accounts behind the licence utilization percentile",
        Unit.COUNT,
        "accounts of the segment, itself among them, with a known licence utilization",
        _PEERS,
        window="28 days",
        example="9 accounts, one without licences: 8",
        rests_on=OF_ALL,
    ),
)
