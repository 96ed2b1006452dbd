"""Lays new usage into files by month: what was read again replaces what was known of the same days, and no other."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow.parquet as pq

from bot.facts.gathering import open_writer
from bot.facts.rollup import fits, roll_up
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.base import Window

PART: Final = "part.parquet"
DAILY_FOLDER: Final = "daily"
_COLUMNS: Final = ", ".join(SCHEMAS[Table.USAGE].names)
# Sorted by every column: the same rows make the same file, in whatever order they came.
_MONTH: Final = f"""
    SELECT {_COLUMNS} FROM read_parquet($new) WHERE day BETWEEN $first AND $last
    UNION ALL
    SELECT {_COLUMNS} FROM read_parquet($old) WHERE day NOT BETWEEN $first AND $last
    ORDER BY customer, meter, day, user_id, line_id, quantity, active_users
"""  # noqa: S608  # the columns are those of the schema
_FOUND: Final = """
    SELECT strftime(day, '%Y-%m') AS month, count(*) AS rows FROM read_parquet($new)
    WHERE day BETWEEN $since AND $until GROUP BY month
"""

Move = tuple["Path", "Path"]
"""A file that is ready, and its final place."""


@dataclass(frozen=True, slots=True)
class Months:
    """Files of the months that a window touches."""

    moves: tuple[Move, ...]
    inside: int
    """Rows that lie in the window."""


def stage_months(folder: Path, new: Path, stage: Path, window: Window) -> Months:
    """Prepare each month of the window in `stage`: the rows of `new`, and of `folder` the days beside the window.

    A month that has no rows any more becomes an empty file: a reader that has listed it still finds it.
    """
    there = _there(folder, window)
    if not there and _is_empty(new):
        return Months((), 0)
    nothing = stage / "nothing.parquet"
    open_writer(nothing, Table.USAGE).close()
    with duckdb.connect(":memory:", config={"temp_directory": str(stage / "spill")}) as connection:
        # On a terminal a long statement would draw its bar onto standard output.
        connection.execute("SET enable_progress_bar = false")
        found = _found(connection, new, window)
        moves = []
        for month in sorted(there | found.keys()):
            place, ready = folder / f"month={month}" / PART, stage / f"usage-{month}.parquet"
            first, last = _days(month, window)
            old = place if place.exists() else nothing
            values = {"new": str(new), "old": str(old), "first": first, "last": last}
            connection.sql(_MONTH, params=values).write_parquet(str(ready), compression="zstd")
            daily = roll_up(connection, ready, stage / f"daily-{month}.parquet")
            moves += [(ready, place), (daily, _daily_place(place))]
    return Months(tuple(moves), sum(found.values()))


def daily_file(usage: Path) -> Path | None:
    """Return the roll-up of a file of usage; None where there is none that fits it."""
    daily = _daily_place(usage)
    return daily if fits(daily, usage) else None


def _daily_place(usage: Path) -> Path:
    """Return where the roll-up of a file of usage lies: <facts>/daily/source=<s>/month=<m>/part.parquet."""
    facts = usage.parents[3]
    return facts / DAILY_FOLDER / usage.relative_to(facts / Table.USAGE)


def _is_empty(usage: Path) -> bool:
    return pq.ParquetFile(usage).metadata.num_rows == 0


def _found(connection: duckdb.DuckDBPyConnection, usage: Path, window: Window) -> dict[str, int]:
    values = {"new": str(usage), "since": window.since or date.min, "until": window.until}
    return dict(connection.execute(_FOUND, values).fetchall())


def _there(folder: Path, window: Window) -> set[str]:
    first = "" if window.since is None else f"{window.since:%Y-%m}"
    months = {path.parent.name.removeprefix("month=") for path in folder.glob(f"month=*/{PART}")}
    return {month for month in months if first <= month <= f"{window.until:%Y-%m}"}


def _days(month: str, window: Window) -> tuple[date, date]:
    """First and last day of the month that lie in the window."""
    year, number = map(int, month.split("-"))
    first, last = date(year, number, 1), date(year, number, monthrange(year, number)[1])
    return first if window.since is None else max(first, window.since), min(last, window.until)
