"""What is asked of a database: the text of each query and the days it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import SourceSettingsError
from connectors.schema import Table

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.usage.warehouse.settings import Query, Settings, Sql
    from connectors.usage.warehouse.statement import Days


@dataclass(frozen=True, slots=True)
class Asking:
    """One query on its way: its text, and the days that are asked for."""

    query: Query
    label: str
    """What people know it by."""
    sql: str
    complete_to: str | None
    """The query that tells how far it is complete, if there is one."""
    wanted: Days
    asked: Days
    """More than is wanted, where meters have to be looked for."""

    @property
    def table(self) -> Table:
        """What its rows are."""
        return Table(self.query.table)

    def place(self, line: int) -> str:
        """Return where a row stands."""
        return f"{self.label}, row {line}"


def askings(source: str, settings: Settings, folder: Path, wanted: Days, further: Days) -> list[Asking]:
    """Return what is to be asked; days `further` than wanted are asked of queries that can be bounded.

    Raises SourceSettingsError with every file that cannot be read or used.
    """
    faults: list[str] = []
    found = []
    for index, query in enumerate(settings.queries):
        label = f"queries[{index}] ({query.table})"
        if (sql := text_of(query, folder, label, faults)) is not None:
            end = query.coverage.complete_to
            complete_to = text_of(end, folder, f"{label}.coverage.complete_to", faults) if end else None
            found.append(Asking(query, label, sql, complete_to, wanted, wanted if query.whole else further))
    if faults:
        raise SourceSettingsError(source, "\n".join(faults))
    return found


def text_of(query: Sql, folder: Path, place: str, faults: list[str]) -> str | None:
    """Return the text of a query, or None and what is wrong with its file among the faults."""
    if query.file is None:
        return query.sql
    path = folder / query.file
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        faults.append(f"{place}: the file {path} cannot be read: {error.strerror}")
        return None
    except ValueError:
        faults.append(f"{place}: the file {path} is no text in UTF-8")
        return None
    wrong = query.faults(text)
    faults += [f"{place}: {query.file}: {fault}" for fault in wrong]
    return None if wrong else text
