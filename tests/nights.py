"""Nights on a small company: sources that say what a test tells them to, real stores, and what the nights say."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa

from bot.core.attribution import Attribution, Meter
from bot.core.judge_plan import arrow_type
from bot.core.metrics import METRICS
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope
from bot.facts.engine import ACCOUNT_IDS, Analysis, Engine, Unattributed
from bot.facts.store import FactStore
from bot.house import House, Moment
from bot.messages.render import Templates
from bot.run import run_night
from bot.shipped import TEMPLATES
from bot.state.engine import migrate
from bot.state.rows import Sent
from bot.state.store import open_store
from connectors.base import Batch
from connectors.schema import Table
from tests.facts.world import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.core.verdicts import Rule
    from bot.house import Progress
    from bot.pipeline import NightReport
    from bot.state.rows import Notice, SourceState
    from connectors.base import Rejects, Window

Row = dict[str, Any]

DAY = date(2026, 3, 2)
"""The first night."""

UNHAPPY = """\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  clear: nps >= 7
  repeat: 30d
  severity: CASE WHEN nps < 2 THEN 'high' ELSE 'medium' END
  to: [owner, "#cs-risk"]
  template: churn_risk
"""
STALE = """\
- name: source-stale
  kind: operations
  scope: source
  when: failed OR age_days > stale_after_days
  repeat: 3d
  severity: high
  to: ["#cs-ops"]
  template: operations
"""
PEOPLE = (
    {"person_id": "P1", "name": "Dana Reyes", "email": "dana@ours.example"},
    {"person_id": "P2", "name": "Kim Ito", "email": "kim@ours.example"},
)


@cache
def rules_of(text: str) -> tuple[Rule, ...]:
    return parse_rules(text, "rules.yaml")


@cache
def shipped_templates() -> Templates:
    return Templates([TEMPLATES])


@dataclass
class Script:
    """A source that delivers the rows that it is given; then it raises what it is given to raise."""

    name: str = "crm"
    tables: dict[Table, list[Row]] = field(default_factory=dict)
    error: Exception | None = None
    asked: list[Window] = field(default_factory=list)

    def read(self, window: Window, rejects: Rejects) -> Iterator[Batch]:
        self.asked.append(window)
        for table, some in self.tables.items():
            rejects.count(len(some))
            yield Batch(table, window.until, rows(table, some))
        if self.error is not None:
            raise self.error

    def calls(self) -> str | None:
        return None


def crm(*accounts: Row) -> Script:
    named = [{"name": account["account_id"].title(), "owner_id": "P1", **account} for account in accounts]
    return Script("crm", {Table.PEOPLE: list(PEOPLE), Table.ACCOUNTS: named, Table.LINES: []})


def usage(quantity: float = 10.0, *, covered: bool = True) -> Script:
    day = {"first_day": DAY - timedelta(days=60), "last_day": DAY}
    rows = [{"customer": "acme", "meter": "calls", "day": DAY, "quantity": quantity}]
    tables = {Table.USAGE: rows} | ({Table.COVERAGE: [day]} if covered else {})
    return Script("usage", tables)


@dataclass
class Nights:
    """A house, and its nights one after the other."""

    house: House
    day: date = DAY

    def night(self, days_later: int = 0, progress: Progress | None = None) -> NightReport:
        """Do the next night: so many days after the one before."""
        self.day += timedelta(days=days_later)
        return run_night(self.house, moment(self.day), progress)

    def deliver(self) -> None:
        """Let every notice arrive: the sender's part."""
        while claimed := self.house.store.claim_notice(timedelta(minutes=1), pace=timedelta()):
            self.house.store.mark_sent(claimed, Sent("C1", claimed.notice.notice_id))


def moment(day: date) -> Moment:
    return Moment(day, day, datetime.combine(day, time(5), UTC))


_TEXT: Final = pa.string()
_TOLD_OF_LINES: Final = (
    "contract_id", "contract_name", "meter", "quantity", "url", "status", "period", "period_start", "period_end",
    "runs_to", "evergreen", "notice_date", "auto_renew", "currency", "discount", "arr", "overage", "overage_value",
    "shelfware", "shelfware_value", "usage_as_of", "trend_words", "trend_direction", "trend_size", "trend_start",
    "run_out_date", "run_out_earliest", "run_out_latest", "end_used", "end_utilization", "end_utilization_low",
    "end_utilization_high", "probability_over", "overage_expected_value",
)  # fmt: skip
"""What briefs and charts tell of lines: there are none here."""
_COLUMNS: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(_TOLD_OF_LINES, pa.string()),
    **dict.fromkeys(("line_id", "account_id", "product", "kind", "unit"), _TEXT),
    **dict.fromkeys(("contracted", "used", "utilization", "pace"), pa.float64()),
    **dict.fromkeys(("start", "end"), pa.date32()),
}


class QuickEngine:
    """Stands for the SQL: knows an account's NPS and a source's failure, and of nothing else."""

    def __init__(self, facts: FactStore) -> None:
        self._facts = facts

    def analyse(self, as_of: date, source_states: Sequence[SourceState] = ()) -> Analysis:
        accounts = self._facts.snapshot(Table.ACCOUNTS, as_of).to_pylist()
        found = [{**row, "subject": row["account_id"]} for row in accounts]
        sources = [
            {
                "subject": one.name,
                "name": one.name,
                "failed": one.error is not None,
                "error": one.error,
                "age_days": 0,
                "stale_after_days": 2.0,
            }
            for one in source_states
        ]
        nothing = Unattributed((), (), (), pa.table({}), ())
        ids: dict[str, pa.DataType] = dict.fromkeys(ACCOUNT_IDS, _TEXT)
        return Analysis(
            as_of,
            pa.Table.from_pylist(found, pa.schema({**ids, **_metrics(Scope.ACCOUNT)})),
            pa.schema(_COLUMNS).empty_table(),
            pa.Table.from_pylist(sources, pa.schema({"subject": _TEXT, **_metrics(Scope.SOURCE)})),
            nothing,
            (),
        )

    def analyses(self, days: Sequence[date], source_states: Sequence[SourceState] = ()) -> Iterator[Analysis]:
        for day in days:
            yield self.analyse(day, source_states)


def _metrics(scope: Scope) -> dict[str, pa.DataType]:
    return {name: arrow_type(name, scope) for name in METRICS[scope]}


@cache
def new_state() -> bytes:
    """A database of the newest version: made once, as it takes longer than a night."""
    with TemporaryDirectory() as folder:
        migrate(f"sqlite:///{folder}/headroom.db")
        return (Path(folder) / "headroom.db").read_bytes()


@contextmanager
def nights(
    folder: Path,
    *sources: Script,
    rules: str = UNHAPPY + STALE,
    sql: bool = False,
    clock: Callable[[], datetime] | None = None,
) -> Iterator[Nights]:
    """Open a house in a folder: facts, state, the templates that ship, and these sources and rules.

    `sql`: with the real engine, which takes half a second a day. `clock`: of the store, by default the real one.
    """
    state = folder / "data" / "headroom.db"
    state.parent.mkdir(exist_ok=True)
    if not state.exists():
        state.write_bytes(new_state())
    facts = FactStore(folder / "data" / "facts")
    attribution = Attribution((), (Meter("calls", "calls"),), ("account_id",))
    stale_after = {source.name: timedelta(days=2) for source in sources}
    engine = Engine(facts, attribution, stale_after, threads=1) if sql else cast("Engine", QuickEngine(facts))
    with open_store(f"sqlite:///{state}", clock) as store:
        yield Nights(
            House(
                company="Vendor",
                sources=sources,
                folder=folder / "data",
                facts=facts,
                engine=engine,
                rules=rules_of(rules),
                templates=shipped_templates(),
                store=store,
            )
        )


def said(report: NightReport) -> list[tuple[str, str, str, str]]:
    """What a night put into the outbox: subject, transition, act, destination."""
    return [(one.subject, one.transition, str(one.act), one.destination) for one in report.notices]


def told(nights: Nights, destination: str) -> list[Notice]:
    """Everything ever enqueued for a destination, oldest first."""
    return [item.notice for item in nights.house.store.deliveries() if item.notice.destination == destination]
