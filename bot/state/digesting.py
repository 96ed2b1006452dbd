"""What digests compare and count: the book as it stood, who acted since, and what a week was told of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import JSON, cast, func, or_, select, text, type_coerce

from bot.core.digesting import State
from bot.core.episodes import Phase
from bot.state import codec
from bot.state.enqueue import enqueue
from bot.state.rows import Act
from bot.state.succession import in_groups
from bot.state.tables import ACCOUNTS, EPISODES, NOTICES
from bot.state.ticks import record_run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from sqlalchemy import Connection, Select
    from sqlalchemy.sql.elements import ColumnElement

    from bot.core.episodes import Episode
    from bot.messages.message import Message
    from bot.state.rows import Notice, Run

_OPEN: Final = text("phase <> 'resolved'")
"""As the index says it."""
_TOLD: Final = (Phase.FIRING.value, Phase.CLAIMED.value, Phase.SNOOZED.value)
_UTILIZATION: Final = "peak_utilization"


@dataclass(frozen=True, slots=True)
class Booked:
    """An account of a book, as far as sums and filters go."""

    account_id: str
    owner_id: str | None
    csm_id: str | None
    segment: str | None
    currency: str | None
    arr: float | None
    deadline_on: date | None


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """An alert that people were told of and nobody has closed, with its account."""

    episode_id: str
    rule: str
    phase: Phase
    severity: str
    at_stake: float | None
    claimed_by: str | None
    """Slack user id."""
    account_id: str
    name: str
    currency: str | None
    deadline_on: date | None
    owner_id: str | None


class DigestStore(ABC):
    """The part of the state store that digests are made from. Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    def book_states(self) -> dict[str, State]:
        """Return every account of the snapshot as digests compare it, by id."""
        with self._reading() as connection:
            return book_states(connection)

    def book(self, people: Collection[str] | None = None) -> tuple[Booked, ...]:
        """Return the accounts whose owner or CSM is among some people; None: all."""
        with self._reading() as connection:
            return book(connection, people)

    def standing_alerts(
        self, rules: Collection[str], people: Collection[str] | None = None
    ) -> tuple[StandingAlert, ...]:
        """Return the alerts of some rules that people were told of and nobody has closed; in no order.

        `people` as for `book`.
        """
        with self._reading() as connection:
            return standing_alerts(connection, rules, people)

    def responsible(self) -> frozenset[str]:
        """Return everybody who is the owner or CSM of an account, by id."""
        with self._reading() as connection:
            return responsible(connection)

    def acted_since(self, since: datetime) -> tuple[Episode, ...]:
        """Return the open episodes that somebody claimed or closed since a moment; in no order."""
        with self._reading() as connection:
            return acted_since(connection, since)

    def newest_posts(self, episode_ids: Collection[str]) -> dict[str, Message]:
        """Return the newest message of each of some episodes; what stood in digests only has none."""
        with self._reading() as connection:
            return newest_posts(connection, episode_ids)

    def say_once(self, notices: Sequence[Notice], run: Run) -> tuple[Notice, ...]:
        """Put notices into the outbox, and keep what they rest on where any is new; return those that are."""
        with self._writing() as connection:
            new = enqueue(connection, notices)
            if new:
                record_run(connection, run)
            return new


def book_states(connection: Connection) -> dict[str, State]:
    """Return every account of the snapshot as digests compare it, by id."""
    columns = ACCOUNTS.c.account_id, ACCOUNTS.c.health_band, ACCOUNTS.c.deadline_on
    rows = connection.execute(select(*columns, _metric(connection, _UTILIZATION).label("used")))
    return {row.account_id: State(row.health_band, row.used, row.deadline_on) for row in rows}


def _metric(connection: Connection, name: str) -> ColumnElement[float]:
    # In the database: taking every view apart for one number costs seconds and a gigabyte.
    view = ACCOUNTS.c.view
    # SQLite reads JSON from text as it stands, and would make a number of it by a cast.
    json = cast(view, JSON) if connection.dialect.name == "postgresql" else type_coerce(view, JSON)
    found: ColumnElement[float] = json["metrics", name].as_float()
    return found


def book(connection: Connection, people: Collection[str] | None) -> tuple[Booked, ...]:
    """Return the accounts whose owner or CSM is among some people; None: all."""
    wanted = select(*(ACCOUNTS.c[name] for name in Booked.__slots__))
    if people is None:
        return tuple(Booked(*row) for row in connection.execute(wanted))
    found = {
        row.account_id: Booked(*row)
        for some in in_groups(people)
        for row in connection.execute(wanted.where(_answers(some)))
    }
    return tuple(found.values())


def standing_alerts(
    connection: Connection, rules: Collection[str], people: Collection[str] | None
) -> tuple[StandingAlert, ...]:
    """Return the alerts of some rules that people were told of and nobody has closed; in no order."""
    columns = (EPISODES.c[name] if name in EPISODES.c else ACCOUNTS.c[name] for name in StandingAlert.__slots__)
    joined = EPISODES.join(ACCOUNTS, EPISODES.c.subject == ACCOUNTS.c.account_id)
    wanted = select(*columns).select_from(joined).where(text("episodes.phase <> 'resolved'"))
    wanted = wanted.where(EPISODES.c.rule.in_(sorted(rules)), EPISODES.c.phase.in_(_TOLD), EPISODES.c.announced)
    asked = [wanted] if people is None else [wanted.where(_answers(some)) for some in in_groups(people)]
    rows = {row.episode_id: row for query in asked for row in connection.execute(query)}
    return tuple(StandingAlert(row[0], row[1], Phase(row[2]), *row[3:]) for row in rows.values())


def _answers(people: Sequence[str]) -> ColumnElement[bool]:
    return or_(ACCOUNTS.c.owner_id.in_(people), ACCOUNTS.c.csm_id.in_(people))


def responsible(connection: Connection) -> frozenset[str]:
    """Return everybody who is the owner or CSM of an account, by id."""
    columns = (ACCOUNTS.c.owner_id, ACCOUNTS.c.csm_id)
    return frozenset(
        person
        for column in columns
        for person in connection.scalars(select(column).where(column.is_not(None)).distinct())
    )


def acted_since(connection: Connection, since: datetime) -> tuple[Episode, ...]:
    """Return the open episodes that somebody claimed or closed since a moment; in no order."""
    wanted = select(EPISODES).where(_OPEN, or_(EPISODES.c.claimed_at >= since, EPISODES.c.closed_at >= since))
    return tuple(map(codec.episode_from_row, connection.execute(wanted).mappings()))


def newest_posts(connection: Connection, episode_ids: Collection[str]) -> dict[str, Message]:
    """Return the newest message of each of some episodes; what stood in digests only has none."""
    return {
        row["episode_id"]: codec.notice_from_row(row).message
        for some in in_groups(episode_ids)
        for row in connection.execute(_newest_posts(some)).mappings()
    }


def _newest_posts(episode_ids: Sequence[str]) -> Select[tuple[object, ...]]:
    posts = NOTICES.c.episode_id.in_(episode_ids), NOTICES.c.act == Act.POST.value
    newest = select(func.max(NOTICES.c.seq)).where(*posts).group_by(NOTICES.c.episode_id)
    return select(NOTICES).where(NOTICES.c.seq.in_(newest))
