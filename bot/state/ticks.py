"""Due moments of jobs as rows: of several workers one claims each, and a crash leaves a lease that runs out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update
from sqlalchemy import insert as plain_insert

from bot.state import codec
from bot.state.tables import RUNS, TICKS
from bot.state.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Update

    from bot.state.rows import Run, Tick

KEPT: Final = timedelta(days=30)
"""How long a tick that was done is kept: some jobs are due every few minutes."""


def claim_tick(
    connection: Connection, tick: tuple[str, datetime], worker: str, now: datetime, lease: timedelta
) -> bool:
    """Claim a job's due moment; False when it is done, or another worker's whose lease has not run out."""
    job, scheduled_for = tick
    claim = insert(connection, TICKS).values(
        job=job, scheduled_for=scheduled_for, worker=worker, lease_until=now + lease
    )
    claim = claim.on_conflict_do_update(
        index_elements=["job", "scheduled_for"],
        set_={"worker": claim.excluded.worker, "lease_until": claim.excluded.lease_until},
        where=TICKS.c.finished_at.is_(None) & (TICKS.c.lease_until <= now),
    )
    return connection.execute(claim.returning(TICKS.c.job)).first() is not None


def extend_tick(connection: Connection, tick: tuple[str, datetime], worker: str, until: datetime) -> bool:
    """Keep a claimed tick until a later moment; False when it is not the worker's any more."""
    return connection.execute(_own(tick, worker).values(lease_until=until)).rowcount == 1


def finish_tick(connection: Connection, tick: tuple[str, datetime], worker: str, outcome: str, now: datetime) -> bool:
    """Mark a tick as done; False when it is not the worker's any more: nothing is changed then."""
    job, scheduled_for = tick
    old = (TICKS.c.scheduled_for < scheduled_for - KEPT, TICKS.c.finished_at.is_not(None))
    connection.execute(delete(TICKS).where(TICKS.c.job == job, *old))
    return connection.execute(_own(tick, worker).values(finished_at=now, outcome=outcome)).rowcount == 1


def _own(tick: tuple[str, datetime], worker: str) -> Update:
    job, scheduled_for = tick
    return update(TICKS).where(
        TICKS.c.job == job,
        TICKS.c.scheduled_for == scheduled_for,
        TICKS.c.worker == worker,
        TICKS.c.finished_at.is_(None),
    )


def last_finished(connection: Connection, job: str) -> Tick | None:
    """Return the newest due moment of a job that was done, well or not."""
    done = select(TICKS).where(TICKS.c.job == job, TICKS.c.finished_at.is_not(None))
    row = connection.execute(done.order_by(TICKS.c.scheduled_for.desc()).limit(1)).mappings().first()
    return codec.tick_from_row(row) if row else None


def record_run(connection: Connection, run: Run) -> None:
    """Keep how a run of a job went."""
    connection.execute(plain_insert(RUNS).values(codec.run_to_row(run)))


def runs(connection: Connection, job: str | None, limit: int) -> tuple[Run, ...]:
    """Return the last runs, of one job or of all, newest first."""
    wanted = select(RUNS) if job is None else select(RUNS).where(RUNS.c.job == job)
    rows = connection.execute(wanted.order_by(RUNS.c.seq.desc()).limit(limit)).mappings()
    return tuple(codec.run_from_row(row) for row in rows)
