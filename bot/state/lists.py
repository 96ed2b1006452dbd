"""What lists of accounts and alerts are made of: columns with an index, and the whole of the few that are shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import or_, select, text

from bot.core.episodes import Phase
from bot.state import codec
from bot.state.succession import in_groups
from bot.state.tables import ACCOUNTS, EPISODES, PEOPLE, SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import date

    from sqlalchemy import Connection, Select
    from sqlalchemy.sql.elements import ColumnElement

    from bot.core.episodes import Episode
    from bot.state.rows import AccountView, Person

_OPEN: Final = text("episodes.phase <> 'resolved'")
"""As the index says it: with a parameter in it no database would see that it fits."""
_SAID: Final = (Phase.FIRING.value, Phase.CLAIMED.value, Phase.SNOOZED.value)


class Listed(NamedTuple):
    """An account as a list sorts and sums it: columns of one index."""

    account_id: str
    currency: str | None
    arr: float | None
    renewal_on: date | None
    deadline_on: date
    """The earlier of the last day to give notice and the end."""
    health_band: str | None


class OpenAlert(NamedTuple):
    """An alert that people were told of and nobody has closed, as a list sorts and sums it."""

    episode_id: str
    phase: Phase
    severity: str
    at_stake: float | None
    snoozed_until: date | None
    account_id: str
    currency: str | None
    deadline_on: date | None
    """Of the account."""


_LISTED: Final = tuple(ACCOUNTS.c[name] for name in Listed._fields)
_ALERTS: Final = tuple(EPISODES.c[name] if name in EPISODES.c else ACCOUNTS.c[name] for name in OpenAlert._fields)


def snapshot_day(connection: Connection) -> date | None:
    """Return the day that the accounts are as of; None before the first night."""
    day: date | None = connection.scalar(select(SNAPSHOT.c.as_of))
    return day


def due(connection: Connection, first: date, last: date, people: Collection[str] | None) -> tuple[Listed, ...]:
    """Return the accounts whose deadline lies between two days, both included; by deadline, the largest ARR first.

    `people`: their owners or CSMs are among these; None: whoever they are.
    """
    wanted = select(*_LISTED).where(ACCOUNTS.c.deadline_on.between(first, last))
    rows = [row for query in _of(wanted, people) for row in connection.execute(query).all()]
    found = {row[0]: Listed._make(row) for row in rows}  # an account may be found by its owner and by its CSM
    return tuple(sorted(found.values(), key=lambda one: (one.deadline_on, -(one.arr or 0.0), one.account_id)))


def alerts(connection: Connection, rules: Collection[str], people: Collection[str] | None) -> tuple[OpenAlert, ...]:
    """Return the alerts of some rules that people were told of and that are neither over nor closed; in no order.

    `people`: the owners or CSMs of their accounts are among these; None: whoever they are.
    """
    joined = EPISODES.join(ACCOUNTS, EPISODES.c.subject == ACCOUNTS.c.account_id)
    wanted = select(*_ALERTS).select_from(joined).where(_OPEN, EPISODES.c.rule.in_(sorted(rules)))
    wanted = wanted.where(EPISODES.c.phase.in_(_SAID), EPISODES.c.announced)
    rows = [row for query in _of(wanted, people) for row in connection.execute(query).all()]
    return tuple({row[0]: _alert(row) for row in rows}.values())


def _alert(row: Sequence[Any]) -> OpenAlert:
    episode_id, phase, *others = row
    return OpenAlert._make((episode_id, Phase(phase), *others))


def _of(wanted: Select[tuple[object, ...]], people: Collection[str] | None) -> Iterator[Select[tuple[object, ...]]]:
    if people is None:
        yield wanted
        return
    for some in in_groups(people):
        yield wanted.where(_answers(some))


def _answers(people: Collection[str]) -> ColumnElement[bool]:
    return or_(ACCOUNTS.c.owner_id.in_(people), ACCOUNTS.c.csm_id.in_(people))


def managers(connection: Connection) -> dict[str, str | None]:
    """Return who everybody's manager is."""
    return {
        row.person_id: row.manager_id for row in connection.execute(select(PEOPLE.c.person_id, PEOPLE.c.manager_id))
    }


def views(connection: Connection, account_ids: Collection[str]) -> dict[str, AccountView]:
    """Return some accounts in full, by id; those that are not there are left out."""
    return {
        row["account_id"]: codec.account_from_row(row)
        for some in in_groups(account_ids)
        for row in connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id.in_(some))).mappings()
    }


def episodes(connection: Connection, episode_ids: Collection[str]) -> dict[str, Episode]:
    """Return some episodes in full, by id."""
    return {
        row["episode_id"]: codec.episode_from_row(row)
        for some in in_groups(episode_ids)
        for row in connection.execute(select(EPISODES).where(EPISODES.c.episode_id.in_(some))).mappings()
    }


def some_people(connection: Connection, person_ids: Collection[str]) -> dict[str, Person]:
    """Return some people of the CRM, by id."""
    return {
        row["person_id"]: codec.person_from_row(row)
        for some in in_groups(person_ids)
        for row in connection.execute(select(PEOPLE).where(PEOPLE.c.person_id.in_(some))).mappings()
    }


class ListStore(ABC):
    """The part of the state store that lists are made by. Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    def snapshot_day(self) -> date | None:
        """Return the day that the accounts are as of; None before the first night."""
        with self._reading() as connection:
            return snapshot_day(connection)

    def due(self, first: date, last: date, people: Collection[str] | None = None) -> tuple[Listed, ...]:
        """Return the accounts whose deadline lies between two days, both included; by deadline, the largest ARR first.

        `people`: their owners or CSMs are among these; None: whoever they are.
        """
        with self._reading() as connection:
            return due(connection, first, last, people)

    def alerts(self, rules: Collection[str], people: Collection[str] | None = None) -> tuple[OpenAlert, ...]:
        """Return the alerts of some rules that people were told of and that are neither over nor closed; in no order.

        `people` as for `due`.
        """
        with self._reading() as connection:
            return alerts(connection, rules, people)

    def managers(self) -> dict[str, str | None]:
        """Return who everybody's manager is."""
        with self._reading() as connection:
            return managers(connection)

    def views(self, account_ids: Collection[str]) -> dict[str, AccountView]:
        """Return some accounts in full, by id; those that are not there are left out."""
        with self._reading() as connection:
            return views(connection, account_ids)

    def episodes_by_id(self, episode_ids: Collection[str]) -> dict[str, Episode]:
        """Return some episodes in full, by id; those that are not there are left out."""
        with self._reading() as connection:
            return episodes(connection, episode_ids)

    def some_people(self, person_ids: Collection[str]) -> dict[str, Person]:
        """Return some people of the CRM, by id."""
        with self._reading() as connection:
            return some_people(connection, person_ids)
