"""What a night works with: the parts, the moment, and whom to tell how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.core.guarding.policy import FleetPolicy
from bot.errors import HeadroomError
from bot.notices import Manners
from bot.notices.hearing import nobody_reads

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from bot.core.verdicts import Rule
    from bot.facts.engine import Engine
    from bot.facts.store import FactStore
    from bot.messages.render import Templates
    from bot.notices.hearing import Readers
    from bot.state.store import Store
    from connectors.base import Source

NIGHT: Final = "night"
"""Name of the job: its runs tell which day was judged last."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a night needs, put together by `bot.app`."""

    company: str
    sources: tuple[Source, ...]
    folder: Path
    facts: FactStore
    engine: Engine
    rules: tuple[Rule, ...]
    templates: Templates
    store: Store
    fleet: FleetPolicy = field(default_factory=FleetPolicy)
    manners: Manners = field(default_factory=Manners)
    readers: Readers = nobody_reads
    """Tells what somebody may see of the accounts that they only subscribed to."""
    charts: bool = False
    """Whether alerts carry charts."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a night is about, and when it is."""

    as_of: date
    """The day that is judged."""
    today: date
    """The company's day on which sources are read."""
    now: datetime
    """UTC."""

    def on(self, day: date) -> datetime:
        """Return the time of day of this moment on another day: what is replayed looks as if done on time."""
        # Not the day with the time of now: in UTC it may be the day before, and what fires now would lie ahead.
        return self.now - (self.today - day)


@dataclass(slots=True)
class Progress:
    """Whom to tell how far a night has come; does nothing by default. Telling may raise StoppedError."""

    say: Callable[[str, int, int], None] = field(default=lambda _what, _done, _all: None)


class StoppedError(HeadroomError):
    """The night was told to stop. It has decided nothing: what was read is kept, the rest is done by the next one."""
