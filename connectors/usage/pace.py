"""Keeps requests under a service's limits before it has to say no."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MARGIN_SECONDS = 1.0  # a request may be under way longer than the next one: the far end sees them closer together


class Pace:
    """Lets at most so many requests pass within so many seconds, for every pair of `limits` (seconds: requests)."""

    def __init__(
        self,
        limits: Mapping[float, int],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = dict(limits)
        self._clock = clock
        self._sleep = sleep
        self._passed: deque[float] = deque(maxlen=max(limits.values()))

    def wait(self) -> None:
        """Sleep until the next request may go, and count it."""
        while (pause := self._pause()) > 0:
            self._sleep(pause)
        self._passed.append(self._clock())

    def _pause(self) -> float:
        now = self._clock()
        return max(
            (
                self._passed[-most] + seconds + _MARGIN_SECONDS - now
                for seconds, most in self._limits.items()
                if len(self._passed) >= most
            ),
            default=0.0,
        )
