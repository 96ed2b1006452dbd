"""What a picture shows, before it is anybody's picture: three kinds of chart as plain values.

Whatever is not known is None and drawn as a gap, never as zero. Points come in the order of their days. Names and units
are as the CRM has them: who draws or writes them makes them safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003  # pydantic reads the types of messages that stand in the outbox
from typing import Literal


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a day; None is unknown."""

    day: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected to be used by a day to come, with the bounds of an 80 % interval."""

    day: date
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilization:
    """Use of one contract line against what was contracted."""

    account: str
    product: str
    unit: str
    kind: str
    """seats: active users of the last 28 days at each point; the other kinds: use since `start`."""
    as_of: date
    """The last day that use is known of."""
    start: date
    """First day of the period or term; of seats, of what is shown."""
    end: date | None
    """Its last day; None: it has no end, or what is shown ends with as-of."""
    contracted: float | None
    used: tuple[Point, ...]
    ahead: tuple[Ahead, ...] = ()
    """From as-of on; empty without a forecast."""
    run_out: date | None = None
    """The day on which use reaches what was contracted; may lie behind or beyond `end`."""
    earliest: date | None = None
    latest: date | None = None
    """None: it may never be."""
    form: Literal["utilization"] = field(default="utilization", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Use by the week or month, and since when it has changed for good."""

    account: str
    product: str
    unit: str
    measure: Literal["sum", "mean"]
    """Use of the whole week or month; or of a day in it, on average, where days cannot be added up: active users."""
    grain: Literal["week", "month"]
    as_of: date
    """The last day that use is known of."""
    points: tuple[Point, ...]
    """By the first day of each week or month."""
    change: date | None = None
    """First day of what has changed for good; None: nothing has, or nobody can tell."""
    direction: Literal["falling", "rising", "flat"] | None = None
    """None: not judged."""
    size: float | None = None
    """Share of the level before."""
    form: Literal["trend"] = field(default="trend", repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """One segment of the customers: its value at each of the chart's days."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Outlier:
    """A customer that lies far off its segment on one of the chart's days."""

    day: date
    group: str
    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Contract value per active customer, by segment and month."""

    as_of: date
    currency: str | None
    days: tuple[date, ...]
    """The last of each month; of the current one, as-of."""
    groups: tuple[Group, ...]
    """Largest first; no more than can be told apart."""
    outliers: tuple[Outlier, ...] = ()
    more: int = 0
    """How many further segments there are that are not shown."""
    form: Literal["portfolio"] = field(default="portfolio", repr=False)


Spec = Utilization | Trend | Portfolio
"""What any chart shows; `form` says which."""
