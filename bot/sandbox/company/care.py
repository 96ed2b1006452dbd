"""What a customer says of the product, and how much it asks of support."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from bot.sandbox.company.model import Story, Trait

if TYPE_CHECKING:
    from bot.sandbox.company.plan import Plan

_Range = tuple[int, int]

_USUAL: Final[tuple[_Range, _Range, _Range]] = (78, 96), (0, 4), (0, 0)
"""CSAT in percent, open cases, urgent ones among them."""
_BY_STORY: Final = {
    Story.UNDERUSE: ((58, 76), (1, 6), (0, 1)),
    Story.FALLING: ((42, 64), (5, 12), (1, 3)),
    # Nobody is left who would ask.
    Story.SILENT: ((45, 60), (0, 0), (0, 0)),
    Story.ONBOARDING: ((78, 96), (3, 8), (0, 0)),
}
_ESCALATED: Final = (28, 44), (9, 14), (2, 4)
_NEVER_ASKED: Final = 0.3
_OTHER_DESK: Final = 0.15


@dataclass(frozen=True, slots=True)
class Care:
    """The custom fields of one account; None where the CRM's is empty."""

    csat: float | None
    open_cases: float | None
    urgent_cases: float | None


def care(seed: int, plan: Plan) -> Care:
    """Make up what fits the account's story; some were never asked, and of some another desk keeps the cases."""
    random = Random(f"{seed}:care:{plan.number}")  # noqa: S311 - sample data
    escalated = Trait.ESCALATED in plan.casting.traits
    ranges = _ESCALATED if escalated else _BY_STORY.get(plan.story, _USUAL)
    csat, cases, urgent = (float(random.randint(*one)) for one in ranges)
    never_asked = plan.story is Story.ONBOARDING or random.random() < _NEVER_ASKED
    other_desk = random.random() < _OTHER_DESK
    if escalated:
        return Care(csat, cases, urgent)
    return Care(
        None if never_asked else csat, None if other_desk else cases, None if other_desk else min(urgent, cases)
    )
