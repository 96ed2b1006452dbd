"""Notices of which nobody knows whether they arrived: looked for, and only then sent anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import case, or_, select, update

from bot.state import codec
from bot.state.engine import OUTBOX_LOCK, lock
from bot.state.outbox import mine
from bot.state.rows import Status
from bot.state.tables import NOTICES

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from bot.state.rows import Claimed, Sent

_LATEST: Final = 30


def claim_uncertain(connection: Connection, now: datetime, lease: timedelta) -> Claimed | None:
    """Take a notice of unknown fate that is to be looked for now; no other worker does so during the lease."""
    lock(connection, OUTBOX_LOCK)
    due = or_(NOTICES.c.not_before.is_(None), NOTICES.c.not_before <= now)
    oldest = select(NOTICES).where(NOTICES.c.status == Status.UNCERTAIN, due).order_by(NOTICES.c.seq).limit(1)
    row = connection.execute(oldest).mappings().first()
    if row is None:
        return None
    fence = row["fence"] + 1
    connection.execute(update(NOTICES).where(NOTICES.c.seq == row["seq"]).values(fence=fence, not_before=now + lease))
    return codec.claimed_from_row(row, fence=fence)


def resolve_uncertain(
    connection: Connection, claimed: Claimed, found: Sent | None, reads: int, times: tuple[datetime, datetime]
) -> Status | None:
    """Settle a notice of unknown fate. `times`: now, and when to look again if need be.

    Found: it is sent. Absent `reads` times: it never arrived and is sent anew. Absent fewer times: look again.
    None: another worker settled it.
    """
    now, look_at = times
    settled = mine(claimed, Status.UNCERTAIN)
    if found is not None:
        placed = {"channel": found.channel, "ts": found.ts, "sent_at": now}
        settled = settled.values(status=Status.SENT.value, not_before=None, error=None, **placed)
        return Status.SENT if connection.execute(settled).rowcount else None
    looks = NOTICES.c.looks + 1
    gone = looks >= reads
    # Sent anew at once the first time, later and later after that.
    send_at = now + (look_at - now) * min(claimed.attempts - 1, _LATEST)
    settled = settled.values(
        looks=case((gone, 0), else_=looks),
        status=case((gone, Status.PENDING.value), else_=Status.UNCERTAIN.value),
        not_before=case((gone, send_at), else_=look_at),
    )
    return Status(row) if (row := connection.scalar(settled.returning(NOTICES.c.status))) else None


def postpone_uncertain(connection: Connection, claimed: Claimed, look_at: datetime, error: str) -> bool:
    """Look again later: this time the far end could not be read, which says nothing."""
    settled = mine(claimed, Status.UNCERTAIN).values(not_before=look_at, error=error)
    return connection.execute(settled).rowcount == 1
