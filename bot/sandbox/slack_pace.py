"""Slack's rate limits: about one post a second and channel, and so many calls a minute and method."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.slack_state import RateLimitedError

_MINUTE: Final = 60.0
_LENIENCE: Final = 0.05
"""Two posts sent one second apart may arrive a little closer together: that is not too fast."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How strict the workspace is. Slack allows short bursts of posts without saying how long: none, by default."""

    posts_per_second: float = 1.0
    """To one channel."""
    post_burst: int = 1
    """Posts to one channel that may come at once."""
    tiers: bool = True
    """Whether the methods' limits a minute count."""


UNLIMITED: Final = RateLimits(posts_per_second=math.inf, tiers=False)
"""For tests and demos that are about something else."""


@dataclass(slots=True)
class Pace:
    """Counts calls against the limits. Times are seconds on any one clock."""

    limits: RateLimits
    _due: dict[str, float] = field(default_factory=dict)
    _calls: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def post(self, channel: str, now: float) -> None:
        """Count a post to this channel; raises RateLimitedError where it comes too early.

        `_due` is when the bucket would be full again: a post may come while less than a burst is missing.
        """
        interval = 1.0 / self.limits.posts_per_second
        due = max(self._due.get(channel, now), now)
        wait = due - now - (self.limits.post_burst - 1) * interval
        if wait > _LENIENCE:
            raise RateLimitedError(max(1, math.ceil(wait - _LENIENCE)))
        self._due[channel] = due + interval

    def call(self, method: str, per_minute: int, now: float) -> None:
        """Count a call of this method; raises RateLimitedError where the minute is full."""
        if not self.limits.tiers:
            return
        calls = self._calls[method]
        while calls and calls[0] <= now - _MINUTE:
            calls.popleft()
        if len(calls) >= per_minute:
            raise RateLimitedError(max(1, math.ceil(calls[0] + _MINUTE - now)))
        calls.append(now)
