"""A made-up company of any size: accounts, contract lines, and daily usage as analytics would deliver it.

Each account has licences, a monthly allowance of API calls and a yearly commit of credits. A day of an account is six
rows: four of its eight users who log in, its API calls, its credits. The same size makes the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from bot.core.attribution import Aggregation, Attribution, Meter, ProductRule
from bot.facts.store import FactStore
from connectors.base import Batch, Window
from connectors.schema import SCHEMAS, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AS_OF: Final = date(2026, 3, 31)
ROWS_A_DAY: Final = 6
"""Rows of usage of one account and day."""
MOST_DAYS: Final = 36_500
_DAYS: Final = 90
_BATCH: Final = 200_000
_CRM, _ANALYTICS = "crm", "analytics"

ATTRIBUTION: Final = Attribution(
    rules=(
        ProductRule("SEAT-*", None, None, Kind.SEATS, "logins"),
        ProductRule("API-*", None, None, Kind.ALLOWANCE, "api_calls", per=1000),
        ProductRule("CREDIT-*", None, None, Kind.COMMIT, "credits"),
    ),
    meters=(
        Meter("logins", "logins", Aggregation.UNIQUE_USERS),
        Meter("api_calls", "calls"),
        Meter("credits", "credits"),
    ),
    order=("external_id", "domain", "account_id"),
)

_ACCOUNTS: Final = """
    SELECT
        '001' || lpad(CAST(i AS VARCHAR), 15, '0') AS account_id,
        'Customer ' || i AS name,
        'cus_' || lpad(CAST(i AS VARCHAR), 8, '0') AS external_id,
        'customer-' || i || '.example' AS domain,
        '005' || lpad(CAST(i % 50 AS VARCHAR), 15, '0') AS owner_id,
        ['Enterprise', 'Mid-market', 'Small'][1 + i % 3] AS segment,
        DATE '2023-01-15' AS customer_since
    FROM range($accounts) AS r (i)
"""
# Terms begin within the first half of the days, so that most of each term is covered and its use is known.
_LINES: Final = """
    SELECT
        '802' || lpad(CAST(i * 3 + p AS VARCHAR), 15, '0') AS line_id,
        '001' || lpad(CAST(i AS VARCHAR), 15, '0') AS account_id,
        '800' || lpad(CAST(i AS VARCHAR), 15, '0') AS contract_id,
        ['SEAT-TEAM', 'API-STANDARD', 'CREDIT-PACK'][1 + p] AS product_code,
        ['Licences', 'API calls', 'Credits'][1 + p] AS product_name,
        CAST([10, 30, 3000][1 + p] AS DOUBLE) AS quantity,
        CAST([120, 20, 2][1 + p] AS DOUBLE) AS unit_price,
        ['month', 'month', 'term'][1 + p] AS price_period,
        'USD' AS currency,
        CASE WHEN p = 1 THEN 'month' END AS period,
        $first + CAST(i % ($days // 2 + 1) AS INTEGER) AS "start",
        $first + CAST(i % ($days // 2 + 1) + 364 + $days AS INTEGER) AS "end",
        $first + CAST(i % ($days // 2 + 1) + 304 + $days AS INTEGER) AS notice_date,
        i % 2 = 0 AS auto_renew
    FROM range($accounts) AS r (i), range(3) AS s (p)
"""
# Row n of all rows falls on day n * days / rows: each day has as many, up to one, and the total is exact.
_USAGE: Final = """
    WITH placed AS (
        SELECT i, i * $days // $rows AS d FROM range($rows) AS r (i)
    ),

    numbered AS (
        SELECT d, i - (d * $rows + $days - 1) // $days AS n FROM placed
    ),

    drawn AS (
        SELECT d, n // 6 AS account, n % 6 AS slot, hash(d, n) AS chance FROM numbered
    )

    SELECT
        'cus_' || lpad(CAST(account AS VARCHAR), 8, '0') AS customer,
        CASE WHEN slot < 4 THEN 'logins' WHEN slot = 4 THEN 'api_calls' ELSE 'credits' END AS meter,
        $first + CAST(d AS INTEGER) AS day,
        CAST(CASE WHEN slot < 4 THEN 1 + chance % 20 WHEN slot = 4 THEN 500 + chance % 1000 ELSE 5 + chance % 10 END
            AS DOUBLE) AS quantity,
        CASE WHEN slot < 4 THEN 'user-' || account || '-' || (slot * 2 + chance % 2) END AS user_id
    FROM drawn
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the company is."""

    rows: int
    """Rows of usage, in all."""
    accounts: int
    days: int
    """Days of usage, the last one is AS_OF."""

    @classmethod
    def of(cls, rows: int, accounts: int | None = None) -> Size:
        """Spread the rows over 90 days, or over as many as it takes for so many accounts.

        Raises ValueError for more rows than so many accounts have in a hundred years.
        """
        if rows < 1 or (accounts is not None and accounts < 1):
            raise ValueError("wanted at least one row and one account")
        if accounts is None:
            days = min(_DAYS, rows)
            return cls(rows, -(-rows // (ROWS_A_DAY * days)), days)
        days = -(-rows // (ROWS_A_DAY * accounts))
        if days > MOST_DAYS:
            raise ValueError(f"{rows} rows of {accounts} accounts are {days} days; at most {MOST_DAYS} are made")
        return cls(rows, accounts, days)

    def smaller(self, *, accounts: int = 1, days: int = 1) -> Size:
        """Return a company with so many times fewer accounts, or days, and rows in proportion."""
        few, short = self.accounts // accounts, self.days // days
        return Size(self.rows * few * short // (self.accounts * self.days), few, short)

    @property
    def first_day(self) -> date:
        """The first day with usage."""
        return AS_OF - timedelta(days=self.days - 1)


def usage(size: Size) -> Iterator[pa.Table]:
    """Yield all rows of usage, some at a time: columns customer, meter, day, quantity, user_id; by day."""
    return _made(_USAGE, {"rows": size.rows, "days": size.days, "first": size.first_day})


def build(folder: Path, size: Size) -> None:
    """Write the company into a fact store, as a night would: contracts of one source, usage of another."""
    store = FactStore(folder)
    store.write(_CRM, _contracts(size), Window(None, AS_OF))
    store.write(_ANALYTICS, usage_batches(size), Window(None, AS_OF))


def usage_batches(size: Size) -> Iterator[Batch]:
    """Yield the usage as a source would, and the coverage after it."""
    for rows in usage(size):
        yield Batch(Table.USAGE, AS_OF, fitted(Table.USAGE, rows))
    covered = [{"first_day": size.first_day, "last_day": AS_OF}]
    yield Batch(Table.COVERAGE, AS_OF, pa.Table.from_pylist(covered, schema=SCHEMAS[Table.COVERAGE]))


def fitted(table: Table, rows: pa.Table) -> pa.Table:
    """Return the rows in the columns of their schema; those that are not there are unknown."""
    schema = SCHEMAS[table]
    columns = [
        rows.column(field.name) if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, names=schema.names).cast(schema)


def _contracts(size: Size) -> Iterator[Batch]:
    for rows in _made(_ACCOUNTS, {"accounts": size.accounts}):
        yield Batch(Table.ACCOUNTS, AS_OF, fitted(Table.ACCOUNTS, rows))
    for rows in _made(_LINES, {"accounts": size.accounts, "days": size.days, "first": size.first_day}):
        yield Batch(Table.LINES, AS_OF, fitted(Table.LINES, rows))


def _made(query: str, values: dict[str, Any]) -> Iterator[pa.Table]:
    with duckdb.connect() as database:
        for batch in database.sql(query, params=values).to_arrow_reader(_BATCH):
            yield pa.Table.from_batches([batch])
