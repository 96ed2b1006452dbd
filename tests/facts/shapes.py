"""Cases of contracts: each is an account of its own, and all of a list are computed at once, as of 31 March 2026."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.attribution import Attribution, ProductRule
from bot.facts.engine import Engine
from connectors.schema import Kind
from tests.facts.world import METERS, RULES, World, by, covered, day, every_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
CALENDAR = tuple(
    ProductRule(f"CAL-{period}", None, None, Kind.ALLOWANCE, "calls", period=period, resets="calendar")
    for period in ("month", "quarter", "year")
)


@dataclass(frozen=True)
class Case:
    says: str
    lines: tuple[Row, ...]
    usage: tuple[Row, ...] = ()
    account: Mapping[str, Any] = field(default_factory=dict)
    each: tuple[Mapping[str, Any], ...] = ()
    """What is expected of the lines in force, in the order of `lines`; those that are not in force are left out."""


def line(kind: str | None, quantity: float, span: str = "01-01..12-31", **more: object) -> Row:
    first, _, last = span.partition("..")
    return {
        "kind": kind,
        "meter": {"seats": "logins", "allowance": "calls", "commit": "units", "service": "days"}.get(kind or ""),
        "quantity": float(quantity),
        "start": day(first),
        "end": day(last),
        "contract_id": "c",
        "product_code": kind,
        "currency": "USD",
        **more,
    }


def seats(quantity: float, span: str = "01-01..12-31", price: float = 120.0, **more: object) -> Row:
    """Licences at a price a year."""
    return line("seats", quantity, span, unit_price=price, price_period="year", **more)


def month(quantity: float, span: str = "01-01..12-31", price: float = 10.0, **more: object) -> Row:
    """Calls a month at a price a month."""
    return line("allowance", quantity, span, unit_price=price, price_period="month", period="month", **more)


def calls(span: str, quantity: float) -> tuple[Row, ...]:
    return tuple(every_day("", "calls", span, quantity))


def units(span: str, quantity: float) -> tuple[Row, ...]:
    return tuple(every_day("", "units", span, quantity))


def logins(*users: str) -> tuple[Row, ...]:
    return tuple(row for user in users for row in every_day("", "logins", "03-20", user_id=user))


def compute(folder: Path, cases: Sequence[Case]) -> tuple[dict[str, Row], dict[str, Row]]:
    """Accounts and lines of all cases, by id."""
    world = World(folder)
    world.cover(covered("2024-01-01..03-31"))
    for number, case in enumerate(cases):
        account = f"case-{number:02}"
        world.account(account)
        for place, one in enumerate(case.lines):
            world.line(account, f"{account}-{place}", **one | {"contract_id": f"{account}-{one['contract_id']}"})
        world.use({**row, "customer": account} for row in case.usage)
    # Somebody has used each meter: without that it is one that no source measures.
    world.use(
        row for meter in ("logins", "calls", "units", "days", "gauge") for row in every_day("other", meter, "03-01")
    )
    world.write(AS_OF)
    attribution = Attribution((*CALENDAR, *RULES), METERS, ("account_id",))
    # What the lines state goes before the rules: kind, meter and period; `resets` is the rule's alone.
    analysis = Engine(world.store, attribution, threads=1).analyse(AS_OF)
    return by(analysis.accounts, "subject"), by(analysis.lines, "line_id")


def check(number: int, case: Case, computed: tuple[dict[str, Row], dict[str, Row]]) -> None:
    """Hold what was computed of one case to what was computed by hand."""
    accounts, lines = computed
    account = f"case-{number:02}"
    assert _shown(accounts[account], case.account) == _near(case.account)
    found = [lines[name] for place in range(len(case.lines)) if (name := f"{account}-{place}") in lines]
    if case.each:
        assert len(found) == len(case.each)
    for one, expected in zip(found, case.each, strict=False):
        assert _shown(one, expected) == _near(expected)


def _shown(row: Row, expected: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in expected}


def _near(expected: Mapping[str, Any]) -> Row:
    return {
        key: pytest.approx(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for key, value in expected.items()
    }
