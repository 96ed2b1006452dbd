"""Puts the trend beside the metrics: arrays out of the analysis, a table back into it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from bot.core.trends.find import find, find_monthly
from bot.core.trends.incidents import Incident
from bot.core.trends.outcome import Basis, ContractChange, Series, Verdict, blank
from bot.core.trends.words import percent, sentence
from bot.facts.series import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from bot.core.trends.outcome import Trends
    from bot.facts.series import SeriesReader

    Floats = npt.NDArray[np.float64]
    Changes = Mapping[int, Sequence[tuple[int, float, float]]]

BATCH: Final = 8_000
"""Series that are judged at once: 400 days of them are 26 MB, and the detector works on some thirty such arrays."""

_COVERED: Final = 0.8
"""Share of a month's days that must be covered: its sum is scaled then."""

_COLUMNS: Final[dict[str, pa.DataType]] = {
    "series_no": pa.int64(),
    "trend_direction": pa.string(),
    "trend_size": pa.float64(),
    "trend_start": pa.date32(),
    "trend_confidence": pa.float64(),
    "trend_basis": pa.string(),
    "trend_provisional": pa.bool_(),
    "trend_words": pa.string(),
}
SERIES_TRENDS: Final = pa.schema(_COLUMNS)
"""One row a series; the direction is NULL where nothing could be judged."""

_DIRECTIONS: Final = {
    Verdict.FALLING: "falling",
    Verdict.RISING: "rising",
    Verdict.FLAT: "flat",
    # Use that moved with the contract stands where it was bought to stand.
    Verdict.CONTRACT_CHANGE: "flat",
}


@dataclass(frozen=True, slots=True)
class Trending:
    """Trends of all series, and the days on which a whole fleet went missing."""

    trends: pa.Table
    """Columns of SERIES_TRENDS."""
    incidents: tuple[str, ...]
    """In words."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Some neighbouring series of one cadence."""

    cadence: str
    first: int
    after: int

    def __len__(self) -> int:
        return self.after - self.first


def series_trends(reader: SeriesReader, days: int, months: int) -> Trending:
    """Judge every series as of the last day: those of daily use from so many days, monthly ones from so many months."""
    changes = _changes(reader)
    tables, incidents = [SERIES_TRENDS.empty_table()], list[Incident]()
    for part in _parts(reader):
        if part.cadence == "day":
            calendar = Calendar(reader.as_of, days)
            found = find(_series(reader, part, calendar, changes))
            tables.append(_table(part, found, calendar.every_day(), reader.as_of))
            incidents += found.incidents
        elif part.cadence == "month":
            found, whole = _monthly(reader, part, months, changes)
            tables.append(_table(part, found, whole, reader.as_of))
        else:
            rare = blank(len(part), Verdict.TOO_LITTLE_VOLUME, Basis.MONTHLY)
            tables.append(_table(part, rare, [], reader.as_of))
    return Trending(pa.concat_tables(tables), tuple(_said(incidents, reader, Calendar(reader.as_of, days))))


def _parts(reader: SeriesReader) -> Iterator[_Part]:
    """Cut the series into parts that fit into memory; only a fleet too large for one is spread over several."""
    cadences: list[str] = [str(each) for each in reader.keys.column("cadence").to_pylist()]
    fleets = reader.keys.column("fleet").to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(fleets)) + 1).tolist(), len(fleets)]
    first = 0
    for end, following in pairwise([*edges[1:], edges[-1] + 1]):
        fits = following <= len(fleets) and cadences[end] == cadences[first] and following - first <= BATCH
        if not fits and first < end:
            yield from (_Part(cadences[first], at, min(at + BATCH, end)) for at in range(first, end, BATCH))
            first = end


def _series(reader: SeriesReader, part: _Part, calendar: Calendar, changes: Changes) -> Series:
    keys = reader.keys.slice(part.first, len(part))
    return Series(
        counts=reader.counts(part.first, part.after, calendar.days),
        first_day=calendar.first_day,
        fleets=keys.column("fleet").to_numpy(),
        countries=keys.column("country").to_pylist(),
        contract_changes=_changes_of(part, changes, np.arange(calendar.days)),
    )


def _changes(reader: SeriesReader) -> dict[int, list[tuple[int, float, float]]]:
    """Return when what is contracted changed, by series: days back, before, after."""
    changes: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    columns = (column.to_pylist() for column in reader.changes().columns)
    for number, *change in zip(*columns, strict=True):
        changes[number].append((change[0], change[1], change[2]))
    return changes


def _changes_of(part: _Part, changes: Changes, column_of: npt.NDArray[np.intp]) -> dict[int, list[ContractChange]]:
    """Return the changes of a part by the row of the series; `column_of`: the column that stands for each day."""
    latest = len(column_of) - 1
    return {
        number - part.first: [
            ContractChange(int(column_of[latest - back]), old, new)
            for back, old, new in changes[number]
            if back <= latest
        ]
        for number in range(part.first, part.after)
        if number in changes
    }


def _monthly(reader: SeriesReader, part: _Part, months: int, changes: Changes) -> tuple[Trends, list[date]]:
    """Judge sums of whole calendar months; the month of as-of counts where as-of is its last day."""
    calendar = Calendar(reader.as_of, 31 * months)
    days = calendar.every_day()
    first_of = [number for number, day in enumerate([*days, days[-1] + timedelta(days=1)]) if day.day == 1]
    counts = reader.counts(part.first, part.after, calendar.days)
    sums = np.stack([_month(counts[:, begin:end]) for begin, end in pairwise(first_of)], axis=1)
    month_of = np.searchsorted(first_of, np.arange(calendar.days), side="right") - 1
    moved = _changes_of(part, changes, month_of)
    fleets = reader.keys.column("fleet").to_numpy()[part.first : part.after]
    return find_monthly(sums, fleets, moved), [days[number] for number in first_of[:-1]]


def _month(counts: Floats) -> Floats:
    """Sum up the days of a month; one that is covered by less than four fifths is unknown."""
    covered = np.sum(~np.isnan(counts), axis=1)
    share = covered / counts.shape[1]
    sums = np.nansum(counts, axis=1) / np.where(share > 0, share, 1)
    return np.where(share >= _COVERED, sums, np.nan)


def _table(part: _Part, found: Trends, days: Sequence[date], as_of: date) -> pa.Table:
    direction = [_DIRECTIONS.get(Verdict(verdict)) for verdict in found.verdict.tolist()]
    moving = np.isin(found.verdict, (Verdict.FALLING, Verdict.RISING))
    judged = np.array([each is not None for each in direction], dtype=np.bool_)
    starts = [days[start] if moves else None for start, moves in zip(found.start.tolist(), moving, strict=True)]
    columns: dict[str, Any] = {
        "series_no": np.arange(part.first, part.after),
        "trend_direction": direction,
        "trend_size": pa.array(np.where(moving, found.size, 0.0), mask=~judged | (moving & np.isnan(found.size))),
        "trend_start": starts,
        "trend_confidence": pa.array(found.confidence, mask=~moving | np.isnan(found.confidence)),
        "trend_basis": [basis if known else None for basis, known in zip(found.basis.tolist(), judged, strict=True)],
        "trend_provisional": pa.array(found.provisional, mask=~judged),
        "trend_words": _words(found, days, as_of),
    }
    return pa.table(columns, schema=SERIES_TRENDS)


def _words(found: Trends, days: Sequence[date], as_of: date) -> list[str]:
    """Say each trend; those without figures, which are most of them, are alike."""
    alike: dict[tuple[str, str, bool], str] = {}
    words = []
    for row, kind in enumerate(
        zip(found.verdict.tolist(), found.basis.tolist(), found.provisional.tolist(), strict=True)
    ):
        if found.start[row] >= 0:
            words.append(sentence(found.row(row, days), as_of))
        elif kind in alike:
            words.append(alike[kind])
        else:
            words.append(alike.setdefault(kind, sentence(found.row(row, days), as_of)))
    return words


def _said(incidents: Sequence[Incident], reader: SeriesReader, calendar: Calendar) -> Iterator[str]:
    """Say incidents in words; what parts of one large fleet tell of the same days is said once, at its worst."""
    worst: dict[tuple[int, int, int], float] = {}
    for each in incidents:
        key = each.fleet, each.first, each.last
        worst[key] = max(worst.get(key, 0.0), each.share)
    fleets, days = reader.keys.column("fleet").to_numpy(), calendar.every_day()
    for (fleet, first, last), share in worst.items():
        row = int(np.searchsorted(fleets, fleet))
        source, meter = (reader.keys.column(name)[row] for name in ("source", "meter"))
        when = f"on {days[first]}" if first == last else f"from {days[first]} to {days[last]}"
        yield (
            f"{source}: {meter} went missing {when} for {percent(share)} of the customers at once; "
            "taken for an outage, so that those days count for no trend"
        )
