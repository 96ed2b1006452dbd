"""Contract value per active customer, by segment and month: outliers named, seasons taken out, a date looked at.

A customer is active on a day on which a line in force buys something other than a service. Its contract value is its
ARR on that day, by the contracts and at the rates that are known as of today: a month of the past changes when terms
are backdated, and never because of rates. Money in several currencies is never added up: without a report currency each
currency is a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import duckdb

    Readable = Callable[[Collection[str]], Collection[str]]
    """Returns those of some accounts that may be read."""

OUTLIER_SCORE: Final = 3.5
"""Modified z-score beyond which a customer is an outlier: what Iglewicz and Hoaglin recommend."""
OUTLIER_CUSTOMERS: Final = 8
"""In a smaller group nobody is an outlier."""
_YEAR: Final = 12
_DAYS: Final = pa.schema([("purpose", pa.string())]).append(pa.field("day", pa.date32()))
_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What active customers are worth."""

    as_of: date
    months: pa.Table
    """One row a segment, currency and month, sorted so: day (the last of the month, or as-of), segment (NULL: the CRM
    does not say), currency, active_customers, priced_customers (those whose value is known), arr (their sum),
    value_per_customer (their mean), median_value, outliers, value_without_outliers, season (1.05: such a calendar
    month lies 5 % above the year's course) and value_without_season. The season is NULL under two years of months."""
    outliers: pa.Table
    """One row a customer and month that lies far off its segment: day, segment, currency, account_id, arr, score."""
    change: pa.Table
    """One row a segment and currency: customers_before, customers_after, value_before, value_after, change,
    same_customers (active and of known value on both days), same_value_before and same_value_after (their means),
    same_change (of their sum), customers_came and customers_left (active on one of the days only), value_came and
    value_left (their means on that day); empty without a date."""


def days_of(as_of: date, months: int, around: date | None) -> pa.Table:
    """Days that are looked at: columns purpose, day. Ends of so many months, and the days beside a date.

    The month of as-of counts up to as-of. `around`: the day before it is compared with as-of.
    Raises ValueError for less than one month, or a date that lies ahead.
    """
    if months < 1:
        raise ValueError("wanted at least one month")
    if around is not None and around > as_of:
        raise ValueError(f"{around} lies ahead of {as_of}")
    rows = [("month", day) for day in _month_ends(as_of, months)]
    if around is not None:
        rows += [("before", around - timedelta(days=1)), ("after", as_of)]
    return pa.Table.from_pylist([{"purpose": purpose, "day": day} for purpose, day in rows], schema=_DAYS)


def _month_ends(as_of: date, months: int) -> Iterator[date]:
    day = as_of
    for _ in range(months):
        yield day
        day = day.replace(day=1) - timedelta(days=1)


def portfolio_of(cursor: duckdb.DuckDBPyConnection, as_of: date) -> Portfolio:
    """Read the tables that `portfolio.sql` made, and add the seasons."""
    months, outliers, change = (
        cursor.table(f"portfolio_{name}").to_arrow_table() for name in ("months", "outliers", "change")
    )
    return Portfolio(as_of, with_seasons(months), outliers, change)


def with_seasons(months: pa.Table) -> pa.Table:
    """Append season and value_without_season to rows that are sorted by segment, currency and day.

    By ratio to moving average: a month's value over the centred mean of the year around it, averaged by calendar month
    and scaled so that the twelve have a mean of 1. A group with a gap, or under 24 months, has no season.
    """
    values = months.column("value_per_customer").to_numpy().astype(np.float64)
    days = [date.fromisoformat(str(day)) for day in months.column("day").to_pylist()]
    keys = list(zip(months.column("segment").to_pylist(), months.column("currency").to_pylist(), strict=True))
    season = np.full(len(values), np.nan)
    edges = [row for row in range(len(keys) + 1) if row in {0, len(keys)} or keys[row] != keys[row - 1]]
    for start, end in pairwise(edges):
        season[start:end] = _season(values[start:end], days[start:end])
    plain = values / season
    return months.append_column("season", _nullable(season)).append_column("value_without_season", _nullable(plain))


def _season(values: _Numbers, days: list[date]) -> _Numbers:
    """Season of each month of one group; NaN where it cannot be told."""
    numbers = np.array([day.year * _YEAR + day.month - 1 for day in days])
    if len(values) < 2 * _YEAR or np.any(np.diff(numbers) != 1) or not np.all(values > 0):
        return np.full(len(values), np.nan)
    # The mean of twelve months lies between two of them; half a month at both ends centres it.
    weights = np.array([0.5, *[1.0] * (_YEAR - 1), 0.5]) / _YEAR
    half = _YEAR // 2
    ratios = values[half:-half] / np.convolve(values, weights, mode="valid")
    calendar = numbers % _YEAR
    index = np.array([ratios[calendar[half:-half] == month].mean() for month in range(_YEAR)])
    season: _Numbers = (index / index.mean())[calendar]
    return season


def _nullable(values: _Numbers) -> pa.Array[pa.DoubleScalar]:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
