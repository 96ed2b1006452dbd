"""What counts as buying more or less: the staircase of each thing bought, as of 31 March 2026."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.facts.world import World, by, day

if TYPE_CHECKING:
    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)  # the 365 days begin on 1 April 2025


def seats(quantity: float, span: str, price: float | None = 10.0, product: str = "BASIC", **more: object) -> Row:
    """Licences at a price a year."""
    first, _, last = span.partition("..")
    return {
        "kind": "seats", "meter": "logins", "quantity": float(quantity), "unit_price": price, "price_period": "year",
        "start": day(first, 2025), "end": day(last, 2026), "product_code": product, "currency": "USD", **more,
    }  # fmt: skip


def other(quantity: float, span: str, **more: object) -> Row:
    return seats(quantity, span, **{"kind": "commit", "meter": "units", "product": "UNITS", **more})  # type: ignore[arg-type]  # keywords of `line`


LONG = seats(100, "2023-01-01..12-31")
"""A customer since 2023, with licences until the end of 2026."""

# What was bought; expansions, their ARR; contractions, their ARR; the last expansion.
CASES: dict[str, tuple[tuple[Row, ...], tuple[float | None, float | None, float | None, float | None, str | None]]] = {
    "a first purchase is no expansion": ((seats(100, "06-01..12-31"),), (0, 0, 0, 0, None)),
    "a new thing is one": ((LONG, other(5, "06-01..12-31")), (1, 50, 0, 0, "2025-06-01")),
    "more of the same thing is one": ((LONG, seats(20, "06-01..12-31")), (1, 200, 0, 0, "2025-06-01")),
    "the same quantity again changes nothing": (
        (seats(100, "2023-01-01..2025-06-30"), seats(100, "07-01..12-31")),
        (0, 0, 0, 0, None),
    ),
    "a renewal of more is an expansion by what it is more": (
        (seats(100, "2023-01-01..2025-06-30"), seats(130, "07-01..12-31")),
        (1, 300, 0, 0, "2025-07-01"),
    ),
    "a renewal of less is a contraction": (
        (seats(100, "2023-01-01..2025-06-30"), seats(70, "07-01..12-31")),
        (0, 0, 1, 300, None),
    ),
    "a renewal signed 20 days late is one change": (
        (seats(100, "2023-01-01..2025-06-30"), seats(120, "07-21..12-31")),
        (1, 200, 0, 0, "2025-07-21"),
    ),
    "a renewal that begins 14 days before the end is one change": (
        (seats(100, "2023-01-01..2025-06-30"), seats(100, "06-17..12-31")),
        (0, 0, 0, 0, None),
    ),
    "who comes back after 28 days has left, and is no expansion": (
        (seats(100, "2023-01-01..2025-06-30"), seats(120, "07-29..12-31")),
        (0, 0, 1, 1000, None),
    ),
    "with other lines in force it is both": (
        (other(5, "2023-01-01..12-31"), seats(100, "2023-01-01..2025-06-30"), seats(120, "07-29..12-31")),
        (1, 1200, 1, 1000, "2025-07-29"),
    ),
    "a line that ended and nothing after it": (
        (LONG, other(5, "2023-01-01..2025-09-30")),
        (0, 0, 1, 50, None),
    ),
    "a line that ends today is still bought": (
        (LONG, other(5, "2023-01-01..2026-03-31")),
        (0, 0, 0, 0, None),
    ),
    "a reduction booked as a line of its own": (
        (LONG, seats(-30, "06-01..12-31")),
        (0, 0, 1, 300, None),
    ),
    "two renewals on one day, one thing": (
        (seats(60, "2023-01-01..2025-06-30"), seats(40, "2023-01-01..2025-06-30"), seats(110, "07-01..12-31")),
        (1, 100, 0, 0, "2025-07-01"),
    ),
    "a little more every week, from the first day on": (
        (seats(10, "06-01..12-31"), seats(5, "06-08..12-31"), seats(5, "06-15..12-31")),
        (2, 100, 0, 0, "2025-06-15"),
    ),
    "the same licences, of a dearer product": (
        (seats(100, "2023-01-01..2025-06-30"), seats(100, "07-01..12-31", 15.0, "PRO")),
        (1, 500, 0, 0, "2025-07-01"),
    ),
    "of a cheaper product": (
        (seats(100, "2023-01-01..2025-06-30", 15.0, "PRO"), seats(100, "07-01..12-31")),
        (0, 0, 1, 500, None),
    ),
    "a higher price of the same product is no purchase": (
        (seats(100, "2023-01-01..2025-06-30"), seats(100, "07-01..12-31", 12.0)),
        (0, 0, 0, 0, None),
    ),
    "days before the 365": ((LONG, seats(20, "03-31..12-31")), (0, 0, 0, 0, "2025-03-31")),
    "the first of the 365": ((LONG, seats(20, "04-01..12-31")), (1, 200, 0, 0, "2025-04-01")),
    "days to come": ((LONG, seats(20, "2026-04-01..12-31")), (0, 0, 0, 0, None)),
    "services do not count": (
        (LONG, seats(3, "06-01..2025-06-30", kind="service", meter="days", product="TRAINING")),
        (0, 0, 0, 0, None),
    ),
    "a line of nothing is no purchase": ((LONG, other(0, "06-01..12-31")), (0, 0, 0, 0, None)),
    "without a price it counts, at an unknown worth": (
        (LONG, other(5, "06-01..12-31", price=None)),
        (1, None, 0, 0, "2025-06-01"),
    ),
    "in another currency the worths have no sum": (
        (LONG, seats(20, "06-01..12-31"), other(5, "07-01..12-31", currency="EUR")),
        (2, None, 0, None, "2025-07-01"),
    ),
    "nothing has begun yet": ((seats(100, "2026-06-01..12-31"),), (None, None, None, None, None)),
}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    world = World(tmp_path_factory.mktemp("purchases"))
    for name, (lines, _) in CASES.items():
        world.account(name)
        for place, one in enumerate(lines):
            world.line(name, f"{name}-{place}", **one)
    return by(world.analyse(AS_OF).accounts, "subject")


@pytest.mark.parametrize("name", CASES)
def test_purchases_are_counted_as_by_hand(name: str, accounts: dict[str, Row]) -> None:
    found, (more, more_arr, less, less_arr, last) = accounts[name], CASES[name][1]
    expected = {
        "expansions": more,
        "expansion_arr": more_arr,
        "contractions": less,
        "contraction_arr": less_arr,
        "last_expansion": last and day(last),
    }
    assert {key: found[key] for key in expected} == expected
