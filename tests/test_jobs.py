from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.house import StoppedError
from bot.jobs import LEASE, Clock, Every, Job, run_due
from bot.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


class Ticks:
    """The state store's ticks, in ten lines."""

    def __init__(self) -> None:
        self.claimed: dict[tuple[str, datetime], str] = {}
        self.outcomes: dict[tuple[str, datetime], str] = {}
        self.extended: list[timedelta] = []

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        return self.claimed.setdefault((job, scheduled_for), worker) == worker and (
            (job, scheduled_for) not in self.outcomes
        )

    def extend_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        self.extended.append(lease)
        if not lease:
            del self.claimed[job, scheduled_for]
        return (job, scheduled_for) not in self.outcomes

    def finish_tick(self, job: str, scheduled_for: datetime, worker: str, outcome: str) -> None:
        self.outcomes[job, scheduled_for] = outcome


def _job(seen: list[datetime], zone: str = "Europe/Berlin") -> Job:
    def work(moment: datetime) -> bool:
        seen.append(moment)
        return True

    return Job("night", time(5, 0), zone, work)


def test_a_job_is_due_at_its_local_time() -> None:
    assert _job([]).last_due(datetime(2026, 7, 1, 4, 0, tzinfo=UTC)) == datetime(2026, 7, 1, 3, 0, tzinfo=UTC)
    assert _job([]).last_due(datetime(2026, 7, 1, 2, 59, tzinfo=UTC)) == datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
    assert _job([]).last_due(datetime(2026, 1, 1, 4, 0, tzinfo=UTC)) == datetime(2026, 1, 1, 4, 0, tzinfo=UTC)


def test_a_time_that_the_change_of_clocks_skips_is_due_all_the_same() -> None:
    job = Job("night", time(2, 30), "Europe/Berlin", lambda _: True)  # 2026-03-29 has no 02:30
    assert job.last_due(datetime(2026, 3, 29, 12, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_is_due_once() -> None:
    job = Job("night", time(2, 30), "Europe/Berlin", lambda _: True)  # 2026-10-25 has two
    moments = {job.last_due(datetime(2026, 10, 25, hour, 45, tzinfo=UTC)) for hour in range(1, 12)}
    assert moments == {datetime(2026, 10, 25, 0, 30, tzinfo=UTC)}


def test_a_due_job_is_done_once_however_often_one_looks() -> None:
    seen: list[datetime] = []
    ticks, job = Ticks(), _job(seen)
    now = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
    assert run_due([job], ticks, "a", now) == ["night"]
    assert run_due([job], ticks, "a", now + timedelta(hours=5)) == []
    assert run_due([job], ticks, "b", now) == []
    assert seen == [datetime(2026, 7, 1, 3, 0, tzinfo=UTC)]


def test_the_outcome_of_a_job_is_kept() -> None:
    ticks = Ticks()
    job = Job("night", time(5, 0), "UTC", lambda _: False)
    run_due([job], ticks, "a", datetime(2026, 7, 1, 6, 0, tzinfo=UTC))
    assert list(ticks.outcomes.values()) == ["failed"]


MORNING = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


def failing(error: Exception, name: str = "night") -> Job:
    def work(_: datetime) -> bool:
        raise error

    return Job(name, time(5, 0), "UTC", work)


def test_a_job_that_fails_does_not_keep_the_others_from_being_done() -> None:
    ticks, seen = Ticks(), list[datetime]()
    jobs = [failing(RuntimeError("a bug"), "first"), _job(seen, "UTC")]
    assert run_due(jobs, ticks, "a", MORNING) == ["night"]
    assert len(seen) == 1
    assert [job for job, _ in ticks.outcomes] == ["night"]


def test_a_job_that_failed_is_done_anew_when_its_lease_has_run_out(tmp_path: Path) -> None:
    now = [MORNING]
    with open_store(f"sqlite:///{tmp_path}/headroom.db", lambda: now[0]) as ticks:
        assert run_due([failing(RuntimeError("a bug"))], ticks, "a", now[0]) == []
        now[0] += LEASE - timedelta(seconds=1)
        assert run_due([_job([], "UTC")], ticks, "b", now[0]) == []
        now[0] += timedelta(seconds=1)
        assert run_due([_job([], "UTC")], ticks, "b", now[0]) == ["night"]
        tick = ticks.last_finished("night")
        assert tick is not None
        assert (tick.worker, tick.outcome) == ("b", "ok")


def test_a_job_that_was_broken_off_can_be_taken_on_at_once(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/headroom.db", lambda: MORNING) as ticks:
        assert run_due([failing(StoppedError("told to stop"))], ticks, "a", MORNING) == []
        assert run_due([_job([], "UTC")], ticks, "b", MORNING) == ["night"]


def test_a_job_longer_than_its_lease_keeps_it(tmp_path: Path) -> None:
    started, finish = threading.Event(), threading.Event()
    now = [MORNING]

    def work(_: datetime) -> bool:
        started.set()
        return finish.wait(10)

    with open_store(f"sqlite:///{tmp_path}/headroom.db", lambda: now[0]) as ticks:
        job = Job("night", time(5, 0), "UTC", work)
        renewing = timedelta(seconds=0.01)
        thread = threading.Thread(target=run_due, args=([job], ticks, "a", MORNING, renewing))
        thread.start()
        try:
            assert started.wait(5)
            for _ in range(3):  # three leases long
                now[0] += LEASE - timedelta(minutes=1)
                threading.Event().wait(0.3)
                assert run_due([job], ticks, "b", MORNING) == []
        finally:
            finish.set()
            thread.join(10)
        tick = ticks.last_finished("night")
        assert tick is not None
        assert (tick.worker, tick.outcome) == ("a", "ok")


def test_a_lease_that_cannot_be_renewed_for_a_moment_does_not_end_the_job() -> None:
    class Shaky(Ticks):
        def extend_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
            super().extend_tick(job, scheduled_for, worker, lease)
            if len(self.extended) == 1:
                raise OSError("the database was away")
            return True

    ticks = Shaky()

    def work(_: datetime) -> bool:
        while len(ticks.extended) < 3:
            threading.Event().wait(0.005)
        return True

    assert run_due([Job("night", time(5, 0), "UTC", work)], ticks, "a", MORNING, timedelta(seconds=0.005)) == ["night"]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OSError("the database is away")])
def test_the_clock_outlives_what_fails(error: Exception) -> None:
    done = threading.Event()

    class Failing(Ticks):
        def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
            done.set()
            raise error

    clock = Clock([_job([])], Failing(), "a", lambda: datetime.now(UTC))
    clock.start()
    try:
        assert done.wait(5)
        threading.Event().wait(0.05)
        assert clock.alive()
    finally:
        clock.stop()


def test_the_clock_makes_up_for_a_missed_night_at_once() -> None:
    done = threading.Event()

    def work(_: datetime) -> bool:
        done.set()
        return True

    job = Job("night", time(5, 0), "UTC", work)
    clock = Clock([job], Ticks(), "a", lambda: datetime.now(UTC))
    clock.start()
    try:
        assert done.wait(5)
        assert clock.alive()
    finally:
        clock.stop()
    assert not clock.alive()


def test_a_job_that_is_done_again_and_again_is_due_at_the_same_moments_for_everybody() -> None:
    job = Every("escalations", timedelta(minutes=15), lambda _: True)
    at_nine = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    due = [job.last_due(at_nine + timedelta(minutes=minutes)) for minutes in (0, 14, 15, 29, 31)]
    assert due == [at_nine + timedelta(minutes=minutes) for minutes in (0, 0, 15, 15, 30)]
    in_berlin = at_nine.astimezone(ZoneInfo("Europe/Berlin"))
    assert job.last_due(in_berlin) == at_nine
    assert job.last_due(in_berlin).tzinfo is UTC


def test_of_two_replicas_one_does_each_round() -> None:
    seen: list[datetime] = []

    def work(moment: datetime) -> bool:
        seen.append(moment)
        return True

    ticks, job = Ticks(), Every("escalations", timedelta(minutes=15), work)
    start = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    for minutes in range(0, 46, 5):
        for worker in ("a", "b"):
            run_due([job], ticks, worker, start + timedelta(minutes=minutes))
    assert seen == [start + timedelta(minutes=minutes) for minutes in (0, 15, 30, 45)]
