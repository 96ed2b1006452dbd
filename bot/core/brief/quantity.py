"""The quantity to propose: a newsvendor's. One unit too many costs its price, one too few the dearer overage.

With a price p of a unit bought ahead and a price o > p of a unit used beyond the contract, the cheapest quantity is the
one that is enough with probability (o - p) / o: the last unit bought ahead is wanted just often enough to be worth its
price. Where no overage price is known, or overage is no dearer than buying ahead, prices decide nothing, and a service
level does that people have settled on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from bot.core.brief.demand import Demand

_WHOLE: Final = 1e-9
"""Of a unit: forecasts that miss a whole number by rounding are not to cost another unit."""


class Ground(StrEnum):
    """What a level of service rests on."""

    PRICES = "prices"
    NO_OVERAGE_PRICE = "no overage price"
    OVERAGE_NO_DEARER = "overage is no dearer"


class Unsized(StrEnum):
    """Why there is no quantity to propose."""

    KIND = "kind"
    """What was bought is a service, or of no known kind."""
    NO_METER = "no meter"
    NO_END = "no end"
    """The line runs on without an end: there is no coming term."""
    TOO_FAR = "too far"
    NO_HISTORY = "no history"
    """The daily use is not at hand, or no day of it is known."""
    NOT_DAILY = "not daily"
    """The source tells of months: too coarse to forecast a term from."""
    TOO_LITTLE_HISTORY = "too little history"
    NO_USE = "no use"
    NO_PERIOD = "no period"


@dataclass(frozen=True, slots=True)
class Level:
    """The probability with which a quantity is to be enough, and why."""

    share: float
    ground: Ground
    overage_times: float | None = None
    """Price of a unit beyond the contract / price of one bought ahead, where known."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """What to propose for one line of the coming term."""

    product: str
    kind: str | None
    unit: str
    contracted: float
    used: float | None
    term: tuple[date, date] | None
    """First and last day of the coming term."""
    level: Level
    demand: Demand | None = None
    recommended: float | None = None
    """In the unit; None is unknown, for the reason in `unsized`."""
    unsized: Unsized | None = None
    basis_days: int | None = None
    """Known days that the demand rests on, or would have."""
    unit_arr: float | None = None
    """What one unit comes to in a year, by the present contract."""
    period: str | None = None
    """Of an allowance: the demand is that of one period."""

    @property
    def change(self) -> float | None:
        """Return how many units more, or fewer, that is than now."""
        return None if self.recommended is None else self.recommended - self.contracted

    @property
    def change_arr(self) -> float | None:
        """Return what that comes to in a year at the present price."""
        change = self.change
        return None if change is None or self.unit_arr is None else change * self.unit_arr


def service_level(overage_times: float | None, default: float) -> Level:
    """Return the probability with which the quantity is to be enough.

    `overage_times`: price of a unit beyond the contract / price of one bought ahead; None: unknown. `default`: the
    service level where prices decide nothing, above 0 and below 1.
    """
    if not 0 < default < 1:
        raise ValueError(f"service level {default}; wanted more than 0 and less than 1")
    if overage_times is None:
        return Level(default, Ground.NO_OVERAGE_PRICE)
    if overage_times <= 1:
        return Level(default, Ground.OVERAGE_NO_DEARER, overage_times)
    return Level((overage_times - 1) / overage_times, Ground.PRICES, overage_times)


def enough(demand: Demand, level: Level, step: float = 1.0) -> float:
    """Return the least whole multiple of `step` that is enough with the level's probability; never negative.

    `step`: what one unit of the product buys. Raises ValueError for a step that is none.
    """
    if not (step > 0 and math.isfinite(step)):
        raise ValueError(f"a step of {step}; wanted a number above 0")
    return max(math.ceil(demand.quantile(level.share) / step - _WHOLE), 0) * step
