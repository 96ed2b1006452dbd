"""The neutral events that all sources are made of, the world that they happen in, and what is read of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.events import Event
from connectors.base import Places, Rejects, Window
from connectors.schema import SCHEMAS, Table
from connectors.usage.caller import PATIENCE
from tests.connectors.usage.making import Time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from connectors.base import Source
    from connectors.http import Patience
    from tests.connectors.usage.making import Switchboard

METERS: Final[tuple[dict[str, Any], ...]] = (
    {"meter": "active_users", "events": ["session"], "measure": "users"},
    {"meter": "exports", "events": ["export"], "measure": "count"},
    {"meter": "api_calls", "events": ["api"], "measure": {"sum": "quantity"}},
)
START: Final = date(2026, 2, 1)
"""The first day ever to read."""
MONTH: Final = date(2026, 3, 1)
YESTERDAY: Final = date(2026, 3, 9)
TODAY: Final = date(2026, 3, 10)
KEY: Final = "s3cret-of-the-contract"
KEY_PLACE: Final = "CONTRACT_KEY"
"""The environment variable that every source over the wire takes its key from."""

UsageRow = tuple[str, str, date, str | None, float]
"""Meter, customer, day, user (of a meter of users) and quantity."""


@dataclass
class World:
    """What happened, what time it is, and where sources may keep something."""

    folder: Path
    board: Switchboard
    now: datetime = datetime(2026, 3, 10, 12, tzinfo=UTC)
    events: list[Event] = field(default_factory=list)
    time: Time = field(default_factory=Time)

    def known(self) -> list[Event]:
        """Return what a vendor knows by now."""
        return [event for event in self.events if event.known <= self.now]

    def patience(self) -> Patience:
        """Return a patience whose waits cost no time."""
        return replace(PATIENCE, clock=self.time.clock, sleep=self.time.sleep, chance=lambda: 1.0)

    def places(self) -> Places:
        return Places.within(self.folder)


def expected(events: Iterable[Event], first: date, last: date) -> list[UsageRow]:
    """Add the events up by hand: the rows that every source must deliver, in order."""
    sums: dict[tuple[str, str, date, str | None], float] = defaultdict(float)
    for event in events:
        day = event.at.astimezone(UTC).date()
        if not event.customer or not first <= day <= last:
            continue
        if event.name == "session":
            sums["active_users", event.customer, day, event.user] += 1
        elif event.name == "export":
            sums["exports", event.customer, day, None] += 1
        elif event.name == "api":
            sums["api_calls", event.customer, day, None] += float(event.properties["quantity"])
    return sorted(((*key, quantity) for key, quantity in sums.items()), key=repr)


def event(moment: str, name: str, customer: str = "acme", user: str = "ann", **properties: Any) -> Event:  # noqa: ANN401
    return Event(customer, user, name, datetime.fromisoformat(moment).replace(tzinfo=UTC), properties)


def late(found: Event, arrived: str) -> Event:
    moment = datetime.fromisoformat(arrived).replace(tzinfo=UTC)
    return Event(found.customer, found.user, found.name, found.at, found.properties, moment)


def heartbeat(first: date, last: date = TODAY) -> list[Event]:
    """One event of nobody's a day: tracking was up."""
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return [event(f"{day}T01:00", "ping", customer="", user="monitor") for day in days]


@dataclass
class Reading:
    usage: list[dict[str, Any]]
    coverage: list[tuple[str | None, date, date]]
    rejects: Rejects

    @property
    def rows(self) -> list[UsageRow]:
        keys = [(row["meter"], row["customer"], row["day"], row["user_id"], row["quantity"]) for row in self.usage]
        return sorted(keys, key=repr)

    def covers(self, meter: str, day: date) -> bool:
        return any(name in {meter, None} and first <= day <= last for name, first, last in self.coverage)


def reading_of(source: Source, since: date | None = None, until: date = TODAY) -> Reading:
    rejects = Rejects()
    found: dict[Table, list[dict[str, Any]]] = {Table.USAGE: [], Table.COVERAGE: []}
    for batch in source.read(Window(since, until), rejects):
        assert batch.rows.schema == SCHEMAS[batch.table]
        batch.rows.validate(full=True)
        found[batch.table].extend(batch.rows.to_pylist())
    coverage = [(row["meter"], row["first_day"], row["last_day"]) for row in found[Table.COVERAGE]]
    return Reading(found[Table.USAGE], coverage, rejects)
