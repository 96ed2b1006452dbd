"""Daily series out of the analysis: the calendar spine by measure and day, as arrays.

A day that not every feed of a measure covers is unknown (NaN), a covered day without a row is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import duckdb
    import numpy.typing as npt
    import pyarrow as pa

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.int64]


_LEAST_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that the columns of the arrays stand for; the last one is as-of."""

    as_of: date
    days: int

    @property
    def first_day(self) -> date:
        """The first column."""
        return self.as_of - timedelta(days=self.days - 1)

    def every_day(self) -> list[date]:
        """Return the day of each column."""
        return [self.first_day + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True, slots=True)
class DailyUse:
    """What each measure was used a day."""

    keys: pa.Table
    """One row a series: account_id, meter, line_id (where use is told by line), aggregation, source, cadence, ..."""
    calendar: Calendar
    counts: Floats
    """[series, days] of the calendar: NaN is unknown, 0 is measured."""


class SeriesReader:
    """Reads the tables of `15_series.sql`, some series at a time."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, as_of: date) -> None:
        self._cursor = cursor
        self.as_of = as_of
        self.keys: pa.Table = cursor.sql("SELECT * FROM series ORDER BY series_no").to_arrow_table()
        """One row a series: series_no, fleet, account_id, meter, line_id, aggregation, source, cadence, country, ..."""

    def reach(self, days: int) -> int:
        """Return how many of the last `days` days there is anything to lay out for: four weeks at least."""
        query = "SELECT coalesce(max(first_back), 0) FROM series_spans"
        ((furthest,),) = self._cursor.execute(query).fetchall()
        return min(days, max(int(furthest) + 1, _LEAST_DAYS))

    def counts(self, first: int, after: int, days: int) -> Floats:
        """Return the counts [after - first, days] of these series, never negative: NaN is unknown, 0 is measured."""
        counts = np.where(self._known(first, after, days), 0.0, np.nan)
        rows, back, amounts = self._columns("series_use", ("series_no", "back", "amount"), (first, after))
        told = back < days
        flat = ((rows - first) * days + days - 1 - back)[told].astype(np.int64)
        # NULL comes as NaN: rows that nobody can count. What lies outside of the coverage stays unknown.
        counts += np.bincount(flat, weights=amounts[told], minlength=counts.size).reshape(counts.shape)
        # Corrections may take back more than a day had; less than nothing was not used. What is no number is unknown.
        return np.where(np.isfinite(counts), np.maximum(counts, 0.0), np.nan)

    def everything(self, days: int) -> DailyUse:
        """Return all series at once."""
        calendar = Calendar(self.as_of, days)
        return DailyUse(self.keys, calendar, self.counts(0, self.keys.num_rows, days))

    def changes(self) -> pa.Table:
        """Return when what is contracted changed: series_no, back, capacity_before, capacity_after."""
        table: pa.Table = self._cursor.table("series_changes").to_arrow_table()
        return table

    def _known(self, first: int, after: int, days: int) -> npt.NDArray[np.bool_]:
        """Tell the days [series, days] that every feed of a series covers."""
        rows, begin, end = self._columns("series_spans", ("series_no", "first_back", "last_back"), (first, after))
        edges = np.zeros((after - first, days + 1), dtype=np.int16)
        # Counted back: a span that begins before the first column begins with it.
        starts, ends = np.maximum(days - 1 - begin, 0).astype(np.int64), (days - 1 - end).astype(np.int64)
        within = ends >= starts
        places = (rows - first).astype(np.int64)[within]
        np.add.at(edges, (places, starts[within]), 1)
        np.add.at(edges, (places, ends[within] + 1), -1)
        feeds = self.keys.column("feed_count").to_numpy()[first:after]
        known: npt.NDArray[np.bool_] = np.cumsum(edges[:, :-1], axis=1) == feeds[:, None]
        return known

    def _columns(self, table: str, names: tuple[str, ...], part: tuple[int, int]) -> list[Floats]:
        """Read columns of the series of a part; NULL becomes NaN."""
        rows = self._cursor.table(table).filter(f"series_no >= {part[0]:d} AND series_no < {part[1]:d}")
        columns = rows.select(*names).fetchnumpy()
        return [np.ma.filled(np.ma.asarray(columns[name], dtype=np.float64), np.nan) for name in names]
