"""The events, and running compiled queries on them in an in-memory DuckDB."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bot.sandbox.posthog.errors import invalid_query
from bot.sandbox.posthog.hogql import Compiled, compile_query

if TYPE_CHECKING:
    from collections.abc import Callable


def _column(name: str, kind: pa.DataType) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=False)


EVENTS: Final = pa.schema(
    [
        _column("timestamp", pa.timestamp("us", tz="UTC")),
        _column("event", pa.string()),
        _column("distinct_id", pa.string()),
        _column("$group_0", pa.string()),  # empty: the event belongs to no group
        _column("properties", pa.string()),  # JSON
    ]
)
"""One row an event. Text columns may be dictionaries."""

_FIELDS: Final = frozenset({*EVENTS.names, "person_id"})
_TYPES: Final = {
    "VARCHAR": "String",
    "BIGINT": "UInt64",
    "HUGEINT": "Int64",
    "INTEGER": "Int32",
    "DOUBLE": "Float64",
    "DATE": "Date",
    "TIMESTAMP WITH TIME ZONE": "DateTime64(6, 'UTC')",
    "BOOLEAN": "Bool",
    "UUID": "UUID",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a query."""

    compiled: Compiled
    rows: list[list[Any]]
    types: list[tuple[str, str]]
    more: bool


class Engine:
    """Runs HogQL on a table of events. May be used by several threads at once."""

    def __init__(self, events: pa.Table, timezone: str, now: Callable[[], datetime] | None) -> None:
        self._zone = ZoneInfo(timezone)
        self._connection = duckdb.connect(":memory:")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET GLOBAL TimeZone = ?", [timezone])
        self._connection.register("given", events.select(EVENTS.names))
        # A person is made of a distinct id: the stand-in never merges two of them.
        self._connection.execute(
            "CREATE TABLE events AS SELECT *, CAST(md5(distinct_id) AS UUID) AS person_id FROM given ORDER BY timestamp"
        )
        self._connection.unregister("given")
        self._connection.execute("SET lock_configuration = true")
        self._newest: datetime | None = pc.max(events["timestamp"]).as_py()
        self._now = now or self._later_of_clock_and_events

    def _later_of_clock_and_events(self) -> datetime:
        """Tell the time. A sample company may live in the future: its newest event has happened all the same."""
        clock = datetime.now(UTC)
        return max(clock, self._newest) if self._newest else clock

    def run(self, text: str) -> Result:
        """Run one query. Raises ApiError in PostHog's form."""
        compiled = compile_query(text, _FIELDS, self._now())
        try:
            with self._connection.cursor() as cursor:
                relation = cursor.sql(compiled.sql)
                kinds = [str(kind) for kind in relation.types]
                # Through Arrow: DuckDB's own rows want another package for moments with a time zone.
                table = relation.to_arrow_table()
        except duckdb.Error as error:
            raise invalid_query(str(error).split("\n", maxsplit=1)[0], "clickhouse_error") from error
        more = not compiled.given and table.num_rows > compiled.limit
        columns = [self._json(column) for column in table.slice(0, compiled.limit).columns]
        return Result(
            compiled,
            [list(row) for row in zip(*columns, strict=True)],
            [(name, _TYPES.get(kind, kind)) for name, kind in zip(compiled.columns, kinds, strict=True)],
            more,
        )

    def _json(self, column: pa.ChunkedArray[Any]) -> list[Any]:
        """Return a column's values as JSON holds them."""
        kind = column.type
        values: list[Any] = column.to_pylist()
        if pa.types.is_floating(kind):
            return [value if value is not None and math.isfinite(value) else None for value in values]
        if pa.types.is_decimal(kind):  # sums of whole numbers come as these
            return [None if value is None else int(value) for value in values]
        if pa.types.is_timestamp(kind):
            return [None if value is None else value.astimezone(self._zone).isoformat() for value in values]
        if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            return values
        return [None if value is None else str(value) for value in values]  # dates, UUIDs
