"""Parts as people see them: rounded, and adding up to the rounded whole all the same."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def rounded_parts(parts: Sequence[float], places: int = 0) -> tuple[float, ...]:
    """Round parts so that they add up to their rounded sum: 28.5, 13, 10.6 and 9.2 are 28, 13, 11 and 9 of 61.

    Each is rounded down, and those that lose most by it get back what is missing (the method of largest remainders,
    Hamilton's); of equal ones the first. No part moves by more than one step of the last place.
    """
    scaled = [part * 10**places for part in parts]
    down = [floor(part) for part in scaled]
    missing = round(sum(scaled)) - sum(down)
    by_loss = sorted(range(len(parts)), key=lambda place: down[place] - scaled[place])
    for place in by_loss[:missing]:
        down[place] += 1
    return tuple(steps / 10**places for steps in down)
