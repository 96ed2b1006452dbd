"""Daily series from a file, cut into chunks: 120 days to warm up, 365 that are scored."""

from __future__ import annotations

import csv
import gzip
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

WARM_UP: Final = 120
SCORED: Final = 365
DAYS: Final = WARM_UP + SCORED
COLUMNS: Final = ("series", "source", "day", "count")
_LEAST_LEVEL: Final = 20.0
_LEVEL_DAYS: Final = 28
_MOST_MISSING: Final = 0.35
_FAULTS: Final = 20
# The one exception for what happened to people's movements in 2020, told by what a name begins with.
_MOVEMENTS: Final = ("madrid_", "bicimad", "bike", "ped_", "pedestrian")
_LOCKDOWN: Final = date(2020, 2, 28)


class SeriesError(Exception):
    """A file of series that cannot be used; the message says where and what is wanted."""


@dataclass(frozen=True, slots=True)
class Daily:
    """One series from its first to its last day."""

    source: str
    first: date
    counts: Floats
    """[days]; NaN is missing."""


@dataclass(frozen=True, slots=True)
class Chunks:
    """All chunks of a file; a chunk is a row."""

    names: npt.NDArray[np.str_]
    """[chunks]: the series each was cut from."""
    first: tuple[date, ...]
    counts: Floats
    """[chunks, DAYS]; NaN is missing."""
    others: tuple[Floats, ...]
    """Of each chunk: the other series of its source on the same days, [others, DAYS]."""

    def __len__(self) -> int:
        return len(self.names)


def read_series(path: Path) -> dict[str, Daily]:
    """Read a CSV file, gzipped or not, of `series,source,day,count`; an empty count is a missing day.

    Raises SeriesError with every row that cannot be read, up to twenty.
    """
    values: defaultdict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    faults: list[str] = []
    for number, row in enumerate(_rows(path), start=2):
        try:
            day, count = _day_and_count(row)
        except ValueError as problem:
            faults.append(f"{path}:{number}: {problem}")
            continue
        days = values[row["series"], row["source"]]
        if day in days:
            faults.append(f"{path}:{number}: {row['series']} has {row['day']} for the second time")
        days[day] = count
    if faults:
        more = [f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else []
        raise SeriesError("\n".join([*faults[:_FAULTS], *more]))
    return {name: _daily(source, counts) for (name, source), counts in sorted(values.items())}


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = csv.DictReader(text.decode().splitlines())
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise SeriesError(f"{path}: cannot be read: {problem}") from problem
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise SeriesError(f"{path}: no column {', '.join(missing)}; wanted are {','.join(COLUMNS)}")
    return list(rows)


def _day_and_count(row: dict[str, str]) -> tuple[int, float]:
    # A row that is too short has None in place of text.
    if None in row.values():
        raise ValueError("too few columns")
    day, count = date.fromisoformat(row["day"]).toordinal(), float(row["count"] or "nan")
    if count < 0 or math.isinf(count):
        raise ValueError(f"{row['count']} is no count")
    return day, count


def _daily(source: str, counts: dict[int, float]) -> Daily:
    first = min(counts)
    table = np.full(max(counts) - first + 1, np.nan)
    table[np.array(list(counts)) - first] = list(counts.values())
    return Daily(source, date.fromordinal(first), table)


def cut(series: dict[str, Daily]) -> Chunks:
    """Cut series into chunks that follow each other from the first day on whose next 28 have a median of 20."""
    series = {name: daily for name, before in series.items() if len((daily := _until_lockdown(name, before)).counts)}
    found = [
        (name, begin)
        for name, daily in series.items()
        for begin in range(_begin(daily.counts), len(daily.counts) - DAYS + 1, DAYS)
        if np.isnan(daily.counts[begin : begin + DAYS]).mean() < _MOST_MISSING
    ]
    if not found:
        longest = max((len(daily.counts) for daily in series.values()), default=0)
        raise SeriesError(
            f"no series has {DAYS} days from the first on at which 28 days have a median of {_LEAST_LEVEL:g}; "
            f"the longest has {longest}"
        )
    first = tuple(series[name].first + timedelta(days=begin) for name, begin in found)
    return Chunks(
        np.array([name for name, _ in found]),
        first,
        np.stack([series[name].counts[begin : begin + DAYS] for name, begin in found]),
        tuple(_others(series, name, begins) for (name, _), begins in zip(found, first, strict=True)),
    )


def _until_lockdown(name: str, daily: Daily) -> Daily:
    days = (_LOCKDOWN - daily.first).days if name.lower().startswith(_MOVEMENTS) else len(daily.counts)
    return Daily(daily.source, daily.first, daily.counts[: max(days, 0)])


def _begin(counts: Floats) -> int:
    for begin in range(len(counts) - _LEVEL_DAYS + 1):
        days = counts[begin : begin + _LEVEL_DAYS]
        if np.sum(~np.isnan(days)) >= _LEVEL_DAYS / 2 and np.nanmedian(days) >= _LEAST_LEVEL:
            return begin
    return len(counts)


def _others(series: dict[str, Daily], name: str, first: date) -> Floats:
    rows = []
    for other, daily in series.items():
        offset = (first - daily.first).days
        begin, end = max(offset, 0), min(offset + DAYS, len(daily.counts))
        if other == name or daily.source != series[name].source or begin >= end:
            continue
        row = np.full(DAYS, np.nan)
        row[begin - offset : end - offset] = daily.counts[begin:end]
        rows.append(row)
    return np.array(rows).reshape(-1, DAYS)


def turn_of_year(first: tuple[date, ...]) -> npt.NDArray[np.bool_]:
    """Tell 22 December to 6 January: what the product masks where 25 December is a holiday; [chunks, DAYS]."""
    days = [[begin + timedelta(days=day) for day in range(DAYS)] for begin in first]
    return np.array(
        [[(day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 6) for day in row] for row in days]
    )
