"""What the catalogue says of each metric."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.schema import Table


class Unit(StrEnum):
    """How a value is shown."""

    SHARE = "share"  # 0.41 = 41 %
    CHANGE = "change"  # -0.34 = down 34 %
    MONEY = "money"  # in the currency of the account's contracts
    COUNT = "count"
    DAYS = "days"
    RATIO = "ratio"  # 1 = exactly on course
    SCORE = "score"  # 0..100 and more
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of a metrics table."""

    name: str
    label: str
    unit: Unit
    formula: str
    unknown: str
    """When the value is NULL."""
    window: str
    """The days that it looks at."""
    example: str
    """A worked one, with the value at its end; as of 31 March 2026 where it does not say otherwise."""
    rests_on: frozenset[Table]
    """The tables of the sources that it comes from, see `catalogue.rests`."""
