"""A process of its own that draws charts: it may take memory, crash or hang, and costs one chart and no message.

It is started when the first chart is wanted, ends by itself when none was wanted for a while, and with the process that
started it. Of two threads that want charts the second waits; a sender posts a message a second at most.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import signal
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from pydantic import TypeAdapter

from bot.core.chart import Spec
from bot.errors import HeadroomError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

_log = structlog.get_logger(__name__)

TIMEOUT: Final = 6.0
"""Seconds in which a chart is drawn: twenty times what it takes."""
START: Final = 60.0
"""Seconds in which a worker has to be ready. Charts that are wanted before may go without; the next ones find it."""
IDLE: Final = 300.0
"""Seconds after which a worker that nobody asked anything ends: its memory is given back."""
_SPEC: Final[TypeAdapter[Spec]] = TypeAdapter(Spec)


class DrawingError(HeadroomError):
    """A chart could not be drawn; says why."""


class Draw(Protocol):
    """Who makes pictures."""

    def __call__(self, spec: Spec, language: str) -> bytes:
        """Return the PNG of a chart. Raises DrawingError."""


def can_draw() -> bool:
    """Tell whether matplotlib is installed; does not import it."""
    return importlib.util.find_spec("matplotlib") is not None


class Drawer:
    """Draws in a worker process. Safe to use from several threads."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        timeout: float = TIMEOUT,
        idle: float = IDLE,
        work: Callable[[Connection, tuple[Path, ...], float], None] | None = None,
    ) -> None:
        """`folders`: of templates, whose catalogues the words in pictures come from. `work` replaces the worker."""
        self._folders = tuple(folders)
        self._timeout = timeout
        self._idle = idle
        self._work = work or serve
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._ready = False
        self._started = 0.0

    def __call__(self, spec: Spec, language: str) -> bytes:
        """Return the PNG of a chart. Raises DrawingError where that takes too long, or cannot be done."""
        deadline = time.monotonic() + self._timeout
        if not self._lock.acquire(timeout=self._timeout):
            raise DrawingError(f"others were drawn for {self._timeout:g} s")
        try:
            return self._asked(_SPEC.dump_json(spec), language, deadline)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()

    def _asked(self, spec: bytes, language: str, deadline: float) -> bytes:
        for last in (False, True):
            pipe = self._running()
            try:
                self._await_start(pipe, deadline)
                pipe.send((spec, language))
                if not pipe.poll(max(deadline - time.monotonic(), 0.0)):
                    self._end()
                    raise DrawingError(f"drawing took longer than {self._timeout:g} s")
                drawn, problem = pipe.recv()
            except (EOFError, OSError) as error:
                self._end()
                # It may have ended for want of work, just then: one new worker is to draw what is wanted.
                if last:
                    raise DrawingError(f"the process that draws has ended: {type(error).__name__}") from error
                continue
            if problem is not None:
                raise DrawingError(problem)
            picture: bytes = drawn
            return picture
        raise AssertionError("the second worker has answered or failed")

    def _await_start(self, pipe: Connection, deadline: float) -> None:
        if self._ready:
            return
        if not pipe.poll(max(deadline - time.monotonic(), 0.0)):
            # A busy machine takes its time: ended now, the next one would have to begin all over.
            if time.monotonic() - self._started > START:
                self._end()
            raise DrawingError("the process that draws is still starting")
        pipe.recv()
        self._ready = True

    def _running(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self._end()
        # Spawned, never forked: a fork of a process with threads may hang in a lock that nobody holds there.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=self._work, args=(theirs, self._folders, self._idle), name="headroom-charts", daemon=True
        )
        self._started = time.monotonic()
        self._process.start()
        # Held by the worker alone: when it dies, reading here ends instead of waiting for ever.
        theirs.close()
        self._pipe = ours
        return ours

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None
        self._ready = False


def serve(pipe: Connection, folders: tuple[Path, ...], idle: float) -> None:
    """Draw what is asked until nothing is asked for so long; the way of a worker's life."""
    # Ctrl+C reaches every process of a terminal: this one ends with the one that asks, whose pipe then closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from bot.charts.drawing import png  # noqa: PLC0415  # matplotlib belongs into this process alone
    from bot.messages import wording  # noqa: PLC0415  # Babel, likewise

    if folders:
        wording.use(folders)
    try:
        pipe.send("ready")
        while pipe.poll(idle):
            spec, language = pipe.recv()
            try:
                answer: tuple[bytes | None, str | None] = png(_SPEC.validate_json(spec), language), None
            except Exception as error:  # noqa: BLE001  # whatever it is, the one who asked has to hear of it
                answer = None, f"{type(error).__name__}: {error}"
            pipe.send(answer)
    except (EOFError, OSError):
        return  # whoever asked has gone
