"""What health is made of: factors with weights, metrics with curves, and bands by a contract's age.

`bot.core.scoring.faults` tells people what is wrong in the settings that such a model is made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

MOST: Final = 100.0
"""The best score; the worst is 0."""
RED: Final = "red"
YELLOW: Final = "yellow"
GREEN: Final = "green"


@dataclass(frozen=True, slots=True)
class Input:
    """One metric of a factor, and how good its values are."""

    metric: str
    """A metric of accounts, by its name in the catalogue; a number, or a flag, which counts as 0 or 1."""
    curve: tuple[Point, ...]
    """Points (value of the metric, score of 0..100), values rising. Straight between the points, level beyond them."""
    weight: float = 1.0
    """Beside the other inputs of the factor."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One side of an account's health: the weighted mean of those of its inputs that are known."""

    name: str
    weight: float
    """Beside the other factors; the sum may be anything."""
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Bands that hold from a day of tenure on, up to the next stage."""

    from_day: int
    yellow_from: float
    """Health under this is red."""
    green_from: float
    """Health from this on is green; between the two it is yellow."""


@dataclass(frozen=True, slots=True)
class HealthModel:
    """How health is measured."""

    factors: tuple[Factor, ...]
    """At least one."""
    stages: tuple[Stage, ...]
    """By `from_day`, rising. Before the first of them health has no band: it is too early to judge."""
    minimum_coverage: float = 0.5
    """Where less than this share of the weight has data, health is unknown."""
