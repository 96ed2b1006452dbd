"""The sample company, served by each vendor in turn: whoever counts it, the numbers are the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.sandbox.company import sample_company
from bot.sandbox.events import from_table, to_table
from bot.sandbox.pendo import identifier
from tests.connectors.usage.contract import PostHogOf, amplitude_of, mixpanel_of, pendo_of
from tests.connectors.usage.world import Reading, reading_of

if TYPE_CHECKING:
    from bot.sandbox.events import Event
    from tests.connectors.usage.world import UsageRow, World

TODAY: Final = date(2026, 11, 20)
FIRST: Final = TODAY - timedelta(days=8)
METERS: Final[tuple[dict[str, Any], ...]] = (
    {"meter": "active_users", "events": ["app session"], "measure": "users"},
    {"meter": "api_calls", "events": ["api calls"], "measure": {"sum": "quantity"}},
)


@pytest.fixture(scope="module")
def company() -> list[Event]:
    """Nine days of it."""
    return from_table(sample_company(7, TODAY).events, datetime.combine(FIRST, time(), UTC))


def by_hand(events: list[Event]) -> list[UsageRow]:
    sums: dict[tuple[str, str, date, str | None], float] = defaultdict(float)
    for event in events:
        if event.at.date() >= TODAY:
            continue
        if event.name == "app session":
            sums["active_users", event.customer, event.at.date(), event.user] += 1
        elif event.name == "api calls":
            sums["api_calls", event.customer, event.at.date(), None] += event.properties["quantity"]
    return sorted(((*key, quantity) for key, quantity in sums.items()), key=repr)


def read(vendor: str, world: World) -> Reading:
    asked: dict[str, Any] = {"meters": METERS, "start": FIRST}
    match vendor:
        case "posthog":
            source = PostHogOf(world, **asked).source()
        case "mixpanel":
            source = mixpanel_of(world, **asked).source()
        case "amplitude":
            source = amplitude_of(world, **asked).source()
        case _:
            named = [meter | {"events": [identifier(name) for name in meter["events"]]} for meter in METERS]
            source = pendo_of(world, **asked | {"meters": named}).source()
    return reading_of(source, until=TODAY)


@pytest.mark.parametrize("vendor", ["posthog", "mixpanel", "amplitude", "pendo"])
def test_every_vendor_tells_the_same_of_the_same_company(vendor: str, world: World, company: list[Event]) -> None:
    world.events += company
    world.now = datetime.combine(TODAY, time(12), UTC)
    reading = read(vendor, world)
    assert len(reading.rows) > 2000
    assert reading.rows == by_hand(company)
    assert {(first, last) for _, first, last in reading.coverage} == {(FIRST, TODAY - timedelta(days=1))}
    assert reading.rejects.rows == []


def test_a_table_of_events_comes_back_as_it_was(company: list[Event]) -> None:
    assert from_table(to_table(company[:500])) == company[:500]
