"""What a test can do to the stand-in Salesforce, and what it can ask it afterwards."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.sandbox.salesforce_answers import HTML_401, INVALID_SESSION, LIMIT_EXCEEDED, UNAVAILABLE, Answer
from bot.sandbox.salesforce_faults import Fault, FaultKind, Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "HTML_401",
    "INVALID_SESSION",
    "LIMIT_EXCEEDED",
    "UNAVAILABLE",
    "Answer",
    "Control",
    "Fault",
    "FaultKind",
    "Faults",
    "Seen",
]

Part = Literal["api", "login"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    part: Part


class Control:
    """The strings that a test pulls; safe to be used from the test's thread while the server runs in its own.

    `used` and `allowed` are the org's API calls of the day, `jobs_used` and `jobs_allowed` its Bulk query jobs; `polls`
    is how often a Bulk job created from now on is still InProgress. All of them can be set.
    """

    def __init__(self, allowed: int = 100_000) -> None:
        self.allowed = allowed
        self.used = 0
        self.jobs_allowed = 10_000
        self.jobs_used = 0
        self.polls = 1
        self.faults = Faults()
        self.queries: list[str] = []
        """Every query in SOQL that was asked, over REST and in bulk."""
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._scripts: dict[Part, deque[Answer]] = {"api": deque(), "login": deque()}
        self._always: dict[Part, Answer | None] = {"api": None, "login": None}
        self._sessions: set[str] = set()

    def script(self, answer: Answer, *, times: int = 1, part: Part = "api") -> None:
        """Give this answer to the next requests."""
        with self._lock:
            self._scripts[part].extend([answer] * times)

    def always(self, answer: Answer | None, *, part: Part = "api") -> None:
        """Give this answer to every request from now on; None ends that."""
        with self._lock:
            self._always[part] = answer

    def expire_sessions(self) -> None:
        """Make every session invalid; a new login works."""
        with self._lock:
            self._sessions.clear()

    def seen(self, part: Part | None = None) -> list[Seen]:
        """Return the requests that arrived, first one first."""
        with self._lock:
            return [one for one in self._seen if part in {None, one.part}]

    def note(self, request: Seen) -> Answer | None:
        """Note a request, and return the answer that is scripted for it."""
        with self._lock:
            self._seen.append(request)
            self.used += request.part == "api"
            script = self._scripts[request.part]
            return script.popleft() if script else self._always[request.part]

    def admit(self, session: str) -> None:
        """Make a session valid."""
        with self._lock:
            self._sessions.add(session)

    def admitted(self, session: str) -> bool:
        """Tell whether a session is valid."""
        with self._lock:
            return session in self._sessions
