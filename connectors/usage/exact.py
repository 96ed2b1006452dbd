"""Sums that do not depend on the order of what is added: an export tells the same events in any order."""

from __future__ import annotations

import math
import re
from typing import Final

_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


class ExactSum:
    """Adds floats without rounding until the sum is asked for (Shewchuk's partials, as in `math.fsum`)."""

    __slots__ = ("_partials",)

    def __init__(self) -> None:
        self._partials: list[float] = []

    def add(self, number: float) -> None:
        """Add a finite number."""
        kept = 0
        for partial in self._partials:
            high, low = (number, partial) if abs(number) >= abs(partial) else (partial, number)
            number = high + low
            if rest := low - (number - high):
                self._partials[kept] = rest
                kept += 1
        self._partials[kept:] = [number]

    def merge(self, other: ExactSum) -> None:
        """Add another sum."""
        for partial in other._partials:
            self.add(partial)

    def total(self) -> float:
        """Return the sum, rounded once; not finite where it is too large for a float."""
        try:
            return math.fsum(self._partials)
        except (OverflowError, ValueError):
            return math.inf


def number_of(value: object) -> float | None:
    """Return a JSON value, or a text that writes a number, as a finite float; None where it is none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
