"""Running: one night now (`--once`), or the jobs, the sender and the Slack app until stopped."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import structlog

from bot.app import make_sender, make_writeback
from bot.digests.weekly import DIGESTS
from bot.errors import DeliveryError
from bot.escalations import ESCALATIONS, Escalations
from bot.front import serve_slack
from bot.house import NIGHT, Moment, Progress, StoppedError
from bot.jobs import Clock, Every, Job
from bot.out import finite
from bot.pipeline import night
from bot.prep.job import PREPARATION
from bot.preparing import preparation
from bot.report import as_data
from bot.state.rows import Run
from bot.turn import own_turn
from bot.weekly import weekly_digests
from bot.writeback import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from bot.house import House
    from bot.jobs import Due
    from bot.load import Loaded
    from bot.pipeline import NightReport
    from bot.slack.sender import Sender
    from bot.writeback import Outcome, Writeback

_log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 1.0
"""How often the sender looks for notices that became due: after a 429, or from another replica."""
_PAUSE_SECONDS: Final = 60.0
"""How long it waits after Slack or the database would have nothing of it: the log is not to fill with one fault."""
_ESCALATE_EVERY: Final = timedelta(minutes=15)
_TASKS_EVERY: Final = timedelta(minutes=15)
_DIGEST_EVERY: Final = timedelta(minutes=5)
_PREPARE_EVERY: Final = timedelta(hours=1)
NIGHT_AGAIN: Final = "night-again"
_AGAIN_EVERY: Final = timedelta(hours=1)
_MOST_NIGHTS: Final = 8
"""Nights of one day at most: a source that is down all day is not to use up the others' limits of calls."""


def moment_of(zone: str, now: datetime, as_of: date | None = None) -> Moment:
    """Return the moment of a night: the company's own day, unless another one is asked for."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return Moment(as_of or today, today, now)


def run_night(house: House, moment: Moment, progress: Progress | None = None) -> NightReport:
    """Do one night, when no other process does one on the same data, and keep how it went. Raises BusyError."""
    progress = progress or Progress()
    with own_turn(house.folder, partial(progress.say, "waiting for another run", 0, 1)):
        started = datetime.now(UTC)
        report = night(house, moment, progress)
        summary = {key: value for key, value in finite(as_data(report, {})).items() if key not in _TOO_LONG}
        summary["notices"] = len(report.notices)
        house.store.record_run(Run(NIGHT, moment.as_of, started, datetime.now(UTC), report.well, summary))
    return report


_TOO_LONG: Final = frozenset({"notices", "tightest", "least_used"})


class SenderLoop:
    """Sends what is in the outbox, at once when woken, in a thread of its own."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sender", daemon=True)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: something new is in the outbox."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the message under way, then stop."""
        self._stop.set()
        self._sender.stop()
        self._wake.set()
        self._thread.join(timeout=30)

    def alive(self) -> bool:
        """Tell whether the thread lives."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_LOOK_SECONDS if self._drained() else _PAUSE_SECONDS)
            self._wake.clear()

    def _drained(self) -> bool:
        try:
            self._sender.drain(until_empty=False)
        except DeliveryError as error:
            _log.error("delivery stopped", problem=error.problem)
        except Exception:  # noqa: BLE001  # the sender must outlive a fault of the database; the log tells
            _log.exception("sending failed")
        else:
            return True
        return False


def night_job(house: House, loaded: Loaded, wake: Callable[[], None], stop: threading.Event) -> Job:
    """Return the job that reads and judges once a day; `wake` is called after it, `stop` breaks it off."""

    def go_on(_what: str, _done: int, _out_of: int) -> None:
        if stop.is_set():
            raise StoppedError("the night was told to stop")

    def work(scheduled_for: datetime) -> bool:
        now = max(scheduled_for, datetime.now(UTC))
        report = run_night(house, moment_of(loaded.settings.timezone, now), Progress(go_on))
        wake()
        return report.well

    return Job(NIGHT, loaded.settings.schedule.night, loaded.settings.timezone, work)


def again_job(house: House, nightly: Job) -> Every:
    """Return the job that does a night over whose sources could not all be read.

    Until they are, what rests on them is held: a source that is back after an hour is not to hold it for a day.
    """

    def work(scheduled_for: datetime) -> bool:
        runs = house.store.runs(NIGHT, _MOST_NIGHTS)
        return not is_to_be_done_over(runs, scheduled_for, nightly.zone) or nightly.work(scheduled_for)

    return Every(NIGHT_AGAIN, _AGAIN_EVERY, work)


def is_to_be_done_over(last: Sequence[Run], now: datetime, zone: str) -> bool:
    """Tell whether a source failed in the last night of the company's day, and it is not too late to try again.

    `last`: the last nights, newest first.
    """
    tonight = [run for run in last if run.as_of == moment_of(zone, now).today]
    if not tonight or tonight[0].finished > now or len(tonight) >= _MOST_NIGHTS:
        return False
    sources = tonight[0].summary.get("sources")
    return isinstance(sources, list) and any(source.get("error") for source in sources)


def escalations(house: House) -> Escalations:
    """Return who turns to managers."""
    return Escalations(house.store, house.rules, house.templates, house.company, house.manners)


def escalation_job(house: House, wake: Callable[[], None]) -> Every:
    """Return the job that turns to managers where nobody claims an alert; `wake` is called where it did."""
    escalating = escalations(house)

    def work(_scheduled_for: datetime) -> bool:
        if escalating.escalate(datetime.now(UTC)):
            wake()
        return True

    return Every(ESCALATIONS, _ESCALATE_EVERY, work)


def preparation_job(house: House, loaded: Loaded, wake: Callable[[], None]) -> Every:
    """Return the job that sends renewal briefs before deadlines; `wake` is called where there were any."""
    preparing = preparation(house, loaded)

    def work(_scheduled_for: datetime) -> bool:
        now = datetime.now(UTC)
        if preparing.prepare(now, moment_of(loaded.settings.timezone, now).today):
            wake()
        return True

    return Every(PREPARATION, _PREPARE_EVERY, work)


def digest_job(house: House, loaded: Loaded, wake: Callable[[], None]) -> Every:
    """Return the job that writes the weekly digests that are due; `wake` is called where there were any."""
    digests = weekly_digests(house, loaded)

    def work(_scheduled_for: datetime) -> bool:
        if digests.send(datetime.now(UTC)):
            wake()
        return True

    return Every(DIGESTS, _DIGEST_EVERY, work)


def write_back(writing: Writeback, now: datetime) -> tuple[Outcome, ...]:
    """Write into the CRMs whose settings say `apply`; whatever goes wrong there, the night is done and stays so."""
    try:
        return writing.nightly.apply(now)
    except Exception:  # noqa: BLE001  # the night is not to be done over for a fault in what comes after it; the log tells
        _log.exception("writing back failed in an unforeseen way")
        return ()


def with_writing_back(nightly: Job, writing: Writeback) -> Job:
    """Return the night job with what comes after it: what it found out is written back where the settings say so."""

    def work(scheduled_for: datetime) -> bool:
        well = nightly.work(scheduled_for)
        write_back(writing, datetime.now(UTC))
        return well

    return replace(nightly, work=work)


def tasks_job(writing: Writeback) -> Every:
    """Return the job that makes tasks of alerts that were claimed, where the settings say so."""

    def work(_scheduled_for: datetime) -> bool:
        return all(outcome.well for outcome in writing.nightly.apply_tasks(datetime.now(UTC)))

    return Every(TASKS, _TASKS_EVERY, work)


def serve(house: House, loaded: Loaded, stop: threading.Event) -> None:
    """Run the jobs, the sender and the Slack app until `stop` is set; a night under way is broken off then."""
    loop = SenderLoop(make_sender(loaded, house.store))
    worker = f"{socket.gethostname()}:{os.getpid()}"
    writing = make_writeback(loaded, house.store)
    nightly = with_writing_back(night_job(house, loaded, loop.wake, stop), writing)
    jobs: list[Due] = [nightly, again_job(house, nightly), escalation_job(house, loop.wake)]
    jobs.append(digest_job(house, loaded, loop.wake))
    if writing.nightly.of_tasks.writers:
        jobs.append(tasks_job(writing))
    if loaded.settings.prep.post:
        jobs.append(preparation_job(house, loaded, loop.wake))
    clock = Clock(jobs, house.store, worker, lambda: datetime.now(UTC))
    with ExitStack() as running:
        running.callback(loop.stop)
        loop.start()
        if loaded.settings.slack:
            running.callback(serve_slack(loaded, house.store, loop.wake).stop)
        running.callback(clock.stop)
        clock.start()
        while not stop.wait(timeout=timedelta(minutes=1).total_seconds()):
            if not (clock.alive() and loop.alive()):
                raise RuntimeError("a thread that everything rests on has died; the supervisor should start anew")


def stop_on_signals() -> threading.Event:
    """Return an event that Ctrl-C and a supervisor's SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
