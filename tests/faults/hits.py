"""Failpoints: what hits a process from outside, and which of its calls Slack is to treat badly; each once a run.

Files made exclusively are the latches: whichever thread of whichever process comes first takes them.
"""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.faults.plan import Act, Answer, Point

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.plan import Cell

POST: Final = "chat.postMessage"
UPDATE: Final = "chat.update"


class RiggedError(Exception):
    """Something that nothing expects."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in a run."""

    hits: tuple[tuple[Point, Act], ...] = ()
    """Where processes are hit; the same point twice is hit twice."""
    answers: tuple[tuple[str, str], ...] = ()
    """Method, and what Slack does with a call of it, one after the other: an Answer, `no:<word>` or a Late."""

    @property
    def stops(self) -> bool:
        """Whether a process is stopped for a while."""
        return any(act is Act.STOP for _, act in self.hits)


def trouble_of(cell: Cell) -> Trouble:
    """Return what goes wrong in a cell of the grid."""
    method = UPDATE if cell.point is Point.UPDATING else POST
    last = (method, f"{cell.answer}:{cell.refusal}" if cell.answer is Answer.NO else str(cell.answer))
    # A history is only read for what is unclear: an earlier message has to be so.
    unclear = ((POST, Answer.CLOSE.value),) if cell.point is Point.RECONCILING else ()
    return Trouble(((cell.point, cell.act),), (*unclear, last))


@dataclass
class Hits:
    """Hits the process that it lives in where the trouble says."""

    trouble: Trouble
    folder: Path
    """Where the latches lie, for all processes of a run."""
    replica: str
    _here: threading.local = field(default_factory=threading.local)

    def at(self, point: Point) -> None:
        """Hit the process if this is a point to be hit, and nobody was hit in its place yet."""
        for number, (where, act) in enumerate(self.trouble.hits):
            if where is point and self._first(f"hit-{number}"):
                strike(act)
                return

    def single_out(self, method: str) -> str | None:
        """Tell what Slack is to do with this call; None: nothing. The thread's call is marked until the next one."""
        for number, (name, answer) in enumerate(self.trouble.answers):
            if name == method and self._first(f"answer-{number}"):
                self._here.singled = method
                return answer
        self._here.singled = None
        return None

    @property
    def singled(self) -> str | None:
        """The method of this thread's last call, if Slack was to treat it in some way."""
        return getattr(self._here, "singled", None)

    @property
    def answered(self) -> bool:
        """Whether every call that Slack was to treat in some way was made, by whomever."""
        return all((self.folder / f"answer-{number}").exists() for number in range(len(self.trouble.answers)))

    def _first(self, latch: str) -> bool:
        try:
            with (self.folder / latch).open("x") as file:
                file.write(self.replica)
        except FileExistsError:
            return False
        return True


def strike(act: Act) -> None:
    """End, stop or disturb this process. Raises RiggedError."""
    if act is Act.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    elif act is Act.STOP:
        # To this very thread: sent to the process it might go on for a moment.
        signal.raise_signal(signal.SIGSTOP)
    else:
        raise RiggedError("the rig's own")
