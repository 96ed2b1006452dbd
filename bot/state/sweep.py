"""The sweep: what was sent anew after an unclear answer is looked for again, in case the first one arrived after all.

Of two messages with one id the earlier becomes the notice's place, so that later changes reach it; the later one is
removed by the sender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text, update

from bot.state import codec
from bot.state.engine import OUTBOX_LOCK, lock
from bot.state.enqueue import aim, by_id
from bot.state.outbox import mine
from bot.state.rows import Act, Status
from bot.state.tables import NOTICES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from bot.state.rows import Claimed, Sent

_SWEPT: Final = text("notices.sweep_at IS NOT NULL")


def claim_sweep(connection: Connection, now: datetime, lease: timedelta) -> Claimed | None:
    """Take a delivered post that is to be looked for again; no other worker does so during the lease."""
    due = select(NOTICES).where(_SWEPT, NOTICES.c.sweep_at <= now, NOTICES.c.status == Status.SENT.value)
    row = connection.execute(due.order_by(NOTICES.c.sweep_at).limit(1)).mappings().first()
    if row is None:
        return None
    fence = row["fence"] + 1
    connection.execute(update(NOTICES).where(NOTICES.c.seq == row["seq"]).values(fence=fence, sweep_at=now + lease))
    return codec.claimed_from_row(row, fence=fence)


def adopt(connection: Connection, claimed: Claimed, place: Sent) -> bool:
    """Make a place that of a post. The last change of its message, if it had any, is sent once more: to there.

    False: a change is under way right now, or another worker took the post over; nothing was changed.
    """
    lock(connection, OUTBOX_LOCK)
    post_id = claimed.notice.notice_id
    of_it = (NOTICES.c.post_id == post_id, NOTICES.c.act == Act.UPDATE.value)
    changing = select(NOTICES.c.seq).where(*of_it, NOTICES.c.status == Status.SENDING.value).limit(1)
    moved = mine(claimed, Status.SENT).values(channel=place.channel, ts=place.ts)
    if connection.scalar(changing) is not None or connection.execute(moved).rowcount != 1:
        return False
    last = select(NOTICES.c.seq).where(*of_it, NOTICES.c.status == Status.SENT.value)
    seq = connection.scalar(last.order_by(NOTICES.c.seq.desc()).limit(1))
    if seq is not None:
        again = update(NOTICES).where(NOTICES.c.seq == seq)
        connection.execute(again.values(status=Status.PENDING.value, not_before=None))
    aim(connection, post_id, place)
    return True


def finish_sweep(connection: Connection, claimed: Claimed, after: Sequence[timedelta]) -> bool:
    """Note that a post was looked for once more. `after`: how long after it was sent each look is to be."""
    row = by_id(connection, claimed.notice.notice_id)
    if row is None:
        return False
    sweeps = row["sweeps"] + 1
    sweep_at = row["sent_at"] + after[sweeps] if sweeps < len(after) else None
    done = mine(claimed, Status.SENT).values(sweeps=sweeps, sweep_at=sweep_at)
    return connection.execute(done).rowcount == 1


def postpone_sweep(connection: Connection, claimed: Claimed, sweep_at: datetime) -> bool:
    """Look again later: this time the far end could not be asked, which says nothing."""
    postponed = mine(claimed, Status.SENT).values(sweep_at=sweep_at)
    return connection.execute(postponed).rowcount == 1
