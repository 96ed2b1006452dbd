"""Computes the metrics of a day from what a store holds, in DuckDB, in this process."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import duckdb

from bot.core.scoring.shipped import SHIPPED
from bot.facts.analysis import ACCOUNT_IDS, Analysis, Limits, Unattributed
from bot.facts.inputs import source_rows
from bot.facts.portfolio import days_of
from bot.facts.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, timedelta

    from bot.core.attribution import Attribution
    from bot.core.currencies import Currencies
    from bot.core.scoring.model import HealthModel
    from bot.facts.portfolio import Portfolio
    from bot.facts.series import DailyUse
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState

__all__ = ["ACCOUNT_IDS", "Analysis", "Engine", "Limits", "Unattributed"]


class Engine:
    """Analyses what a store holds. Keeps one in-memory database open; analyses run one after the other."""

    def __init__(  # noqa: PLR0913  # each is a setting of its own
        self,
        store: FactStore,
        attribution: Attribution,
        stale_after: Mapping[str, timedelta] | None = None,
        *,
        limits: Limits | None = None,
        currencies: Currencies | None = None,
        health: HealthModel = SHIPPED,
        threads: int | None = None,
    ) -> None:
        """`stale_after`: by source, from the settings; `threads`: of DuckDB, None for all cores.

        With `currencies` all money is in the one that is reported in; without them each line keeps its own.
        """
        self._store = store
        self._attribution = attribution
        self._stale_after = dict(stale_after or {})
        self._limits = limits or Limits()
        self._currencies = currencies
        self._health = health
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
            sources = source_rows(self._store.sources(), self._stale_after, tuple(source_states))
            return self._run(cursor, as_of).analysis(sources, self._health)

    def daily_use(self, as_of: date) -> DailyUse:
        """Return what each measure of each account was used a day, as it was known on a day."""
        with self._lock, self._database.cursor() as cursor:
            sources = source_rows(self._store.sources(), self._stale_after, ())
            return self._run(cursor, as_of).daily_use(sources)

    def portfolio(self, as_of: date, months: int = 36, around: date | None = None) -> Portfolio:
        """Tell what active customers are worth, by segment and month, from contracts alone; `around`: since a date.

        Raises ValueError for less than one month, or a date that lies ahead of as-of.
        """
        days = days_of(as_of, months, around)
        with self._lock, self._database.cursor() as cursor:
            return self._run(cursor, as_of).portfolio(days)

    def _run(self, cursor: duckdb.DuckDBPyConnection, as_of: date) -> Run:
        return Run(cursor, self._store, as_of, self._limits, self._attribution, self._currencies)
