"""Eighteen months of events: who worked when, how often the API was called, what was processed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bot.sandbox.company.model import CALLS_PER_UNIT, HISTORY_DAYS, OUTAGE, Story
from bot.sandbox.posthog.engine import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.sandbox.company.plan import Plan

SESSION, CALLS, CREDITS = "app session", "api calls", "credits used"
_NAMES: Final = (SESSION, CALLS, CREDITS)
_PEOPLE: Final = (1.0, 1.0, 1.0, 1.0, 0.88, 0.1, 0.07)
"""How much is worked on each day of the week, Monday first."""
_MACHINES: Final = (1.0, 1.0, 1.0, 1.0, 0.95, 0.5, 0.45)
_DAILY: Final = 0.55
"""Chance of a user to work on a usual day."""
_FALL_DAYS, _FALL = 75, 0.6
_SILENT_DAYS: Final = 100
_EARLY_HOURS: Final = 5
_HOUR: Final = 3_600_000_000  # microseconds
_EARLY_SHARE: Final = 0.12
"""Of a day's use falls into its early hours."""


@dataclass(slots=True)
class _Columns:
    """Events column by column; texts as indexes."""

    timestamps: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    users: list[int] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    all_users: list[str] = field(default_factory=list)

    def add(self, name: str, microseconds: int, user: int, customer: int, properties: str) -> None:
        self.timestamps.append(microseconds)
        self.names.append(_NAMES.index(name))
        self.users.append(user)
        self.customers.append(customer)
        self.properties.append(properties)

    def user(self, name: str) -> int:
        self.all_users.append(name)
        return len(self.all_users) - 1


@dataclass(frozen=True, slots=True)
class _Day:
    """One day of the history."""

    day: date
    ago: int
    start: int
    """Microseconds since the epoch."""
    people: float
    """How much is worked, weekday and Christmas taken together; 1 on a usual day."""
    machines: float


def events(seed: int, today: date, plans: list[Plan]) -> pa.Table:
    """Make all events, in the schema of the stand-in PostHog, ordered by customer."""
    days = list(_days(today))
    columns = _Columns()
    for index, plan in enumerate(plans):
        random = Random(f"{seed}:usage:{plan.number}")  # noqa: S311 - sample data
        _sessions(plan, index, days, random, columns)
        _metered(plan, index, days, random, columns)
    return _table(columns, [plan.customer for plan in plans])


def _days(today: date) -> Iterator[_Day]:
    for ago in range(HISTORY_DAYS, -1, -1):
        if ago in OUTAGE:
            continue
        day = today - timedelta(days=ago)
        start = int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000
        season = 0.5 if (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1) else 1.0
        # Today has only begun: the newest events are of its first hours.
        begun = 1.0 if ago else _EARLY_SHARE
        yield _Day(
            day,
            ago,
            start,
            _PEOPLE[day.weekday()] * season * begun,
            _MACHINES[day.weekday()] * (0.7 + 0.3 * season) * begun,
        )


def _sessions(plan: Plan, index: int, days: Iterable[_Day], random: Random, columns: _Columns) -> None:
    users = [columns.user(f"user{number:03d}@{plan.domain}") for number in range(1, plan.users + 1)]
    properties = json.dumps({"$groups": {"company": plan.customer}})
    about = _about(plan)
    draw = random.random
    for day in days:
        if day.day < plan.first_day:
            continue
        chance = _DAILY * day.people * random.uniform(0.9, 1.1)
        for user in users[: about(day)]:
            if draw() < chance:
                columns.add(SESSION, _moment(day, draw()), user, index, properties)


def _moment(day: _Day, share: float) -> int:
    first, hours = (7, 12) if day.ago else (0, _EARLY_HOURS)
    return day.start + int((first + share * hours) * _HOUR)


def _about(plan: Plan) -> Callable[[_Day], int]:
    """Return how many of the account's users are about on a day."""
    level = _LEVELS.get(plan.story, _growing_slowly)
    return lambda day: round(plan.users * level(plan, day))


def _growing_slowly(_: Plan, day: _Day) -> float:
    return 1 - 0.12 * min(1.0, max(0, day.ago - 60) / HISTORY_DAYS)


def _growing_to_the_limit(_: Plan, day: _Day) -> float:
    return 1 - 0.45 * min(1.0, max(0, day.ago - 35) / 240)


def _falling(_: Plan, day: _Day) -> float:
    return 1 - _FALL * max(0.0, 1 - day.ago / _FALL_DAYS)


def _ramping_up(plan: Plan, day: _Day) -> float:
    age = (day.day - plan.start).days
    return max(0.15, age / (age + day.ago + 1))


def _gone_silent(_: Plan, day: _Day) -> float:
    return 1.0 if day.ago >= _SILENT_DAYS else 0.0


_LEVELS: Final[dict[Story, Callable[[Plan, _Day], float]]] = {
    Story.NEAR_LIMIT: _growing_to_the_limit,
    Story.FALLING: _falling,
    Story.ONBOARDING: _ramping_up,
    Story.SILENT: _gone_silent,
}


def _metered(plan: Plan, index: int, days: list[_Day], random: Random, columns: _Columns) -> None:
    """Add what machines used: calls by the month, credits so that their sum to date is what was planned."""
    level = _LEVELS.get(plan.story, _growing_slowly)
    service = columns.user(f"service@{plan.domain}")
    if plan.api_units:
        usual_day = plan.api_units * CALLS_PER_UNIT * plan.api_share / (365 / 12) / (sum(_MACHINES) / 7)
        weights = _weights(days, plan.first_day, random)
        calls = [(day, usual_day * weight * level(plan, day)) for day, weight in weights]
        _add_quantities(CALLS, calls, service, index, plan, columns)
    if plan.credits:
        weights = _weights(days, plan.start, random)
        unit = plan.credits * plan.credit_share / sum(weight for _, weight in weights)
        used = [(day, unit * weight) for day, weight in weights]
        _add_quantities(CREDITS, used, service, index, plan, columns)


def _weights(days: list[_Day], since: date, random: Random) -> list[tuple[_Day, float]]:
    return [(day, day.machines * random.uniform(0.85, 1.15)) for day in days if day.day >= since]


def _add_quantities(
    name: str, quantities: Iterable[tuple[_Day, float]], service: int, index: int, plan: Plan, columns: _Columns
) -> None:
    groups = {"company": plan.customer}
    for day, quantity in quantities:
        if round(quantity) > 0:
            properties = json.dumps({"$groups": groups, "quantity": round(quantity)})
            columns.add(name, _moment(day, 0.5), service, index, properties)


def _table(columns: _Columns, customers: list[str]) -> pa.Table:
    return pa.table(
        {
            "timestamp": pa.array(columns.timestamps, pa.timestamp("us", tz="UTC")),
            "event": _taken(_NAMES, columns.names),
            "distinct_id": _taken(columns.all_users, columns.users),
            "$group_0": _taken(customers, columns.customers),
            "properties": pa.array(columns.properties, pa.string()),
        },
        schema=EVENTS,
    )


def _taken(texts: Iterable[str], indexes: list[int]) -> pa.StringArray:
    return pa.array(texts, pa.string()).take(pa.array(indexes, pa.int32()))
