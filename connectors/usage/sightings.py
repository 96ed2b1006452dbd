"""When events of each meter were first and last seen, kept in between runs.

An export of a few weeks does not tell whether a meter that is silent in it was ever measured. What is kept may be
dropped at any time: the meter is then unknown, never zero, until it is seen again.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from connectors.base import SourceError
from connectors.usage.covering import SIGHTING_DAYS
from connectors.usage.days import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from connectors.usage.days import Span
    from connectors.usage.meters import MeterQuery

_Meter = TypeVar("_Meter", bound="MeterQuery")
_FILE: Final = "sightings.json"


class Sightings:
    """First and last day of each meter's events, by the names of its events: other events are another meter."""

    def __init__(self, folder: Path, source: str) -> None:
        self._source = source
        self._path = folder / _FILE
        self._days = _load(self._path)

    def since(self, meter: MeterQuery, first: date) -> date | None:
        """Return the first day on which the meter was seen before `first`; None: not in the year before it."""
        known = self._days.get(_key(meter))
        if known is None or not known[0] < first <= known[1] + (SIGHTING_DAYS + 1) * DAY:
            return None
        return known[0]

    def note(self, meter: MeterQuery, days: Collection[date]) -> None:
        """Note days on which the meter was seen."""
        if days:
            known = self._days.get(_key(meter), ())
            every = (*known, min(days), max(days))
            self._days[_key(meter)] = (min(every), max(every))

    def save(self) -> None:
        """Keep it for the next run; in one step, so that a run that dies leaves the old file.

        Raises SourceError where it cannot be written.
        """
        written = {key: [day.isoformat() for day in days] for key, days in sorted(self._days.items())}
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(written, indent=1), encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            raise SourceError(self._source, f"{self._path} cannot be written: {error.strerror}") from error


def first_seen(
    sightings: Sightings,
    meters: Iterable[_Meter],
    seen: Mapping[str, Collection[date]],
    span: Span,
    earlier: Callable[[_Meter], date | None],
) -> dict[str, date | None]:
    """Return when each meter was first seen, by its name; None: never. What is new is kept.

    `seen`: days within the span, by meter. `earlier` looks at the source itself for a day before the span; it is asked
    only where nothing is kept and the span does not begin with the meter.
    """
    found: dict[str, date | None] = {}
    for meter in meters:
        days = seen.get(meter.meter, ())
        before = sightings.since(meter, span.first)
        if before is None and min(days, default=None) != span.first:
            before = earlier(meter)
        found[meter.meter] = before or min(days, default=None)
        sightings.note(meter, [*days, *([before] if before else ())])
    sightings.save()
    return found


def _key(meter: MeterQuery) -> str:
    return json.dumps([meter.meter, sorted(meter.events)], ensure_ascii=False)


def _load(path: Path) -> dict[str, tuple[date, date]]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {key: (date.fromisoformat(first), date.fromisoformat(last)) for key, (first, last) in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # nothing kept yet, or not by this version
