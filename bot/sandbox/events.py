"""Events in no vendor's words: one list of them is served by every stand-in of a product analytics."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bot.sandbox.posthog.engine import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Event:
    """Something that somebody did in the product."""

    customer: str
    """Empty: of no customer."""
    user: str
    name: str
    at: datetime
    """When it happened; it knows its time zone."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    arrived: datetime | None = None
    """When the vendor got it; None: at once."""

    @property
    def known(self) -> datetime:
        """When the vendor got it, in UTC."""
        return (self.arrived or self.at).astimezone(UTC)


def from_table(table: pa.Table, since: datetime | None = None) -> list[Event]:
    """Return the events of a table in the schema of the stand-in PostHog (`bot.sandbox.posthog.EVENTS`), in order."""
    wanted = table if since is None else table.filter(pc.greater_equal(table["timestamp"], pa.scalar(since)))
    return [
        Event(row["$group_0"], row["distinct_id"], row["event"], row["timestamp"], json.loads(row["properties"]))
        for row in wanted.to_pylist()
    ]


def to_table(events: Iterable[Event]) -> pa.Table:
    """Return events in the schema of the stand-in PostHog, which knows no time of arrival."""
    rows = [
        {
            "timestamp": event.at,
            "event": event.name,
            "distinct_id": event.user,
            "$group_0": event.customer,
            "properties": json.dumps(dict(event.properties)),
        }
        for event in events
    ]
    return pa.Table.from_pylist(rows, schema=EVENTS)
