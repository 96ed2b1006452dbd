"""The aggregations, as data. Every value in an expression is a quoted literal, every field was checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from connectors.usage.meters import SumOf
from connectors.usage.pendo.settings import SOURCES

if TYPE_CHECKING:
    from datetime import date

    from connectors.usage.days import Span
    from connectors.usage.pendo.settings import MeterQuery, Settings

ALL_APPS: Final = 'expandAppIds("*")'
EVERY_KIND: Final = "events"


class Source(NamedTuple):
    """One of Pendo's sources of events, and a filter for those that are meant."""

    name: str
    condition: str | None


class Key(NamedTuple):
    """Where a page begins: at the first row of this day, as Pendo writes it, and customer."""

    day: int
    customer: str


def sources(meter: MeterQuery) -> tuple[Source, ...]:
    """Return what a meter is read from: a source for each kind of event."""
    if not meter.events:
        return (Source(EVERY_KIND, None),)
    kinds: dict[str, list[str]] = {}
    for event in meter.events:
        kind, _, identifier = event.partition(":")
        kinds.setdefault(kind, []).append(f"{SOURCES[kind][1]} == {literal(identifier)}")
    return tuple(Source(SOURCES[kind][0], " || ".join(conditions)) for kind, conditions in kinds.items())


def days(settings: Settings, source: Source, span: Span) -> dict[str, Any]:
    """Ask for the number of events (`total`) of each `day` that has any."""
    return _request(
        *_events(settings, source, span),
        {"group": {"group": ["day"], "fields": {"total": {"sum": "numEvents"}}}},
        {"sort": ["day"]},
    )


def usage(
    settings: Settings, meter: MeterQuery, source: Source, span: Span, rows: int, at: Key | None = None
) -> dict[str, Any]:
    """Ask for one page: `day`, `customer`, for a meter of users `user`, for a sum `amount`, and the `total` of events.

    Rows stand in the order of day and customer. The page that begins at a key tells the rows of this key again.
    """
    fields = {"day": "day", "customer": settings.customer, "numEvents": "numEvents", **_extra(meter)}
    sums = {"total": {"sum": "numEvents"}} | ({"amount": {"sum": "amount"}} if is_summed(meter) else {})
    groups = [name for name in fields if name not in {"numEvents", *sums}]
    behind = [{"filter": f"day > {at.day} || (day == {at.day} && customer >= {literal(at.customer)})"}] if at else []
    return _request(
        *_events(settings, source, span),
        {"select": fields},
        # Nobody needs the users behind events that belong to no customer: a public website has millions.
        {"filter": 'customer != ""'},
        {"group": {"group": groups, "fields": sums}},
        *behind,
        {"sort": ["day", "customer"]},
        {"limit": rows},
    )


def is_summed(meter: MeterQuery) -> bool:
    """Tell whether Pendo adds up the amounts itself; otherwise `amount` is what each of `total` events carries."""
    return isinstance(meter.measure, SumOf) and not meter.measure.sum.startswith("properties.")


def literal(text: str) -> str:
    """Write a string of Pendo's expressions, which are those of C."""
    return json.dumps(text, ensure_ascii=False)


def _extra(meter: MeterQuery) -> dict[str, str]:
    if isinstance(meter.measure, SumOf):
        # By value and number of events: what carries no number can then be told, and no expression meets it.
        return {"amount": meter.measure.sum}
    return {"user": "visitorId"} if meter.measure == "users" else {}


def _events(settings: Settings, source: Source, span: Span) -> list[dict[str, Any]]:
    series = {"period": "dayRange", "first": _date(span.first), "count": (span.last - span.first).days + 1}
    apps: str | list[int] = list(settings.apps) or ALL_APPS
    read: dict[str, Any] = {"source": {source.name: {"appId": apps}, "timeSeries": series}}
    return [read, {"filter": source.condition}] if source.condition else [read]


def _date(day: date) -> str:
    # An expression instead of a number: a day of the subscription's own time zone, whatever that is.
    return f"date({day.year}, {day.month}, {day.day})"


def _request(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"response": {"mimeType": "application/json"}, "request": {"pipeline": list(steps)}}
