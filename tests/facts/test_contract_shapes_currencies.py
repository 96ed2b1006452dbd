"""All money in one currency: the rate of the as-of day, and what has none is unknown."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.attribution import Attribution
from bot.core.currencies import Currencies, Rate
from bot.facts.engine import Engine
from tests.facts.world import METERS, RULES, World, by, covered, day, every_day

if TYPE_CHECKING:
    from bot.facts.engine import Analysis

AS_OF = date(2026, 3, 31)
EUROS = Currencies(
    "EUR",
    (
        Rate("USD", day("2025-01-01"), 0.95),
        Rate("USD", day("2026-03-01"), 0.9),
        Rate("USD", day("2026-04-01"), 0.5),  # lies ahead
        Rate("GBP", day("2026-03-31"), 1.2),
        Rate("JPY", day("2026-04-01"), 0.006),
    ),
)


def sell(world: World, account: str, currency: str | None, **more: object) -> None:
    """Ten commits of 100 at 2 each, over the year."""
    world.line(account, f"{account}-{currency}-{len(world.lines)}", **{
        "kind": "commit", "meter": "units", "quantity": 100.0, "unit_price": 2.0, "currency": currency, **more,
    })  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("currencies"))
    for account in ("euros", "dollars", "both", "yen", "half", "nameless", "free", "moved"):
        world.account(account)
    sell(world, "euros", "EUR")
    sell(world, "dollars", "usd")
    sell(world, "both", "USD")
    sell(world, "both", "GBP")
    sell(world, "yen", "JPY")
    sell(world, "half", "USD")
    sell(world, "half", "JPY")
    sell(world, "nameless", None)
    sell(world, "free", "EUR", unit_price=None)
    # Bought in 2025 when the dollar stood at 0.95, and renewed for the same in 2026.
    sell(world, "moved", "USD", start=day("2025-01-01"), end=day("2026-02-28"), price_period="year")
    sell(world, "moved", "USD", start=day("2026-03-01"), end=day("2027-02-28"), price_period="year")
    world.use(every_day("dollars", "units", "01-01..03-31", 2))  # 180: 80 beyond the contract
    world.cover(covered("2025-01-01..03-31"))
    world.write(AS_OF)
    return world


def analyse(world: World, currencies: Currencies | None, as_of: date = AS_OF) -> Analysis:
    return Engine(world.store, Attribution(RULES, METERS, ("account_id",)), currencies=currencies, threads=1).analyse(
        as_of
    )


@pytest.mark.parametrize(
    ("account", "currency", "arr"),
    [
        ("euros", "EUR", 200),  # worth itself, without a line in the table
        ("dollars", "EUR", 180),  # 200 x 0.9, the last rate at or before 31 March; capitals do not matter
        ("both", "EUR", 180 + 240),  # the rate of the very day counts
        ("yen", None, None),  # its first rate lies ahead
        ("half", None, None),  # the part that is known is not the sum
        ("nameless", None, None),
        ("free", "EUR", None),
    ],
)
def test_arr_is_in_the_report_currency_or_unknown(
    store: World, account: str, currency: str | None, arr: float | None
) -> None:
    found = by(analyse(store, EUROS).accounts, "subject")[account]
    assert (found["currency"], found["arr"], found["acv"], found["tcv"], found["contract_value"]) == (
        currency,
        *[pytest.approx(arr) if arr else None] * 4,
    )


def test_every_money_of_a_line_is_converted_and_its_price_is_the_contracts(store: World) -> None:
    (line,) = (row for row in analyse(store, EUROS).lines.to_pylist() if row["account_id"] == "dollars")
    assert (line["unit_price"], line["contract_currency"], line["rate"], line["currency"]) == (2, "usd", 0.9, "EUR")
    assert (line["value"], line["arr"]) == (pytest.approx(180), pytest.approx(180))
    # 80 x 2 x 0.9
    assert (line["overage"], line["overage_value"]) == (80, pytest.approx(144))
    assert line["recent_value"] == pytest.approx(180 / 365 * 28)


def test_the_rate_is_that_of_the_day_that_is_looked_at(store: World) -> None:
    february = by(analyse(store, EUROS, date(2026, 2, 28)).accounts, "subject")
    assert february["dollars"]["arr"] == pytest.approx(190)
    assert february["both"]["arr"] is None  # pounds have no rate yet


def test_a_change_of_the_rates_is_no_expansion(store: World) -> None:
    moved = by(analyse(store, EUROS).accounts, "subject")["moved"]
    assert (moved["expansions"], moved["contractions"]) == (0, 0)
    assert (moved["expansion_arr"], moved["contraction_arr"]) == (0, 0)


def test_a_currency_without_a_rate_is_named(store: World) -> None:
    notes = [note for note in analyse(store, EUROS).notes if "in force" in note]
    assert notes == [
        "1 contract lines in force name no currency: their money in EUR is unknown",
        "2 contract lines in force are in JPY, without a rate up to 2026-03-31: their money in EUR is unknown",
    ]


def test_without_a_report_currency_each_contract_keeps_its_own(store: World) -> None:
    analysis = analyse(store, None)
    accounts = by(analysis.accounts, "subject")
    assert (accounts["dollars"]["currency"], accounts["dollars"]["arr"]) == ("usd", 200)
    assert (accounts["yen"]["currency"], accounts["yen"]["arr"]) == ("JPY", 200)
    assert (accounts["both"]["currency"], accounts["both"]["arr"]) == (None, None)
    assert not [note for note in analysis.notes if "in force" in note]
