"""Rows of usage by customer and day (and user): what can be counted, what is refused, and why.

A row is a mapping with `customer`, `day`, `quantity`, for a meter of users `user_id`, and for a sum `total` (events)
and `unreadable` (those among them that carry no number).
"""

from __future__ import annotations

import json
import math
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.base import Reject
from connectors.schema import USAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Rejects
    from connectors.usage.days import Span
    from connectors.usage.meters import MeterQuery

Row = dict[str, Any]


def usage(meter: MeterQuery, span: Span, rows: Sequence[Row], rejects: Rejects, source: str) -> pa.Table:
    """Return the good rows as `connectors.schema.USAGE`; count each row in `rejects` as read or refused.

    A sum of which some events carry no number is read, and those events are noted as a refused row of their own.
    """
    good: list[Row] = []
    for row in rows:
        problem = _problem(meter, row, span)
        if problem:
            rejects.add(_refuse(source, meter, row, problem))
            continue
        good.append(row)
        if row.get("unreadable"):
            detail = f"{row['unreadable']} of {row.get('total')} events carry no number; the others are counted"
            rejects.add(_refuse(source, meter, row, ("quantity-unreadable", detail)))
    rejects.count(len(good))
    return _table(meter, good)


def never_seen(meter: MeterQuery, source: str) -> Reject:
    """Return the refusal of a meter whose events nobody has ever seen: a name is misspelt."""
    names = ", ".join(meter.events) or "any event"
    return Reject(
        place=f"{source}: meter {meter.meter}",
        reason="event-never-seen",
        detail=f"the project has not seen {names} for over a year, if ever; check the names under `events`",
        raw=json.dumps({"meter": meter.meter, "events": meter.events}),
    )


def read_day(value: object) -> date | None:
    """Return the day that a text begins with, as ISO writes it; None where it does not."""
    return _day(str(value)[:10])


@lru_cache(maxsize=4096)  # the same few days stand in every row
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _table(meter: MeterQuery, rows: list[Row]) -> pa.Table:
    names = meter.measure == "users"
    count = len(rows)
    columns: dict[str, list[object]] = {
        "customer": [row["customer"] for row in rows],
        "meter": [meter.meter] * count,
        "day": [read_day(row["day"]) for row in rows],
        "quantity": [float(row["quantity"]) for row in rows],
        "user_id": [row["user_id"] if names else None for row in rows],
        "active_users": [None] * count,
        "line_id": [None] * count,
    }
    return pa.table(columns, schema=USAGE)


def _problem(meter: MeterQuery, row: Row, span: Span) -> tuple[str, str] | None:
    """Say what is wrong with a row: a stable word and an explanation."""
    day, quantity = read_day(row.get("day")), row.get("quantity")
    if day is None:
        return "day-unreadable", f"{row.get('day')!r} is no day"
    if day not in span:
        return "day-outside-window", f"{day} was not asked for"
    if not row.get("customer"):
        return "customer-missing", f"{quantity} of the day's use belong to no customer"
    if meter.measure == "users" and not row.get("user_id"):
        return "user-missing", f"{quantity} of the customer's events of the day name no user"
    return _quantity_problem(quantity)


def _quantity_problem(quantity: object) -> tuple[str, str] | None:
    if quantity is None:
        return "quantity-missing", "none of the events carries a number"
    if isinstance(quantity, bool) or not isinstance(quantity, int | float):
        return "quantity-unreadable", f"{quantity!r} is no number"
    if not math.isfinite(quantity):
        return "quantity-not-finite", f"{quantity} cannot be counted with"
    if quantity < 0:
        return "quantity-negative", f"{quantity} is below zero"
    return None


def _refuse(source: str, meter: MeterQuery, row: Row, problem: tuple[str, str]) -> Reject:
    place = f"{source}: meter {meter.meter}, customer {row.get('customer') or '(none)'}, day {row.get('day')}"
    return Reject(place, *problem, raw=json.dumps(row, default=str))
