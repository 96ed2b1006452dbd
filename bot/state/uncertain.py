"""Notices of which nobody knows whether they arrived: looked for, and only then sent anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, or_, select, text, update

from bot.state import codec
from bot.state.enqueue import aim
from bot.state.outbox import mine
from bot.state.rows import Status
from bot.state.tables import NOTICES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from bot.state.rows import Claimed, Sent

_LATEST: Final = 30
_UNSETTLED: Final = text("notices.status IN ('sending', 'uncertain')")


def claim_uncertain(connection: Connection, now: datetime, lease: timedelta) -> Claimed | None:
    """Take a notice of unknown fate that is to be looked for now; no other worker does so during the lease."""
    due = or_(NOTICES.c.not_before.is_(None), NOTICES.c.not_before <= now)
    unsure = select(NOTICES).where(text("notices.status = 'uncertain'"), _UNSETTLED, due)
    oldest = unsure.order_by(NOTICES.c.seq).limit(1)
    row = connection.execute(oldest).mappings().first()
    if row is None:
        return None
    fence = row["fence"] + 1
    connection.execute(update(NOTICES).where(NOTICES.c.seq == row["seq"]).values(fence=fence, not_before=now + lease))
    return codec.claimed_from_row(row, fence=fence)


@dataclass(frozen=True, slots=True)
class Times:
    """When what is to be done next with a notice of unknown fate."""

    now: datetime
    look_at: datetime
    sweep_at: datetime | None
    """None: never."""


def resolve_uncertain(
    connection: Connection, claimed: Claimed, found: Sequence[Sent], reads: int, times: Times
) -> Status | None:
    """Settle a notice of unknown fate.

    Found: it is sent, and swept at once where it stands there twice; later where only one of several attempts was
    found. Absent `reads` times: it never arrived and is sent anew, to be swept later. Absent fewer times: look again.
    None: another worker settled it.
    """
    now, look_at = times.now, times.look_at
    settled = mine(claimed, Status.UNCERTAIN)
    if found:
        place = found[0]
        placed = {"channel": place.channel, "ts": place.ts, "sent_at": now}
        sweep_at = now if len(found) > 1 else times.sweep_at if claimed.again else None
        settled = settled.values(status=Status.SENT.value, not_before=None, error=None, sweep_at=sweep_at, **placed)
        if not connection.execute(settled).rowcount:
            return None
        aim(connection, claimed.notice.notice_id, place)
        return Status.SENT
    looks = NOTICES.c.looks + 1
    gone = looks >= reads
    # Sent anew at once the first time, later and later after that.
    send_at = now + (look_at - now) * min(claimed.attempts - 1, _LATEST)
    settled = settled.values(
        looks=case((gone, 0), else_=looks),
        status=case((gone, Status.PENDING.value), else_=Status.UNCERTAIN.value),
        not_before=case((gone, send_at), else_=look_at),
        # The mark of what is sent anew: when it is sent the moment is set to which it is to be swept.
        sweep_at=case((gone, now), else_=NOTICES.c.sweep_at),
    )
    return Status(row) if (row := connection.scalar(settled.returning(NOTICES.c.status))) else None


def postpone_uncertain(connection: Connection, claimed: Claimed, look_at: datetime, error: str) -> bool:
    """Look again later: this time the far end could not be read, which says nothing."""
    settled = mine(claimed, Status.UNCERTAIN).values(not_before=look_at, error=error)
    return connection.execute(settled).rowcount == 1
