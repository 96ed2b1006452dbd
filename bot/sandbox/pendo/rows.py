"""Pendo's sources of events: rows of one day, visitor, account and thing, with the number of events."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from bot.sandbox.vendor import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.events import Event

Row = dict[str, Any]
_FIELDS: Final = {"track": "trackTypeId", "page": "pageId", "feature": "featureId"}
_KINDS: Final = {"trackEvents": "track", "pageEvents": "page", "featureEvents": "feature"}
SOURCES: Final = frozenset({"events", *_KINDS})
_DATE: Final = re.compile(r"date\((\d+), (\d+), (\d+)\)")


def identifier(name: str) -> str:
    """Return what Pendo calls an event of this name, as settings write it: `track:api_call`.

    A neutral name may say `page:` or `feature:` itself; all others are track events.
    """
    kind, _, rest = name.rpartition(":")
    return f"{kind if kind in _FIELDS else 'track'}:{re.sub(r'[^A-Za-z0-9_-]', '_', rest)}"


def rows_of(events: Iterable[Event], source: str, zone: str, no_account: str | None) -> list[Row]:
    """Return the rows of a source, oldest day first. `no_account` is what stands for a missing account."""
    kind = _KINDS.get(source)
    counts: Counter[tuple[int, str, str, str, str]] = Counter()
    minutes: dict[tuple[int, str, str, str, str], set[datetime]] = defaultdict(set)
    for event in events:
        named, _, thing = identifier(event.name).partition(":")
        if kind not in {None, named}:
            continue
        properties = json.dumps(dict(event.properties), sort_keys=True)
        key = (_midnight(event.at, zone), event.user, event.customer, thing if kind else "", properties if kind else "")
        counts[key] += 1
        minutes[key].add(event.at.replace(second=0, microsecond=0))
    return [_row(key, kind, count, len(minutes[key]), no_account) for key, count in sorted(counts.items())]


def _row(key: tuple[int, str, str, str, str], kind: str | None, events: int, minutes: int, nobody: str | None) -> Row:
    day, visitor, account, thing, properties = key
    row = {"day": day, "visitorId": visitor, "accountId": account or nobody, "numEvents": events, "numMinutes": minutes}
    return row | ({_FIELDS[kind]: thing, "properties": json.loads(properties)} if kind else {})


def _midnight(moment: datetime, zone: str) -> int:
    local = moment.astimezone(ZoneInfo(zone)).date()
    return int(datetime.combine(local, time(), ZoneInfo(zone)).timestamp() * 1000)


def series(asked: object, zone: str) -> tuple[int, int]:
    """Return where a time series begins and ends, in milliseconds. Raises RefusedError where it is none."""
    if not isinstance(asked, dict) or asked.get("period") != "dayRange" or not isinstance(asked.get("count"), int):
        raise RefusedError(400, "The stand-in wants a timeSeries of period dayRange with first and count")
    first = _first(asked.get("first"), zone)
    last = first + timedelta(days=asked["count"])
    begin, end = (_midnight_of(day, zone) for day in sorted((first, last)))
    return begin, end


def _midnight_of(day: date, zone: str) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)


def _first(value: object, zone: str) -> date:
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).astimezone(ZoneInfo(zone)).date()
    match = _DATE.fullmatch(str(value))
    if match is None:
        raise RefusedError(400, f"Cannot parse expression: {value}")
    return date(*map(int, match.groups()))
