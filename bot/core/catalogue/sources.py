"""Metrics of a source."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue.metric import Metric, Unit

SOURCES: Final = (
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
