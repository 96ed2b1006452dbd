"""The queries, as text. Every value is an escaped literal, every path was checked by the settings."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from connectors.usage.days import start_of
from connectors.usage.posthog.settings import MOST_ROWS, SumOf

if TYPE_CHECKING:
    from connectors.usage.days import Span
    from connectors.usage.posthog.settings import MeterQuery, Settings

_ESCAPES: Final = str.maketrans(
    {
        "\b": "\\b",
        "\f": "\\f",
        "\r": "\\r",
        "\n": "\\n",
        "\t": "\\t",
        "\0": "\\0",
        "\a": "\\a",
        "\v": "\\v",
        "\\": "\\\\",
        "'": "\\'",
    }
)
_FROM: Final = "FROM events"
_DAYS_TAIL: Final = f"GROUP BY day ORDER BY day LIMIT {MOST_ROWS}"
_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class Key(NamedTuple):
    """Where a page ended: the last row's group. Pages go on behind it; PostHog refuses OFFSET."""

    customer: str
    day: date
    user: str


def literal(text: str) -> str:
    """Write a string literal."""
    return f"'{text.translate(_ESCAPES)}'"


def path(dotted: str) -> str:
    """Write a checked path; steps that are no plain names stand in backticks."""
    return ".".join(step if _PLAIN.fullmatch(step) else f"`{step}`" for step in dotted.split("."))


def days_query(settings: Settings, since: date | None) -> str:
    """Ask for the number of events a day, of all kinds and by meter (`meter_0`, `meter_1`...), up to now.

    `since` is the first day; None asks for everything that there is.
    """
    counts = "".join(f", {_count(meter)} AS {meter_column(index)}" for index, meter in enumerate(settings.meters))
    after = f"timestamp >= {_start_of(since, settings.timezone)} AND " if since else ""
    # Clocks of devices run ahead: events of the future are neither news nor proof of a complete day.
    where = f"WHERE {after}timestamp <= now()"
    return f"SELECT {_day(settings)} AS day, count() AS total{counts} {_FROM} {where} {_DAYS_TAIL}"


def meter_column(index: int) -> str:
    """Name the column that counts the events of the meter at this place of the settings."""
    return f"meter_{index}"


def usage_query(settings: Settings, meter: MeterQuery, span: Span, after: Key | None = None) -> str:
    """Ask for one page of a meter's usage: customer, day, user_id (of a meter of users) and quantity, in that order.

    Events without a customer are one group a day, with an empty customer and user. A sum also answers how many
    events it saw (`total`) and how many of them carried no number (`unreadable`).
    """
    groups = _groups(settings, meter)
    names = ", ".join(groups)
    columns = ", ".join(f"{expression} AS {name}" for name, expression in groups.items())
    having = f" HAVING {_behind(list(zip(groups, _literals(after), strict=False)))}" if after else ""
    where = f"WHERE {_within(settings, span)}{_of(meter)} GROUP BY {names}{having}"
    return f"SELECT {columns}, {_measured(meter)} {_FROM} {where} ORDER BY {names} LIMIT {settings.page_rows}"


def _groups(settings: Settings, meter: MeterQuery) -> dict[str, str]:
    # Never NULL: a NULL is behind no key, and its rows would be on no page but the first.
    customer = f"ifNull(toString({path(settings.customer)}), '')"
    groups = {"customer": customer, "day": _day(settings)}
    if meter.measure == "users":
        # Nobody needs the users behind events that belong to no customer: a public website has millions.
        groups["user_id"] = f"if({customer} = '', '', toString({settings.user}))"
    return groups


def _measured(meter: MeterQuery) -> str:
    if not isinstance(meter.measure, SumOf):
        return "count() AS quantity"
    number = f"toFloat({path(meter.measure.sum)})"
    return f"sum({number}) AS quantity, countIf(isNull({number})) AS unreadable, count() AS total"


def _count(meter: MeterQuery) -> str:
    return f"countIf({_is_of(meter)})" if meter.events else "count()"


def _of(meter: MeterQuery) -> str:
    return f" AND {_is_of(meter)}" if meter.events else ""


def _is_of(meter: MeterQuery) -> str:
    return f"event IN ({', '.join(map(literal, meter.events))})"


def _day(settings: Settings) -> str:
    zoned = f"toTimeZone(timestamp, {literal(settings.timezone)})" if settings.timezone else "timestamp"
    return f"toDate({zoned})"


def _within(settings: Settings, span: Span) -> str:
    start = _start_of(span.first, settings.timezone)
    end = _start_of(span.last + timedelta(days=1), settings.timezone)
    return f"timestamp >= {start} AND timestamp < {end}"


def _start_of(day: date, timezone: str | None) -> str:
    if timezone is None:
        return f"toDateTime('{day.isoformat()} 00:00:00')"  # PostHog reads it in the project's time zone
    return f"toDateTime('{start_of(day, timezone):%Y-%m-%dT%H:%M:%SZ}')"


def _literals(key: Key) -> tuple[str, str, str]:
    return literal(key.customer), f"toDate('{key.day.isoformat()}')", literal(key.user)


def _behind(key: list[tuple[str, str]]) -> str:
    """Write the condition for everything behind a key of columns and literals, in their order."""
    (column, value), *rest = key
    return f"({column} > {value} OR ({column} = {value} AND {_behind(rest)}))" if rest else f"{column} > {value}"
