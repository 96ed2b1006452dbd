"""One line of Mixpanel's export: what it says, and whether it was told before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from connectors.base import UnfitError
from connectors.usage.days import day_of
from connectors.usage.events import Event, texts_of, value_at
from connectors.usage.exact import number_of

if TYPE_CHECKING:
    from connectors.usage.mixpanel.settings import Settings

_MILLISECONDS: Final = 1e11  # in seconds that would be the year 5138


def event_of(record: dict[str, Any], settings: Settings) -> tuple[Event, date]:
    """Return the event of a line, and its day as Mixpanel counts days: of UTC, or of the project's zone.

    Raises UnfitError where the line is none.
    """
    name, properties = record.get("event"), record.get("properties")
    if not isinstance(name, str) or not isinstance(properties, dict):
        raise UnfitError("json-unreadable", "the line is no event: it wants `event` and `properties`")
    moment = _moment(properties.get("time"))
    # In projects of before 2023 the time is that of the project's clock, written as if it were UTC.
    day = moment.date() if settings.clock == "project" else day_of(moment, settings.timezone)
    event = Event(
        name=name,
        day=day,
        customers=texts_of(value_at(properties, settings.customer)),
        user=next(iter(texts_of(value_at(properties, settings.user))), ""),
        properties=properties,
    )
    return event, moment.date()


def identity(record: dict[str, Any]) -> int | None:
    """Return what two tellings of the same event share, by Mixpanel's own rule; None: it can be told apart by nothing.

    https://docs.mixpanel.com/reference/event-deduplication
    """
    told = record["properties"]
    insert_id = told.get("$insert_id")
    if not insert_id:
        return None
    # 64 bits instead of the texts: millions of them are kept for as long as a span is read.
    return hash((record["event"], str(told.get("time")), str(told.get("distinct_id")), str(insert_id)))


def _moment(value: object) -> datetime:
    seconds = number_of(value)
    if seconds is None:
        raise UnfitError("day-unreadable", f"the event's time {value!r} is none")
    try:
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > _MILLISECONDS else seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise UnfitError("day-unreadable", f"the event's time {value!r} is none") from error
