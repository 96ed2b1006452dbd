"""How patiently, how fast and how often notices are delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.state.rows import Act

if TYPE_CHECKING:
    from collections.abc import Mapping


def _slacks_own() -> dict[Act, int]:
    # Of posts Slack says "several hundred a minute" for a workspace; of updates 50.
    return {Act.POST: 600, Act.UPDATE: 50}


@dataclass(frozen=True, slots=True)
class Policy:
    """How notices are delivered."""

    fallback: str | None = None
    """Channel of what cannot be delivered where it belongs."""
    lease: timedelta = timedelta(minutes=2)
    """How long a notice is its sender's; several times what one request may take."""
    settle: timedelta = timedelta(seconds=20)
    """How long Slack may take to show in a channel's history what it answered unclearly."""
    reads: int = 3
    """In so many readings of the history a message must be absent before it is sent again ..."""
    spacing: timedelta = timedelta(seconds=10)
    """... so far apart."""
    pace: timedelta = timedelta(seconds=1)
    """Between two posts in one channel."""
    patience: timedelta = timedelta(minutes=2)
    """How long `drain` waits without getting on before it leaves the rest for the next time."""
    a_minute: Mapping[Act, int] = field(default_factory=_slacks_own)
    """How many posts and updates a minute the far end takes, from all replicas together; empty: any number."""
    thread_life: timedelta = timedelta(days=30)
    """For so long later messages about a subject answer in the thread of the first one; zero: no threads."""
    sweep_after: tuple[timedelta, ...] = (timedelta(minutes=10), timedelta(hours=2))
    """How long after it was sent a message is looked for again whose first attempt had an unclear end."""
    workers: int = 1
    """How many messages may be under way at once, to different destinations."""

    @property
    def sweep_in(self) -> timedelta | None:
        """How long after it was sent a message is to be looked for first; None: never."""
        return self.sweep_after[0] if self.sweep_after else None
