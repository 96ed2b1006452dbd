"""What a drain did so far. Safe between threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts messages."""

    sent_count: int = 0
    failed_count: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def sent(self) -> None:
        """Count one that was posted, updated, or found to have arrived after all."""
        with self._counting:
            self.sent_count += 1

    def failed(self) -> None:
        """Count one that was refused for good."""
        with self._counting:
            self.failed_count += 1
