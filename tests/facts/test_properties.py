"""What must hold whatever the usage: checked on many accounts at once, each in several guises."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facts.world import World, by, covered, day

if TYPE_CHECKING:
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
