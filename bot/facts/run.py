"""One analysis: the SQL files beside this module in their order, and what Python decides between them.

Each file reads tables that the ones before it made, and is written in one dialect; parameters are bound.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from bot.core.attribution import PRODUCT_KEY, match_products
from bot.core.currencies import rates_table
from bot.core.families import roll_up
from bot.core.matching import match_customers
from bot.core.metrics import ACCOUNT_METRICS, SOURCE_METRICS
from bot.core.rolling_up import rolled_up
from bot.core.scoring.appraisal import appraise
from bot.core.succession import How, survivors
from bot.facts.analysis import ACCOUNT_IDS, Analysis, Limits, Unattributed, UnmatchedVolume
from bot.facts.departed import formers_of
from bot.facts.gone import gone_rows
from bot.facts.inputs import doubtful_rows, former_rows, rolled_up_rows, snapshot_day_rows
from bot.facts.matching import Matching, contracted, used, volumes
from bot.facts.months import daily_file
from bot.facts.outlook import line_forecasts
from bot.facts.portfolio import OUTLIER_CUSTOMERS, OUTLIER_SCORE, portfolio_of
from bot.facts.rollup import daily_view
from bot.facts.series import SeriesReader
from bot.facts.trending import series_trends
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from bot.core.attribution import Attribution
    from bot.core.currencies import Currencies
    from bot.core.matching import CustomerMap
    from bot.core.rolling_up import Use
    from bot.core.scoring.model import HealthModel
    from bot.core.succession import Former
    from bot.facts.portfolio import Portfolio, Readable
    from bot.facts.series import DailyUse
    from bot.facts.store import FactStore

_SQL: Final = Path(__file__).parent / "sql"
_FOUND: Final = ("01_known", "02_seen")
_BOUGHT: Final = ("03_bought", "04_lines")
_CUT: Final = ("05_coverage", "06_windows", "07_pieces", "08_user_pieces")
_MEASURED: Final = (*("09_usage", "10_line_metrics", "11_users", "12_adoption", "13_contracts", "14_cus", "15_series"),)
_TOLD: Final = ("16_outlook", "17_account_metrics", "18_sources", "19_open", "20_concerns", "21_volumes", "22_courses")
_NAMED: Final = 10
"""How many accounts that were created again the notes name."""


class Run:
    """One analysis: the steps between which Python has something to decide."""

    def __init__(  # what an engine holds, and a day
        self,
        cursor: duckdb.DuckDBPyConnection,
        store: FactStore,
        as_of: date,
        limits: Limits,
        attribution: Attribution,
        currencies: Currencies | None,
    ) -> None:
        self._cursor = cursor
        self._store = store
        self._as_of = as_of
        self._limits = limits
        self._attribution = attribution
        report_in = None if currencies is None else currencies.report_in
        self._values: dict[str, Any] = {**asdict(limits), "as_of": as_of, "report_in": report_in}
        self._former: tuple[Former, ...] = ()
        self._coverage: pa.Table | None = None
        cursor.register("rate_rows", rates_table(currencies))

    def analysis(self, sources: pa.Table, health: HealthModel, coverage: pa.Table | None = None) -> Analysis:
        """Compute everything; `sources` tell how the last readings went, see `source_rows`.

        `coverage`: rows as of `FactStore.coverage`; None: those of the store.
        """
        self._coverage = coverage
        customers = self._measure(sources)
        incidents = self._look_ahead()
        self._steps(_TOLD)
        families = roll_up(self._table("account_metrics"))
        appraised = appraise(families.accounts, health)
        return Analysis(
            self._as_of,
            appraised.accounts.select([*ACCOUNT_IDS, *ACCOUNT_METRICS]),
            self._table("line_outlook").drop_columns(["measure_key", "recent"]),
            self._table("source_metrics").select(["subject", *SOURCE_METRICS]),
            self._unattributed(customers),
            (*self._notes(customers), *incidents, *families.notes, *appraised.notes),
            appraised.contributions,
            self._table("concerns"),
            former=self._former,
            volume=UnmatchedVolume(self._limits.window_days, self._table("volumes_by_meter"), self._table("nobodys")),
            attributed=self._table("attributed"),
            feeds=self._table("course_feeds"),
        )

    def daily_use(self, sources: pa.Table) -> DailyUse:
        """Lay out the daily series of every measure."""
        self._measure(sources)
        return SeriesReader(self._cursor, self._as_of).everything(self._limits.series_days)

    def _measure(self, sources: pa.Table) -> CustomerMap:
        self._hand_over_facts(sources)
        self._steps(_FOUND)
        customers = self._match()
        self._steps(_BOUGHT)
        self._roll_up(customers)
        self._steps(_CUT)
        self._values |= self._table("reach").to_pylist()[0] | self._table("user_reach").to_pylist()[0]
        self._steps(_MEASURED)
        return customers

    def matching(self, sources: pa.Table) -> Matching:
        """Tell whose usage is whose, and what it takes to settle the rest."""
        self._hand_over_facts(sources)
        self._steps(_FOUND)
        customers = self._match()
        self._steps(_BOUGHT)
        found = self._roll_up(customers)
        days, left = self._limits.window_days, [one.customer for one in customers.unmatched]
        return Matching(
            self._as_of,
            customers,
            volumes(self._cursor),
            self._table("accounts").select(["account_id", "name", "domain"]).to_pylist(),
            contracted(self._cursor, days),
            used(self._cursor, left, self._as_of, days),
            self._former,
            found,
        )

    def portfolio(self, days: pa.Table, readable: Readable | None = None) -> Portfolio:
        """Tell what active customers are worth on these days, see `days_of`; `readable` leaves out the others."""
        self._hand_over_contracts()
        self._steps(("01_known",))
        self._match_products()
        self._values |= {"outlier_score": OUTLIER_SCORE, "outlier_customers": OUTLIER_CUSTOMERS}
        self._cursor.register("portfolio_days", days)
        self._steps(("03_bought",))
        if readable is not None:
            self._leave(readable)
        self._steps(("portfolio",))
        return portfolio_of(self._cursor, self._as_of)

    def _leave(self, readable: Readable) -> None:
        """Leave the lines of those accounts alone that may be read: what is summed up tells of the others, too."""
        buyers = self._cursor.sql("SELECT DISTINCT account_id FROM bought").fetchall()
        allowed = sorted(readable([account_id for (account_id,) in buyers]))
        self._cursor.register("readable_rows", pa.table({"account_id": pa.array(allowed, pa.string())}))
        self._cursor.execute("DELETE FROM bought WHERE account_id NOT IN (SELECT account_id FROM readable_rows)")

    def _hand_over_contracts(self) -> None:
        accounts = self._store.snapshot(Table.ACCOUNTS, self._as_of)
        self._former = formers_of(self._store, accounts, self._as_of)
        self._cursor.register("account_rows", accounts)
        self._cursor.register("former_rows", former_rows(survivors(self._former)))
        self._cursor.register("line_rows", self._store.snapshot(Table.LINES, self._as_of))

    def _look_ahead(self) -> tuple[str, ...]:
        """Judge the trend of every series and forecast every line that is drawn down; return incidents in words."""
        reader = SeriesReader(self._cursor, self._as_of)
        found = series_trends(reader, reader.reach(self._limits.series_days), self._limits.series_months)
        self._cursor.register("series_trends", found.trends)
        forecasts = line_forecasts(reader, self._table("draws"), reader.reach(self._limits.forecast_days))
        self._cursor.register("line_forecasts", forecasts)
        return found.incidents

    def _hand_over_facts(self, sources: pa.Table) -> None:
        store, as_of = self._store, self._as_of
        self._hand_over_contracts()
        self._cursor.register("coverage_rows", store.coverage() if self._coverage is None else self._coverage)
        self._cursor.register("source_rows", sources)
        self._cursor.register("stale_limits", sources.rename_columns({"name": "source"}))
        self._cursor.register("snapshot_days", snapshot_day_rows(store))
        self._cursor.register("gone_rows", gone_rows(store, as_of, self._limits.believed_days))
        paths = store.usage_files(as_of)
        files = [str(path) for path in paths]
        if files:
            query = "SELECT * FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)"
            self._cursor.sql(query, params={"files": files}).create_view("usage_rows", replace=True)
        else:
            nothing = SCHEMAS[Table.USAGE].append(pa.field("source", pa.string()))
            self._cursor.register("usage_rows", nothing.empty_table())
        rolled_up = {path: daily_file(path) for path in paths}
        dailies = [daily for daily in rolled_up.values() if daily is not None]
        daily_view(self._cursor, dailies, [path for path, daily in rolled_up.items() if daily is None])

    def _match(self) -> CustomerMap:
        """Decide which account each customer is, and what each product buys."""
        self._match_products()
        settings = self._attribution
        customers = match_customers(
            self._table("customers"), self._table("accounts"), settings.order, settings.overrides, self._former
        )
        self._cursor.register("customer_map", customers.to_table())
        settled = pa.array([one.customer for one in customers.not_ours], pa.string())
        self._cursor.register("not_ours", pa.table({"customer": settled}))
        return customers

    def _roll_up(self, customers: CustomerMap) -> Mapping[Use, str]:
        """Decide whose use counts to an account above, and whose use may stand under another name."""
        accounts = self._table("accounts").select(["account_id", "parent_id"]).to_pylist()
        parents = {row["account_id"]: row["parent_id"] for row in accounts if row["parent_id"] is not None}
        found = dict(rolled_up(self._used_below(parents), parents, self._buyers())) if self._attribution.roll_up else {}
        self._cursor.register("rolled_up", rolled_up_rows(found))
        doubtful = doubtful_rows(customers, (row["account_id"] for row in accounts), found)
        self._cursor.register("doubtful", doubtful)
        return found

    def _used_below(self, parents: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return which accounts with a parent used which meters."""
        used = self._cursor.sql(
            "SELECT DISTINCT c.account_id, s.meter FROM seen AS s INNER JOIN customer_map AS c "
            "ON s.customer = c.customer WHERE s.row_count > s.of_lines ORDER BY ALL"
        )
        return [(account, meter) for account, meter in used.fetchall() if account in parents]

    def _buyers(self) -> set[tuple[str, str]]:
        bought = (
            "SELECT DISTINCT account_id, meter FROM lines WHERE meter IS NOT NULL AND kind IS NOT NULL AND NOT by_line"
        )
        return set(self._cursor.sql(bought).fetchall())

    def _match_products(self) -> None:
        products = match_products(self._table("products").select(PRODUCT_KEY), self._attribution.rules)
        self._cursor.register("product_map", products)
        self._cursor.register("meter_rows", self._attribution.meters_table())

    def _unattributed(self, customers: CustomerMap) -> Unattributed:
        return Unattributed(
            # A customer without volume loses nothing: all of its use names the contract line itself.
            tuple(customer for customer in customers.unmatched if customer.volume),
            customers.ambiguous,
            customers.unknown_overrides,
            self._table("open_products"),
            tuple(row["meter"] for row in self._table("open_meters").to_pylist()),
            customers.not_ours,
        )

    def _notes(self, customers: CustomerMap) -> Iterable[str]:
        for table in (Table.ACCOUNTS, Table.LINES):
            for snapshot in self._store.known(table, self._as_of):
                if snapshot.day > self._as_of:
                    yield f"{snapshot.source}: {table} are those of {snapshot.day}, the first that were read"
        for name in ("notes", "contract_notes"):
            yield from (row["note"] for row in self._table(name).to_pylist())
        yield from self._successions()
        for customer, account in customers.unknown_overrides:
            yield f"the override of customer '{customer}' is not used: no account has the id '{account}'"

    def _successions(self) -> Iterable[str]:
        again = [one for one in self._former if one.how is How.RECREATED]
        for one in again[:_NAMED]:
            yield (
                f"account {one.account_id} is gone from the CRM, and {one.survivor} came with its external id "
                f"'{one.external_id}': taken for the same account"
            )
        if len(again) > _NAMED:
            yield f"{len(again) - _NAMED} more accounts were created again in the CRM and are taken for the same"

    def _steps(self, names: Sequence[str]) -> None:
        for name in names:
            for statement in _statements(name):
                values = {key: self._values[key] for key in statement.named_parameters}
                self._cursor.execute(statement, values)

    def _table(self, name: str) -> pa.Table:
        table: pa.Table = self._cursor.table(name).to_arrow_table()
        return table


@cache
def _statements(step: str) -> list[duckdb.Statement]:
    """Parse a step once; a statement is bound to no connection."""
    with duckdb.connect(":memory:") as parser:
        return parser.extract_statements((_SQL / f"{step}.sql").read_text(encoding="utf-8"))
