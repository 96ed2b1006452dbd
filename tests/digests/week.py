"""A small company over some nights: accounts with the metrics that a test gives them, and who hears what of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa

from bot.digests.weekly import WeeklyDigests
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.notices import Manners
from bot.state.rows import SlackIdentity
from connectors.schema import Table
from tests.nights import QuickEngine, crm, nights, shipped_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from bot.digests.targets import WeeklyPlan
    from bot.facts.engine import Analysis, Engine
    from bot.state.rows import Notice, Person, SourceState
    from tests.nights import Nights

MONDAY: Final = date(2026, 3, 2)
MANAGER: Final = {"person_id": "M1", "name": "Mo Lee", "email": "mo@ours.example"}
PEOPLE: Final = (
    {"person_id": "P1", "name": "Dana Reyes", "email": "dana@ours.example", "manager_id": "M1"},
    {"person_id": "P2", "name": "Kim Ito", "email": "kim@ours.example", "manager_id": "M1"},
    MANAGER,
)
RULES: Final = """\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  at_stake: arr
  to: [owner]
  template: churn_risk
- name: wants-more
  kind: upsell
  when: nps > 8
  at_stake: arr
  to: [owner]
  template: upsell
"""


class Measured(QuickEngine):
    """Knows of every account the metrics that it is given."""

    def __init__(self, found: QuickEngine, accounts: dict[str, dict[str, Any]]) -> None:
        super().__init__(found._facts)
        self._accounts = accounts

    def analyse(self, as_of: date, source_states: Sequence[SourceState] = ()) -> Analysis:
        found = super().analyse(as_of, source_states)
        known = found.accounts.column_names
        rows = [
            row | {key: value for key, value in self._accounts[row["subject"]].items() if key in known}
            for row in found.accounts.to_pylist()
        ]
        for row in rows:
            if (deadline := row["deadline"]) is not None:
                row["days_to_deadline"] = float((deadline - as_of).days)
        return replace(found, accounts=pa.Table.from_pylist(rows, found.accounts.schema))


@dataclass
class Week:
    """The company, its nights, and who may see what."""

    nights: Nights
    accounts: dict[str, dict[str, Any]]
    readable: Callable[[Person, Collection[str]], frozenset[str]] = field(
        default=lambda _person, account_ids: frozenset(account_ids)
    )
    plans: tuple[WeeklyPlan, ...] = ()

    @property
    def store(self) -> Any:  # noqa: ANN401 - the store, with whatever a test asks of it
        return self.nights.house.store

    def change(self, account_id: str, **metrics: object) -> None:
        """From the next night on an account has other metrics."""
        self.accounts.setdefault(account_id, {}).update(metrics)

    def night(self, day: date) -> list[Notice]:
        """Do the night of a day, and let everything arrive; return what is new."""
        house = self.nights.house
        rows = [{"account_id": key, "owner_id": one.get("owner_id", "P1")} for key, one in self.accounts.items()]
        tables = {**crm(*rows).tables, Table.PEOPLE: list(PEOPLE)}
        house.sources[0].tables.update(tables)  # type: ignore[attr-defined]  # a script of the tests
        self.nights.house = replace(house, readers=self._may_read)
        self.nights.day = day
        report = self.nights.night()
        return list(report.notices)

    def _may_read(self, person: Person, account_ids: Collection[str]) -> frozenset[str]:
        return self.readable(person, account_ids)

    def weekly(self, now: datetime) -> list[Notice]:
        """Look whether a weekly digest is due; return what is new."""
        house = self.nights.house
        by = WeeklyDigests(
            self.store, house.rules, shipped_templates(), "Vendor", house.manners, self._may_read, self.plans
        )
        return list(by.send(now))

    def episode(self, account_id: str) -> str:
        """Return the id of the newest alert of an account."""
        found: str = self.store.episodes_of(account_id)[0].episode_id
        return found

    def is_in_slack(self, person_id: str, user_id: str) -> None:
        """Let it be known who somebody is in Slack."""
        self.store.remember_slack(person_id, SlackIdentity(user_id, f"D{user_id}", datetime.now(UTC)))


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of a day, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


@contextmanager
def company(folder: Path, manners: Manners | None = None, /, **accounts: dict[str, Any]) -> Iterator[Week]:
    """Open a company of some accounts, each with its metrics."""
    with nights(folder, crm(), rules=RULES) as house:
        known = dict(accounts)
        engine = Measured(cast("QuickEngine", house.house.engine), known)
        manners = manners or Manners(per_day=50)
        house.house = replace(house.house, engine=cast("Engine", engine), manners=manners)
        yield Week(house, known)


def risk(arr: float | None, **more: object) -> dict[str, Any]:
    """Return the metrics of an account at risk."""
    return {"nps": 3.0, "arr": arr, "currency": "USD", **more}


def fine(arr: float | None, **more: object) -> dict[str, Any]:
    """Return the metrics of an account that is well."""
    return risk(arr, **more) | {"nps": 7.0}


def text_of(notice: Notice) -> str:
    """Return what a message says, which Slack would take."""
    blocks = to_blocks(notice.message)
    assert validate(blocks, text_most=OWN_TEXT_MOST) == []
    return to_text(notice.message)


def days(count: int) -> list[date]:
    """Return so many days from Monday on."""
    return [MONDAY + timedelta(days=number) for number in range(count)]
