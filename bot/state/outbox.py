"""The outbox: what is to be said, and how far each notice came.

A notice is claimed (SENDING, committed before anything leaves), sent once, and marked. Every mark is guarded by the
fencing number of its claim: a worker that comes too late changes nothing, and is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, text, update
from sqlalchemy import insert as plain_insert

from bot.state import codec
from bot.state.engine import OUTBOX_LOCK, lock
from bot.state.enqueue import NO_POST, by_id, enqueue_fallback
from bot.state.rows import Act, Backlog, Status
from bot.state.tables import AUDIT, HOLDS, NOTICES
from bot.state.types import UtcDateTime
from bot.state.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, FromClause, RowMapping, TextClause, Update
    from sqlalchemy.sql.elements import ColumnElement

    from bot.messages.message import Message
    from bot.state.rows import Claimed, Notice, Sent


def _undone(table: str = NOTICES.name) -> TextClause:
    # Written as the partial index is, so that it serves: parameters would hide that.
    return text(f"{table}.status IN ('pending', 'sending', 'uncertain')")


_N: Final = NOTICES.alias("n")
_OTHER: Final = NOTICES.alias("other")
_NOW: Final = bindparam("now", type_=UtcDateTime())
_PACED: Final = bindparam("paced", type_=UtcDateTime())


def _free() -> ColumnElement[bool]:
    """Nothing is under way at the destination, its last message is long enough ago, and Slack takes messages."""
    there = _OTHER.c.destination == _N.c.destination
    busy = exists().where(there, _undone("other"), _OTHER.c.status == Status.SENDING)
    # A moment in the future is a clock that was set back: it must not block the destination until then.
    too_soon = exists().where(there, _OTHER.c.sent_at > _PACED, _OTHER.c.sent_at <= _NOW)
    held = exists().where(HOLDS.c.act == _N.c.act, HOLDS.c.until > _NOW)
    return and_(~busy, ~too_soon, ~held)


def _may_post() -> ColumnElement[bool]:
    earlier = and_(_OTHER.c.destination == _N.c.destination, _OTHER.c.seq < _N.c.seq, _undone("other"))
    queued = exists().where(earlier, _OTHER.c.act == Act.POST, _OTHER.c.status == Status.PENDING, ~_unclear(_OTHER))
    return and_(_N.c.act == Act.POST, ~queued, ~_unclear(_N))


def _unclear(notice: FromClause) -> ColumnElement[bool]:
    """Of what was said before, in the same episode and place, nobody knows whether it arrived.

    Then the notice waits, and holds up no other episode: an alert is to be read before its end.
    """
    before = NOTICES.alias("before")
    same_place = and_(before.c.destination == notice.c.destination, before.c.episode_id == notice.c.episode_id)
    uncertain = and_(_undone("before"), before.c.status == Status.UNCERTAIN)
    return exists().where(same_place, before.c.seq < notice.c.seq, uncertain)


def _may_update() -> ColumnElement[bool]:
    post = NOTICES.alias("post")
    delivered = exists().where(post.c.notice_id == _N.c.post_id, post.c.status == Status.SENT)
    same_message = and_(_OTHER.c.post_id == _N.c.post_id, _OTHER.c.seq != _N.c.seq)
    postponed = and_(_OTHER.c.status == Status.PENDING, _OTHER.c.not_before > _NOW)
    changing = exists().where(same_message, or_(_OTHER.c.status == Status.SENDING, postponed))
    return and_(_N.c.act == Act.UPDATE, delivered, ~changing)


_NEXT: Final = (
    select(_N)
    .where(_N.c.status == Status.PENDING, _undone("n"), or_(_N.c.not_before.is_(None), _N.c.not_before <= _NOW))
    .where(_free(), or_(_may_post(), _may_update()))
    .order_by(_N.c.seq)
    .limit(1)
)


def claim_notice(connection: Connection, now: datetime, lease: timedelta, pace: timedelta) -> Claimed | None:
    """Take the oldest notice that may be sent now, and mark it SENDING; None where there is none.

    Destinations are served in order, one notice at a time, and no sooner than `pace` after the last one. Notices
    whose lease ran out become uncertain (posts) or wait again (updates, which may be repeated).
    """
    lock(connection, OUTBOX_LOCK)
    _expire(connection, now)
    row = connection.execute(_NEXT, {"now": now, "paced": now - pace}).mappings().first()
    if row is None:
        return None
    if row["act"] == Act.UPDATE:
        row = _newest(connection, row)
    taken = {"fence": row["fence"] + 1, "attempts": row["attempts"] + 1, "first_tried_at": row["first_tried_at"] or now}
    claim = update(NOTICES).where(NOTICES.c.seq == row["seq"])
    connection.execute(claim.values(status=Status.SENDING.value, lease_until=now + lease, **taken))
    if row["act"] == Act.UPDATE:
        post = by_id(connection, row["post_id"])
        assert post is not None, "the query asks for a delivered post"
        return codec.claimed_from_row(row, **taken, **{name: post[name] for name in ("channel", "ts", "meant_for")})
    return codec.claimed_from_row(row, **taken)


def _expire(connection: Connection, now: datetime) -> None:
    after = case((NOTICES.c.act == Act.POST, Status.UNCERTAIN.value), else_=Status.PENDING.value)
    late = and_(_undone(), NOTICES.c.status == Status.SENDING, NOTICES.c.lease_until <= now)
    connection.execute(
        update(NOTICES)
        .where(late)
        .values(
            status=after,
            fence=NOTICES.c.fence + 1,
            lease_until=None,
            not_before=None,
            looks=0,
            error="the sender did not come back",
        )
    )


def _newest(connection: Connection, row: RowMapping) -> RowMapping:
    """Return the newest update of the same message; the older ones have nothing left to say."""
    same = and_(NOTICES.c.post_id == row["post_id"], NOTICES.c.status == Status.PENDING)
    newest = connection.execute(select(NOTICES).where(same).order_by(NOTICES.c.seq.desc()).limit(1)).mappings().one()
    older = and_(same, NOTICES.c.seq < newest["seq"])
    connection.execute(update(NOTICES).where(older).values(status=Status.SUPERSEDED.value))
    return newest


def mine(claimed: Claimed, status: Status = Status.SENDING) -> Update:
    """Build an UPDATE of a claimed notice that does nothing once the claim has been handed on."""
    return update(NOTICES).where(
        NOTICES.c.notice_id == claimed.notice.notice_id,
        NOTICES.c.fence == claimed.fence,
        NOTICES.c.status == status.value,
    )


def mark_sent(connection: Connection, claimed: Claimed, sent: Sent, now: datetime) -> bool:
    """Keep where the message stands. False: the lease had run out, nothing was changed."""
    placed = {"channel": sent.channel, "ts": sent.ts, "sent_at": now}
    done = {"status": Status.SENT.value, "lease_until": None, "not_before": None, "error": None}
    return connection.execute(mine(claimed).values(**placed, **done)).rowcount == 1


def mark_retry(
    connection: Connection, claimed: Claimed, not_before: datetime, error: str, message: Message | None = None
) -> bool:
    """Put a notice that certainly did not arrive back, in other words where `message` is given."""
    values: dict[str, Any] = {"status": Status.PENDING.value, "lease_until": None, "not_before": not_before}
    if message is not None:
        values["message"] = codec.message_to_text(message)
    return connection.execute(mine(claimed).values(**values, error=error)).rowcount == 1


def mark_uncertain(connection: Connection, claimed: Claimed, look_at: datetime, error: str) -> bool:
    """Note that nobody knows whether the message arrived; it is looked for at `look_at`."""
    values = {"status": Status.UNCERTAIN.value, "lease_until": None, "not_before": look_at, "looks": 0}
    return connection.execute(mine(claimed).values(**values, error=error)).rowcount == 1


def mark_failed(connection: Connection, claimed: Claimed, error: str, fallback: Notice | None, now: datetime) -> bool:
    """Give a notice up; `fallback`, where there is one, is enqueued in its place and takes over its updates."""
    values = {"status": Status.FAILED.value, "lease_until": None, "not_before": None, "error": error}
    if connection.execute(mine(claimed).values(**values)).rowcount != 1:
        return False
    successor = enqueue_fallback(connection, claimed.notice, fallback) if fallback else None
    updates = update(NOTICES).where(NOTICES.c.post_id == claimed.notice.notice_id, NOTICES.c.status == Status.PENDING)
    changed = {"post_id": successor} if successor else {"status": Status.FAILED.value, "error": NO_POST}
    connection.execute(updates.values(**changed))
    connection.execute(plain_insert(AUDIT), _failure(claimed.notice, error, fallback, now))
    return True


def _failure(notice: Notice, error: str, fallback: Notice | None, now: datetime) -> codec.Record:
    detail = {"destination": notice.destination, "error": error, "fallback": fallback.destination if fallback else None}
    return {
        "at": now,
        "actor": "headroom",
        "verb": "undeliverable",
        "subject": notice.subject,
        "detail": codec.to_json(detail | {"episode": notice.episode_id, "transition": notice.transition}),
    }


def hold(connection: Connection, act: Act, until: datetime) -> None:
    """Send nothing of this kind before `until`, by any worker."""
    held = insert(connection, HOLDS).values(act=act.value, until=until)
    later = HOLDS.c.until < held.excluded.until
    connection.execute(
        held.on_conflict_do_update(index_elements=["act"], set_={"until": held.excluded.until}, where=later)
    )


def backlog(connection: Connection) -> Backlog:
    """Count the notices that are not delivered yet."""
    undone = select(NOTICES.c.status, func.count().label("number")).group_by(NOTICES.c.status)
    counts = {row.status: int(row.number) for row in connection.execute(undone.where(_undone()))}
    waiting = counts.get(Status.PENDING, 0) + counts.get(Status.SENDING, 0)
    return Backlog(waiting=waiting, uncertain=counts.get(Status.UNCERTAIN, 0))


def next_due(connection: Connection, now: datetime, pace: timedelta) -> datetime | None:
    """Return a moment before which nothing can be sent or looked for; None where nothing is left to do.

    It may be `now` or before: then something is due, or waits for another notice.
    """
    moment = UtcDateTime()
    held = select(HOLDS.c.until).where(HOLDS.c.act == _N.c.act).scalar_subquery()
    waiting = func.coalesce(_N.c.not_before, now, type_=moment)
    due = case(
        (_N.c.status == Status.SENDING, _N.c.lease_until),
        (and_(_N.c.status == Status.PENDING, held > waiting), held),
        else_=waiting,
    )
    last = func.max(_OTHER.c.sent_at, type_=moment)
    last_there = select(last).where(_OTHER.c.destination == _N.c.destination, _OTHER.c.sent_at <= now).scalar_subquery()
    places = select(func.min(due, type_=moment).label("due"), last_there.label("last")).where(_undone("n"))
    rows = connection.execute(places.group_by(_N.c.destination)).all()
    return min((max(row.due, row.last + pace) if row.last else row.due for row in rows), default=None)
