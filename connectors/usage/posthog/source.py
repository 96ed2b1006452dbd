"""Reads usage and coverage: first the days that PostHog saw, then month by month and meter by meter."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.base import Batch, Reject, SourceError
from connectors.schema import COVERAGE, USAGE, Table
from connectors.usage.posthog.client import PATIENCE, Answer, PostHogClient, QueryTooHeavyError
from connectors.usage.posthog.hogql import Key, Span, days_query, meter_column, usage_query
from connectors.usage.posthog.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.http import Patience
    from connectors.usage.posthog.settings import MeterQuery

_DAY = timedelta(days=1)
_SIGHTING_DAYS = 366
"""A meter whose events were not seen for so long before a window was not being measured when it began."""

Row = dict[str, Any]
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
        last = min(window.until, max(counts) - _DAY)
        for index, meter in enumerate(self._settings.meters):
            column = meter_column(index)
            if not any(row.get(column) for row in counts.values()):
                rejects.add(self._never_seen(meter))
            days = [day for day, row in counts.items() if first <= day <= last and row.get(column)]
            for span in _months(days, first, last):
                for page in self._pages(meter, span):
                    rows = _usage(meter, span, page, rejects, self._name)
                    if rows.num_rows:
                        yield Batch(Table.USAGE, window.until, rows)
        yield Batch(Table.COVERAGE, window.until, _coverage(self._settings.meters, counts, first, last))

    def _counts(self, since: date | None) -> Counts:
        before = since - timedelta(days=_SIGHTING_DAYS) if since else None
        try:
            rows = self._client.ask(days_query(self._settings, before)).rows
        except QueryTooHeavyError as error:
            raise SourceError(
                self._name, f"{error.problem}; the project is too large to be read at once: set `start` to a later day"
            ) from error
        counts: Counts = {}
        for row in rows:
            day = _day(row.get("day"))
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
        day = _day(row.get("day"))
        if day is None:
            raise SourceError(self._name, f"no page can follow a row whose day is {row.get('day')!r}")
        return Key(str(row.get("customer") or ""), day, str(row.get("user_id") or ""))

    def _never_seen(self, meter: MeterQuery) -> Reject:
        names = ", ".join(meter.events)
        return Reject(
            place=f"{self._name}: meter {meter.meter}",
            reason="event-never-seen",
            detail=f"the project has not seen {names} for over a year, if ever; check the names under `events`",
            raw=json.dumps({"meter": meter.meter, "events": meter.events}),
        )


def _months(days: Iterable[date], first: date, last: date) -> Iterator[Span]:
    """Yield the months in which there is something to read, cut to the window."""
    for (year, month), _ in groupby(sorted(days), key=lambda day: (day.year, day.month)):
        start = date(year, month, 1)
        end = (start + timedelta(days=31)).replace(day=1) - _DAY
        yield Span(max(start, first), min(end, last))


def _coverage(meters: Iterable[MeterQuery], counts: Mapping[date, Row], first: date, last: date) -> pa.Table:
    rows = [
        {"meter": meter.meter, "customer": None, "first_day": run.first, "last_day": run.last}
        for index, meter in enumerate(meters)
        for run in _runs(counts, meter_column(index), first, last)
    ]
    return pa.Table.from_pylist(rows, schema=COVERAGE)


def _runs(counts: Mapping[date, Row], column: str, first: date, last: date) -> Iterator[Span]:
    """Yield the stretches of days without a gap, from the first sighting of the meter on."""
    sighted = min((day for day, row in counts.items() if row.get(column)), default=date.max)
    days = sorted(day for day in counts if max(first, sighted) <= day <= last)
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0]):
        stretch = [day for _, day in run]
        yield Span(stretch[0], stretch[-1])


def _usage(meter: MeterQuery, span: Span, rows: list[Row], rejects: Rejects, source: str) -> pa.Table:
    good: list[Row] = []
    for row in rows:
        problem = _problem(row, span)
        if problem:
            rejects.add(_refuse(source, meter, row, problem))
            continue
        good.append(row)
        if row.get("unreadable"):
            detail = f"{row['unreadable']} of {row.get('total')} events carry no number; the others are counted"
            rejects.add(_refuse(source, meter, row, ("quantity-unreadable", detail)))
    rejects.count(len(good))
    return _table(meter, good)


def _table(meter: MeterQuery, rows: list[Row]) -> pa.Table:
    names = meter.measure == "users"
    count = len(rows)
    columns: dict[str, list[object]] = {
        "customer": [row["customer"] for row in rows],
        "meter": [meter.meter] * count,
        "day": [_day(row["day"]) for row in rows],
        "quantity": [float(row["quantity"]) for row in rows],
        "user_id": [row["user_id"] if names else None for row in rows],
        "active_users": [None] * count,
        "line_id": [None] * count,
    }
    return pa.table(columns, schema=USAGE)


def _problem(row: Row, span: Span) -> tuple[str, str] | None:
    """Say what is wrong with a row: a stable word and an explanation."""
    day, quantity = _day(row.get("day")), row.get("quantity")
    if day is None:
        return "day-unreadable", f"{row.get('day')!r} is no day"
    if not span.first <= day <= span.last:
        return "day-outside-window", f"{day} was not asked for"
    if not row.get("customer"):
        return "customer-missing", f"{quantity} of the day's use belong to no customer"
    return _quantity_problem(quantity)


def _quantity_problem(quantity: object) -> tuple[str, str] | None:
    if quantity is None:
        return "quantity-missing", "none of the events carries a number"
    if isinstance(quantity, bool) or not isinstance(quantity, int | float):
        return "quantity-unreadable", f"{quantity!r} is no number"
    if not math.isfinite(quantity):
        return "quantity-not-finite", f"{quantity} cannot be counted with"
    if quantity < 0:
        return "quantity-negative", f"{quantity} is below zero"
    return None


def _refuse(source: str, meter: MeterQuery, row: Row, problem: tuple[str, str]) -> Reject:
    place = f"{source}: meter {meter.meter}, customer {row.get('customer') or '(none)'}, day {row.get('day')}"
    return Reject(place, *problem, raw=json.dumps(row, default=str))


def _day(value: object) -> date | None:
    return _read_day(str(value)[:10])


@lru_cache(maxsize=4096)  # the same few days stand in every row
def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
