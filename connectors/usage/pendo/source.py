"""Reads usage and coverage from Pendo: first the days with events, then month by month and meter by meter."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import Batch, SourceError
from connectors.schema import Table
from connectors.usage import rows as counted
from connectors.usage.caller import PATIENCE, TooMuchError
from connectors.usage.covering import SIGHTING_DAYS, coverage
from connectors.usage.days import DAY, Span, day_of, last_ended, months, wanted
from connectors.usage.events import Key, Tally, texts_of
from connectors.usage.exact import number_of
from connectors.usage.pendo import pipelines
from connectors.usage.pendo.client import PendoClient, Row
from connectors.usage.pendo.settings import Settings
from connectors.usage.sightings import Sightings, first_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.http import Patience
    from connectors.usage.pendo.pipelines import Source
    from connectors.usage.pendo.settings import MeterQuery

_DAYS_AT_ONCE = 31
"""Pendo asks for short spans: aggregations are no bulk export."""


def open_source(name: str, settings: BaseModel, places: Places) -> PendoSource:
    """Make the source; opens no connection yet. It keeps the days on which each meter was seen."""
    if not isinstance(settings, Settings):
        raise TypeError(f"wanted the settings of a Pendo source, got {type(settings).__name__}")
    return PendoSource(name, settings, places)


class PendoSource:
    """Usage of one Pendo subscription.

    A day is covered when it ended, in the subscription's time zone, at least `late_hours` ago, and the subscription
    saw any event at all on it. A meter is covered from the first day on which one of its events was seen.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        places: Places,
        patience: Patience = PATIENCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._settings = settings
        self._places = places
        self._now = now
        self._client = PendoClient(name, settings, patience)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str:
        """Tell how many aggregations were run."""
        return f"{self._client.caller.calls:,} Pendo aggregations"

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield usage by meter and month, and the coverage at the end.

        Raises SourceError when Pendo cannot be read to the end; the coverage has then not been delivered.
        """
        settings = self._settings
        complete_to = last_ended(self._now(), settings.timezone, settings.late_hours)
        span = wanted(window, settings.start, complete_to)
        if span is None:
            return
        alive = set(self._totals(pipelines.Source(pipelines.EVERY_KIND, None), span))
        seen: dict[str, set[date]] = {}
        for meter in settings.meters:
            totals = self._meter_totals(meter, span)
            seen[meter.meter] = set(totals)
            alive |= set(totals)  # track events that servers send are no visits
            for month in months(totals, span.first, span.last):
                rows = counted.usage(meter, month, self._rows(meter, month, totals), rejects, self._name)
                if rows.num_rows:
                    yield Batch(Table.USAGE, window.until, rows)
        sighted = self._sighted(span, seen, rejects)
        yield Batch(Table.COVERAGE, window.until, coverage(sighted, alive, span))

    def _meter_totals(self, meter: MeterQuery, span: Span) -> dict[date, int]:
        """Return how many events of a meter each day saw; a day without any is not in it."""
        totals: Counter[date] = Counter()
        for source in pipelines.sources(meter):
            totals.update(self._totals(source, span))
        return dict(totals)

    def _totals(self, source: Source, span: Span) -> dict[date, int]:
        totals: Counter[date] = Counter()
        for piece in span.pieces(_DAYS_AT_ONCE):
            for row in self._day_rows(source, piece):
                day, total = self._day(row), self._total(row)
                if day in span and total:
                    totals[day] += total
        return dict(totals)

    def _day_rows(self, source: Source, span: Span) -> Iterator[Row]:
        try:
            answer = self._client.ask(pipelines.days(self._settings, source, span))
        except TooMuchError:
            if span.first == span.last:
                raise
            for half in span.halves():
                yield from self._day_rows(source, half)
            return
        yield from answer

    def _rows(self, meter: MeterQuery, month: Span, totals: Mapping[date, int]) -> list[Row]:
        """Return the rows of a month, and for each day one of what belongs to no customer."""
        tally = Tally([meter])
        of_customers: Counter[date] = Counter()
        for source in pipelines.sources(meter):
            for row in self._all_pages(meter, source, month):
                day, total = self._day(row), self._total(row)
                for customer in texts_of(row.get("customer"))[:1]:
                    of_customers[day] += total
                    user = next(iter(texts_of(row.get("user"))), "")
                    tally.put(meter, Key(customer, day, user), total, _amount(meter, row, total))
        return [
            *tally.rows(meter),
            *(
                {"customer": "", "day": day.isoformat(), "quantity": total - of_customers[day]}
                for day, total in sorted(totals.items())
                if day in month and total > of_customers[day]
            ),
        ]

    def _all_pages(self, meter: MeterQuery, source: Source, span: Span) -> Iterator[Row]:
        try:
            first = self._client.ask(pipelines.usage(self._settings, meter, source, span, self._settings.page_rows))
        except TooMuchError:
            if span.first == span.last:
                raise
            for half in span.halves():
                yield from self._all_pages(meter, source, half)
            return
        yield from self._from(first, meter, source, span)

    def _from(self, page: list[Row], meter: MeterQuery, source: Source, span: Span) -> Iterator[Row]:
        """Yield a page and all that follow.

        There is no cursor, and rows of one day and customer may stand on both sides of a page's end: those at the end
        of a full page are left out, and the next page begins with all of them.
        """
        limit = self._settings.page_rows
        at: pipelines.Key | None = None
        while len(page) >= limit:
            # What belongs to no customer is no key, wherever it is sorted; the days' totals tell how much it is.
            named = [row for row in page if texts_of(row.get("customer"))]
            if at is not None and named and self._key(named[0]) < at:
                raise SourceError(self._name, "Pendo answers the same rows again instead of the next page")
            at = self._key(named[-1]) if named else at
            whole = [row for row in named if self._key(row) != at]
            yield from whole
            # One customer's day may fill a page alone: then only a larger page gets past it.
            limit = self._settings.page_rows if whole else 2 * limit
            page = self._client.ask(pipelines.usage(self._settings, meter, source, span, limit, at))
        yield from page

    def _key(self, row: Row) -> pipelines.Key:
        self._day(row)
        return pipelines.Key(int(row["day"]), next(iter(texts_of(row.get("customer"))), ""))

    def _day(self, row: Row) -> date:
        """Return the day of a row: Pendo writes its beginning, in the subscription's time zone, in milliseconds."""
        milliseconds = number_of(row.get("day"))
        if milliseconds is None:
            raise SourceError(self._name, f"Pendo answered a row whose day is {row.get('day')!r}")
        begin = datetime.fromtimestamp(milliseconds / 1000, UTC)
        # Well into the day: so it is right even where the settings say UTC, and the subscription's zone is another one
        # between 13 hours before it and 10 behind.
        return day_of(begin + timedelta(hours=13), self._settings.timezone)

    def _total(self, row: Row) -> int:
        total = number_of(row.get("total"))
        if total is None or total < 0:
            raise SourceError(self._name, f"Pendo answered a row whose number of events is {row.get('total')!r}")
        return int(total)

    def _sighted(self, span: Span, seen: Mapping[str, set[date]], rejects: Rejects) -> dict[str, date | None]:
        """Return when each meter was first seen; kept from earlier runs, or looked for in the year before."""

        def earlier(meter: MeterQuery) -> date | None:
            return self._year_before(meter, span.first) if span.first > self._settings.start else None

        kept, meters = Sightings(self._places.keep, self._name), self._settings.meters
        sighted = first_seen(kept, meters, seen, span, earlier)
        for meter in meters:
            if sighted[meter.meter] is None:
                rejects.add(counted.never_seen(meter, self._name))
        return sighted

    def _year_before(self, meter: MeterQuery, first: date) -> date | None:
        pieces = list(Span(first - SIGHTING_DAYS * DAY, first - DAY).pieces(_DAYS_AT_ONCE))
        found: Iterator[dict[date, Any]] = (self._meter_totals(meter, piece) for piece in reversed(pieces))
        return next((min(days) for days in found if days), None)


def _amount(meter: MeterQuery, row: Row, total: int) -> float | None:
    """Return what the events of a row carry together; None where they carry no number."""
    amount = number_of(row.get("amount"))
    if amount is None or pipelines.is_summed(meter):
        return amount
    return number_of(amount * total)
