"""Whose usage is it, asked by itself: how far the settings carry, without the metrics that rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import duckdb

    from bot.core.likeness import Sizes
    from bot.core.matching import CustomerMap
    from bot.core.rolling_up import Use
    from bot.core.succession import Former

_VOLUMES: Final = """
    SELECT source, customer, meter, quantity, first_use, last_use FROM seen
    WHERE row_count > of_lines
    ORDER BY source, customer, meter
"""
# Seats are held against people, everything else against what is used.
_CONTRACTED: Final = """
    SELECT account_id, CASE WHEN kind = 'seats' THEN 'users of ' || meter ELSE meter END AS measure,
        sum(CASE WHEN kind = 'seats' THEN capacity ELSE day_capacity * $window_days END) AS size
    FROM lines
    WHERE meter IS NOT NULL AND kind IN ('seats', 'allowance', 'commit')
    GROUP BY ALL
"""
_PEOPLE: Final = """
    SELECT customer, 'users of ' || meter AS measure,
        greatest(count(DISTINCT user_id) FILTER (WHERE quantity > 0), coalesce(max(active_users), 0)) AS size
    FROM usage_rows
    WHERE day BETWEEN $as_of - CAST($window_days AS INTEGER) + 1 AND $as_of
        AND customer IN (SELECT customer FROM nobodys_names)
        AND (user_id IS NOT NULL OR active_users IS NOT NULL)
    GROUP BY ALL
"""
_USED: Final = """
    SELECT customer, meter AS measure, sum(recent_quantity) AS size
    FROM seen
    WHERE recent_quantity > 0 AND customer IN (SELECT customer FROM nobodys_names)
    GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Matching:
    """What the settings make of the customers of all sources, and what it takes to settle the rest."""

    as_of: date
    customers: CustomerMap
    volumes: pa.Table
    """One row a source, customer and meter: quantity over all days, and the first and last day of use. Use that names a
    contract line by itself is left out."""
    accounts: Sequence[Mapping[str, Any]]
    """account_id, name and domain of every account."""
    contracted: Mapping[str, Sizes]
    """By account, what it has contracted for 28 days: of a meter, or of its users."""
    used: Mapping[str, Sizes]
    """By customer that is no account: what it used in the last 28 days, likewise."""
    former: tuple[Former, ...]
    rolled_up: Mapping[Use, str]
    """Account and meter whose use counts to an account above, and to which."""


def volumes(cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return `Matching.volumes` from the tables of an analysis."""
    return _answer(cursor, _VOLUMES, {})


def contracted(cursor: duckdb.DuckDBPyConnection, window_days: int) -> dict[str, Sizes]:
    """Return `Matching.contracted`."""
    return _sizes(_answer(cursor, _CONTRACTED, {"window_days": window_days}), "account_id")


def used(
    cursor: duckdb.DuckDBPyConnection, customers: Sequence[str], as_of: date, window_days: int
) -> dict[str, Sizes]:
    """Return `Matching.used` of some customers."""
    cursor.register("nobodys_names", pa.table({"customer": pa.array(customers, pa.string())}))
    people = _answer(cursor, _PEOPLE, {"as_of": as_of, "window_days": window_days})
    found = _sizes(people, "customer")
    for customer, sizes in _sizes(_answer(cursor, _USED, {}), "customer").items():
        found[customer] = {**found.get(customer, {}), **sizes}
    return found


def _answer(cursor: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]) -> pa.Table:
    answer: pa.Table | None = cursor.sql(query, params=values).to_arrow_table()
    assert answer is not None  # every query here is a SELECT
    return answer


def _sizes(table: pa.Table, key: str) -> dict[str, Sizes]:
    sizes: dict[str, Sizes] = {}
    for row in table.to_pylist():
        if row["size"]:
            sizes.setdefault(row[key], {})[row["measure"]] = float(row["size"])
    return sizes
