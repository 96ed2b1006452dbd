"""What to propose for each line of the coming term, or why nothing can be proposed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.brief.demand import Demand, History, drawn, peak_users
from bot.core.brief.quantity import Sizing, Unsized, enough, service_level
from bot.core.brief.terms import coming_term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.core.brief.policy import PrepPolicy
    from bot.core.brief.terms import Line, Term
    from bot.core.courses import Course

_FURTHEST: Final = 1_830
"""Days ahead beyond which nothing is forecast: five years."""
_SIZED: Final = frozenset({"seats", "allowance", "commit"})


def size_lines(
    lines: Sequence[Line], courses: Mapping[str, Course], as_of: date, policy: PrepPolicy
) -> tuple[Sizing, ...]:
    """Propose a quantity for each line that is drawn down or licensed; `courses` by line_id, see `bot.core.courses`.

    Services are left out: how many trainings somebody wants no usage tells.
    """
    return tuple(
        _size(line, courses.get(str(line.metrics.get("line_id"))), as_of, policy)
        for line in lines
        if line.kind != "service"
    )


def _size(line: Line, course: Course | None, as_of: date, policy: PrepPolicy) -> Sizing:
    term = coming_term(line)
    sizing = Sizing(
        product=line.product,
        kind=line.kind,
        unit=line.unit,
        contracted=line.contracted,
        used=line.used,
        term=(term.first, term.last) if term else None,
        level=service_level(policy.overage_times(line.product), policy.service_level),
        unit_arr=_unit_arr(line),
        period=_text(line, "period") if line.kind == "allowance" else None,
    )
    unsized = _hindrance(line, term, as_of)
    if unsized is not None or term is None:
        return replace(sizing, unsized=unsized)
    if course is None or not np.isfinite(course.until_known()).any():
        return replace(sizing, unsized=Unsized.NO_HISTORY)
    if course.cadence != "day":
        return replace(sizing, unsized=Unsized.NOT_DAILY)
    return _sized(sizing, line, _Sight(course, term), policy)


def _hindrance(line: Line, term: Term | None, as_of: date) -> Unsized | None:
    if line.kind not in _SIZED:
        return Unsized.KIND
    if line.metrics.get("meter") is None:
        return Unsized.NO_METER
    if term is None:
        return Unsized.NO_END
    if term.first <= as_of or (term.last - as_of).days > _FURTHEST:
        return Unsized.TOO_FAR
    return None if line.kind != "allowance" or line.metrics.get("period") else Unsized.NO_PERIOD


class _Sight:
    """What is known of a line's use, and the term that it is to be carried into."""

    def __init__(self, course: Course, term: Term) -> None:
        self.history = History(_to_as_of(course))
        self.as_of = course.as_of
        self.term = term

    def demand(self, line: Line) -> Demand:
        """Return what will be wanted. Raises ValueError where there is nothing to carry forward."""
        if line.kind == "seats":
            return peak_users(self.history, line.used or 0.0, self.term.span(self.as_of))
        period = str(line.metrics.get("period")) if line.kind == "allowance" else "term"
        return drawn(self.history, self.term.periods(period, self.as_of))


def _sized(sizing: Sizing, line: Line, sight: _Sight, policy: PrepPolicy) -> Sizing:
    if line.kind == "seats" and not line.used:
        return replace(sizing, unsized=Unsized.NO_USE if line.used == 0 else Unsized.NO_HISTORY)
    try:
        demand = sight.demand(line)
    except ValueError:
        return replace(sizing, unsized=Unsized.NO_USE)
    sizing = replace(sizing, basis_days=demand.basis_days)
    if demand.basis_days < policy.least_days:
        return replace(sizing, unsized=Unsized.TOO_LITTLE_HISTORY)
    if demand.outcomes[-1] <= 0:
        return replace(sizing, unsized=Unsized.NO_USE)
    return replace(sizing, demand=demand, recommended=enough(demand, sizing.level, _step(line)))


def _to_as_of(course: Course) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    # Days after the last complete one are unknown, whatever rows of them have come already.
    known = course.until_known()
    return np.concatenate([known, np.full(len(course.counts) - len(known), np.nan)])


def _step(line: Line) -> float:
    """Return how many units of the meter one unit of the product buys, which is what can be bought more or less."""
    quantity = line.metrics.get("quantity")
    if not isinstance(quantity, int | float) or quantity <= 0 or line.contracted <= 0:
        return 1.0
    per = line.contracted / quantity
    # An allowance for a part of a period is contracted in proportion: that is no unit that anybody sells.
    return per if per >= 1 and abs(per - round(per)) < 1e-6 else 1.0  # noqa: PLR2004  # rounding of a division


def _unit_arr(line: Line) -> float | None:
    arr = line.metrics.get("arr")
    return float(arr) / line.contracted if isinstance(arr, int | float) and line.contracted > 0 else None


def _text(line: Line, name: str) -> str | None:
    value = line.metrics.get(name)
    return value if isinstance(value, str) else None
