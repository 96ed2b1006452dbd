"""A state store with one account whose deadline comes, and who briefs its people."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.brief.brief import Basis
from bot.core.brief.policy import PrepPolicy
from bot.core.scoring.shipped import SHIPPED
from bot.messages.render import Templates
from bot.notices.manners import Manners
from bot.prep.briefs import BriefMaker
from bot.prep.job import RenewalPreparation
from bot.shipped import TEMPLATES
from bot.state.rows import AccountView, Judgement, Notice, Person
from bot.state.store import open_store
from tests.core.brief.making_briefs import account, course, line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.core.courses import Course
    from bot.state.store import Store

AS_OF = date(2026, 2, 28)
NOW = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)
PEOPLE = (
    Person("005A", "Ada Byron", "ada@example.com", "005M", active=True, timezone="UTC"),
    Person("005C", "Bo Diddley", "bo@example.com", None, active=True, timezone="UTC"),
    Person("005M", "Max Boss", "max@example.com", None, active=True, timezone="UTC"),
)


def courses(account_ids: Collection[str]) -> Mapping[str, Sequence[Course]]:
    """Know the daily use of every account's seats."""
    return {account_id: (course([20.0] * 300, account_id=account_id),) for account_id in account_ids}


def view(days_left: int | None, as_of: date = AS_OF, **changed: Any) -> AccountView:  # noqa: ANN401 - fields, metrics
    """Make an account with so many days to its deadline."""
    fields = {name: changed.pop(name, None) for name in ("owner_id", "csm_id")}
    fields["account_id"] = changed.pop("account_id", "001A")
    metrics: dict[str, Any] = {"arr": 120_000.0, "currency": "USD", "health_band": "green", "segment": "Enterprise"}
    deadline = None if days_left is None else as_of + timedelta(days=days_left)
    made = account(line(), **metrics | {"deadline": deadline, "renewal_date": deadline} | changed)
    return replace(made, as_of=as_of, **fields)


@dataclass
class Office:
    """The store and who prepares renewals on it."""

    store: Store
    job: RenewalPreparation

    def night(self, *views: AccountView, as_of: date = AS_OF) -> None:
        """Judge a day with these accounts."""
        self.store.commit(Judgement(as_of, NOW, views, PEOPLE, (), (), (), ()))

    def prepare(self, days: int = 0) -> tuple[Notice, ...]:
        """Do the job so many days later."""
        return self.job.prepare(NOW + timedelta(days=days), AS_OF + timedelta(days=days))


@cache
def shipped() -> Templates:
    """Return the shipped templates, compiled once."""
    return Templates([TEMPLATES])


def office_on(store: Store, **policy: Any) -> Office:  # noqa: ANN401 - fields of the policy
    """Make an office by this policy."""
    rules = PrepPolicy(**policy)
    briefs = BriefMaker(store, Basis(rules, SHIPPED, {}), courses, shipped(), "Ours")
    return Office(store, RenewalPreparation(store, briefs, rules, Manners(), lambda _person, ids: frozenset(ids)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, migrated once: that takes longer than most tests."""
    path = tmp_path_factory.mktemp("prep") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "state.db")
    with open_store(f"sqlite:///{tmp_path / 'state.db'}") as opened:
        yield opened


@pytest.fixture
def office(store: Store) -> Office:
    return office_on(store)
