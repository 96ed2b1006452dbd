"""The contract's events in a warehouse: a table of them that grows, and the SQL that adds them up."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from connectors.usage.warehouse import Settings, WarehouseSource

if TYPE_CHECKING:
    from connectors.base import Source
    from tests.connectors.usage.world import World

_TABLE: Final = "CREATE TABLE events (at TEXT, name TEXT, customer TEXT, user TEXT, quantity REAL)"
_SQL: Final = """
    SELECT date(at) AS day, customer, NULLIF(CASE name WHEN 'session' THEN user END, '') AS user_id,
           CASE name WHEN 'session' THEN 'active_users' WHEN 'export' THEN 'exports' ELSE 'api_calls' END AS meter,
           SUM(CASE name WHEN 'api' THEN quantity ELSE 1 END) AS quantity
    FROM events
    WHERE name IN ('session', 'export', 'api') AND customer <> '' AND at >= :since AND at < :before
    GROUP BY 1, 2, 3, 4
"""
_PLACE: Final = "CONTRACT_WAREHOUSE"


class EventsTable:
    """A database in a file, filled anew with what is known by the time of each reading."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cut = False

    def source(self) -> Source:
        """Fill the table and open the source."""
        path = self._world.folder / "warehouse.db"
        path.unlink(missing_ok=True)
        rows: list[tuple[Any, ...]] = [
            (event.at.isoformat(" "), event.name, event.customer, event.user, event.properties.get("quantity"))
            for event in self._world.known()
        ]
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
        if self._cut:
            path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 4096)
        os.environ[_PLACE] = f"sqlite:///{path}"
        query = {"table": "usage", "sql": _SQL}
        settings = Settings.model_validate({"url": {"env": _PLACE}, "queries": [query], "timezone": "UTC"})
        return WarehouseSource("usage", settings, self._world.places(), now=lambda: self._world.now)

    def break_off(self) -> None:
        """Let the file be damaged where the rows stand."""
        self._cut = True

    def throttle(self) -> None:
        """Be asked for nothing: it has no limits."""
        raise NotImplementedError
