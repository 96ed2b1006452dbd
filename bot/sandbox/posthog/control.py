"""What a test or the demo can do to the stand-in PostHog, and what it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    hogql: str | None
    """The query, where there was one."""
    refresh: str | None
    """What the request wanted of the cache."""


@dataclass(slots=True)
class PostHogControl:
    """Scripted faults; reachable as `app.state.control`. Change it while the server runs."""

    down: bool = False
    """Every request is answered with 503."""
    slow: float = 0.0
    """Seconds that every request takes longer."""
    fail_next: list[int] = field(default_factory=list)
    """HTTP statuses that the next requests are answered with, the first one first."""
    retry_after: str | None = None
    """What `fail_next` sends along as Retry-After."""
    missing_scope: bool = False
    """The key lacks query:read."""
    heavy: Callable[[str], bool] | None = None
    """Queries for which this is true run out of time."""
    asynchronous: bool = False
    """Queries are answered with a `query_status` to poll, whatever the request says."""
    polls: int = 1
    """How often such a status is still incomplete."""
    requests: list[Asked] = field(default_factory=list)
    """Everything that arrived, in order."""
