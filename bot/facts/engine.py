"""Computes the metrics: the SQL files beside this module, run by DuckDB in this process.

Each file reads tables that the ones before it made, and is written in one dialect; parameters are bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from bot.core.attribution import PRODUCT_KEY, CustomerMap, Unmatched, match_customers, match_products
from bot.core.metrics import ACCOUNT_METRICS, SOURCE_METRICS
from bot.facts.inputs import doubtful_rows, snapshot_day_rows, source_rows
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, timedelta

    from bot.core.attribution import Attribution
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState

_SQL: Final = Path(__file__).parent / "sql"

ACCOUNT_IDS: Final = ("subject", "owner_id", "csm_id", "parent_id", "external_id", "domain", "country", "url")
"""Columns of `Analysis.accounts` beside the metrics; `subject` is the account_id."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Figures of the formulas that a person may want to move."""

    window_days: int = 28
    """Length of the window for active users and CUS: four whole weeks."""
    late_days: int = 3
    """Windows end on the last covered day where that is at most so long ago; else missing days are uncovered."""
    covered_share: float = 0.8
    """A window with a smaller share of covered days is unknown."""
    cap: float = 1.5
    """Utilization of a line above this counts as this in CUS."""
    report_days: int = 7
    """Use that a source attributes to lines in reports further apart than this tells nothing of 28 days or a month."""


@dataclass(frozen=True, slots=True)
class Unattributed:
    """What the settings leave open, for a person to settle."""

    customers: tuple[Unmatched, ...]
    """Customers of usage sources that are no account, most usage first."""
    ambiguous: tuple[Unmatched, ...]
    """Customers that are several accounts by one key; the use of those accounts is unknown."""
    unknown_overrides: tuple[tuple[str, str], ...]
    products: pa.Table
    """Products in force without a kind, or without a meter: columns of PRODUCT_KEY, kind, lines_in_force."""
    meters_without_product: tuple[str, ...]
    """Meters that are measured, but that no contract line in force buys."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All metrics of one day, as they were known on it."""

    as_of: date
    accounts: pa.Table
    """One row an account: ACCOUNT_IDS and every metric of ACCOUNT_METRICS; sorted by subject."""
    lines: pa.Table
    """One row a contract line in force; sorted by account_id, line_id."""
    sources: pa.Table
    """One row a source: `subject` and every metric of SOURCE_METRICS."""
    unmatched: Unattributed
    notes: tuple[str, ...]
    """What a reader of these figures should know, in words."""


class Engine:
    """Analyses what a store holds. Keeps one in-memory database open; analyses run one after the other."""

    def __init__(
        self,
        store: FactStore,
        attribution: Attribution,
        stale_after: Mapping[str, timedelta] | None = None,
        *,
        limits: Limits | None = None,
        threads: int | None = None,
    ) -> None:
        """`stale_after`: by source, from the settings; `threads`: of DuckDB, None for all cores."""
        self._store = store
        self._attribution = attribution
        self._stale_after = dict(stale_after or {})
        self._limits = limits or Limits()
        # Without this DuckDB spills into the current directory.
        config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(store.spill)}
        if threads is not None:
            config["threads"] = threads
        self._database = duckdb.connect(":memory:", config=config)
        self._lock = Lock()

    def close(self) -> None:
        """Give the database's memory back."""
        self._database.close()

    def analyse(self, as_of: date, source_states: Iterable[SourceState] = ()) -> Analysis:
        """Compute every metric as of a day, seeing only what was known then.

        `source_states` tell how the last reading of each source went; freshness comes from the store itself.
        """
        # A cursor has temporary tables of its own, all gone when it is closed; the view of usage it shares.
        with self._lock, self._database.cursor() as cursor:
            return _Run(cursor, self._store, as_of, self._limits).analysis(
                self._attribution, self._stale_after, tuple(source_states)
            )


class _Run:
    """One analysis: the steps between which Python has something to decide."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, store: FactStore, as_of: date, limits: Limits) -> None:
        self._cursor = cursor
        self._store = store
        self._as_of = as_of
        self._values: dict[str, Any] = {
            "as_of": as_of,
            "window_days": limits.window_days,
            "late_days": limits.late_days,
            "covered_share": limits.covered_share,
            "cap": limits.cap,
            "report_days": limits.report_days,
        }

    def analysis(
        self, attribution: Attribution, stale_after: Mapping[str, timedelta], states: tuple[SourceState, ...]
    ) -> Analysis:
        sources = source_rows(self._store.sources(), stale_after, states)
        self._hand_over_facts(sources)
        self._step("01_known")
        self._step("02_seen")
        customers = self._match(attribution)
        for step in ("03_lines", "04_coverage", "05_windows", "06_pieces"):
            self._step(step)
        self._values |= self._table("reach").to_pylist()[0]
        for step in ("07_usage", "08_line_metrics", "12_account_metrics", "13_sources", "14_open"):
            self._step(step)
        return Analysis(
            self._as_of,
            self._table("account_metrics").select([*ACCOUNT_IDS, *ACCOUNT_METRICS]),
            self._table("line_metrics").drop_columns(["measure_key", "recent"]),
            self._table("source_metrics").select(["subject", *SOURCE_METRICS]),
            self._unattributed(customers),
            tuple(self._notes(customers)),
        )

    def _hand_over_facts(self, sources: pa.Table) -> None:
        store, as_of = self._store, self._as_of
        self._cursor.register("account_rows", store.snapshot(Table.ACCOUNTS, as_of))
        self._cursor.register("line_rows", store.snapshot(Table.LINES, as_of))
        self._cursor.register("coverage_rows", store.coverage())
        self._cursor.register("source_rows", sources)
        self._cursor.register("stale_limits", sources.rename_columns({"name": "source"}))
        self._cursor.register("snapshot_days", snapshot_day_rows(store))
        files = [str(path) for path in store.usage_files(as_of)]
        if files:
            query = "SELECT * FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)"
            self._cursor.sql(query, params={"files": files}).create_view("usage_rows", replace=True)
        else:
            nothing = SCHEMAS[Table.USAGE].append(pa.field("source", pa.string()))
            self._cursor.register("usage_rows", nothing.empty_table())

    def _match(self, attribution: Attribution) -> CustomerMap:
        """Decide which account each customer is, and what each product buys."""
        products = match_products(self._table("products").select(PRODUCT_KEY), attribution.rules)
        accounts = self._table("accounts").select(["account_id", "external_id", "domain", "name"])
        customers = match_customers(self._table("customers"), accounts, attribution.order, attribution.overrides)
        self._cursor.register("product_map", products)
        self._cursor.register("meter_rows", attribution.meters_table())
        self._cursor.register("customer_map", customers.to_table())
        self._cursor.register("doubtful", doubtful_rows(customers, (row["account_id"] for row in accounts.to_pylist())))
        return customers

    def _unattributed(self, customers: CustomerMap) -> Unattributed:
        return Unattributed(
            # A customer without volume loses nothing: all of its use names the contract line itself.
            tuple(customer for customer in customers.unmatched if customer.volume),
            customers.ambiguous,
            customers.unknown_overrides,
            self._table("open_products"),
            tuple(row["meter"] for row in self._table("open_meters").to_pylist()),
        )

    def _notes(self, customers: CustomerMap) -> Iterable[str]:
        for table in (Table.ACCOUNTS, Table.LINES):
            for snapshot in self._store.known(table, self._as_of):
                if snapshot.day > self._as_of:
                    yield f"{snapshot.source}: {table} are those of {snapshot.day}, the first that were read"
        yield from (row["note"] for row in self._table("notes").to_pylist())
        for customer, account in customers.unknown_overrides:
            yield f"the override of customer '{customer}' is not used: no account has the id '{account}'"

    def _step(self, name: str) -> None:
        for statement in self._cursor.extract_statements(_text(name)):
            values = {key: self._values[key] for key in statement.named_parameters}
            self._cursor.execute(statement, values)

    def _table(self, name: str) -> pa.Table:
        table: pa.Table = self._cursor.table(name).to_arrow_table()
        return table


@cache
def _text(step: str) -> str:
    return (_SQL / f"{step}.sql").read_text(encoding="utf-8")
