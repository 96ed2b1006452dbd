"""The daily use of single contract lines, as the last analysis saw it: what charts are made from.

    courses/lines.parquet    every contract line in force, with its figures, trend and forecast
    courses/feeds.parquet    which rows of usage tell of which line

Both are sorted by account and written at the end of a night, for its last day; the days themselves are read from the
roll-up of usage, where those of one customer lie side by side. So one account takes a fraction of a second however
many there are. Nothing but charts rests on these files: where they cannot be read or written all else goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog

from bot.core.chart import Point
from bot.facts.laying import DAYS, WANTED_DAYS, by_line, course_of, known_days, wanted_rows, ways_ahead, week_ends
from bot.facts.months import daily_file
from bot.facts.rollup import daily_view
from bot.facts.staging import put_in_place, staged
from connectors.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from bot.core.courses import Course
    from bot.facts.analysis import Analysis
    from bot.facts.store import FactStore

    Floats = npt.NDArray[np.float64]
    Row = dict[str, Any]

_log = structlog.get_logger(__name__)

_FOLDER: Final = "courses"
# No source can be named so: names of sources begin with a letter or a digit.
_LOCK_NAME: Final = ".courses"
_ROWS_A_GROUP: Final = 8_192
_AS_OF: Final = b"as_of"
_LINE_COLUMNS: Final = (
    "account_id", "line_id", "product", "kind", "meter", "unit", "contracted", "used", "utilization", "start", "end",
    "evergreen", "period_start", "period_end", "trend_direction", "trend_size", "trend_start", "run_out_date",
    "run_out_earliest", "run_out_latest",
)  # fmt: skip

_USE: Final = """
    SELECT w.row, CAST(datediff('day', u.day, $as_of) AS INTEGER) AS back,
        CASE w.aggregation
            WHEN 'sum' THEN u.quantity
            WHEN 'max' THEN coalesce(u.active_users, u.quantity)
            ELSE u.users
        END AS amount
    FROM daily_rows AS u
    INNER JOIN wanted AS w ON u.source = w.source AND u.meter = w.meter AND {key}
    WHERE u.day BETWEEN $as_of - $days + 1 AND $as_of
"""
_BY_CUSTOMER: Final = _USE.format(key="u.customer = w.customer AND NOT w.by_line")
# A line's rows are found by the line: one feed of a source stands for all of them, or they would count twice.
_BY_LINE: Final = _USE.format(key="u.line_id = w.line_id AND w.by_line AND w.first_of_source")
# Use without a name: nobody knows of how many users in 28 days.
_ACTIVE: Final = """
    WITH used AS (
        SELECT w.row, u.day, u.user_id, u.active_users
        FROM usage_rows AS u
        INNER JOIN wanted AS w ON u.source = w.source AND u.meter = w.meter AND u.customer = w.customer
        WHERE NOT w.by_line AND w.kind = 'seats' AND (u.quantity > 0 OR u.active_users > 0)
            AND u.day BETWEEN $as_of - $days + 1 AND $as_of
    )

    SELECT e.row, e.day, count(DISTINCT u.user_id) AS users, count(*) FILTER (WHERE u.user_id IS NULL) AS nameless
    FROM ends AS e
    INNER JOIN used AS u ON e.row = u.row AND u.day BETWEEN e.day - 27 AND e.day
    GROUP BY e.row, e.day
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the analysis of a day says of some accounts' lines, and of the usage that tells of them."""

    as_of: date
    lines: pa.Table
    feeds: pa.Table


class CourseBook:
    """Reads the use of contract lines day by day from the facts. Safe to use from several threads."""

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._folder = store.folder / _FOLDER

    def keep(self, analysis: Analysis) -> None:
        """Keep what an analysis says of every line, in place of what was kept before."""
        try:
            with staged(self._store.folder, _LOCK_NAME) as stage:
                tables = {"lines": _told_of(analysis), "feeds": analysis.feeds}
                put_in_place([self._staged(stage, name, table, analysis.as_of) for name, table in tables.items()])
        except (OSError, SourceError, pa.ArrowException) as error:
            _log.warning("no charts will be made of this day", day=str(analysis.as_of), problem=str(error))

    def _staged(self, stage: Path, name: str, table: pa.Table, as_of: date) -> tuple[Path, Path]:
        ready = stage / f"{name}.parquet"
        marked = table.sort_by("account_id").replace_schema_metadata({_AS_OF: str(as_of).encode()})
        pq.write_table(marked, ready, compression="zstd", row_group_size=_ROWS_A_GROUP)
        return ready, self._folder / ready.name

    def of(self, account_ids: Collection[str]) -> dict[str, tuple[Course, ...]]:
        """Return the lines in force of each account, as the last night saw them; of those it knows nothing of, none.

        Empty where nothing was kept or the facts cannot be read: the log says why.
        """
        wanted = sorted(set(account_ids))
        try:
            return self.laid_out(self._kept(wanted)) if wanted else {}
        except FileNotFoundError:
            return {}  # no night has ended yet
        except (OSError, pa.ArrowException, duckdb.Error, ValueError) as error:
            _log.warning("the use of lines cannot be read", problem=" ".join(str(error).split())[:500])
            return {}

    def of_analysis(self, analysis: Analysis, account_ids: Collection[str]) -> dict[str, tuple[Course, ...]]:
        """Return the same from an analysis that was not kept yet. Raises what DuckDB and Arrow raise."""
        wanted = pa.array(sorted(set(account_ids)), pa.string())
        lines, feeds = (
            table.filter(pc.is_in(table.column("account_id"), value_set=wanted))
            for table in (_told_of(analysis), analysis.feeds)
        )
        return self.laid_out(Kept(analysis.as_of, lines, feeds))

    def _kept(self, account_ids: Sequence[str]) -> Kept:
        tables = [
            pq.read_table(
                self._folder / f"{name}.parquet", filters=[("account_id", "in", account_ids)], partitioning=None
            )
            for name in ("lines", "feeds")
        ]
        days = {(table.schema.metadata or {}).get(_AS_OF, b"") for table in tables}
        if len(days) > 1:
            raise ValueError(f"{self._folder}: lines and feeds are of different days; the next night writes both anew")
        return Kept(date.fromisoformat(days.pop().decode()), *tables)

    def laid_out(self, kept: Kept) -> dict[str, tuple[Course, ...]]:
        """Lay out the days of every line that some usage tells of."""
        feeds = by_line(kept.feeds)
        rows = [row for row in kept.lines.to_pylist() if row["line_id"] in feeds and row["kind"] is not None]
        if not rows:
            return {}
        wanted = wanted_rows(rows, feeds)
        with duckdb.connect(":memory:", config={"temp_directory": str(self._store.spill)}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.register("wanted", wanted)
            counts = self._counts(connection, len(rows), kept.as_of)
            known = known_days(self._store.coverage(), [feeds[row["line_id"]] for row in rows], kept.as_of)
            counts = np.where(known, np.where(np.isfinite(counts), np.maximum(counts, 0.0), np.nan), np.nan)
            actives = self._actives(connection, rows, known, feeds, kept.as_of)
        firsts = [feeds[row["line_id"]][0] for row in rows]
        ahead = ways_ahead(rows, firsts, counts, kept.as_of)
        courses = [
            course_of(row, firsts[at], counts[at], actives.get(at, ()), ahead.get(at, ()), kept.as_of)
            for at, row in enumerate(rows)
        ]
        found: dict[str, list[Course]] = {}
        for course in courses:
            found.setdefault(course.account_id, []).append(course)
        return {account: tuple(some) for account, some in found.items()}

    def _counts(self, connection: duckdb.DuckDBPyConnection, rows: int, as_of: date) -> Floats:
        paths = [file for file in self._store.usage_files(as_of) if _month(file) >= _first_month(as_of)]
        dailies = {file: daily_file(file) for file in paths}
        rolled_up = [daily for daily in dailies.values() if daily is not None]
        daily_view(connection, rolled_up, [file for file, daily in dailies.items() if daily is None])
        counts = np.zeros((rows, DAYS))
        for query in (_BY_CUSTOMER, _BY_LINE):
            found = connection.execute(query, {"as_of": as_of, "days": DAYS}).fetchnumpy()
            places, back = found["row"].astype(np.int64), found["back"].astype(np.int64)
            # NULL is what nobody can count.
            amounts = np.ma.filled(np.ma.asarray(found["amount"], dtype=np.float64), np.nan)
            np.add.at(counts, (places, DAYS - 1 - back), amounts)
        return counts

    def _actives(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: Sequence[Row],
        known: npt.NDArray[np.bool_],
        feeds: Mapping[str, Sequence[Row]],
        as_of: date,
    ) -> dict[int, tuple[Point, ...]]:
        """Count the users of the 28 days up to the end of each week, for lines of seats."""
        ends = {
            at: list(week_ends(known[at], feeds[row["line_id"]][0]["complete_to"], as_of))
            for at, row in enumerate(rows)
            if row["kind"] == "seats" and feeds[row["line_id"]][0]["aggregation"] == "unique_users"
        }
        flat = [(at, day) for at, some in ends.items() for day, enough in some if enough]
        files = [
            str(file) for file in self._store.usage_files(as_of) if _month(file) >= _first_month(as_of, WANTED_DAYS)
        ]
        counted = _active_users(connection, flat, files, as_of) if flat and files else {}
        return {
            at: tuple(Point(day, counted.get((at, day), 0.0) if enough else None) for day, enough in some)
            for at, some in ends.items()
        }


def _told_of(analysis: Analysis) -> pa.Table:
    """Return the lines that some usage tells of."""
    lines = analysis.lines
    if not analysis.feeds.num_rows:
        return lines.select(["account_id"]).slice(0, 0)
    told = pc.is_in(lines.column("line_id"), value_set=analysis.feeds.column("line_id").combine_chunks().unique())
    return lines.filter(told).select(_LINE_COLUMNS)


def _active_users(
    connection: duckdb.DuckDBPyConnection, ends: Sequence[tuple[int, date]], files: Sequence[str], as_of: date
) -> dict[tuple[int, date], float | None]:
    at, days = zip(*ends, strict=True)
    connection.register("ends", pa.table({"row": pa.array(at, pa.int64()), "day": pa.array(days, pa.date32())}))
    query = "SELECT * FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)"
    connection.sql(query, params={"files": list(files)}).create_view("usage_rows", replace=True)
    found = connection.execute(_ACTIVE, {"as_of": as_of, "days": WANTED_DAYS}).fetchall()
    return {(row, day): None if nameless else float(users) for row, day, users, nameless in found}


def _month(file: Path) -> str:
    return file.parent.name.removeprefix("month=")


def _first_month(as_of: date, days: int = DAYS) -> str:
    return f"{as_of - timedelta(days=days):%Y-%m}"
