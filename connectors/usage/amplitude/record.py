"""One line of Amplitude's export: what it says, when it was uploaded, and whether it was told before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from connectors.base import UnfitError
from connectors.usage.days import day_of
from connectors.usage.events import Event, texts_of, value_at

if TYPE_CHECKING:
    from connectors.usage.amplitude.settings import Settings


def event_of(record: dict[str, Any], settings: Settings) -> Event:
    """Return the event of a line. Raises UnfitError where the line is none."""
    name = record.get("event_type")
    if not isinstance(name, str):
        raise UnfitError("json-unreadable", "the line is no event: it wants `event_type`")
    day = day_at(record, "event_time", settings.timezone)
    if day is None:
        raise UnfitError("day-unreadable", f"the event's time {record.get('event_time')!r} is none")
    properties = record.get("event_properties")
    return Event(
        name=name,
        day=day,
        customers=texts_of(value_at(record, settings.customer)),
        user=next(iter(texts_of(record.get(settings.user))), ""),
        properties=properties if isinstance(properties, dict) else {},
    )


def day_at(record: dict[str, Any], field: str, zone: str) -> date | None:
    """Return the day, in the zone, of one of a line's times; they are in UTC. None: it is no time."""
    try:
        moment = datetime.fromisoformat(str(record.get(field)))
    except ValueError:
        return None
    return day_of(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, zone)


def identity(record: dict[str, Any]) -> int | None:
    """Return what two tellings of the same event share; None: nothing tells them apart.

    Amplitude itself takes an `$insert_id` of a device once; its exports may hold an event twice all the same.
    """
    if unique := record.get("uuid"):
        return hash(str(unique))  # 64 bits instead of the text: millions of them are kept for some days
    if insert_id := record.get("$insert_id"):
        return hash((str(insert_id), str(record.get("device_id")), str(record.get("event_type"))))
    return None
