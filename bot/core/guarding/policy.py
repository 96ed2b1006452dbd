"""What the fleet guard goes by: the settings, and what happened before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

FLEET: Final = "fleet"
"""Subject of the one row of the fleet's metrics."""
_HAIR: Final = 1e-9
"""15 % of 20 accounts are 3, whatever floats make of it."""


@dataclass(frozen=True, slots=True)
class FleetPolicy:
    """How many accounts may begin to fall at once."""

    accounts: int = 5
    share: float = 0.15
    """Of the watched accounts; the larger of both is the limit."""
    days: int = 3
    """Falls that begin within so many days are one."""
    at_most: timedelta = timedelta(days=7)
    """Nothing is held for longer."""

    def limit(self, watched: int) -> int:
        """Return how many accounts may begin to fall within the same days."""
        return max(self.accounts, floor(self.share * watched + _HAIR))


@dataclass(frozen=True, slots=True)
class Past:
    """What a night has to know of the nights before it."""

    incident_ended: datetime | None = None
    """When the last incident of the fleet ended."""
    first_judged: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    """By version of a rule: the day on which it was judged first."""
