from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

from bot.jobs import Clock, Job, run_due


class Ticks:
    """The state store's ticks, in ten lines."""

    def __init__(self) -> None:
        self.claimed: dict[tuple[str, datetime], str] = {}
        self.outcomes: dict[tuple[str, datetime], str] = {}

    def claim_tick(self, job: str, scheduled_for: datetime, worker: str, lease: timedelta) -> bool:
        return self.claimed.setdefault((job, scheduled_for), worker) == worker and (
            (job, scheduled_for) not in self.outcomes
        )

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
