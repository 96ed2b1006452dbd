"""What customers are worth, segment by segment, and why that has changed. Pure.

The value per customer of a segment changes because those who were there are worth more or less, because of who came,
and because of who left. The three add up to the whole change: without those who left the mean before is that of the
rest, the rest then have the mean that they have now, and those who came make it what it is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.core.chart import Group, Outlier
from bot.core.chart import Portfolio as PortfolioChart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

Row = dict[str, Any]

_GROUPS_MOST: Final = 6
"""Lines of one picture that can be told apart."""


class Cause(StrEnum):
    """Why the value per customer has changed."""

    SAME = "same"
    """Those who were there on both days are worth more, or less."""
    CAME = "came"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Movement:
    """What became of a segment between two days. Values are means per customer; None: nobody can say."""

    customers_before: int
    customers_after: int
    value_before: float | None
    value_after: float | None
    change: float | None
    """Relative."""
    same_customers: int
    same_change: float | None
    customers_came: int
    value_came: float | None
    customers_left: int
    value_left: float | None
    parts: tuple[tuple[Cause, float], ...]
    """What each cause adds to the value per customer, the largest first; empty where nobody was there on both days."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers of one segment and currency, as of a day."""

    name: str | None
    """None: the CRM does not say."""
    currency: str | None
    customers: int
    priced: int
    """Those of known value."""
    arr: float | None
    value: float | None
    """Per customer of known value."""
    median: float | None
    outliers: int
    value_without_outliers: float | None
    season: float | None
    """1.05: such a month lies 5 % above the year's course."""
    value_without_season: float | None
    movement: Movement | None
    months: tuple[tuple[date, float | None], ...]
    """The value per customer at the end of each month, oldest first; the last is as-of."""


@dataclass(frozen=True, slots=True)
class InCurrency:
    """The segments of one currency, and all of their customers together."""

    currency: str | None
    segments: tuple[Segment, ...]
    """The largest ARR first."""
    customers: int
    priced: int
    arr: float
    value: float | None


def segments(months: Iterable[Row], change: Iterable[Row], as_of: date) -> tuple[InCurrency, ...]:
    """Put the rows of `bot.facts.portfolio` together, by currency; the one with the most customers first.

    A segment that nobody is active in any more is there with what became of it.
    """
    history: defaultdict[tuple[str | None, str | None], list[Row]] = defaultdict(list)
    for row in months:
        history[row["segment"], row["currency"]].append(row)
    moved = {(row["segment"], row["currency"]): _movement(row) for row in change}
    found: defaultdict[str | None, list[Segment]] = defaultdict(list)
    for key in dict.fromkeys([*history, *moved]):
        found[key[1]].append(_segment(key, history[key], moved.get(key), as_of))
    whole = [_in_currency(currency, some) for currency, some in found.items()]
    return tuple(sorted(whole, key=lambda one: (-one.customers, one.currency is None, one.currency or "")))


def _segment(
    key: tuple[str | None, str | None], history: Sequence[Row], movement: Movement | None, as_of: date
) -> Segment:
    now: Mapping[str, Any] = next((row for row in history if row["day"] == as_of), {})
    return Segment(
        *key,
        now.get("active_customers", 0),
        now.get("priced_customers", 0),
        now.get("arr"),
        now.get("value_per_customer"),
        now.get("median_value"),
        now.get("outliers", 0),
        now.get("value_without_outliers"),
        now.get("season"),
        now.get("value_without_season"),
        movement,
        tuple((row["day"], row["value_per_customer"]) for row in history),
    )


def _in_currency(currency: str | None, found: Sequence[Segment]) -> InCurrency:
    ordered = sorted(found, key=lambda one: (-(one.arr or 0.0), one.name is None, one.name or ""))
    arr, priced = sum(one.arr or 0.0 for one in found), sum(one.priced for one in found)
    customers = sum(one.customers for one in found)
    return InCurrency(currency, tuple(ordered), customers, priced, arr, arr / priced if priced else None)


def _movement(row: Row) -> Movement:
    plain = {name: row[name] for name in Movement.__slots__ if name != "parts"}
    return Movement(**plain, parts=_parts(row))


def _parts(row: Row) -> tuple[tuple[Cause, float], ...]:
    before, after = row["value_before"], row["value_after"]
    same_before, same_after = row["same_value_before"], row["same_value_after"]
    if None in {before, after, same_before, same_after}:
        return ()
    found = {Cause.LEFT: same_before - before, Cause.SAME: same_after - same_before, Cause.CAME: after - same_after}
    return tuple(sorted(found.items(), key=lambda one: -abs(one[1])))


def chart_of(
    part: InCurrency, outliers: Iterable[Row], names: Mapping[str, str], as_of: date, unnamed: str, months: int = 13
) -> PortfolioChart:
    """Return what a picture of a currency's segments shows, over so many months; `unnamed`: customers of no segment.

    `outliers` are the rows of all months, `names` the names of accounts by id: an outlier without one is not shown.
    """
    shown = part.segments[:_GROUPS_MOST]
    days = tuple(sorted({day for one in shown for day, _ in one.months}))[-months:]
    groups = tuple(Group(one.name or unnamed, tuple(dict(one.months).get(day) for day in days)) for one in shown)
    named = {one.name for one in shown}
    marked = tuple(
        Outlier(row["day"], row["segment"] or unnamed, names[row["account_id"]], row["arr"])
        for row in outliers
        if row["currency"] == part.currency
        and row["day"] == as_of
        and row["segment"] in named
        and row["account_id"] in names
    )
    return PortfolioChart(
        as_of=as_of,
        currency=part.currency,
        days=days,
        groups=groups,
        outliers=marked,
        more=len(part.segments) - len(shown),
    )
