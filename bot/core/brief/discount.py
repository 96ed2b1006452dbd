"""Discount against utilization: what a customer pays of the list price, beside what it uses of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.brief.policy import PrepPolicy


class Quadrant(StrEnum):
    """Where an account, or a line, stands."""

    CHEAP_AND_IDLE = "high discount, low utilization"
    CHEAP_AND_USED = "high discount, high utilization"
    DEAR_AND_IDLE = "low discount, low utilization"
    DEAR_AND_USED = "low discount, high utilization"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A discount and a utilization side by side; both are shares, None is unknown."""

    of: str
    """The product; empty: the whole account."""
    discount: float | None
    utilization: float | None
    quadrant: Quadrant


def weigh(of: str, discount: float | None, utilization: float | None, policy: PrepPolicy) -> Weighed:
    """Say in which quadrant a discount and a utilization lie; what equals a threshold is high."""
    if discount is None or utilization is None:
        return Weighed(of, discount, utilization, Quadrant.UNKNOWN)
    cheap, used = discount >= policy.high_discount, utilization >= policy.high_utilization
    if cheap:
        found = Quadrant.CHEAP_AND_USED if used else Quadrant.CHEAP_AND_IDLE
    else:
        found = Quadrant.DEAR_AND_USED if used else Quadrant.DEAR_AND_IDLE
    return Weighed(of, discount, utilization, found)
