"""Keeping messages to one channel apart within this process, and telling when a message arrived."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_REMEMBERED: Final = 20
_ENOUGH: Final = 5
"""From so many requests on, the shortest of them tells something; the first one opens the connection, too."""


class Pacing:
    """When something last went to each channel, whatever destinations led there. Safe between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changing = threading.Lock()
        self._last: dict[str, float] = {}
        self._took: deque[float] = deque(maxlen=_REMEMBERED)

    def reserve(self, channel: str, pace: float) -> float:
        """Take the next turn at a channel; returns in how many seconds that is."""
        with self._changing:
            now = self._clock()
            at = max(self._last.get(channel, float("-inf")) + pace, now)
            self._last[channel] = at
            return at - now

    def arrived(self, channel: str, began: float) -> float:
        """Note that a request which began at a moment has ended now; returns when it arrived, as far as can be told.

        It arrived at some time in between. Counted is from its end, less the shortest time that a request took of
        late, where there were enough of them: the next one takes that at least, too.
        """
        with self._changing:
            ended = self._clock()
            self._took.append(ended - began)
            at = ended - (min(self._took) if len(self._took) >= _ENOUGH else 0.0)
            self._last[channel] = max(self._last.get(channel, at), at)
            return at
