"""What must hold whatever the usage: checked on many accounts at once, each in several guises."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.catalogue.contracts import CONTRACTS
from bot.core.catalogue.use import USE
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import World, batch, by, covered, day

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
Use = list[tuple[int, int, int]]
"""Days before as-of, quantity, number of a user."""

USES = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 50), st.integers(1, 5)), max_size=25)
KINDS = (("seats", "logins"), ("allowance", "calls"), ("commit", "units"))
MEASURES = ("used", "utilization", "pace", "recent_utilization")


def rows(customer: str, use: Use) -> Iterable[Row]:
    for ago, quantity, user in use:
        for _, meter in KINDS:
            one = {
                "customer": customer,
                "meter": meter,
                "day": AS_OF - timedelta(days=ago),
                "quantity": float(quantity),
            }
            yield one | {"user_id": f"u{user}"}


def halved(row: Row) -> list[Row]:
    return [row | {"quantity": row["quantity"] / 2}] * 2


def customer(world: World, name: str, usage: Iterable[Row], span: str = "2025-11-01..03-31") -> None:
    world.account(name)
    for kind, meter in KINDS:
        world.line(name, f"{name}-{kind}", kind=kind, meter=meter, quantity=20.0, unit_price=1.0)
    world.use(usage)
    world.cover(covered(span, customer=name))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(USES, USES), min_size=8, max_size=8))
def test_what_must_hold_for_any_usage(tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[Use, Use]]) -> None:
    world = World(tmp_path_factory.mktemp("facts"))
    for number, (use, more) in enumerate(cases):
        customer(world, f"{number}-plain", rows(f"{number}-plain", use))
        customer(world, f"{number}-more", rows(f"{number}-more", use + more))
        split = [half for row in rows(f"{number}-split", use) for half in halved(row)]
        customer(world, f"{number}-split", reversed(split))
        customer(world, f"{number}-dark", rows(f"{number}-dark", use), span=str(day("2025-11-01")))
        later = [(-1 - ago, quantity, user) for ago, quantity, user in more]
        customer(world, f"{number}-later", rows(f"{number}-later", use + later), "2025-11-01..2026-12-31")
    # A source measures the meters that it delivered at least once: somebody has used them all.
    world.use(rows("somebody", [(0, 1, 1)]))
    lines = by(world.analyse(AS_OF).lines, "line_id")
    for number in range(len(cases)):
        for kind, _ in KINDS:
            of = {guise: lines[f"{number}-{guise}-{kind}"] for guise in ("plain", "more", "split", "dark", "later")}
            assert of["more"]["utilization"] >= of["plain"]["utilization"] >= 0
            assert of["split"] == pytest.approx(of["plain"] | _identity(of["split"]))
            assert of["later"] == pytest.approx(of["plain"] | _identity(of["later"]))
            assert {name: of["dark"][name] for name in MEASURES} == dict.fromkeys(MEASURES)


def _identity(line: Row) -> Row:
    return {name: line[name] for name in ("line_id", "account_id", "product")}


QUICK: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    # Each example is an analysis of many accounts: to look for a smaller one takes minutes and says no more.
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}

Bought = list[tuple[int, int, int, int, int, int]]
"""Number of a kind, quantity, days before as-of that it starts, days of its term, number of a contract, price."""

BOUGHT = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(-5, 40), st.integers(-40, 400), st.integers(1, 500), st.integers(0, 2),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
SUMS = {metric.name for metric in (*CONTRACTS, *USE)} - {
    "name",  # each guise is an account of its own name
    "active_lines",  # two halves are two lines
    "auto_renew",
    *("headroom", "overage"),  # of one line, and each half has half of it
    *("family_accounts", "family_arr", "family_licence_utilization", "family_renewal_date"),  # sums of the same again
}
"""Metrics of an account that do not depend on how its lines are written down."""


def lines_of(name: str, bought: Bought) -> list[Row]:
    return [
        {
            "line_id": f"{name}-{place}",
            "account_id": name,
            "kind": KINDS[kind][0],
            "meter": KINDS[kind][1],
            "product_name": KINDS[kind][0],
            "quantity": float(quantity),
            "unit_price": float(price),
            "price_period": "month",
            "currency": "USD",
            "discount": price / 10,
            "contract_id": f"{name}-{contract}" if contract else None,
            "start": AS_OF - timedelta(days=ago),
            "end": AS_OF - timedelta(days=ago) + timedelta(days=term - 1),
        }
        for place, (kind, quantity, ago, term, contract, price) in enumerate(bought)
    ]


def halves(line: Row) -> list[Row]:
    # A line without a contract is a contract of its own; so are its halves.
    return [line | {"line_id": f"{line['line_id']}-{half}", "quantity": line["quantity"] / 2} for half in "ab"]


def _near(row: Row, names: Iterable[str]) -> Row:
    return {name: pytest.approx(row[name]) if isinstance(row[name], float) else row[name] for name in names}


@settings(max_examples=4, **QUICK)
@given(st.lists(st.tuples(BOUGHT, USES), min_size=8, max_size=8))
def test_two_halves_of_every_line_come_to_the_same_account(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[Bought, Use]]
) -> None:
    world = World(tmp_path_factory.mktemp("facts"))
    for number, (bought, use) in enumerate(cases):
        for guise in ("plain", "split", "dark", "free"):
            name = f"{number}-{guise}"
            world.account(name)
            world.use(rows(name, use))
            world.cover(covered("2024-01-01" if guise == "dark" else "2024-01-01..03-31", customer=name))
            lines = lines_of(name, bought)
            if guise == "split":
                lines = [half for line in lines for half in halves(line)]
            world.lines += [line | {"unit_price": None} for line in lines] if guise == "free" else lines
    world.use(rows("somebody", [(0, 1, 1)]))
    accounts = by(world.analyse(AS_OF).accounts, "subject")
    for number in range(len(cases)):
        plain, split, dark, free = (accounts[f"{number}-{guise}"] for guise in ("plain", "split", "dark", "free"))
        assert {name: split[name] for name in SUMS} == _near(plain, SUMS)
        for unknown in ("active_users", "peak_utilization", "peak_pace", "headroom", "overage_value", "cus"):
            assert dark[unknown] is None
        for unknown in ("arr", "acv", "tcv", "contract_value", "overage_value", "shelfware_value", "cus"):
            assert free[unknown] is None
        same = {name for name in SUMS if not name.endswith(("_value", "_arr"))} - {
            "arr", "acv", "tcv", "discount", "cus", "usage_change_month",
        }  # fmt: skip
        assert {name: free[name] for name in same} == _near(plain, same)


@settings(max_examples=2, **QUICK)
@given(st.lists(st.tuples(BOUGHT, USES), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_order_and_batches_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[Bought, Use]], chance: random.Random
) -> None:
    worlds = [World(tmp_path_factory.mktemp("facts")) for _ in range(2)]
    for world in worlds:
        for number, (bought, use) in enumerate(cases):
            world.account(f"a{number}", parent_id=f"a{number // 2}")
            world.lines += lines_of(f"a{number}", bought)
            world.use(rows(f"a{number}", use))
        world.cover(covered("2024-01-01..03-31"))
    straight, shuffled = worlds
    straight.write(AS_OF)
    for some in (shuffled.accounts, shuffled.lines, shuffled.usage["usage"]):
        chance.shuffle(some)
    crm = [batch(Table.ACCOUNTS, AS_OF, one) for one in shuffled.accounts]
    crm += [batch(Table.LINES, AS_OF, one) for one in shuffled.lines]
    shuffled.store.write("crm", crm, Window(None, AS_OF))
    used = [batch(Table.USAGE, AS_OF, one) for one in shuffled.usage["usage"]]
    used.append(batch(Table.COVERAGE, AS_OF, *shuffled.coverage["usage"]))
    shuffled.store.write("usage", used, Window(None, AS_OF))
    one, other = (world.engine().analyse(AS_OF) for world in worlds)
    for name in ("accounts", "lines"):
        tables = [getattr(analysis, name).to_pylist() for analysis in (one, other)]
        assert tables[1] == [_near(row, row) for row in tables[0]]
    assert one.notes == other.notes
