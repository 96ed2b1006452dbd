"""Builds small worlds of contracts and usage: what a test says is what the store holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bot.core.attribution import Attribution, Meter, ProductRule
from bot.facts.engine import Engine
from bot.facts.store import FactStore
from connectors.base import Batch, Window
from connectors.schema import SCHEMAS, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bot.facts.engine import Analysis

Row = dict[str, Any]

RULES = (
    ProductRule("PACK-1000", None, None, Kind.COMMIT, "calls", per=1000),
    ProductRule("SEAT-*", None, None, Kind.SEATS, "logins"),
)
METERS = (Meter("calls", "calls"), Meter("gauge", "GB", "max"))  # type: ignore[arg-type]  # the words of the settings


def rows(table: Table, some: Iterable[Row]) -> pa.Table:
    """Rows of a table; columns that are not named are NULL."""
    return pa.Table.from_pylist(list(some), schema=SCHEMAS[table])


def batch(table: Table, day: date, *some: Row) -> Batch:
    return Batch(table, day, rows(table, some))


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def day(text: str, year: int = 2026) -> date:
    """Read a day written as `03-31`, or with its year."""
    return date.fromisoformat(text if len(text) > 5 else f"{year}-{text}")


def every_day(customer: str, meter: str, span: str, quantity: float = 1.0, **more: object) -> list[Row]:
    """The same use on each day of `01-01..03-31`."""
    first, _, last = span.partition("..")
    return [
        {"customer": customer, "meter": meter, "day": one, "quantity": quantity, **more}
        for one in days(day(first), day(last or first))
    ]


def covered(span: str, **more: object) -> Row:
    first, _, last = span.partition("..")
    return {"first_day": day(first), "last_day": day(last or first), **more}


class World:
    """A CRM named `crm`, usage sources of any name, and what they say."""

    def __init__(self, folder: Path) -> None:
        self.store = FactStore(folder)
        self.accounts: list[Row] = []
        self.lines: list[Row] = []
        self.usage: dict[str, list[Row]] = {}
        self.coverage: dict[str, list[Row]] = {}

    def account(self, account_id: str, **more: object) -> None:
        self.accounts.append({"account_id": account_id, "name": account_id.title(), **more})

    def line(self, account_id: str, line_id: str = "", **more: object) -> None:
        """A line of 2026 unless said otherwise."""
        plain = {"line_id": line_id or f"{account_id}-{len(self.lines)}", "account_id": account_id, "quantity": 1.0}
        self.lines.append({**plain, "start": day("01-01"), "end": day("12-31"), **more})

    def use(self, some: Iterable[Row], source: str = "usage") -> None:
        self.usage.setdefault(source, []).extend(some)

    def cover(self, *some: Row, source: str = "usage") -> None:
        self.coverage.setdefault(source, []).extend(some)

    def write(self, as_of: date) -> None:
        crm = [batch(Table.ACCOUNTS, as_of, *self.accounts), batch(Table.LINES, as_of, *self.lines)]
        self.store.write("crm", crm, Window(None, as_of))
        for source in sorted({*self.usage, *self.coverage}):
            said = [
                batch(Table.USAGE, as_of, *self.usage.get(source, [])),
                batch(Table.COVERAGE, as_of, *self.coverage.get(source, [])),
            ]
            # Read long after: what lies behind the as-of day is in the store and must not be seen.
            self.store.write(source, said, Window(None, as_of + timedelta(days=400)))

    def engine(self, stale_after: dict[str, timedelta] | None = None, order: Sequence[str] = ("account_id",)) -> Engine:
        return Engine(self.store, Attribution(RULES, METERS, tuple(order)), stale_after, threads=1)

    def analyse(self, as_of: date, stale_after: dict[str, timedelta] | None = None) -> Analysis:
        self.write(as_of)
        return self.engine(stale_after).analyse(as_of)


def by(table: pa.Table, key: str) -> dict[Any, Row]:
    """Rows of a table by the value of one column."""
    return {row[key]: row for row in table.to_pylist()}
