"""The daily roll-up of usage: one row a customer, meter, contract line and day, however many users' rows there are.

It lies beside the months of usage and is made when they are. Each file says which file of usage it was made from: one
that does not fit it any more (a process died between the two, or an earlier version made none) is not read, and what
it would say is computed from the usage itself.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

_OF: Final = "rolled_up_from"
_TAIL: Final = 8
"""Bytes at the end of a Parquet file: the length of its footer, and four letters."""

_COLUMNS: Final[dict[str, pa.DataType]] = {
    "customer": pa.string(),
    "meter": pa.string(),
    "line_id": pa.string(),
    "day": pa.date32(),
    "quantity": pa.float64(),  # sum
    "row_count": pa.int64(),
    "user_rows": pa.int64(),  # rows that name a user, and rows that state a number of users
    "in_use": pa.bool_(),  # whether any row tells of use
    "users": pa.int64(),  # distinct users with use; NULL where some use names neither user nor number of users
    "active_users": pa.int64(),  # the highest that a row states
}
SCHEMA: Final = pa.schema({"source": pa.string(), **_COLUMNS})

DAILY: Final = """
    WITH user_days AS (
        SELECT
            {source} customer, meter, line_id, day, user_id,
            sum(quantity) AS quantity, max(quantity) AS most, max(active_users) AS active_users,
            count(*) AS row_count, count(user_id) + count(active_users) AS user_rows
        FROM {usage}
        GROUP BY ALL
    )

    SELECT
        {source} customer, meter, line_id, day,
        sum(quantity) AS quantity,
        CAST(sum(row_count) AS BIGINT) AS row_count,
        CAST(sum(user_rows) AS BIGINT) AS user_rows,
        bool_or(most > 0 OR coalesce(active_users, 0) > 0) AS in_use,
        CASE
            WHEN count(*) FILTER (WHERE user_id IS NULL AND active_users IS NULL AND most > 0) = 0
                THEN
                    CAST(
                        count(user_id) FILTER (WHERE most > 0)
                        + coalesce(sum(active_users) FILTER (WHERE user_id IS NULL), 0)
                        AS BIGINT
                    )
        END AS users,
        max(active_users) AS active_users
    FROM user_days
    GROUP BY ALL
    ORDER BY ALL
"""
"""A query of the roll-up of `usage`; `source` is empty, or a column and a comma."""

_ROLL_UP: Final = DAILY.format(source="", usage="read_parquet($usage)")


def roll_up(connection: duckdb.DuckDBPyConnection, usage: Path, ready: Path) -> Path:
    """Write the roll-up of one file of usage to `ready`."""
    rows = connection.sql(_ROLL_UP, params={"usage": str(usage)}).to_arrow_table()
    marked = rows.cast(pa.schema(_COLUMNS)).replace_schema_metadata({_OF: fingerprint(usage)})
    pq.write_table(marked, ready, compression="zstd")
    return ready


def fits(daily: Path, usage: Path) -> bool:
    """Tell whether a roll-up is there and was made from this very file of usage."""
    if not daily.exists():
        return False
    try:
        metadata = pq.read_schema(daily).metadata or {}
    except pa.ArrowInvalid:
        return False  # a damaged one loses nothing
    return metadata.get(_OF.encode()) == fingerprint(usage).encode()


def fingerprint(path: Path) -> str:
    """Return what tells one Parquet file from another: a digest of its footer, which holds sizes, places and ranges."""
    with path.open("rb") as file:
        file.seek(-_TAIL, 2)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-_TAIL - length, 2)
        return hashlib.sha256(file.read(length)).hexdigest()


def daily_view(connection: duckdb.DuckDBPyConnection, rolled_up: Sequence[Path], others: Sequence[Path]) -> None:
    """Make the view `daily_rows`: roll-ups, and usage that has none, rolled up as it is read; columns of SCHEMA."""
    connection.register("no_days", SCHEMA.empty_table())
    query = "SELECT * FROM no_days"
    if rolled_up:
        _view(connection, "rolled_up_files", rolled_up)
        query += " UNION ALL BY NAME SELECT * EXCLUDE (month) FROM rolled_up_files"
    if others:
        _view(connection, "other_files", others)
        query += f" UNION ALL BY NAME ({DAILY.format(source='source,', usage='other_files')})"
    connection.sql(query).create_view("daily_rows", replace=True)


def _view(connection: duckdb.DuckDBPyConnection, name: str, paths: Sequence[Path]) -> None:
    query = "SELECT * FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)"
    connection.sql(query, params={"files": [str(path) for path in paths]}).create_view(name, replace=True)
