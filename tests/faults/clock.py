"""One clock for all processes of a run, which runs faster than the wall's: leases of minutes run out in seconds."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import timedelta

SPEED: Final = 20.0
"""Seconds of the run in one second of the wall."""

_FORM: Final = struct.Struct("dd")


class FastClock:
    """Tells the time of a run. Made before processes are forked, it is shared by all of them."""

    def __init__(self, start: datetime, speed: float = SPEED) -> None:
        self.speed = speed
        self._shared = mmap.mmap(-1, _FORM.size)
        self.set(start)

    def set(self, moment: datetime) -> None:
        """Let it be `moment` now, for every process."""
        _FORM.pack_into(self._shared, 0, time.monotonic(), moment.timestamp())

    def now(self) -> datetime:
        """Return the time of the run."""
        began, moment = _FORM.unpack_from(self._shared)
        passed = (time.monotonic() - began) * self.speed
        return datetime.fromtimestamp(moment + passed, UTC)

    def monotonic(self) -> float:
        """Return seconds of the run since some moment."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the run."""
        time.sleep(max(seconds, 0.0) / self.speed)

    def real(self, span: timedelta) -> float:
        """Return how many seconds of the wall a span of the run takes."""
        return span.total_seconds() / self.speed
