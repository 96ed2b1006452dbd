"""The cadence of a renewal: which stage is due, and what is to be done by when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.scoring.model import RED

if TYPE_CHECKING:
    from datetime import date

    from bot.core.brief.policy import PrepPolicy


class Move(StrEnum):
    """What is done at a point of the cadence."""

    SAVE_PLAN = "save plan"
    REVIEW = "business review"
    PROPOSAL = "proposal"
    NEGOTIATE = "negotiate"
    SIGNATURE = "signature"
    LEGAL = "legal"


CADENCE: Final = (
    (120, Move.REVIEW),
    (90, Move.PROPOSAL),
    (60, Move.NEGOTIATE),
    (30, Move.SIGNATURE),
    (7, Move.LEGAL),
)
"""Days before the deadline, and what is due then."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done before a deadline."""

    move: Move
    days_before: int
    by: date
    due: bool
    """Whether its day has come: it should be done, or under way, by now."""
    now: bool
    """Whether it is what to do next."""


def steps(deadline: date, as_of: date, *, red: bool, policy: PrepPolicy) -> tuple[Step, ...]:
    """Return what is to be done before a deadline, in the order of time; accounts in the red begin with a save plan."""
    all_moves = (*(((policy.red_from, Move.SAVE_PLAN),) if red else ()), *CADENCE)
    moves = sorted(all_moves, reverse=True, key=lambda pair: pair[0])
    left = (deadline - as_of).days
    ahead = [days for days, _ in moves if days < left]
    # Next is the last whose day has come; before the first of them, the first.
    current = min((days for days, _ in moves if days >= left), default=max(ahead, default=0))
    return tuple(
        Step(move, days, deadline - timedelta(days=days), due=days >= left, now=days == current and left >= 0)
        for days, move in moves
    )


def stage_due(days_left: float | None, arr: float | None, band: str | None, policy: PrepPolicy) -> int | None:
    """Return the stage, in days before the deadline, whose brief is due; None where none is.

    A stage holds from its day until the next one's, but is not said more than `policy.late` days late; that of red
    accounts is due on whatever day the account turns red.
    """
    if days_left is None or days_left < 0:
        return None
    small = arr is not None and arr < policy.small_below
    stages = policy.small_stages if small else policy.stages
    found = min((stage for stage in stages if stage >= days_left), default=None)
    if found is not None:
        return found if found - days_left <= policy.late else None
    return policy.red_from if band == RED and not small and days_left <= policy.red_from else None


def lefts(policy: PrepPolicy) -> tuple[tuple[int, int], ...]:
    """Return between how many days before a deadline any stage is due, the fewest first; both included."""
    stages = sorted({*policy.stages, *policy.small_stages})
    return tuple((max(stage - policy.late, 0), stage) for stage in stages)
