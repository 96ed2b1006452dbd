"""What people and channels want to hear of besides, or not to hear of; every change is in the audit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from bot.core.subscriptions import Subscription, Verb
from bot.state.judgements import append_audit
from bot.state.rows import Audit
from bot.state.tables import PEOPLE, SUBSCRIPTIONS
from bot.state.upsert import insert

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping
    from sqlalchemy.sql.elements import ColumnElement

    from bot.core.verdicts import Value

NOBODY: Final = "headroom"
"""Actor of the audit where no Slack user is: whoever runs Headroom, at the command line."""
_UNDONE: Final = {Verb.SUBSCRIBE: "unsubscribe", Verb.MUTE: "unmute"}


@dataclass(frozen=True, slots=True)
class Wished:
    """What became of a wish."""

    new: bool
    """False: it held before."""
    undone: Subscription | None = None
    """The contrary wish, which ended by that."""


class SubscriptionStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    def subscriptions(self, target: str | None = None) -> tuple[Subscription, ...]:
        """Return the wishes of one destination or of all, oldest first."""
        with self._reading() as connection:
            return subscriptions(connection, target)

    def who_in_slack(self) -> dict[str, str]:
        """Return by Slack user id who that is in the CRM, of those who were looked up."""
        with self._reading() as connection:
            return who_in_slack(connection)

    def introduce(self, person_id: str, user_id: str) -> None:
        """Keep who a person is in Slack, where that was never looked up: they were seen there."""
        with self._writing() as connection:
            introduce(connection, person_id, user_id)

    def wish(self, wished: Subscription, now: datetime) -> Wished:
        """Keep a wish; exactly its contrary ends by that."""
        with self._writing() as connection:
            return wish(connection, replace(wished, at=now))

    def unwish(self, ended: Subscription, now: datetime) -> bool:
        """End a wish: that of the same target, verb, kind and segment. False where there was none.

        `ended.by_user` is who ends it.
        """
        with self._writing() as connection:
            return unwish(connection, replace(ended, at=now))


def subscriptions(connection: Connection, target: str | None) -> tuple[Subscription, ...]:
    """Return the wishes of one destination or of all, oldest first."""
    wanted = select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.seq)
    if target is not None:
        wanted = wanted.where(SUBSCRIPTIONS.c.target == target)
    return tuple(map(_from_row, connection.execute(wanted).mappings()))


def who_in_slack(connection: Connection) -> dict[str, str]:
    """Return by Slack user id who that is in the CRM; of several who are one user, the first by id."""
    found = select(PEOPLE.c.slack_user_id, PEOPLE.c.person_id).where(PEOPLE.c.slack_user_id.is_not(None))
    return {row.slack_user_id: row.person_id for row in connection.execute(found.order_by(PEOPLE.c.person_id.desc()))}


def introduce(connection: Connection, person_id: str, user_id: str) -> None:
    """Keep who a person is in Slack, where that was never looked up: they were seen there."""
    # When it was looked up stays open: where they are reached is still to be found out.
    unknown = update(PEOPLE).where(PEOPLE.c.person_id == person_id, PEOPLE.c.slack_user_id.is_(None))
    connection.execute(unknown.values(slack_user_id=user_id))
    # Somebody with another address who was taken for this user before is not: channels would see with their eyes.
    email = select(func.lower(PEOPLE.c.email)).where(PEOPLE.c.person_id == person_id).scalar_subquery()
    others = update(PEOPLE).where(
        PEOPLE.c.slack_user_id == user_id, PEOPLE.c.person_id != person_id, func.lower(PEOPLE.c.email) != email
    )
    connection.execute(others.values(slack_user_id=None, slack_channel=None, slack_checked_at=None))


def wish(connection: Connection, wished: Subscription) -> Wished:
    """Keep a wish; exactly its contrary ends by that. `wished.at` is now."""
    contrary = wished.opposite()
    undone = contrary if unwish(connection, contrary) else None
    row = {name: getattr(wished, name) for name in ("target", "kind", "segment", "by_user", "at")}
    statement = insert(connection, SUBSCRIPTIONS).values(**row, verb=wished.verb.value)
    new = connection.execute(statement.on_conflict_do_nothing().returning(SUBSCRIPTIONS.c.seq)).first() is not None
    if new:
        append_audit(connection, [_line(wished, wished.verb)])
    return Wished(new, undone)


def unwish(connection: Connection, ended: Subscription) -> bool:
    """End a wish; False where there was none. `ended.at` is now."""
    gone = connection.execute(delete(SUBSCRIPTIONS).where(*_same(ended)).returning(SUBSCRIPTIONS.c.seq)).first()
    if gone is None:
        return False
    append_audit(connection, [_line(ended, _UNDONE[ended.verb])])
    return True


def _same(wished: Subscription) -> list[ColumnElement[bool]]:
    return [SUBSCRIPTIONS.c[name] == str(getattr(wished, name)) for name in ("target", "verb", "kind", "segment")]


def _line(wished: Subscription, verb: str) -> Audit:
    assert wished.at is not None, "the store sets it"
    detail: dict[str, Value] = {"kind": wished.kind, "segment": wished.segment}
    return Audit(wished.at, wished.by_user or NOBODY, verb, wished.target, detail)


def _from_row(row: RowMapping) -> Subscription:
    return Subscription(row["target"], Verb(row["verb"]), row["kind"], row["segment"], row["by_user"], row["at"])
