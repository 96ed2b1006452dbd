"""The table of jobs and when they are due. APScheduler is the alarm clock and no more.

What is due is a row, claimed once: of several replicas one wins, a crash leaves a lease that runs out and is handed
on, and a night that nobody was awake for is made up for when somebody is.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.house import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = timedelta(seconds=20)
"""How often the clock looks for something due."""
LEASE: Final = timedelta(minutes=30)
"""How long a claimed tick is its worker's; a worker that died leaves it to another one after that."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once a day, at a time of the company's day."""

    name: str
    at: time
    zone: str
    work: Callable[[datetime], bool]
    """Called with the moment for which it was scheduled; True when all went well. A job that raises is done anew
    once its lease has run out."""

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


@dataclass(frozen=True, slots=True)
class Every:
    """Something done again and again, so far apart by the clock. What was missed is not made up for."""

    name: str
    every: timedelta
    work: Callable[[datetime], bool]
    """As that of a `Job`."""

    def last_due(self, now: datetime) -> datetime:
        """Return the last moment, not after `now`, at which the job was due (UTC): the same for every replica."""
        since = now.astimezone(UTC) - _BEGINNING
        return _BEGINNING + since // self.every * self.every


class Due(Protocol):
    """A job, whenever it is due."""

    @property
    def name(self) -> str:
        """Name of the job; unique."""

    @property
    def work(self) -> Callable[[datetime], bool]:
        """What is done, see `Job`."""

    def last_due(self, now: datetime) -> datetime:
        """Return the last moment, not after `now`, at which it was due (UTC)."""


class Ticks(Protocol):
    """Where ticks are claimed: the state store."""

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Claim a tick; False when it is another worker's or done."""

    def extend_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        """Keep a claimed tick for so long from now; False when it is not the worker's any more."""

    def finish_tick(self, job: str, scheduled_for: datetime, worker: str, outcome: str) -> None:
        """Mark a tick as done."""


@dataclass(frozen=True, slots=True)
class _Tick:
    """One due moment of a job in the hands of a worker."""

    ticks: Ticks
    job: Due
    moment: datetime
    worker: str

    def claim(self) -> bool:
        return self.ticks.claim_tick(self.job.name, self.moment, self.worker, LEASE)

    def finish(self, outcome: str) -> None:
        self.ticks.finish_tick(self.job.name, self.moment, self.worker, outcome)

    def hand_back(self) -> None:
        """End the lease now: what was broken off need not wait for it to run out."""
        self.ticks.extend_tick(self.job.name, self.moment, self.worker, timedelta())

    @contextmanager
    def kept(self, every: timedelta) -> Iterator[None]:
        """Renew the lease in a thread of its own for as long as the block takes."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(done, every), name=f"lease {self.job.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep(self, done: threading.Event, every: timedelta) -> None:
        while not done.wait(every.total_seconds()):
            try:
                if not self.ticks.extend_tick(self.job.name, self.moment, self.worker, LEASE):
                    _log.warning("the lease was lost", job=self.job.name, scheduled_for=self.moment.isoformat())
                    return
            except Exception:  # noqa: BLE001  # the next try may reach the database again; the lease is three tries long
                _log.exception("the lease could not be renewed", job=self.job.name)


def run_due(
    jobs: Sequence[Due], ticks: Ticks, worker: str, now: datetime, renew_every: timedelta = LEASE / 3
) -> list[str]:
    """Do every job whose last moment has not been done by anybody; return the names of those done here.

    A job that raises stays undone and is tried again after its lease; the others are done all the same.
    """
    due = [_Tick(ticks, job, job.last_due(now), worker) for job in jobs]
    return [tick.job.name for tick in due if _run(tick, renew_every)]


def _run(tick: _Tick, renew_every: timedelta) -> bool:
    log = _log.bind(job=tick.job.name, scheduled_for=tick.moment.isoformat())
    try:
        if not tick.claim():
            return False
        log.info("job started")
        with tick.kept(renew_every):
            well = tick.job.work(tick.moment)
        tick.finish("ok" if well else "failed")
    except StoppedError:
        log.info("job broken off")
        tick.hand_back()
        return False
    except Exception:  # whatever it was, the other jobs are due all the same; the log tells
        log.exception("job failed; it is done anew when its lease has run out", lease=str(LEASE))
        return False
    return True


class Clock:
    """Looks for due jobs every few seconds in a thread of its own."""

    def __init__(self, jobs: Sequence[Due], ticks: Ticks, worker: str, now: Callable[[], datetime]) -> None:
        self._jobs, self._ticks, self._worker, self._now = tuple(jobs), ticks, worker, now
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )

    def start(self) -> None:
        """Start looking; the first look is at once, so that a missed night is made up for at the start."""
        self._scheduler.add_job(self._look, IntervalTrigger(seconds=LOOK_EVERY.seconds), next_run_time=self._now())
        self._scheduler.start()

    def stop(self) -> None:
        """Stop looking; waits for a job under way, which is to be told to stop by other means."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def alive(self) -> bool:
        """Tell whether the scheduler's thread lives: `running` stays True when a fault has killed it."""
        thread = getattr(self._scheduler, "_thread", None)
        return thread is not None and thread.is_alive()

    def _look(self) -> None:
        run_due(self._jobs, self._ticks, self._worker, self._now())
