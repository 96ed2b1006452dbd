"""Metrics of a source."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit

SOURCES: Final = (
    Metric(
        "name",
        "Source",
        Unit.TEXT,
        "name in the settings",
        "never",
        window="as-of",
        example="usage",
    ),
    Metric(
        "age_days",
        "Age of the data",
        Unit.DAYS,
        "as-of less the last day that the source is complete for",
        "the source never delivered anything",
        window="all days up to as-of",
        example="complete to 28 March: 3 days",
    ),
    Metric(
        "complete_to",
        "Complete to",
        Unit.DATE,
        "last day up to as-of that the source's coverage reaches, or on which its contracts were read; the earlier of "
        "both where it delivers both",
        "the source never delivered anything",
        window="all days up to as-of",
        example="use to 28 March, contracts read on the 31st: 2026-03-28",
    ),
    Metric(
        "stale_after_days",
        "Stale after",
        Unit.DAYS,
        "`stale_after` of the source in the settings",
        "never",
        window="as-of",
        example="`stale_after: 2d`: 2 days",
    ),
    Metric(
        "failed",
        "Last reading failed",
        Unit.FLAG,
        "whether the last reading ended in an error",
        "never",
        window="the last reading",
        example="the source refused the key: true",
    ),
    Metric(
        "error",
        "Error",
        Unit.TEXT,
        "what the last reading said when it failed",
        "it did not fail",
        window="the last reading",
        example="the source answered 401 Unauthorized",
    ),
    Metric(
        "rows_total",
        "Rows",
        Unit.COUNT,
        "rows that the last reading saw",
        "the source was never read",
        window="the last reading",
        example="1,204 rows, 3 of them refused: 1,204",
    ),
    Metric(
        "rows_rejected",
        "Rows refused",
        Unit.COUNT,
        "rows that the last reading refused",
        "the source was never read",
        window="the last reading",
        example="1,204 rows, 3 of them refused: 3",
    ),
)
