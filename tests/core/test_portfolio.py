"""What customers are worth, put together from rows, and why it has changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.chart import Outlier
from bot.core.portfolio import Cause, chart_of, segments

FEB, MAR = date(2026, 2, 28), date(2026, 3, 15)


def month(segment: str | None, currency: str, day: date, customers: int, arr: float | None) -> dict[str, Any]:
    value = None if arr is None else arr / customers
    return {
        "segment": segment,
        "currency": currency,
        "day": day,
        "active_customers": customers,
        "priced_customers": customers if arr is not None else 0,
        "arr": arr,
        "value_per_customer": value,
        "median_value": value,
        "outliers": 0,
        "value_without_outliers": value,
        "season": None,
        "value_without_season": None,
    }


def moved(same: list[tuple[float, float]], came: list[float], left: list[float]) -> dict[str, Any]:
    """Make the row of a change from the values of customers: before and after, of who came, of who left."""

    def mean(values: list[float]) -> float | None:
        return sum(values) / len(values) if values else None

    before, after = mean([one for one, _ in same] + left), mean([one for _, one in same] + came)
    return {
        "segment": "Large",
        "currency": "USD",
        "customers_before": len(same) + len(left),
        "customers_after": len(same) + len(came),
        "value_before": before,
        "value_after": after,
        "change": after / before - 1 if before and after is not None else None,
        "same_customers": len(same),
        "same_value_before": mean([one for one, _ in same]),
        "same_value_after": mean([one for _, one in same]),
        "same_change": 0.0,
        "customers_came": len(came),
        "value_came": mean(came),
        "customers_left": len(left),
        "value_left": mean(left),
    }


ROWS = [
    month("Large", "USD", FEB, 2, 200.0),
    month("Large", "USD", MAR, 2, 300.0),
    month("Small", "USD", MAR, 4, 40.0),
    month(None, "USD", MAR, 1, None),
    month("Large", "EUR", MAR, 1, 50.0),
    month("Gone", "EUR", FEB, 1, 9.0),
]


def test_segments_stand_by_currency_the_largest_first() -> None:
    dollars, euros = segments(ROWS, [], MAR)
    assert (dollars.currency, dollars.customers, dollars.priced, dollars.arr) == ("USD", 7, 6, 340.0)
    assert dollars.value == pytest.approx(340 / 6)
    assert [one.name for one in dollars.segments] == ["Large", "Small", None]
    assert [one.name for one in euros.segments] == ["Large", "Gone"]
    gone = euros.segments[1]
    assert (gone.customers, gone.arr, gone.months) == (0, None, ((FEB, 9.0),)), "nobody is left, and nothing is zero"


def test_a_change_is_that_of_those_who_stayed_came_and_left() -> None:
    # 100 and 300 before: 200. The 300 left: 100. The 100 became 150. One of 250 came: 200.
    (dollars,) = segments([month("Large", "USD", MAR, 2, 400.0)], [moved([(100, 150)], [250], [300])], MAR)
    movement = dollars.segments[0].movement
    assert movement is not None
    assert dict(movement.parts) == {Cause.LEFT: -100.0, Cause.SAME: 50.0, Cause.CAME: 50.0}
    assert movement.parts[0][0] is Cause.LEFT
    assert movement.change == 0


def test_where_nobody_stayed_no_cause_is_named() -> None:
    (dollars,) = segments([], [moved([], [250], [300])], MAR)
    movement = dollars.segments[0].movement
    assert movement is not None
    assert movement.parts == ()


AMOUNTS = st.floats(1, 1e6)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1), st.lists(AMOUNTS), st.lists(AMOUNTS))
def test_the_causes_add_up_to_the_whole_change(
    same: list[tuple[float, float]], came: list[float], left: list[float]
) -> None:
    row = moved(same, came, left)
    (part,) = segments([], [row], MAR)
    movement = part.segments[0].movement
    assert movement is not None
    assert sum(amount for _, amount in movement.parts) == pytest.approx(
        row["value_after"] - row["value_before"], abs=1e-3
    )


def test_a_picture_shows_months_with_gaps_and_the_outliers_of_the_day() -> None:
    dollars, _ = segments(ROWS, [], MAR)
    far = [
        {"day": MAR, "segment": "Large", "currency": "USD", "account_id": "a", "arr": 290.0},
        {"day": FEB, "segment": "Large", "currency": "USD", "account_id": "a", "arr": 190.0},
        {"day": MAR, "segment": "Large", "currency": "EUR", "account_id": "a", "arr": 50.0},
        {"day": MAR, "segment": "Large", "currency": "USD", "account_id": "unnamed", "arr": 1.0},
    ]
    picture = chart_of(dollars, far, {"a": "Acme"}, MAR, "no segment")
    assert picture.days == (FEB, MAR)
    assert [(group.name, group.values) for group in picture.groups] == [
        ("Large", (100.0, 150.0)),
        ("Small", (None, 10.0)),
        ("no segment", (None, None)),
    ]
    assert picture.outliers == (Outlier(MAR, "Large", "Acme", 290.0),)
