"""What a test sees of one reading of a source of files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from connectors.base import Batch, Rejects

UNTIL = date(2026, 3, 31)


@dataclass
class Reading:
    """What one reading yielded."""

    batches: list[Batch] = field(default_factory=list)
    rejects: Rejects = field(default_factory=Rejects)

    def rows(self, table: str, day: date | None = None) -> list[dict[str, Any]]:
        """All rows of a table, without the fields that are unknown."""
        return [
            {name: value for name, value in row.items() if value is not None}
            for batch in self.batches
            if batch.table == table and day in {None, batch.day}
            for row in batch.rows.to_pylist()
        ]

    def column(self, table: str, name: str) -> list[Any]:
        return [row.get(name) for row in self.rows(table)]

    @property
    def reasons(self) -> dict[str, int]:
        return self.rejects.by_reason()


class Read(Protocol):
    """Reads files of the test's folder, as the settings of each set say."""

    def __call__(self, *files: dict[str, Any], until: date = ..., since: date | None = None) -> Reading: ...
