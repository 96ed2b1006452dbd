"""What a person's Home is made of: their accounts, what is open about them, what comes up; from indexed columns.

Nothing here asks who may see what: that is the caller's, before anything of it is shown, counted or summed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, or_, select

from bot.core.episodes import Phase
from bot.core.holdings import Holding
from bot.state import codec
from bot.state.tables import ACCOUNTS, EPISODES

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection, Select, Subquery
    from sqlalchemy.sql.elements import ColumnElement

    from bot.core.episodes import Episode
    from bot.core.holdings import Scope
    from bot.state.rows import AccountView


_HELD: Final = (
    ACCOUNTS.c.account_id,
    ACCOUNTS.c.name,
    ACCOUNTS.c.as_of,
    ACCOUNTS.c.owner_id,
    ACCOUNTS.c.csm_id,
    ACCOUNTS.c.segment,
    ACCOUNTS.c.currency,
    ACCOUNTS.c.arr,
    ACCOUNTS.c.renewal_on,
    ACCOUNTS.c.deadline_on,
    ACCOUNTS.c.health_band,
)
_OPEN: Final = (Phase.FIRING.value, Phase.CLAIMED.value)


def holdings(connection: Connection, scope: Scope, limit: int) -> list[Holding]:
    """Return accounts, what has most at stake first; those without an alert follow by their ARR."""
    alerts = _alerts_by_account(scope)
    wanted = _with(alerts, scope).order_by(
        alerts.c.at_stake.desc().nulls_last(), ACCOUNTS.c.arr.desc().nulls_last(), ACCOUNTS.c.account_id
    )
    found = _holdings(connection, wanted, limit)
    if scope.rules is not None or len(found) >= limit:
        return found
    quiet = select(*_HELD).where(*_conditions(scope), ACCOUNTS.c.account_id.not_in(select(alerts.c.subject)))
    quiet = quiet.order_by(ACCOUNTS.c.arr.desc().nulls_last(), ACCOUNTS.c.account_id)
    return [*found, *_holdings(connection, quiet, limit - len(found))]


def coming_up(connection: Connection, scope: Scope, since: date, until: date, limit: int) -> list[Holding]:
    """Return accounts whose deadline lies between two days, both included; the nearest first, without alerts."""
    wanted = select(*_HELD).where(*_conditions(scope), ACCOUNTS.c.deadline_on.between(since, until))
    wanted = wanted.order_by(ACCOUNTS.c.deadline_on, ACCOUNTS.c.arr.desc().nulls_last(), ACCOUNTS.c.account_id)
    return _holdings(connection, wanted, limit)


def open_alerts(connection: Connection, scope: Scope, limit: int) -> list[Episode]:
    """Return the open alerts of accounts of which people were told, what has most at stake first."""
    wanted = (
        select(EPISODES)
        .join(ACCOUNTS, ACCOUNTS.c.account_id == EPISODES.c.subject)
        .where(*_conditions(scope), *_told(scope))
        .order_by(EPISODES.c.at_stake.desc().nulls_last(), EPISODES.c.fired_at, EPISODES.c.episode_id)
        .limit(limit)
    )
    return [codec.episode_from_row(row) for row in connection.execute(wanted).mappings()]


def views(connection: Connection, account_ids: Collection[str]) -> dict[str, AccountView]:
    """Return some accounts by their ids, whole: for a page of them, not for a list of all."""
    rows = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id.in_(list(account_ids)))).mappings()
    return {row["account_id"]: codec.account_from_row(row) for row in rows}


def segments(connection: Connection) -> list[str]:
    """Return every segment that an account has, by name."""
    wanted = select(ACCOUNTS.c.segment).where(ACCOUNTS.c.segment.is_not(None)).distinct()
    return sorted(connection.scalars(wanted.order_by(ACCOUNTS.c.segment)))


def has_any(connection: Connection, people: Collection[str]) -> bool:
    """Tell whether somebody is the owner or CSM of any account."""
    found = connection.scalar(select(ACCOUNTS.c.account_id).where(_of(people)).limit(1))
    return found is not None


def _with(alerts: Subquery, scope: Scope) -> Select[Any]:
    found = select(*_HELD, alerts.c.at_stake, alerts.c.alerts)
    return found.join(alerts, alerts.c.subject == ACCOUNTS.c.account_id).where(*_conditions(scope))


def _holdings(connection: Connection, wanted: Select[Any], limit: int) -> list[Holding]:
    return [Holding(**row) for row in connection.execute(wanted.limit(limit)).mappings()]


def _alerts_by_account(scope: Scope) -> Subquery:
    found = select(
        EPISODES.c.subject, func.max(EPISODES.c.at_stake).label("at_stake"), func.count().label("alerts")
    ).where(*_told(scope))
    if scope.people is not None:
        # Of a few people's accounts each is looked up; of everybody's the alerts are fewer than the accounts.
        found = found.where(EPISODES.c.subject.in_(select(ACCOUNTS.c.account_id).where(_of(scope.people))))
    return found.group_by(EPISODES.c.subject).subquery("alerts")


def _told(scope: Scope) -> list[ColumnElement[bool]]:
    # `phase <> 'resolved'` in the words of the partial index, which knows the open ones alone.
    conditions = [EPISODES.c.phase.in_(_OPEN), EPISODES.c.phase != Phase.RESOLVED.value, EPISODES.c.announced.is_(True)]
    return conditions if scope.rules is None else [*conditions, EPISODES.c.rule.in_(sorted(scope.rules))]


def _conditions(scope: Scope) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scope.people is not None:
        conditions.append(_of(scope.people))
    if scope.segment is not None:
        conditions.append(ACCOUNTS.c.segment == scope.segment)
    if scope.band is not None:
        conditions.append(ACCOUNTS.c.health_band == scope.band)
    return conditions


def _of(people: Collection[str]) -> ColumnElement[bool]:
    ids = sorted(people)
    return or_(ACCOUNTS.c.owner_id.in_(ids), ACCOUNTS.c.csm_id.in_(ids))
