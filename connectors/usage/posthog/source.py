"""Reads usage and coverage: first the days that PostHog saw, then month by month and meter by meter."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from connectors.base import Batch, SourceError
from connectors.schema import Table
from connectors.usage.covering import SIGHTING_DAYS, coverage
from connectors.usage.days import DAY, Span, months
from connectors.usage.posthog.client import PATIENCE, Answer, PostHogClient, QueryTooHeavyError
from connectors.usage.posthog.hogql import Key, days_query, meter_column, usage_query
from connectors.usage.posthog.settings import Settings
from connectors.usage.rows import Row, never_seen, read_day, usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.http import Patience
    from connectors.usage.posthog.settings import MeterQuery

Counts = dict[date, Row]
"""Number of events by day: `total`, `meter_0`... A day without any event is not in it."""


def open_source(name: str, settings: BaseModel, places: Places) -> PostHogSource:
    """Make the source; opens no connection yet. `places` is unused: nothing here is a path, nothing is kept."""
    del places
    if not isinstance(settings, Settings):
        raise TypeError(f"wanted the settings of a PostHog source, got {type(settings).__name__}")
    return PostHogSource(name, settings)


class PostHogSource:
    """Usage of one PostHog project.

    A day is covered where the project saw any event at all on it: a day without one is a tracking outage, unknown
    and not zero. The day of the newest event may still be under way and is never covered, nor read. A meter is
    covered from the first day on which one of its events was seen: a misspelt event is unknown, not zero.
    """

    def __init__(self, name: str, settings: Settings, patience: Patience = PATIENCE) -> None:
        self._name = name
        self._settings = settings
        self._client = PostHogClient(name, settings, patience)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str:
        """Tell how many requests were made, and how many an hour are allowed."""
        return f"{self._client.calls:,} PostHog requests, {self._settings.queries_per_hour:,} an hour allowed"

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield usage in pages, whole months at a time, and the coverage at the end.

        Raises SourceError when PostHog cannot be read to the end; the coverage has then not been delivered.
        """
        since = max(filter(None, (window.since, self._settings.start)), default=None)
        counts = self._counts(since)
        if not counts:
            return
        first = max(since or date.min, min(counts))
        last = min(window.until, max(counts) - DAY)
        for index, meter in enumerate(self._settings.meters):
            column = meter_column(index)
            if not any(row.get(column) for row in counts.values()):
                rejects.add(never_seen(meter, self._name))
            days = [day for day, row in counts.items() if first <= day <= last and row.get(column)]
            for span in months(days, first, last):
                for page in self._pages(meter, span):
                    rows = usage(meter, span, page, rejects, self._name)
                    if rows.num_rows:
                        yield Batch(Table.USAGE, window.until, rows)
        sighted = {
            meter.meter: min((day for day, row in counts.items() if row.get(meter_column(index))), default=None)
            for index, meter in enumerate(self._settings.meters)
        }
        yield Batch(Table.COVERAGE, window.until, coverage(sighted, counts, Span(first, last)))

    def _counts(self, since: date | None) -> Counts:
        before = since - SIGHTING_DAYS * DAY if since else None
        try:
            rows = self._client.ask(days_query(self._settings, before)).rows
        except QueryTooHeavyError as error:
            raise SourceError(
                self._name, f"{error.problem}; the project is too large to be read at once: set `start` to a later day"
            ) from error
        counts: Counts = {}
        for row in rows:
            day = read_day(row.get("day"))
            if day is None:
                raise SourceError(self._name, f"PostHog answered with a day that is none: {row.get('day')!r}")
            counts[day] = row
        return counts

    def _pages(self, meter: MeterQuery, span: Span) -> Iterator[list[Row]]:
        try:
            answer = self._client.ask(usage_query(self._settings, meter, span))
        except QueryTooHeavyError:
            if span.first == span.last:
                raise
            for half in span.halves():
                yield from self._pages(meter, half)
            return
        yield answer.rows
        while self._goes_on(answer):
            key = self._key(answer.rows[-1])
            answer = self._client.ask(usage_query(self._settings, meter, span, key))
            if answer.rows and self._key(answer.rows[0]) <= key:
                raise SourceError(self._name, "PostHog answers the same rows again instead of the next page")
            yield answer.rows

    def _goes_on(self, answer: Answer) -> bool:
        limit = min(self._settings.page_rows, answer.limit or self._settings.page_rows)
        return bool(answer.rows) and (answer.more or len(answer.rows) >= limit)

    def _key(self, row: Row) -> Key:
        day = read_day(row.get("day"))
        if day is None:
            raise SourceError(self._name, f"no page can follow a row whose day is {row.get('day')!r}")
        return Key(str(row.get("customer") or ""), day, str(row.get("user_id") or ""))
