"""The accounts of somebody's book, as lists show them; and which of them are meant. Values alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts are meant; every condition that is set has to hold."""

    people: frozenset[str] | None = None
    """Ids of their owners or CSMs; None: anybody's. Empty: nobody's."""
    segment: str | None = None
    band: str | None = None
    """Of health: red, yellow, green."""
    rules: frozenset[str] | None = None
    """Of alerts, and of accounts that have one of these; None: any."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One account of somebody's book."""

    account_id: str
    name: str
    as_of: date
    owner_id: str | None
    csm_id: str | None
    segment: str | None
    currency: str | None
    arr: float | None
    renewal_on: date | None
    deadline_on: date | None
    health_band: str | None
    at_stake: float | None = None
    """The most that one of its open alerts puts at stake: two alerts may be about the same money."""
    alerts: int = 0
    """Open ones of which people were told."""
