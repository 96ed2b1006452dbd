"""What a test can do to the stand-in Salesforce, and what it can ask it afterwards."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Part = Literal["api", "login"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer given instead of the real one."""

    status: int
    body: str = ""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


INVALID_SESSION: Final = Answer(401, '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]')
HTML_401: Final = Answer(
    401, "<html><head><title>Sign in</title></head><body>Unauthorized</body></html>", "text/html;charset=UTF-8"
)
UNAVAILABLE: Final = Answer(503, "<html><body>Service Unavailable</body></html>", "text/html;charset=UTF-8")
LIMIT_EXCEEDED: Final = Answer(
    403, '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    part: Part


class Control:
    """The strings that a test pulls; safe to be used from the test's thread while the server runs in its own.

    `used` and `allowed` are the org's API calls of the day: they can be set.
    """

    def __init__(self, allowed: int = 100_000) -> None:
        self.allowed = allowed
        self.used = 0
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
