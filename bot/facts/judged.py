"""What was known when days were judged: so that a later night sees which of it has changed.

    judged/usage.parquet                   of the last days that were judged last: a digest by source, customer and day
    judged/coverage/day=<YYYY-MM-DD>.parquet    the coverage of all sources as it was when that day was judged

A day has changed where its usage is not as it was, although it was covered then; or where its coverage is not,
although the source had come so far. Days that a source had not reached yet are no changes, they are news. Nothing rests
on these files but which alerts late data undo: where they cannot be read or written all else goes on, and the log says
so.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from bot.facts.months import daily_file
from bot.facts.rollup import daily_view
from bot.facts.staging import put_in_place, staged
from connectors.base import SourceError
from connectors.schema import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from bot.facts.store import FactStore

_log = structlog.get_logger(__name__)

_FOLDER: Final = "judged"
# No source can be named so: names of sources begin with a letter or a digit.
_LOCK_NAME: Final = ".judged"
_TYPES: Final[dict[str, pa.DataType]] = {"source": pa.string(), "customer": pa.string(), "day": pa.date32()}
CHANGED: Final = pa.schema(_TYPES)
"""Columns of `changed`; a customer that is NULL stands for everybody."""
_DIGESTS: Final = CHANGED.append(pa.field("digest", pa.uint64()))
_COVERAGE: Final = pa.schema([pa.field("source", pa.string()), *COVERAGE])

# A sum of hashes does not depend on the order of rows; it is cut to 64 bits, which it may overflow.
_DIGEST: Final = """
    SELECT source, customer, day,
        CAST(sum(CAST(hash(meter, line_id, quantity, row_count, user_rows, users, active_users) AS HUGEINT))
            % 18446744073709551615 AS UBIGINT) AS digest
    FROM daily_rows
    WHERE day BETWEEN $first AND $last
    GROUP BY source, customer, day
    ORDER BY source, customer, day
"""
_RESTATED: Final = """
    SELECT coalesce(t.source, n.source) AS source, coalesce(t.customer, n.customer) AS customer,
        coalesce(t.day, n.day) AS day
    FROM (SELECT * FROM digests_then WHERE day BETWEEN $first AND $last) AS t
    FULL OUTER JOIN digests_now AS n ON t.source = n.source AND t.customer = n.customer AND t.day = n.day
    WHERE t.digest IS DISTINCT FROM n.digest
"""
# A day that was covered for anybody then: who has rows of it now and had none may have been covered by a wider span.
_WAS_COVERED: Final = f"""
    SELECT DISTINCT r.source, r.customer, r.day
    FROM ({_RESTATED}) AS r
    SEMI JOIN coverage_then AS c
        ON r.source = c.source
        AND coalesce(c.customer, r.customer) = r.customer
        AND r.day BETWEEN c.first_day AND c.last_day
"""  # noqa: S608  # put together from constants
_DAYS_OF: Final = """
    SELECT source, meter, customer, CAST(unnest(generate_series(
        greatest(first_day, $first), least(last_day, $last), INTERVAL 1 DAY)) AS DATE) AS day
    FROM {table}
    WHERE first_day <= $last AND last_day >= $first
"""
_RECOVERED: Final = f"""
    WITH reach AS (SELECT source, max(last_day) AS last_day FROM coverage_then GROUP BY source),
    days_then AS ({_DAYS_OF.format(table="coverage_then")}),
    days_now AS ({_DAYS_OF.format(table="coverage_now")}),
    apart AS (
        (SELECT * FROM days_then EXCEPT SELECT * FROM days_now)
        UNION ALL
        (SELECT * FROM days_now EXCEPT SELECT * FROM days_then)
    )
    SELECT DISTINCT a.source, a.customer, a.day
    FROM apart AS a INNER JOIN reach AS r ON a.source = r.source AND a.day <= r.last_day
"""  # noqa: S608  # put together from constants


class JudgedFacts:
    """What was known of the last `days` days when they were judged, beside the facts. One night at a time writes."""

    def __init__(self, store: FactStore, days: timedelta) -> None:
        self._store = store
        self._days = days
        self._folder = store.folder / _FOLDER

    def changed(self, until: date) -> pa.Table:
        """Tell which days up to `until` are not as they were when they were judged last: columns of CHANGED."""
        then, coverage = _kept(self._folder / "usage.parquet", _DIGESTS), self._last_coverage()
        if then is None or coverage is None:
            return CHANGED.empty_table()
        values = {"first": until - self._days, "last": until}
        with duckdb.connect(":memory:", config={"temp_directory": str(self._store.spill)}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.register("digests_then", then)
            connection.register("digests_now", self._digests(connection, **values))
            connection.register("coverage_then", coverage)
            connection.register("coverage_now", self._store.coverage())
            parts = [_answer(connection, query, values).cast(CHANGED) for query in (_WAS_COVERED, _RECOVERED)]
        return pa.concat_tables(parts)

    def coverage_then(self, day: date) -> pa.Table:
        """Return the coverage that a day is judged by once more: as it is now, as far as the sources had come then."""
        files, now = self._coverage_files(), self._store.coverage()
        first = min((kept for kept in files if kept >= day), default=None)
        then = None if first is None else _kept(files[first], _COVERAGE)
        return now if then is None else _cut(now, then)

    def keep(self, day: date, doubted: Collection[str] = ()) -> None:
        """Keep what is known now, at the end of judging a day.

        Of a source that is `doubted` nothing is ended by what it says now: what was known before is kept for it, so
        that the night on which it is believed again sees what has changed.
        """
        try:
            with staged(self._store.folder, _LOCK_NAME) as stage:
                put_in_place(list(self._moves(stage, day, doubted)))
            self._prune(day)
        except (OSError, SourceError, pa.ArrowException, duckdb.Error) as error:
            _log.warning("what was judged is not kept", day=str(day), problem=str(error))

    def _moves(self, stage: Path, day: date, doubted: Collection[str]) -> Iterator[tuple[Path, Path]]:
        with duckdb.connect(":memory:", config={"temp_directory": str(self._store.spill)}) as connection:
            connection.execute("SET enable_progress_bar = false")
            usage = self._digests(connection, day - self._days, day)
        coverage = self._store.coverage()
        if doubted:
            usage = _but_for(usage, _kept(self._folder / "usage.parquet", _DIGESTS), doubted)
            coverage = _but_for(coverage, self._last_coverage(), doubted)
        pq.write_table(usage, stage / "usage.parquet", compression="zstd")
        pq.write_table(coverage, stage / "coverage.parquet", compression="zstd")
        yield stage / "coverage.parquet", self._folder / "coverage" / f"day={day}.parquet"
        yield stage / "usage.parquet", self._folder / "usage.parquet"

    def _digests(self, connection: duckdb.DuckDBPyConnection, first: date, last: date) -> pa.Table:
        paths = [path for path in self._store.usage_files(last) if path.parent.name >= f"month={first:%Y-%m}"]
        dailies = {path: daily_file(path) for path in paths}
        rolled_up = [daily for daily in dailies.values() if daily is not None]
        daily_view(connection, rolled_up, [path for path, daily in dailies.items() if daily is None])
        return _answer(connection, _DIGEST, {"first": first, "last": last}).cast(_DIGESTS)

    def _last_coverage(self) -> pa.Table | None:
        files = self._coverage_files()
        return _kept(files[max(files)], _COVERAGE) if files else None

    def _coverage_files(self) -> dict[date, Path]:
        found = (self._folder / "coverage").glob("day=*.parquet")
        return {date.fromisoformat(path.stem.removeprefix("day=")): path for path in found}

    def _prune(self, day: date) -> None:
        for kept, path in self._coverage_files().items():
            if kept < day - self._days:
                path.unlink()


def _answer(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, date]) -> pa.Table:
    answer: pa.Table | None = connection.sql(query, params=values).to_arrow_table()
    assert answer is not None  # every query here is a SELECT
    return answer


def _but_for(now: pa.Table, then: pa.Table | None, sources: Collection[str]) -> pa.Table:
    """Return what is known now, but of some sources what was known then."""
    believed = now.filter(pa.array([source not in sources for source in now.column("source").to_pylist()], pa.bool_()))
    if then is None:
        return believed
    kept = then.filter(pa.array([source in sources for source in then.column("source").to_pylist()], pa.bool_()))
    return pa.concat_tables([believed, kept.cast(believed.schema)])


def _cut(now: pa.Table, then: pa.Table) -> pa.Table:
    """Return coverage up to where it reached then: of each span's meter and customer, or else of its source."""
    reached: dict[tuple[Any, ...], date] = {}
    for row in then.to_pylist():
        for key in ((row["source"], row["meter"], row["customer"]), (row["source"],)):
            reached[key] = max(row["last_day"], reached.get(key, date.min))
    rows = []
    for row in now.to_pylist():
        of_source = reached.get((row["source"],), date.min)
        last = reached.get((row["source"], row["meter"], row["customer"]), of_source)
        if row["first_day"] <= last:
            rows.append({**row, "last_day": min(row["last_day"], last)})
    return pa.Table.from_pylist(rows, schema=_COVERAGE)


def _kept(path: Path, schema: pa.Schema) -> pa.Table | None:
    try:
        return pq.ParquetFile(path).read().cast(schema)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, ValueError) as error:
        _log.warning("what was judged cannot be read", file=str(path), problem=str(error))
        return None
