"""Contract value per active customer, by segment and month, by hand."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from bot.core.attribution import Attribution
from bot.core.currencies import Currencies, Rate
from bot.facts.engine import Engine
from bot.facts.portfolio import days_of, with_seasons
from tests.facts.world import METERS, RULES, World, day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.facts.world import Row

AS_OF = date(2026, 3, 15)


def sell(world: World, account: str, price: float | None, span: str = "2025-01-01..12-31", **more: object) -> None:
    first, _, last = span.partition("..")
    plain = {"kind": "commit", "meter": "units", "unit_price": price, "price_period": "year", "currency": "USD"}
    world.line(account, f"{account}-{len(world.lines)}", start=day(first), end=day(last), **plain | more)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("portfolio"))
    for account, segment in (
        ("a", "Small"),
        ("b", "Small"),
        ("c", "Small"),
        ("d", None),
        ("e", "Large"),
        ("f", "Large"),
    ):
        world.account(account, segment=segment)
    sell(world, "a", 100)
    sell(world, "a", 50, "2026-02-10..12-31")
    sell(world, "b", 300, "2025-01-01..2026-02-28")
    sell(world, "c", None)  # active, but nobody knows its worth
    sell(world, "c", 999, kind="service", meter="days")  # services do not recur
    sell(world, "d", 40, "2026-03-15..12-31")
    sell(world, "e", 1000)
    sell(world, "f", 2000, currency="EUR")
    world.write(AS_OF)
    return world


def rows(table: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def test_each_month_counts_the_customers_of_its_last_day(world: World) -> None:
    months = world.engine().portfolio(AS_OF, months=3).months
    names = ("segment", "currency", "day", "active_customers", "priced_customers", "arr", "value_per_customer")
    assert rows(months, *names, "median_value") == [
        ("Large", "EUR", day("01-31"), 1, 1, 2000, 2000, 2000),
        ("Large", "EUR", day("02-28"), 1, 1, 2000, 2000, 2000),
        ("Large", "EUR", AS_OF, 1, 1, 2000, 2000, 2000),
        ("Large", "USD", day("01-31"), 1, 1, 1000, 1000, 1000),
        ("Large", "USD", day("02-28"), 1, 1, 1000, 1000, 1000),
        ("Large", "USD", AS_OF, 1, 1, 1000, 1000, 1000),
        ("Small", "USD", day("01-31"), 3, 2, 400, 200, 200),  # a 100, b 300, c unknown
        ("Small", "USD", day("02-28"), 3, 2, 450, 225, 225),  # a 150
        ("Small", "USD", AS_OF, 2, 1, 150, 150, 150),  # b has left
        (None, "USD", AS_OF, 1, 1, 40, 40, 40),  # the CRM does not say its segment
    ]


def test_in_one_currency_a_segment_is_one_row_a_month(world: World) -> None:
    euros = Currencies("EUR", (Rate("USD", day("2026-03-01"), 0.5),))
    engine = Engine(world.store, Attribution(RULES, METERS, ("account_id",)), currencies=euros, threads=1)
    months = engine.portfolio(AS_OF, months=2).months
    # The rate of today counts for months before it, too: 1,000 x 0.5 and 2,000 for two customers.
    assert rows(months, "segment", "currency", "day", "active_customers", "arr", "value_per_customer")[:2] == [
        ("Large", "EUR", day("02-28"), 2, 2500, 1250),
        ("Large", "EUR", AS_OF, 2, 2500, 1250),
    ]


def test_before_and_after_a_date(world: World) -> None:
    change = world.engine().portfolio(AS_OF, months=1, around=day("02-10")).change
    names = ("segment", "currency", "customers_before", "customers_after", "value_before", "value_after", "change")
    assert rows(change, *names, "same_customers", "same_change") == [
        ("Large", "EUR", 1, 1, 2000, 2000, 0, 1, 0),
        ("Large", "USD", 1, 1, 1000, 1000, 0, 1, 0),
        # a 100 and b 300 before, a 150 after: a quarter less a customer, though the one who stayed pays half more
        ("Small", "USD", 3, 2, 200, 150, -0.25, 1, 0.5),
        (None, "USD", 0, 1, None, 40, None, 0, None),
    ]


def test_without_a_date_nothing_is_compared(world: World) -> None:
    assert world.engine().portfolio(AS_OF, months=1).change.num_rows == 0


def test_a_customer_far_off_its_segment_is_named(tmp_path: Path) -> None:
    """Nine worth e^1 to e^9 / 10, one worth far more: its score by hand."""
    world = World(tmp_path)
    for number in range(1, 10):
        world.account(f"a{number}", segment="S")
        sell(world, f"a{number}", math.exp(number / 10))
        if number < 8:  # seven of them in another segment: too few to say
            world.account(f"b{number}", segment="T")
            sell(world, f"b{number}", math.exp(9.0) if number == 7 else math.exp(number / 10))
    world.account("huge", segment="S")
    sell(world, "huge", math.exp(5))
    world.write(AS_OF)
    portfolio = world.engine().portfolio(AS_OF, months=1)
    # Logarithms .1 .2 ... .9 and 5: median (.5 + .6) / 2 = .55. Distances .05 .05 .15 .15 .25 .25 .35 .35 .45 4.45:
    # their median is .25. Score .6745 x 4.45 / .25 = 12.0061.
    (outlier,) = portfolio.outliers.to_pylist()
    assert outlier == {
        "day": AS_OF, "segment": "S", "currency": "USD", "account_id": "huge",
        "arr": pytest.approx(math.exp(5)), "score": pytest.approx(0.6745 * 4.45 / 0.25),
    }  # fmt: skip
    of_s = portfolio.months.to_pylist()[0]
    plain = sum(math.exp(number / 10) for number in range(1, 10))
    assert (of_s["outliers"], of_s["value_without_outliers"]) == (1, pytest.approx(plain / 9))
    assert of_s["value_per_customer"] == pytest.approx((plain + math.exp(5)) / 10)


def series(values: list[float | None], start: int = 0, segment: str = "S") -> list[Row]:
    return [
        {
            "segment": segment, "currency": "USD", "value_per_customer": value,
            "day": date(2023 + (start + number) // 12, (start + number) % 12 + 1, 28),
        }
        for number, value in enumerate(values)
    ]  # fmt: skip


SCHEMA = (
    pa.schema([("segment", pa.string()), ("currency", pa.string())])
    .append(pa.field("value_per_customer", pa.float64()))
    .append(pa.field("day", pa.date32()))
)


def seasons(some: list[Row]) -> list[float | None]:
    table = with_seasons(pa.Table.from_pylist(some, schema=SCHEMA))
    found: list[float | None] = table.column("season").to_pylist()
    return found


def test_a_december_that_is_always_higher_is_the_season() -> None:
    """100 a month and 220 in December: any year's mean is 110, so December lies at 2, the others at 1 / 1.1."""
    rows_of = series([220.0 if number % 12 == 11 else 100.0 for number in range(36)])
    found = with_seasons(pa.Table.from_pylist(rows_of, schema=SCHEMA))
    assert found.column("season").to_pylist() == pytest.approx(
        [2.0 if number % 12 == 11 else 100 / 110 for number in range(36)]
    )
    assert found.column("value_without_season").to_pylist() == pytest.approx([110.0] * 36)


def test_growth_without_a_season_has_none() -> None:
    found = seasons(series([100.0 + number for number in range(36)], start=5))
    assert found == pytest.approx([1.0] * 36, abs=1e-3)


@pytest.mark.parametrize(
    "values",
    [[100.0] * 23, [100.0] * 12 + [None] + [100.0] * 12, [100.0] * 12 + [0.0] + [100.0] * 12, []],
    ids=["under two years", "an unknown month", "a month without value", "nothing"],
)
def test_a_season_that_cannot_be_told_is_unknown(values: list[float | None]) -> None:
    assert seasons(series(values)) == [None] * len(values)


def test_each_segment_has_its_own_season_and_a_gap_has_none() -> None:
    gap = [row for number, row in enumerate(series([100.0] * 30, segment="G")) if number != 15]
    assert seasons([*gap, *series([100.0] * 24)]) == [*[None] * 29, *[pytest.approx(1.0)] * 24]


@pytest.mark.parametrize(
    ("months", "around", "problem"),
    [(0, None, "at least one month"), (1, date(2026, 3, 16), "2026-03-16 lies ahead of 2026-03-15")],
)
def test_days_that_make_no_sense_are_refused(months: int, around: date | None, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        days_of(AS_OF, months, around)


def test_months_end_with_their_last_day_and_the_last_one_today() -> None:
    found = days_of(date(2026, 3, 30), 3, None).column("day").to_pylist()
    assert found == [date(2026, 3, 30), date(2026, 2, 28), date(2026, 1, 31)]
