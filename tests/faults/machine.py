"""Everything that runs share, and as many of them side by side as there are lanes."""

from __future__ import annotations

import gc
import logging
import os
import signal
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import structlog

from bot.app import open_house
from bot.load import load_all
from bot.run import moment_of, run_night
from tests.faults import company
from tests.faults.databases import Databases
from tests.faults.forks import fork
from tests.faults.invariants import Violation
from tests.faults.lane import Lane, Result
from tests.state.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.load import Loaded
    from tests.faults.lane import Run

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder in memory: nobody's disk decides how long a commit takes


@contextmanager
def machine(keep: Path | None = None) -> Iterator[Lane]:
    """Make a lane that is ready to fork: everything imported, warmed up, the databases there.

    `keep`: where the traces of the runs stay; otherwise nothing stays.
    """
    with _place(keep) as folder, running_postgres() as host:
        try:
            yield _ready(folder, host)
        finally:
            gc.unfreeze()


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield Path(tempfile.mkdtemp(prefix="faults-", dir=keep.absolute()))
        return
    memory = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="faults-", dir=memory, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _ready(folder: Path, host: str | None) -> Lane:
    databases = Databases(folder, host)
    databases.prepare()
    loaded = _warm_up(folder)
    gc.freeze()
    return Lane(loaded, databases, folder)


def _warm_up(folder: Path) -> Loaded:
    """Do two nights before anything is forked: the second one takes half as long as the first."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    place = folder / "warm"
    place.mkdir()
    loaded = load_all(company.write_settings(place, company.TWO_DAYS))
    with open_house(loaded) as house:
        for day, customers in company.TWO_DAYS.days.items():
            company.write_day(place, day, customers)
            run_night(house, moment_of("UTC", company.TWO_DAYS.night_of(day)))
    _log_plainly()
    return loaded


def _log_plainly() -> None:
    """Let what is forked log in plain lines: coloured traces with every variable cost seconds of a run."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


@dataclass
class _Worker:
    pid: int
    pipe: Connection[Any, Any]


def play_all(lane: Lane, runs: Iterable[Run], lanes: int) -> Iterator[Result]:
    """Play runs on so many lanes at once; yields results as they come."""
    waiting = list(runs)
    workers = {id(one.pipe): one for one in (_spawn(lane, waiting, number) for number in range(lanes))}
    handed = 0
    for one in list(workers.values())[: len(waiting)]:
        one.pipe.send(handed)
        handed += 1
    try:
        done = 0
        while done < len(waiting):
            for pipe in wait([one.pipe for one in workers.values()]):
                assert isinstance(pipe, Connection)
                result: Result = pipe.recv()
                done += 1
                if handed < len(waiting):
                    pipe.send(handed)
                    handed += 1
                yield result
    finally:
        for one in workers.values():
            os.kill(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)


def _spawn(lane: Lane, runs: list[Run], number: int) -> _Worker:
    here, there = Pipe()

    def work() -> int:
        here.close()
        while True:
            there.send(_played(lane, runs[there.recv()]))

    pid = fork(work, lane.folder / f"lane-{number}.log")
    there.close()
    return _Worker(pid, here)


def _played(lane: Lane, run: Run) -> Result:
    try:
        return lane.play(run)
    except Exception as error:  # noqa: BLE001  # a fault of the rig's own must not take the other runs with it
        traceback.print_exc()
        return Result(run.name, (Violation("rig", f"{type(error).__name__}: {error}"),), 0.0, str(lane.folder))
