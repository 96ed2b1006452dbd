"""Reads usage and coverage from Amplitude: uploads some hours at a time, each export whole before any of it counts.

The export is by the time of upload, days are by the time of the event: a month can only be told when the uploads of
the days after it have been read, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.base import Batch, Reject, SourceError, UnfitError
from connectors.schema import Table
from connectors.usage.amplitude.client import HOUR, AmplitudeClient, Hours
from connectors.usage.amplitude.record import day_at, event_of, identity
from connectors.usage.amplitude.settings import AVAILABLE_HOURS, REREAD_DAYS, Settings
from connectors.usage.caller import PATIENCE, BrokenOffError, TooMuchError
from connectors.usage.covering import coverage
from connectors.usage.days import DAY, Span, day_of, last_ended, start_of, wanted
from connectors.usage.events import Event, Tally
from connectors.usage.jsonlines import Refused, record_of
from connectors.usage.rows import never_seen, usage
from connectors.usage.sightings import Sightings, first_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

    from connectors.base import Places, Rejects, Window
    from connectors.http import Patience


def open_source(name: str, settings: BaseModel, places: Places) -> AmplitudeSource:
    """Make the source; opens no connection yet. It keeps the days on which each meter was seen."""
    if not isinstance(settings, Settings):
        raise TypeError(f"wanted the settings of an Amplitude source, got {type(settings).__name__}")
    return AmplitudeSource(name, settings, places)


@dataclass(frozen=True, slots=True)
class _Uploads:
    """What one export came to, or all exports so far."""

    tally: Tally
    refused: Refused
    told: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Events counted already, by day."""
    late: Counter[tuple[str, date]] = field(default_factory=Counter)
    """Events that came too late to be counted, by meter and day."""

    def add(self, other: _Uploads) -> None:
        self.tally.merge(other.tally)
        self.refused.rejects += other.refused.rejects
        self.late.update(other.late)
        for day, marks in other.told.items():
            self.told[day] |= marks


class AmplitudeSource:
    """Usage of one Amplitude project.

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
        self._client = AmplitudeClient(name, settings, places.keep, patience)

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self._name

    def calls(self) -> str:
        """Tell how many exports were made."""
        return f"{self._client.caller.calls:,} Amplitude exports"

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        """Yield usage as soon as nothing more can be counted for a month, and the coverage at the end.

        Raises SourceError when Amplitude cannot be read to the end; the coverage has then not been delivered.
        """
        settings, now = self._settings, self._now()
        span = wanted(window, settings.start, last_ended(now, settings.timezone, settings.late_hours))
        if span is None:
            return
        so_far = _Uploads(Tally(settings.meters), Refused(self._name))
        for piece in self._hours(span, now).pieces(settings.hours_at_once):
            for uploads in self._exports(piece, span, so_far):
                so_far.add(uploads)
            final = _counted_until(day_of(piece.last + HOUR, settings.timezone))
            yield from self._usage(so_far.tally, min(final, span.last), span, window, rejects)
            for day in [day for day in so_far.told if day <= final]:
                del so_far.told[day]
        yield from self._usage(so_far.tally, span.last, span, window, rejects)
        self._refuse(so_far, early=window.since is None, span=span, rejects=rejects)
        sighted = self._sighted(span, so_far.tally, rejects)
        yield Batch(Table.COVERAGE, window.until, coverage(sighted, so_far.tally.seen.alive, span))

    def _hours(self, span: Span, now: datetime) -> Hours:
        """Return the hours whose uploads may hold events of the span that still count."""
        zone = self._settings.timezone
        available = now.astimezone(UTC) - (AVAILABLE_HOURS + 1) * HOUR
        last = min(available, start_of(_too_late(span.last), zone) - HOUR)
        return Hours(_hour(start_of(span.first, zone)), _hour(last))

    def _exports(self, hours: Hours, span: Span, so_far: _Uploads) -> Iterator[_Uploads]:
        """Yield an export, or several where it is too much for one."""
        alone = hours.first == hours.last
        try:
            # For a single hour there is nothing but patience.
            again = (BrokenOffError, TooMuchError) if alone else (BrokenOffError,)
            uploads = self._client.caller.whole(partial(self._export, hours, span, so_far), again=again)
        except TooMuchError as error:
            if alone:
                mend = "one hour is too much: read Amplitude's export to a bucket or warehouse instead"
                raise SourceError(self._name, f"{error.problem}; {mend}") from error
            for half in hours.halves():
                yield from self._exports(half, span, so_far)
            return
        yield uploads

    def _export(self, hours: Hours, span: Span, so_far: _Uploads) -> _Uploads:
        uploads = _Uploads(Tally(self._settings.meters), Refused(self._name))
        with closing(self._client.export(hours)) as lines:
            for file, line in lines:
                try:
                    self._take(line, hours, span, so_far, uploads)
                except UnfitError as unfit:
                    uploads.refused.add(file, unfit.reason, unfit.detail, line)
        return uploads

    def _take(self, line: bytes, hours: Hours, span: Span, so_far: _Uploads, uploads: _Uploads) -> None:
        """Count the event of a line. Raises UnfitError where it is none."""
        record = record_of(line)
        if record is None:
            raise UnfitError("json-unreadable", "the line is no JSON object")
        event = event_of(record, self._settings)
        if self._is_late(record, event, hours):
            uploads.late.update((meter.meter, event.day) for meter in uploads.tally.meters_of(event.name))
        elif event.day in span:
            mark = identity(record) if uploads.tally.meters_of(event.name) else None
            if mark is None or not (mark in so_far.told[event.day] or mark in uploads.told[event.day]):
                uploads.tally.add(event)
            if mark is not None:
                uploads.told[event.day].add(mark)

    def _is_late(self, record: dict[str, Any], event: Event, hours: Hours) -> bool:
        zone = self._settings.timezone
        uploaded = day_at(record, "server_upload_time", zone) or day_of(hours.first, zone)
        return uploaded >= _too_late(event.day)

    def _usage(self, tally: Tally, until: date, span: Span, window: Window, rejects: Rejects) -> Iterator[Batch]:
        for meter in self._settings.meters:
            rows = usage(meter, span, tally.rows(meter, until), rejects, self._name)
            if rows.num_rows:
                yield Batch(Table.USAGE, window.until, rows)

    def _refuse(self, so_far: _Uploads, *, early: bool, span: Span, rejects: Rejects) -> None:
        """Hand on what could not be read; what is older than a first reading wants was never to be read."""
        for refused in so_far.refused.rejects:
            rejects.add(refused)
        for (meter, day), count in sorted(so_far.late.items()):
            if day >= span.first or not early:
                rejects.add(_late(self._name, meter, day, count))

    def _sighted(self, span: Span, tally: Tally, rejects: Rejects) -> dict[str, date | None]:
        kept, meters = Sightings(self._places.keep, self._name), self._settings.meters
        # Amplitude has no cheap way to look further back.
        sighted = first_seen(kept, meters, tally.seen.meters, span, lambda _: None)
        for meter in meters:
            if sighted[meter.meter] is None:
                rejects.add(never_seen(meter, self._name))
        return sighted


def _late(source: str, meter: str, day: date, count: int) -> Reject:
    return Reject(
        place=f"{source}: meter {meter}, day {day}",
        reason="day-outside-window",
        detail=f"{count} events were uploaded over {REREAD_DAYS} days after the end of their month: too late to count",
        raw=f'{{"meter": "{meter}", "day": "{day}", "events": {count}}}',
    )


def _too_late(day: date) -> date:
    """Return the first day on which an upload is too late for the events of a day."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) + REREAD_DAYS * DAY


def _counted_until(day: date) -> date:
    """Return the last day for whose events uploads of this day and of later ones are too late."""
    return (day - REREAD_DAYS * DAY).replace(day=1) - DAY


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
