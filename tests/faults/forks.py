"""Processes forked from one that has everything in memory: a replica starts in milliseconds instead of seconds."""

from __future__ import annotations

import ctypes
import io
import math
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DIE_WITH_PARENT: Final = 1
_LOOK: Final = 0.004


def fork(work: Callable[[], int], log: Path) -> int:
    """Do some work in a process of its own; return its id. What it says goes into a file.

    This process must have no other thread. The child ends with its parent, and with what `work` returns.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        _settle_in(log)
        code = work()
    except BaseException:  # noqa: BLE001  # nothing may get back into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _settle_in(log: Path) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A process that is killed flushes nothing.
        sys.stdout.reconfigure(line_buffering=True)


@dataclass
class Child:
    """A process under watch."""

    name: str
    pid: int
    ended: int | None = None
    """Its exit code; negative: the signal that ended it. None: it lives."""
    stopped_since: float | None = None
    stops: int = 0


@dataclass
class Children:
    """The processes of a run: who lives, who sleeps, who has ended."""

    wake_after: float
    """Seconds by the wall after which a stopped one goes on."""
    all: list[Child] = field(default_factory=list)

    def start(self, name: str, work: Callable[[], int], log: Path) -> Child:
        """Start one more."""
        child = Child(name, fork(work, log))
        self.all.append(child)
        return child

    def alive(self) -> list[Child]:
        """Return those that have not ended."""
        return [child for child in self.all if child.ended is None]

    def awake(self) -> list[Child]:
        """Return those that work, or will before long."""
        return [child for child in self.alive() if child.stopped_since is None or self.wake_after < math.inf]

    def look(self) -> list[Child]:
        """Wait a moment, wake who has slept enough, and return those that have ended since the last look."""
        time.sleep(_LOOK)
        ended = []
        for child in self.alive():
            self._look_at(child)
            if child.ended is not None:
                ended.append(child)
        return ended

    def _look_at(self, child: Child) -> None:
        if child.stopped_since is not None:
            if time.monotonic() - child.stopped_since > self.wake_after:
                child.stopped_since = None
                os.kill(child.pid, signal.SIGCONT)
            return
        pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            child.stopped_since = time.monotonic()
            child.stops += 1
        elif pid:
            child.ended = os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """End all of them at once."""
        for child in self.alive():
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            child.ended = -signal.SIGKILL
