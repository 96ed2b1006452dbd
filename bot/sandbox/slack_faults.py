"""Things that go wrong at Slack's end, on order: a test says what happens to the next calls."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a call ends when it does not end well."""

    RATE_LIMITED = "rate_limited"
    """HTTP 429 with Retry-After."""
    ERROR = "error"
    """HTTP 200 with `"ok": false` and `error`."""
    SERVER_ERROR = "server_error"
    """An HTTP status of 500 and more, with a body that is no JSON."""
    CLOSE = "close"
    """The connection is closed without an answer."""
    RESET = "reset"
    """The connection is reset without an answer."""
    GARBAGE = "garbage"
    """HTTP 200 with a body that is no JSON."""
    HANG = "hang"
    """No answer for `seconds`, then the connection is closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's bad end. `accepted`: the call takes effect all the same, and only its answer is lost."""

    outcome: Outcome
    accepted: bool = False
    error: str = "internal_error"
    status: int = 500
    retry_after: int = 1
    seconds: float = 5.0


class Faults:
    """Faults waiting for the next calls of a method, first come, first served. Safe between threads."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def next(self, fault: Fault, *, times: int = 1, method: str = "chat.postMessage") -> None:
        """Let the next `times` calls of `method` end so."""
        with self._lock:
            self._waiting[method].extend([fault] * times)

    def take(self, method: str) -> Fault | None:
        """Return the fault that this call meets, or None."""
        with self._lock:
            waiting = self._waiting[method]
            return waiting.popleft() if waiting else None

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> int:
        """Number of faults that no call has met yet."""
        with self._lock:
            return sum(len(waiting) for waiting in self._waiting.values())
