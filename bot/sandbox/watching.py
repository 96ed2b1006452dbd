"""Waiting for what comes of something that somebody did in the stand-in Slack."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack import SlackWorld
    from bot.sandbox.slack_views import View

_ANSWER_SECONDS: Final = 12.0
"""A portfolio is computed, a picture drawn and a CRM asked in less."""
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """How far things were, to tell what is new."""

    entries: int
    homes: int
    modal: tuple[str, str] | None

    @classmethod
    def of(cls, world: SlackWorld, modal: View | None, *, at_home: bool) -> Seen:
        """Look at a workspace; `modal`: the one that the person has open; not `at_home`: Homes are not looked at."""
        with world.lock:
            at = (modal.id, modal.hash) if modal else None
            return cls(len(world.rooms.journal), len(world.homes.published) if at_home else 0, at)


def until(condition: Callable[[], object], seconds: float = _ANSWER_SECONDS) -> bool:
    """Wait until something is so; False where it takes too long."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(_POLL_SECONDS)
    return True
