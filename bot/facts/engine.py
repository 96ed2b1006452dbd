"""Computes the metrics of a day from what a store holds, in DuckDB, in this process."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb

from bot.core.scoring.shipped import SHIPPED
from bot.facts.analysis import ACCOUNT_IDS, Analysis, Limits, Unattributed
from bot.facts.inputs import source_rows
from bot.facts.portfolio import days_of
from bot.facts.run import Run

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from datetime import date, timedelta

    import pyarrow as pa

    from bot.core.attribution import Attribution
    from bot.core.currencies import Currencies
    from bot.core.scoring.model import HealthModel
    from bot.facts.matching import Matching
    from bot.facts.portfolio import Portfolio, Readable
    from bot.facts.series import DailyUse
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState

_SMALL: Final = 16_000_000
"""Bytes of usage under which a day is analysed on one core."""

__all__ = ["ACCOUNT_IDS", "Analysis", "Engine", "Limits", "Unattributed"]


class Engine:
    """Analyses what a store holds, each time in an in-memory database of its own."""

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
        self._threads = threads

    def analyse(self, as_of: date, source_states: Iterable[SourceState] = ()) -> Analysis:
        """Compute every metric as of a day, seeing only what was known then.

        `source_states` tell how the last reading of each source went; freshness comes from the store itself.
        """
        return self._analyse(tuple(source_states), self._threads, as_of)

    def again(self, as_of: date, coverage: pa.Table, source_states: Iterable[SourceState] = ()) -> Analysis:
        """Analyse a day once more, by another coverage than that of now: one row a source and span, see `coverage`."""
        return self._analyse(tuple(source_states), self._threads, as_of, coverage)

    def analyses(self, days: Sequence[date], source_states: Iterable[SourceState] = ()) -> Generator[Analysis]:
        """Analyse several days, in their order. Of a small store as many at a time as there are cores.

        Reading few rows, DuckDB plans more than it computes, which no second thread makes faster.
        """
        states, cores = tuple(source_states), self._threads or os.cpu_count() or 1
        small = bool(days) and self._store.usage_bytes(days[-1]) < _SMALL
        if cores == 1 or not small:
            yield from (self.analyse(day, states) for day in days)
        else:
            with ThreadPoolExecutor(cores) as pool:
                yield from pool.map(partial(self._analyse, states, 1), days)

    def _analyse(
        self, states: tuple[SourceState, ...], threads: int | None, as_of: date, coverage: pa.Table | None = None
    ) -> Analysis:
        with self._database(threads) as database:
            sources = source_rows(self._store.sources(), self._stale_after, states)
            return self._run(database, as_of).analysis(sources, self._health, coverage)

    def daily_use(self, as_of: date) -> DailyUse:
        """Return what each measure of each account was used a day, as it was known on a day."""
        with self._database(self._threads) as database:
            sources = source_rows(self._store.sources(), self._stale_after, ())
            return self._run(database, as_of).daily_use(sources)

    def matching(self, as_of: date) -> Matching:
        """Tell whose usage is whose as of a day, and what it takes to settle the rest."""
        with self._database(self._threads) as database:
            sources = source_rows(self._store.sources(), self._stale_after, ())
            return self._run(database, as_of).matching(sources)

    def portfolio(
        self, as_of: date, months: int = 36, around: date | None = None, readable: Readable | None = None
    ) -> Portfolio:
        """Tell what active customers are worth, by segment and month, from contracts alone; `around`: since a date.

        `readable` is asked which accounts may be read: the others are as if they were not there; None: all may be.
        What it raises goes to the caller. Raises ValueError for less than one month, or a date that lies ahead of
        as-of.
        """
        days = days_of(as_of, months, around)
        with self._database(self._threads) as database:
            return self._run(database, as_of).portfolio(days, readable)

    def _database(self, threads: int | None) -> duckdb.DuckDBPyConnection:
        # Without this DuckDB spills into the current directory.
        config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(self._store.spill)}
        if threads is not None:
            config["threads"] = threads
        return duckdb.connect(":memory:", config=config)

    def _run(self, database: duckdb.DuckDBPyConnection, as_of: date) -> Run:
        return Run(database, self._store, as_of, self._limits, self._attribution, self._currencies)
