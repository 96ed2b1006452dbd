"""The lists that people can ask for, put together: renewals, risks, upsell, portfolio, status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from bot.app import make_engine, open_facts
from bot.charts.making import chart
from bot.core.verdicts import Mode
from bot.desk.alerts import risks, upsell
from bot.desk.portfolio import PortfolioCommand
from bot.desk.renewals import RenewalsCommand
from bot.desk.status import StatusCommand
from bot.house import NIGHT
from bot.picturing import pictures_wanted
from bot.pipeline import FactsError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from bot.desk.asking import Command
    from bot.facts.portfolio import Portfolio
    from bot.load import Loaded
    from bot.state.store import Store


def list_commands(store: Store, loaded: Loaded) -> tuple[Command, ...]:
    """Return the lists, in the order of the help."""
    native = loaded.settings.slack is not None and loaded.settings.slack.newer_blocks
    return (
        RenewalsCommand(store, native),
        risks(store, _live(loaded, "churn_risk"), native=native),
        upsell(store, _live(loaded, "upsell"), native=native),
        PortfolioCommand(store, Contracts(loaded), chart, native, pictures_wanted(loaded)),
        StatusCommand(store, NIGHT, native),
    )


def _live(loaded: Loaded, kind: str) -> frozenset[str]:
    # What a rule in shadow mode found is told to nobody.
    return frozenset(rule.name for rule in loaded.rules if rule.kind == kind and rule.mode is Mode.LIVE)


@dataclass(frozen=True, slots=True)
class Contracts:
    """What customers are worth, from the contracts that were read. Opens nothing before it is asked."""

    loaded: Loaded

    def portfolio(
        self,
        as_of: date,
        months: int,
        around: date | None,
        readable: Callable[[Collection[str]], Collection[str]] | None,
    ) -> Portfolio:
        """Tell what the active customers that are readable are worth. Raises FactsError; and what `readable` raises."""
        facts = open_facts(self.loaded.settings)
        try:
            return make_engine(self.loaded, facts).portfolio(as_of, months, around, readable)
        except (pa.ArrowException, duckdb.Error) as error:
            raise FactsError(self.loaded.settings.data, error) from error
