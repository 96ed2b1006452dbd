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

    from bot.state.rows import Notice, Sent

NO_POST: Final = "there is no message that it could change"


def enqueue(connection: Connection, notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Put notices into the outbox; return those that are new under their key, in their order.

    An update is tied to the message it replaces; where that was never delivered, it is kept as failed.
    """
    posts = [notice for notice in notices if notice.act is Act.POST]
    updates = [notice for notice in notices if notice.act is Act.UPDATE]
    new = _insert(connection, posts) | _insert(connection, updates)
    targets = [(_target(connection, notice), notice) for notice in updates if notice.notice_id in new]
    # In the order of their posts, which are locked one after the other: two transactions that lock the same ones in
    # different orders would wait for each other.
    for target, notice in sorted(targets, key=lambda pair: pair[0]["seq"] if pair[0] else 0):
        _tie(connection, notice, target)
    return tuple(notice for notice in notices if notice.notice_id in new)


def _insert(connection: Connection, notices: Sequence[Notice]) -> set[str]:
    if not notices:
        return set()
    last = connection.scalar(select(func.coalesce(func.max(NOTICES.c.seq), 0)))
    rows = [codec.notice_to_row(notice) for notice in notices]
    connection.execute(insert(connection, NOTICES).on_conflict_do_nothing(), rows)
    added = set(connection.scalars(select(NOTICES.c.notice_id).where(NOTICES.c.seq > last)))
    return added & {notice.notice_id for notice in notices}


def _target(connection: Connection, notice: Notice) -> RowMapping | None:
    """Return the post that an update changes: what speaks for it now."""
    if notice.post_id is not None:
        post = by_id(connection, notice.post_id)
    else:
        there = (NOTICES.c.episode_id == notice.episode_id, NOTICES.c.destination == notice.destination)
        posts = select(NOTICES).where(*there, NOTICES.c.act == Act.POST.value)
        post = connection.execute(posts.order_by(NOTICES.c.seq.desc()).limit(1)).mappings().first()
    return speaker(connection, post)


def _tie(connection: Connection, notice: Notice, target: RowMapping | None) -> None:
    # Locked: whoever delivers the post meanwhile sees this update afterwards, or this sees where the post stands.
    post = _locked(connection, target)
    values: codec.Record = {"status": Status.FAILED.value, "error": NO_POST}
    if post is not None:
        sent = post["status"] == Status.SENT
        place = {name: post[name] if sent else None for name in ("channel", "ts")}
        values = {"post_id": post["notice_id"], **place}
    connection.execute(update(NOTICES).where(NOTICES.c.notice_id == notice.notice_id).values(values))


def _locked(connection: Connection, target: RowMapping | None) -> RowMapping | None:
    while target is not None:
        wanted = select(NOTICES).where(NOTICES.c.seq == target["seq"]).with_for_update()
        row = connection.execute(wanted).mappings().one()
        if row["status"] != Status.FAILED:
            return row
        target = speaker(connection, row)
    return None


def aim(connection: Connection, post_id: str, place: Sent) -> None:
    """Tell the updates that wait for a post where it stands: they are ready then."""
    waiting = update(NOTICES).where(NOTICES.c.post_id == post_id, NOTICES.c.status == Status.PENDING.value)
    connection.execute(waiting.values(channel=place.channel, ts=place.ts))


def by_id(connection: Connection, notice_id: str) -> RowMapping | None:
    """Return the row of one notice."""
    return connection.execute(select(NOTICES).where(NOTICES.c.notice_id == notice_id)).mappings().first()


def speaker(connection: Connection, post: RowMapping | None) -> RowMapping | None:
    """Return the post that says what another one was to say: itself, or what stands in for it; None: nothing does."""
    seen: set[str] = set()
    while post is not None and post["status"] == Status.FAILED:
        seen.add(post["notice_id"])
        instead = post["fallback_id"]
        post = by_id(connection, instead) if instead and instead not in seen else None
    return post


def enqueue_fallback(connection: Connection, notice: Notice, fallback: Notice, meant_for: str) -> RowMapping | None:
    """Enqueue what is said in place of an undeliverable notice; return the row of what speaks for it now.

    The same may stand there already, in its own right: then that message speaks for both. None: it was undeliverable
    itself, and nothing speaks for it.
    """
    if enqueue(connection, [fallback]):
        meant = update(NOTICES).where(NOTICES.c.notice_id == fallback.notice_id)
        connection.execute(meant.values(meant_for=meant_for))
    key = and_(
        NOTICES.c.episode_id == fallback.episode_id,
        NOTICES.c.transition == fallback.transition,
        NOTICES.c.destination == fallback.destination,
        NOTICES.c.act == fallback.act.value,
    )
    there = connection.execute(select(NOTICES).where(key)).mappings().first()
    found = speaker(connection, there)
    if found is not None:
        failed = update(NOTICES).where(NOTICES.c.notice_id == notice.notice_id)
        connection.execute(failed.values(fallback_id=found["notice_id"]))
    return found
