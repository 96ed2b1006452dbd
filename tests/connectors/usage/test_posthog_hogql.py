from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from connectors.usage.days import Span
from connectors.usage.posthog.hogql import Key, days_query, literal, path, usage_query
from connectors.usage.posthog.settings import Settings
from tests.connectors.usage.making import COUNT, SUM, USERS

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


def _settings(*meters: dict[str, Any], **changes: object) -> Settings:
    given = {"host": "https://eu.posthog.com", "project": 7, "meters": meters or (USERS,)}
    return Settings.model_validate(given | changes)


def test_days_are_counted_for_everything_and_for_each_meter() -> None:
    assert days_query(_settings(USERS, SUM), date(2026, 1, 1)) == (
        "SELECT toDate(timestamp) AS day, count() AS total, countIf(event IN ('session')) AS meter_0, "
        "countIf(event IN ('api')) AS meter_1 FROM events "
        "WHERE timestamp >= toDateTime('2026-01-01 00:00:00') AND timestamp <= now() "
        "GROUP BY day ORDER BY day LIMIT 50000"
    )


def test_a_meter_of_users_is_asked_for_by_customer_day_and_user() -> None:
    settings = _settings(USERS | {"events": ["a", "b"]}, user="distinct_id")
    assert usage_query(settings, settings.meters[0], MARCH) == (
        "SELECT ifNull(toString($group_0), '') AS customer, toDate(timestamp) AS day, "
        "if(ifNull(toString($group_0), '') = '', '', toString(distinct_id)) AS user_id, count() AS quantity "
        "FROM events WHERE timestamp >= toDateTime('2026-03-01 00:00:00') "
        "AND timestamp < toDateTime('2026-04-01 00:00:00') AND event IN ('a', 'b') "
        "GROUP BY customer, day, user_id ORDER BY customer, day, user_id LIMIT 50000"
    )


def test_the_next_page_begins_behind_the_key_of_the_last() -> None:
    settings = _settings(COUNT | {"events": []}, customer="properties.$groups.company", page_rows=10)
    key = Key("o'brien", date(2026, 3, 5), "")
    assert usage_query(settings, settings.meters[0], MARCH, key) == (
        "SELECT ifNull(toString(properties.$groups.company), '') AS customer, toDate(timestamp) AS day, "
        "count() AS quantity FROM events WHERE timestamp >= toDateTime('2026-03-01 00:00:00') "
        "AND timestamp < toDateTime('2026-04-01 00:00:00') GROUP BY customer, day "
        "HAVING (customer > 'o\\'brien' OR (customer = 'o\\'brien' AND day > toDate('2026-03-05'))) "
        "ORDER BY customer, day LIMIT 10"
    )


def test_a_sum_asks_how_many_events_carried_no_number() -> None:
    settings = _settings(SUM)
    number = "toFloat(properties.quantity)"
    wanted = f"sum({number}) AS quantity, countIf(isNull({number})) AS unreadable, count() AS total"
    assert wanted in usage_query(settings, settings.meters[0], MARCH)


def test_days_of_a_time_zone_are_bounded_by_its_midnights() -> None:
    settings = _settings(timezone="Europe/Berlin")  # summer time begins on 2026-03-29
    query = usage_query(settings, settings.meters[0], MARCH)
    assert "toDate(toTimeZone(timestamp, 'Europe/Berlin')) AS day" in query
    assert "timestamp >= toDateTime('2026-02-28T23:00:00Z') AND timestamp < toDateTime('2026-03-31T22:00:00Z')" in query


@pytest.mark.parametrize(
    ("dotted", "written"),
    [
        ("$group_0", "$group_0"),
        ("properties.$groups.company", "properties.$groups.company"),
        ("properties.account id", "properties.`account id`"),
        ("properties.2fa", "properties.`2fa`"),
    ],
)
def test_only_steps_that_are_no_plain_names_are_quoted(dotted: str, written: str) -> None:
    assert path(dotted) == written


@given(st.text())
def test_a_literal_is_one_string_whatever_is_in_it(text: str) -> None:
    parsed = sqlglot.parse_one(literal(text), dialect="clickhouse")
    assert isinstance(parsed, exp.Literal)
    assert parsed.this == text


def test_a_span_is_halved_without_losing_a_day() -> None:
    assert MARCH.halves() == (Span(date(2026, 3, 1), date(2026, 3, 16)), Span(date(2026, 3, 17), date(2026, 3, 31)))
    two = Span(date(2026, 3, 1), date(2026, 3, 2))
    assert two.halves() == (Span(two.first, two.first), Span(two.last, two.last))
