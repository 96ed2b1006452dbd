"""Plays runs, one after the other: a few nights, whatever goes wrong in them, and a clean start at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.faults import company
from tests.faults.clock import FastClock
from tests.faults.databases import Databases, rows
from tests.faults.forks import Children
from tests.faults.hits import Trouble, trouble_of
from tests.faults.invariants import Evidence, Violation, violations
from tests.faults.plan import Act, Point
from tests.faults.replica import STOPPED_FOR, Part, be_replica, loaded_for
from tests.faults.standin import serve_slack
from tests.faults.villains import HARM
from tests.state.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from bot.load import Loaded
    from tests.faults.company import Scenario
    from tests.faults.forks import Child
    from tests.faults.plan import Cell, Db

_NIGHT_SECONDS: Final = 40.0
"""By the wall: no night takes longer."""
_RESTARTS: Final = 20
_BREATH: Final = 0.3
"""Seconds by the wall before one more restart where a few did not help: the database may be down."""
_AT_ONCE: Final = 3
_TOO_LONG: Final = 3


@dataclass(frozen=True)
class Run:
    """What a run consists of."""

    name: str
    """As the command line takes it."""
    trouble: Trouble
    db: Db
    replicas: int = 1
    scenario: Scenario = company.TWO_DAYS
    apart: bool = False
    """Whether the replicas have data folders of their own."""
    empty: bool = False
    """Begin without any table."""
    late_by: float = 0.0
    """How late Slack is with what it is late with, in seconds of the run."""
    part: Callable[[Part], Part] = field(default=lambda part: part)
    """What else is special about each replica."""
    prepare: Callable[[str], None] = field(default=lambda _: None)
    """What is done to the database first."""
    villain: Callable[[str, FastClock, Path], int] | None = None
    """Who works against the replicas from the first night on: given the state's address, the clock and the folder."""
    harm: bool = False
    """Whether the villain has to have done harm."""
    sleeps: timedelta = STOPPED_FOR
    """How long whoever is stopped sleeps, in time of the run; the longest: until the last night is over."""
    own_server: bool = False
    """Whether it wants a PostgreSQL server that no other run has."""
    work: Callable[[Part], int] = be_replica
    """What each process does: the product's part, or the baseline's."""
    sure: bool = True
    """Whether everything that is to go wrong surely does."""


def run_of(cell: Cell) -> Run:
    """Return the run of a cell of the grid."""
    return Run(
        str(cell), trouble_of(cell), cell.db, cell.replicas, apart=cell.apart, empty=cell.point is Point.MIGRATING
    )


@dataclass(frozen=True)
class Result:
    """How a run went."""

    name: str
    violations: tuple[Violation, ...]
    seconds: float
    folder: str | None
    """Where its traces lie; of runs without a fault nothing is kept."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass
class Lane:
    """One run at a time, in processes forked from this one."""

    loaded: Loaded
    databases: Databases
    folder: Path
    keep: bool = False

    def play(self, run: Run) -> Result:
        """Play a run and judge it."""
        began = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
        if run.own_server:
            with running_postgres(durable=True) as host:
                databases = Databases(folder, host)
                databases.prepare()
                found = Stage(replace(self, databases=databases), run, folder).play()
        else:
            found = Stage(self, run, folder).play()
        kept = bool(found) or self.keep
        if not kept:
            shutil.rmtree(folder)
        return Result(run.name, tuple(found), time.monotonic() - began, str(folder) if kept else None)


class Stage:
    """The processes of one run."""

    def __init__(self, lane: Lane, run: Run, folder: Path) -> None:
        self._lane = lane
        self._run = run
        self._folder = folder
        self._clock = FastClock(run.scenario.moments()[0])
        self._children = Children(wake_after=self._clock.real(run.sleeps))
        self._found: list[Violation] = []

    def play(self) -> list[Violation]:
        """Play every night and the clean start; return what was not as promised."""
        url = self._lane.databases.make(self._run.db, self._folder, empty=self._run.empty)
        self._run.prepare(url)
        slack, address = self._start_slack()
        try:
            self._nights(url, f"{address}/api/")
            statuses = dict(rows(url, "SELECT status, count(*) FROM notices GROUP BY status"))
            if self._run.work is be_replica:
                self._count_nights(url)
        finally:
            self._children.end()
            slack.end()
        self._lane.databases.drop(url)
        return [*self._found, *self._unhit(), *violations(self._evidence(statuses))]

    def _count_nights(self, url: str) -> None:
        (done,) = rows(url, "SELECT count(*) FROM ticks WHERE job = 'night' AND finished_at IS NOT NULL")[0]
        wanted = len(self._run.scenario.days)
        # With the clock set back, a night before the first one may be due; it says nothing that the first does not.
        if done < wanted or (done > wanted and self._run.villain is None):
            self._found.append(Violation("nights", f"{done} nights were done, {wanted} were due"))

    def _evidence(self, statuses: dict[str, int]) -> Evidence:
        # Who is killed takes with it that it was asked to wait; who is disturbed there never learns of it.
        deaf = {Point.LEFT, Point.ANSWERED, Point.UPDATING}
        knew = not any(act is Act.KILL or point in deaf for point, act in self._run.trouble.hits)
        return Evidence(self._folder, tuple(self._run.scenario.days), statuses, knew)

    def _start_slack(self) -> tuple[Children, str]:
        reading, writing = os.pipe()
        slack = Children(wake_after=0)
        run, log = self._run, self._folder / "slack.log"
        strict = run.work is be_replica
        slack.start("slack", lambda: serve_slack(self._folder, self._clock, writing, run.late_by, strict=strict), log)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            address = pipe.readline().strip()
        if not address:
            raise RuntimeError(f"the stand-in Slack did not start; {log} tells why")
        return slack, address

    def _nights(self, url: str, api_url: str) -> None:
        scenario = self._run.scenario
        for moment in scenario.moments():
            day = moment.astimezone(scenario.zone_info).date()
            company.write_day(self._folder, day, scenario.days[day])
            self._clock.set(moment)
            if self._run.villain is not None and moment == scenario.moments()[0]:
                self._start_villain(url)
            asleep = {child.name for child in self._children.alive()}
            for name in "AB"[: self._run.replicas]:
                if name not in asleep:
                    self._start(name, url, api_url, self._run.trouble)
            self._watch(url, api_url, self._run.trouble)
        self._children.wake_after = min(self._children.wake_after, self._clock.real(STOPPED_FOR))
        self._watch(url, api_url, self._run.trouble)
        # Once more, hours later, with nothing in the way: whatever is left is done now.
        self._clock.set(scenario.moments()[-1] + scenario.rest)
        self._start("R", url, api_url, Trouble())
        self._watch(url, api_url, Trouble())

    def _start(self, name: str, url: str, api_url: str, trouble: Trouble, *, again: bool = False) -> None:
        data = self._folder / (f"data-{name}" if self._run.apart else "data")
        loaded = loaded_for(self._lane.loaded, self._folder, data, url, api_url)
        part = Part(name, loaded, self._clock, self._run.scenario, trouble, self._folder, _NIGHT_SECONDS, again)
        run = self._run
        self._children.start(name, lambda: run.work(run.part(part)), self._folder / f"{name}.log")

    def _start_villain(self, url: str) -> None:
        villain = self._run.villain
        assert villain is not None
        log = self._folder / "villain.log"
        self._children.start("villain", lambda: villain(url, self._clock, self._folder), log)

    def _watch(self, url: str, api_url: str, trouble: Trouble) -> None:
        """Wait for every replica to be done; one that died is started again where no other one is awake."""
        until = time.monotonic() + _NIGHT_SECONDS + 5
        restarts = 0
        while self._children.awake():
            for child in self._children.look():
                if child.ended == 0:
                    continue
                if child.ended == _TOO_LONG or child.name == "villain" or restarts == _RESTARTS:
                    self._blame(child)
                elif not any(other.name != "villain" for other in self._children.alive()):
                    restarts += 1
                    time.sleep(_BREATH if restarts > _AT_ONCE else 0.0)
                    self._start(child.name, url, api_url, trouble, again=True)
            if time.monotonic() > until:
                self._found.append(Violation("ended", "a process hangs"))
                self._children.end()

    def _blame(self, child: Child) -> None:
        how = "was not done in time" if child.ended == _TOO_LONG else f"ended with {child.ended}"
        self._found.append(Violation("ended", f"{child.name} {how}"))

    def _unhit(self) -> Iterator[Violation]:
        """Yield what did not go wrong although it should have: a run that tries nothing proves nothing."""
        trouble = self._run.trouble if self._run.sure else Trouble()
        for number, (point, _) in enumerate(trouble.hits):
            if not (self._folder / f"hit-{number}").exists():
                yield Violation("rig", f"nobody came by '{point}'")
        for number, (method, answer) in enumerate(trouble.answers):
            if not (self._folder / f"answer-{number}").exists():
                yield Violation("rig", f"no {method} met '{answer}'")
        if self._run.harm and not (self._folder / HARM).exists():
            yield Violation("rig", "the villain did no harm")
        if trouble.stops and not any(one.stops for one in self._children.all):
            yield Violation("rig", "nobody was stopped")
