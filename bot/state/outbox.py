"""The outbox: what is to be said, and how far each notice came.

A notice is claimed (SENDING, committed before anything leaves), sent once, and marked. Every mark is guarded by the
fencing number of its claim: a worker that comes too late changes nothing, and is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, case, func, select, text, update
from sqlalchemy import insert as plain_insert

from bot.state import calls, codec, turns
from bot.state.engine import OUTBOX_LOCK, lock
from bot.state.enqueue import NO_POST, aim, by_id, enqueue_fallback
from bot.state.rows import Act, Backlog, Status
from bot.state.tables import AUDIT, NOTICES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, RowMapping, TextClause, Update

    from bot.messages.message import Message
    from bot.state.rows import Claimed, Notice, Sent
    from bot.state.turns import Terms

UNTHREADED: Final = ("digest", "operations")
"""Kinds of notices that stand in the channel itself: a day's summary, and what whoever runs Headroom is to see."""
_TOGETHER: Final = "digest"
"""Kind of what is told together; what of it is not broadcast goes on in its thread."""


_ROOT: Final = text("notices.status = 'sent' AND notices.act = 'post' AND notices.thread_ts IS NULL")


def _undone() -> TextClause:
    # Written as the partial index is, so that it serves: parameters would hide that.
    return text(f"{NOTICES.name}.status IN ('pending', 'sending', 'uncertain')")


def _unsettled() -> TextClause:
    return text(f"{NOTICES.name}.status IN ('sending', 'uncertain')")


@dataclass(frozen=True, slots=True)
class Moments:
    """When a message was sent, by the store's clock."""

    now: datetime
    arrived: datetime
    """The latest moment at which it can have arrived: the next one to its destination keeps its distance from it."""
    sweep_at: datetime | None
    """When to look whether it stands there twice, where an earlier attempt had an unclear end; None: never."""


def claim_notice(connection: Connection, now: datetime, lease: timedelta, terms: Terms) -> Claimed | None:
    """Take the oldest notice that may be sent now, and mark it SENDING; None where there is none.

    Posts to a destination are handed out in order, one at a time and some time apart; a call of Slack's method is
    counted with it. Notices whose lease ran out become uncertain (posts) or wait again (updates, which may be
    repeated). To be asked under the outbox's lock, with a `now` from under it: one from before would be older than
    what other workers noted meanwhile.
    """
    _expire(connection, now)
    seq = turns.next_seq(connection, now, terms)
    if seq is None:
        return None
    row = connection.execute(select(NOTICES).where(NOTICES.c.seq == seq)).mappings().one()
    if row["act"] == Act.UPDATE:
        row = _newest(connection, row)
    act = Act(row["act"])
    calls.take(connection, turns.key_of(act), terms.a_minute.get(act), now)
    taken = {"fence": row["fence"] + 1, "attempts": row["attempts"] + 1, "first_tried_at": row["first_tried_at"] or now}
    chosen = _thread(connection, row, now, terms) if act is Act.POST else {}
    claim = update(NOTICES).where(NOTICES.c.seq == row["seq"])
    placed = {name: value for name, value in chosen.items() if name in NOTICES.c}
    connection.execute(claim.values(status=Status.SENDING.value, lease_until=now + lease, **taken, **placed))
    if act is Act.UPDATE:
        post = by_id(connection, row["post_id"])
        assert post is not None, "only an update whose post stands somewhere is ready"
        return codec.claimed_from_row(row, **taken, **{name: post[name] for name in ("channel", "ts", "meant_for")})
    return codec.claimed_from_row(row, **taken, **chosen)


def _thread(connection: Connection, row: RowMapping, now: datetime, terms: Terms) -> dict[str, str | None]:
    """Choose the thread of a post when it is first claimed; later attempts keep what was chosen.

    Where an earlier attempt may have arrived is where it is looked for: another thread would be another message.
    """
    there = [NOTICES.c.destination == row["destination"], NOTICES.c.subject == row["subject"]]
    roots = select(NOTICES.c.channel, NOTICES.c.ts).where(*there, _ROOT)
    if row["attempts"]:
        if row["thread_ts"] is None:
            return {}
        root = connection.execute(roots.where(NOTICES.c.ts == row["thread_ts"]).limit(1)).first()
        return {"thread_channel": root.channel if root else None}
    goes_on = row["kind"] == _TOGETHER and not row["broadcast"]
    if not terms.thread_life or (row["kind"] in UNTHREADED and not goes_on):
        return {}
    # What a digest has no room for stands under that digest, and under no other of its reader.
    same = NOTICES.c.episode_id == row["episode_id"] if goes_on else NOTICES.c.kind.not_in(UNTHREADED)
    young = roots.where(NOTICES.c.sent_at > now - terms.thread_life, same)
    root = connection.execute(young.order_by(NOTICES.c.sent_at.desc(), NOTICES.c.seq.desc()).limit(1)).first()
    return {"thread_ts": root.ts, "thread_channel": root.channel} if root else {}


_EXPIRED: Final = (
    update(NOTICES)
    .where(_unsettled(), NOTICES.c.status == Status.SENDING.value, NOTICES.c.lease_until <= bindparam("now"))
    .values(
        status=case((NOTICES.c.act == Act.POST.value, Status.UNCERTAIN.value), else_=Status.PENDING.value),
        fence=NOTICES.c.fence + 1,
        lease_until=None,
        not_before=None,
        looks=0,
        error="the sender did not come back",
    )
)


def _expire(connection: Connection, now: datetime) -> None:
    connection.execute(_EXPIRED, {"now": now})


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


def mark_sent(connection: Connection, claimed: Claimed, sent: Sent, moments: Moments) -> bool:
    """Keep where the message stands. False: the lease had run out, nothing was changed."""
    placed = {"channel": sent.channel, "ts": sent.ts, "sent_at": moments.now}
    done = {"status": Status.SENT.value, "lease_until": None, "not_before": None, "error": None}
    # What was sent anew after an unclear answer bears a mark: the first one may still turn up.
    sweep = {"sweep_at": moments.sweep_at if claimed.again else None}
    if connection.execute(mine(claimed).values(**placed, **done, **sweep)).rowcount != 1:
        return False
    if claimed.notice.act is Act.POST:
        aim(connection, claimed.notice.notice_id, sent)
        calls.posted(connection, claimed.notice.destination, moments.arrived)
    return True


def mark_retry(
    connection: Connection,
    claimed: Claimed,
    not_before: datetime,
    error: str,
    message: Message | None = None,
    *,
    as_root: bool = False,
) -> bool:
    """Put a notice that certainly did not arrive back, in other words where `message` is given.

    `as_root`: in the channel itself, where the thread that was chosen for it is no more.
    """
    values: dict[str, Any] = {"status": Status.PENDING.value, "lease_until": None, "not_before": not_before}
    if message is not None:
        values["message"] = codec.message_to_text(message)
    if as_root:
        values["thread_ts"] = None
    return connection.execute(mine(claimed).values(**values, error=error)).rowcount == 1


def mark_uncertain(connection: Connection, claimed: Claimed, look_at: datetime, error: str, now: datetime) -> bool:
    """Note that nobody knows whether the message arrived; it is looked for at `look_at`."""
    values = {"status": Status.UNCERTAIN.value, "lease_until": None, "not_before": look_at, "looks": 0}
    if connection.execute(mine(claimed).values(**values, error=error)).rowcount != 1:
        return False
    calls.posted(connection, claimed.notice.destination, now)
    return True


def mark_failed(connection: Connection, claimed: Claimed, error: str, instead: Sequence[Notice], now: datetime) -> bool:
    """Give a notice up. The first of `instead` that can speak for it is enqueued, and takes over its updates.

    False: the lease had run out, nothing was changed.
    """
    # One at a time: two notices that stand in for each other would wait for each other's rows.
    lock(connection, OUTBOX_LOCK)
    values = {"status": Status.FAILED.value, "lease_until": None, "not_before": None, "error": error}
    if connection.execute(mine(claimed).values(**values)).rowcount != 1:
        return False
    meant_for = claimed.meant_for or claimed.notice.destination
    found = ((enqueue_fallback(connection, claimed.notice, one, meant_for), one) for one in instead)
    speaker, fallback = next(((row, one) for row, one in found if row is not None), (None, None))
    updates = update(NOTICES).where(NOTICES.c.post_id == claimed.notice.notice_id, NOTICES.c.status == Status.PENDING)
    lost = {"status": Status.FAILED.value, "error": NO_POST}
    moved = {"post_id": speaker["notice_id"], "channel": speaker["channel"], "ts": speaker["ts"]} if speaker else lost
    connection.execute(updates.values(**moved))
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


def backlog(connection: Connection, after: datetime) -> Backlog:
    """Count the notices that are not delivered yet; those that are to wait until after a moment count as deferred."""
    undone = select(NOTICES.c.status, func.count().label("number")).group_by(NOTICES.c.status)
    counts = {row.status: int(row.number) for row in connection.execute(undone.where(_undone()))}
    deferred = turns.deferred(connection, after)
    waiting = counts.get(Status.PENDING, 0) - deferred + counts.get(Status.SENDING, 0)
    return Backlog(waiting=waiting, uncertain=counts.get(Status.UNCERTAIN, 0), deferred=deferred)
