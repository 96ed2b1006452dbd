"""What comes into the outbox: notices, each once under its key, and those that stand in for undeliverable ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select, update

from bot.state import codec
from bot.state.rows import Act, Status
from bot.state.tables import NOTICES
from bot.state.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, RowMapping

    from bot.state.rows import Notice

NO_POST: Final = "there is no message that it could change"


def enqueue(connection: Connection, notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Put notices into the outbox; return those that are new under their key, in their order.

    An update is tied to the message it replaces; where that was never delivered, it is kept as failed.
    """
    posts = [notice for notice in notices if notice.act is Act.POST]
    updates = [notice for notice in notices if notice.act is Act.UPDATE]
    new = _insert(connection, posts) | _insert(connection, updates)
    for notice in updates:
        if notice.notice_id in new:
            _aim(connection, notice)
    return tuple(notice for notice in notices if notice.notice_id in new)


def _insert(connection: Connection, notices: Sequence[Notice]) -> set[str]:
    if not notices:
        return set()
    last = connection.scalar(select(func.coalesce(func.max(NOTICES.c.seq), 0)))
    rows = [codec.notice_to_row(notice) for notice in notices]
    connection.execute(insert(connection, NOTICES).on_conflict_do_nothing(), rows)
    added = set(connection.scalars(select(NOTICES.c.notice_id).where(NOTICES.c.seq > last)))
    return added & {notice.notice_id for notice in notices}


def _aim(connection: Connection, notice: Notice) -> None:
    post = _post(connection, notice)
    if post is not None and post["fallback_id"] is not None:
        post = by_id(connection, post["fallback_id"])
    lost = post is None or post["status"] == Status.FAILED
    values = (
        {"status": Status.FAILED.value, "error": NO_POST} if lost or post is None else {"post_id": post["notice_id"]}
    )
    connection.execute(update(NOTICES).where(NOTICES.c.notice_id == notice.notice_id).values(values))


def _post(connection: Connection, notice: Notice) -> RowMapping | None:
    if notice.post_id is not None:
        return by_id(connection, notice.post_id)
    same = and_(
        NOTICES.c.episode_id == notice.episode_id,
        NOTICES.c.destination == notice.destination,
        NOTICES.c.act == Act.POST,
    )
    return connection.execute(select(NOTICES).where(same).order_by(NOTICES.c.seq.desc()).limit(1)).mappings().first()


def by_id(connection: Connection, notice_id: str) -> RowMapping | None:
    """Return the row of one notice."""
    return connection.execute(select(NOTICES).where(NOTICES.c.notice_id == notice_id)).mappings().first()


def enqueue_fallback(connection: Connection, notice: Notice, fallback: Notice) -> str | None:
    """Enqueue what is said in place of an undeliverable notice; return the id of the notice that speaks for it now."""
    added = enqueue(connection, [fallback])
    if added:
        meant = update(NOTICES).where(NOTICES.c.notice_id == fallback.notice_id)
        connection.execute(meant.values(meant_for=notice.destination))
    # The same thing may stand there already, in its own right: then that message speaks for both.
    key = and_(
        NOTICES.c.episode_id == fallback.episode_id,
        NOTICES.c.transition == fallback.transition,
        NOTICES.c.destination == fallback.destination,
        NOTICES.c.act == fallback.act.value,
    )
    successor = connection.scalar(select(NOTICES.c.notice_id).where(key))
    if successor == notice.notice_id:
        return None
    failed = update(NOTICES).where(NOTICES.c.notice_id == notice.notice_id)
    connection.execute(failed.values(fallback_id=successor))
    return successor
