"""What a test sees of one reading of a warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from connectors.base import Batch, Places, Rejects, Window
from connectors.schema import SCHEMAS, Table
from connectors.usage.warehouse import Settings, WarehouseSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TODAY = date(2026, 3, 11)
SQL = "SELECT customer, meter, day, quantity FROM events WHERE day >= :since AND day <= :until"
EVENTS = "CREATE TABLE events (customer TEXT, meter TEXT, day DATE, quantity NUMERIC)"


def usage(sql: str = SQL, **more: object) -> dict[str, Any]:
    return {"table": "usage", "sql": sql, **more}


@dataclass
class Reading:
    """What one reading yielded."""

    batches: list[Batch] = field(default_factory=list)
    rejects: Rejects = field(default_factory=Rejects)

    def rows(self, table: str = "usage") -> list[dict[str, Any]]:
        return [
            {name: value for name, value in row.items() if value is not None}
            for batch in self.batches
            if batch.table == table
            for row in batch.rows.to_pylist()
        ]

    @property
    def coverage(self) -> list[tuple[str, str | None, int, int]]:
        """Meter, customer, and the days of March between which it is covered."""
        rows = self.rows("coverage")
        return [
            (row["meter"], row.get("customer"), _in_march(row["first_day"]), _in_march(row["last_day"])) for row in rows
        ]


@dataclass
class Warehouses:
    """A database that statements can be run in, and sources that read it."""

    folder: Path
    run: Callable[..., None]
    now: datetime = datetime(2026, 3, 11, 5, tzinfo=UTC)

    def source(self, *queries: dict[str, Any], **more: object) -> WarehouseSource:
        given = {"url": {"env": "WAREHOUSE_URL"}, "queries": queries, **more}
        settings = Settings.model_validate(given)
        return WarehouseSource("dwh", settings, Places.within(self.folder), now=lambda: self.now)

    def read(self, *queries: dict[str, Any], since: date | None = None, today: date = TODAY, **more: object) -> Reading:
        reading = Reading()
        for batch in self.source(*queries, **more).read(Window(since, today), reading.rejects):
            assert batch.rows.schema == SCHEMAS[Table(batch.table)]
            batch.rows.validate(full=True)
            reading.batches.append(batch)
        return reading

    def events(self, *rows: tuple[str | None, str | None, str | None, float | str | None]) -> None:
        values = (", ".join(map(_literal, row)) for row in rows)
        self.run(EVENTS, *(f"INSERT INTO events VALUES ({written})" for written in values))  # noqa: S608  # of the test


def _in_march(day: date) -> int:
    return day.toordinal() - date(2026, 2, 28).toordinal()


def _literal(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"
