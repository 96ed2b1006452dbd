"""Carries jobs out side by side: a call of Slack takes a third of a second, and other channels need not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

Job = Callable[[], bool]
"""Something to do; True when it got on."""


class Crew:
    """So many workers. With one, jobs are done there and then; with more, in threads of their own.

    The first error of a job is raised to whoever waits for the crew, after the others have ended.
    """

    def __init__(self, workers: int, got_on: Callable[[], None]) -> None:
        """`got_on` is called after each job that did."""
        self._got_on = got_on
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sender") if workers > 1 else None
        self._ended = threading.Condition()
        self._busy = 0
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def busy(self) -> bool:
        """Tell whether a job is under way."""
        with self._ended:
            return self._busy > 0

    def full(self) -> bool:
        """Tell whether every worker is at work."""
        with self._ended:
            return self._busy >= self._workers

    def give(self, job: Job) -> None:
        """Have a job done. There must be a worker free."""
        if self._pool is None:
            if job():
                self._got_on()
            return
        with self._ended:
            self._busy += 1
        self._pool.submit(self._do, job)

    def _do(self, job: Job) -> None:
        try:
            if job():
                self._got_on()
        except BaseException as error:  # noqa: BLE001  # handed on to whoever waits: a pool would keep it to itself
            with self._ended:
                self._error = self._error or error
        finally:
            with self._ended:
                self._busy -= 1
                self._ended.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until a job ends, or for so long at the most."""
        with self._ended:
            if self._busy:
                self._ended.wait(seconds)

    def check(self) -> None:
        """Raise the first error of a job, once every other one has ended."""
        with self._ended:
            while self._error is not None and self._busy:
                self._ended.wait()
            if self._error is not None:
                raise self._error
