"""The service: the night job, the sender's loop, and what makes them stop."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import TYPE_CHECKING, cast

import pytest

from bot.errors import DeliveryError
from bot.house import StoppedError
from bot.jobs import Job
from bot.load import load_all
from bot.run import SenderLoop, again_job, is_to_be_done_over, moment_of, night_job
from bot.state.rows import Run
from connectors.base import SourceError
from tests.nights import crm, nights

if TYPE_CHECKING:
    from pathlib import Path

    from bot.load import Loaded
    from bot.slack.sender import Sender

SETTINGS = """\
company: Acme
timezone: Pacific/Auckland
schedule: {night: "02:30"}
sources:
  - {name: crm, type: files, files: [{path: "*.csv", tables: {accounts: {account_id: Id, name: Name}}}]}
deliver: {directory: out}
rules: rules.yaml
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "rules.yaml").write_text("[]")
    (tmp_path / "headroom.yaml").write_text(SETTINGS)
    return load_all(tmp_path / "headroom.yaml")


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("UTC", datetime(2026, 3, 1, 23, 59, tzinfo=UTC), date(2026, 3, 1)),
        ("Pacific/Auckland", datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
        ("America/Los_Angeles", datetime(2026, 3, 2, 6, 0, tzinfo=UTC), date(2026, 3, 1)),
        # the hour that comes twice in Berlin, and the one that does not come
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
    ],
)
def test_a_night_is_of_the_companys_own_day(zone: str, now: datetime, today: date) -> None:
    moment = moment_of(zone, now)
    assert (moment.as_of, moment.today, moment.now) == (today, today, now)


def test_what_is_replayed_looks_as_if_done_on_time() -> None:
    moment = moment_of("UTC", datetime(2026, 3, 29, 5, 0, tzinfo=UTC))
    assert moment.on(date(2026, 3, 1)) == datetime(2026, 3, 1, 5, 0, tzinfo=UTC)


def test_the_night_job_reads_judges_and_wakes_the_sender(tmp_path: Path, loaded: Loaded) -> None:
    woken = threading.Event()
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        job = night_job(house.house, loaded, woken.set, threading.Event())
        assert (job.name, str(job.at), job.zone) == ("night", "02:30:00", "Pacific/Auckland")
        assert job.work(datetime.now(UTC)) is True
        assert woken.is_set()
        assert house.house.store.backlog().waiting == 2


def test_a_night_under_way_is_broken_off_when_the_service_is_told_to_stop(tmp_path: Path, loaded: Loaded) -> None:
    stop = threading.Event()
    stop.set()
    with nights(tmp_path, crm({"account_id": "acme", "nps": 3.0})) as house:
        with pytest.raises(StoppedError):
            night_job(house.house, loaded, threading.Event().set, stop).work(datetime.now(UTC))
        assert house.house.store.backlog().waiting == 0


class Drained:
    """A sender that counts how often it is asked, and fails as it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    def drain(self, *, until_empty: bool = True) -> None:
        assert until_empty is False  # a loop that waits cannot be woken
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)

    def stop(self) -> None:
        pass

    def wait_until_asked(self, times: int) -> None:
        deadline = time.monotonic() + 5
        while self.asked < times:
            assert time.monotonic() < deadline, self.asked
            time.sleep(0.005)


@pytest.mark.parametrize("error", [DeliveryError("invalid_auth", permanent=True), RuntimeError("the database is gone")])
def test_the_sender_outlives_a_fault_and_tries_anew_when_it_is_woken(error: Exception) -> None:
    sender = Drained(error)
    loop = SenderLoop(cast("Sender", sender))
    loop.start()
    try:
        sender.wait_until_asked(1)
        time.sleep(0.05)
        assert (sender.asked, loop.alive()) == (1, True)  # it does not fill the log: a minute's pause
        loop.wake()
        sender.wait_until_asked(2)
    finally:
        loop.stop()
    assert not loop.alive()


def test_the_sender_looks_at_once_when_it_is_woken() -> None:
    sender = Drained()
    loop = SenderLoop(cast("Sender", sender))
    loop.start()
    try:
        for number in range(1, 5):
            sender.wait_until_asked(number)
            loop.wake()
    finally:
        loop.stop()


HOUR = timedelta(hours=1)
MONDAY = date(2026, 3, 2)
FIVE = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def night_of(finished: datetime, error: str | None = "is down", as_of: date = MONDAY) -> Run:
    summary = {"sources": [{"name": "crm", "error": None}, {"name": "posthog", "error": error}]}
    return Run("night", as_of, finished, finished, error is None, summary)


@pytest.mark.parametrize(
    ("runs", "again"),
    [
        ([], False),
        ([night_of(FIVE)], True),
        ([night_of(FIVE, None)], False),
        # done over, and well at last
        ([night_of(FIVE, None), night_of(FIVE - HOUR)], False),
        # just now: a source gets an hour to come back
        ([night_of(FIVE + HOUR)], False),
        # of another day: tonight's own night comes
        ([night_of(FIVE, as_of=date(2026, 3, 1))], False),
        ([night_of(FIVE)] * 7, True),
        ([night_of(FIVE)] * 8, False),
    ],
)
def test_a_night_is_done_over_where_a_source_failed(runs: list[Run], *, again: bool) -> None:
    assert is_to_be_done_over(runs, FIVE + HOUR / 2, "UTC") is again


def test_a_source_that_is_back_after_an_hour_holds_nothing_for_a_day(tmp_path: Path) -> None:
    source = crm({"account_id": "acme", "nps": 3.0})
    source.error = SourceError("crm", "is down")
    with nights(tmp_path, source) as house:
        house.day = datetime.now(UTC).date()
        house.night()
        (failed,) = house.house.store.runs("night")
        again = again_job(house.house, Job("night", wall_time(5), "UTC", lambda _: house.night().well))
        source.error = None
        assert again.work(failed.finished - timedelta(seconds=1)), "too early: nothing is done"
        assert len(house.house.store.runs("night")) == 1
        assert again.work(failed.finished)
        assert ("unhappy", "acme") in house.house.store.open_episodes()
        assert again.work(failed.finished), "all is well by now"
        assert len(house.house.store.runs("night")) == 2
