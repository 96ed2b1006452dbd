"""Reads usage and coverage from Mixpanel: some days at a time, each span whole before any of it counts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.base import Batch, UnfitError
from connectors.schema import Table
from connectors.usage.caller import PATIENCE, BrokenOffError, TooMuchError
from connectors.usage.covering import SIGHTING_DAYS, coverage
from connectors.usage.days import DAY, Span, last_ended, start_of, stretches, wanted
from connectors.usage.events import Seen, Tally
from connectors.usage.jsonlines import Refused, record_of
from connectors.usage.mixpanel.client import MixpanelClient
from connectors.usage.mixpanel.record import event_of, identity
from connectors.usage.mixpanel.settings import Settings
from connectors.usage.rows import never_seen, usage
from connectors.usage.sightings import Sightings, first_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.http import Patience
    from connectors.usage.meters import MeterQuery


def open_source(name: str, settings: BaseModel, places: Places) -> MixpanelSource:
    """Make the source; opens no connection yet. It keeps the days on which each meter was seen."""
    if not isinstance(settings, Settings):
        raise TypeError(f"wanted the settings of a Mixpanel source, got {type(settings).__name__}")
    return MixpanelSource(name, settings, places)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one export came to."""

    span: Span
    tally: Tally
    refused: Refused


class MixpanelSource:
    """Usage of one Mixpanel project.

    A day is covered when it ended, in the time zone, at least `late_hours` ago, and the project saw any event at all
    on it. A meter is covered from the first day on which one of its events was seen.
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
        self._client = MixpanelClient(name, settings, patience)
        everything = any(not meter.events for meter in settings.meters)
        self._events = () if everything else tuple(dict.fromkeys(name for m in settings.meters for name in m.events))

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str:
        """Tell how many exports were made, and how many an hour are allowed."""
        return f"{self._client.caller.calls:,} Mixpanel exports, {self._settings.exports_per_hour:,} an hour allowed"

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield usage span by span, and the coverage at the end.

        Raises SourceError when Mixpanel cannot be read to the end; the coverage has then not been delivered.
        """
        settings = self._settings
        complete_to = last_ended(self._now(), settings.timezone, settings.late_hours)
        span = wanted(window, settings.start, complete_to)
        if span is None:
            return
        seen = Seen()
        for piece in span.pieces(settings.days_at_once):
            for part in self._parts(piece):
                seen.add(part.tally.seen)
                yield from self._usage(part, window, rejects)
        seen.alive |= self._alive(span, seen)
        yield Batch(Table.COVERAGE, window.until, coverage(self._sighted(span, seen, rejects), seen.alive, span))

    def _usage(self, part: _Part, window: Window, rejects: Rejects) -> Iterator[Batch]:
        for refused in part.refused.rejects:
            rejects.add(refused)
        for meter in self._settings.meters:
            rows = usage(meter, part.span, part.tally.rows(meter), rejects, self._name)
            if rows.num_rows:
                yield Batch(Table.USAGE, window.until, rows)

    def _parts(self, span: Span) -> Iterator[_Part]:
        """Yield a span as one export, or as several where it is too much for one."""
        alone = span.first == span.last
        try:
            # For a single day there is nothing but patience.
            again = (BrokenOffError, TooMuchError) if alone else (BrokenOffError,)
            part = self._client.caller.whole(partial(self._export, span), again=again)
        except (TooMuchError, BrokenOffError):
            if alone:
                raise
            for half in span.halves():
                yield from self._parts(half)
            return
        yield part

    def _export(self, span: Span) -> _Part:
        part = _Part(span, Tally(self._settings.meters), Refused(self._name))
        asked = self._dates(span)
        told: set[int] = set()
        broken: bytes | None = None
        with closing(self._client.export(asked, self._events)) as lines:
            for line in lines:
                if broken is not None:
                    part.refused.add(
                        f"export of {asked.first}", "json-unreadable", "the line is no JSON object", broken
                    )
                broken = None if self._take(line, part, asked, told) else line
        if broken is not None:  # only of the last line nobody knows whether it went on
            raise self._client.caller.broken("its last line is no JSON")
        return part

    def _take(self, line: bytes, part: _Part, asked: Span, told: set[int]) -> bool:
        """Count the event of a line; False where the line is no JSON object."""
        record = record_of(line)
        if record is None:
            return False
        place = f"export of {asked.first}"
        try:
            event, date_there = event_of(record, self._settings)
        except UnfitError as unfit:
            part.refused.add(place, unfit.reason, unfit.detail, line)
            return True
        if date_there not in asked:
            part.refused.add(place, "day-outside-window", f"{date_there} was not asked for", line)
            return True
        mark = identity(record) if part.tally.meters_of(event.name) else None
        if event.day in part.span and (mark is None or mark not in told):
            part.tally.add(event)
            if mark is not None:
                told.add(mark)
        return True

    def _dates(self, span: Span) -> Span:
        """Return the days, as Mixpanel counts them, that hold the days of the time zone."""
        if self._settings.clock == "project":
            return span
        zone = self._settings.timezone
        end = start_of(span.last + DAY, zone) - timedelta(seconds=1)
        return Span(start_of(span.first, zone).date(), end.date())

    def _alive(self, span: Span, seen: Seen) -> set[date]:
        """Return the days without any event of a meter on which the project saw other events."""
        if not self._events:
            return set()
        alive: set[date] = set()
        for quiet in stretches(day for day in span.days() if day not in seen.alive):
            for piece in quiet.pieces(self._settings.days_at_once):
                alive |= self._client.caller.whole(partial(self._any, piece))
        return alive

    def _any(self, span: Span) -> set[date]:
        """Export all events of some days, until each of the days has shown one."""
        missing = set(span.days())
        broken = False
        with closing(self._client.export(self._dates(span))) as lines:
            for line in lines:
                record = record_of(line)
                broken = record is None
                try:
                    missing.discard(event_of(record or {}, self._settings)[0].day)
                except UnfitError:
                    continue  # it proves nothing, and is no event of a meter
                if not missing:
                    return set(span.days())
        if broken:
            raise self._client.caller.broken("its last line is no JSON")
        return set(span.days()) - missing

    def _sighted(self, span: Span, seen: Seen, rejects: Rejects) -> dict[str, date | None]:
        """Return when each meter was first seen; kept from earlier runs, or looked for in the year before."""

        def earlier(meter: MeterQuery) -> date | None:
            return self._year_before(meter, span.first) if span.first > self._settings.start else None

        kept, meters = Sightings(self._places.keep, self._name), self._settings.meters
        sighted = first_seen(kept, meters, seen.meters, span, earlier)
        for meter in meters:
            if sighted[meter.meter] is None:
                rejects.add(never_seen(meter, self._name))
        return sighted

    def _year_before(self, meter: MeterQuery, first: date) -> date | None:
        asked = Span(first - SIGHTING_DAYS * DAY, first - DAY)

        def any_line() -> bool:
            with closing(self._client.export(asked, meter.events, limit=1)) as lines:
                return any(record_of(line) is not None for line in lines)

        return first - DAY if self._client.caller.whole(any_line) else None
