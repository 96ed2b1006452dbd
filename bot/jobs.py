"""The table of jobs and when they are due. APScheduler is the alarm clock and no more.

What is due is a row, claimed once: of several replicas one wins, a crash leaves a lease that runs out and is handed
on, and a night that nobody was awake for is made up for when somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = timedelta(seconds=20)
"""How often the clock looks for something due."""
LEASE: Final = timedelta(minutes=30)
"""How long a claimed tick is its worker's; a worker that died leaves it to another one after that."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once a day, at a time of the company's day."""

    name: str
    at: time
    zone: str
    work: Callable[[datetime], bool]
    """Called with the moment for which it was scheduled; True when all went well."""

    def last_due(self, now: datetime) -> datetime:
        """Return the last moment, not after `now`, at which the job was due (UTC).

        A time that a change of clocks skips comes an hour later by the wall; one that comes twice counts once.
        """
        local = now.astimezone(ZoneInfo(self.zone))
        due = [
            datetime.combine(local.date() - timedelta(days=back), self.at, ZoneInfo(self.zone)).astimezone(UTC)
            for back in (0, 1)
        ]
        return next(moment for moment in due if moment <= now)


class Ticks(Protocol):
    """Where ticks are claimed: the state store."""

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Claim a tick; False when it is another worker's or done."""

    def finish_tick(self, job: str, scheduled_for: datetime, worker: str, outcome: str) -> None:
        """Mark a tick as done."""


def run_due(jobs: Sequence[Job], ticks: Ticks, worker: str, now: datetime) -> list[str]:
    """Do every job whose last moment has not been done by anybody; return the names of those done here."""
    return [job.name for job in jobs if _run(job, ticks, worker, job.last_due(now))]


def _run(job: Job, ticks: Ticks, worker: str, moment: datetime) -> bool:
    if not ticks.claim_tick(job.name, moment, worker, LEASE):
        return False
    _log.info("job started", job=job.name, scheduled_for=moment.isoformat())
    well = job.work(moment)
    ticks.finish_tick(job.name, moment, worker, "ok" if well else "failed")
    return True


class Clock:
    """Looks for due jobs every few seconds in a thread of its own."""

    def __init__(self, jobs: Sequence[Job], ticks: Ticks, worker: str, now: Callable[[], datetime]) -> None:
        self._jobs, self._ticks, self._worker, self._now = tuple(jobs), ticks, worker, now
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )

    def start(self) -> None:
        """Start looking; the first look is at once, so that a missed night is made up for at the start."""
        self._scheduler.add_job(self._look, IntervalTrigger(seconds=LOOK_EVERY.seconds), next_run_time=self._now())
        self._scheduler.start()

    def stop(self) -> None:
        """Stop looking; a job under way is finished first."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def alive(self) -> bool:
        """Tell whether the scheduler's thread lives: `running` stays True when a fault has killed it."""
        thread = getattr(self._scheduler, "_thread", None)
        return thread is not None and thread.is_alive()

    def _look(self) -> None:
        try:
            run_due(self._jobs, self._ticks, self._worker, self._now())
        except Exception:  # noqa: BLE001  # a look that fails must not be the last one: the next comes in seconds, and the log tells
            _log.exception("looking for due jobs failed")
