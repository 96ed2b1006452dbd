from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Places, SourceError
from connectors.usage.posthog import MeterQuery, open_source
from tests.connectors.usage.making import COUNT, SUM, USERS, PostHog, event, read

Serve = Callable[..., PostHog]

NEWS = event("2026-03-10T08:00", "other", customer="")
"""The newest event: the day before it is complete."""


def test_users_make_a_row_each_and_day(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-02T09:00", "session", user="ann"),
        event("2026-03-02T15:00", "session", user="ann"),
        event("2026-03-02T10:00", "session", user="bob"),
        event("2026-03-03T10:00", "session", customer="zeta", user="cy"),
        event("2026-03-03T10:00", "unrelated", user="ann"),
        NEWS,
    )
    reading = read(posthog.source(USERS, user="distinct_id"), None, date(2026, 3, 31))
    rows = [(row["customer"], row["day"].day, row["user_id"], row["quantity"]) for row in reading.usage]
    assert rows == [("acme", 2, "ann", 2.0), ("acme", 2, "bob", 1.0), ("zeta", 3, "cy", 1.0)]
    assert {row["meter"] for row in reading.usage} == {"active_users"}
    assert (reading.rejects.read, reading.rejects.rejected) == (3, 0)


def test_persons_are_the_users_unless_said_otherwise(serve: Serve) -> None:
    posthog = serve(event("2026-03-02T09:00", "session", user="ann@acme.example"), NEWS)
    reading = read(posthog.source(USERS), None, date(2026, 3, 31))
    assert len(reading.usage[0]["user_id"]) == 36
    assert "ann" not in reading.usage[0]["user_id"]


def test_counts_and_sums_make_a_row_a_customer_and_day(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-02T09:00", "export"),
        event("2026-03-02T10:00", "export", user="bob"),
        event("2026-03-02T09:00", "api", quantity=2.5),
        event("2026-03-02T10:00", "api", quantity=4),
        NEWS,
    )
    reading = read(posthog.source(COUNT, SUM), None, date(2026, 3, 31))
    assert [(row["meter"], row["quantity"], row["user_id"]) for row in reading.usage] == [
        ("exports", 2.0, None),
        ("api_calls", 6.5, None),
    ]


def test_the_customer_may_be_a_property(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-02T09:00", "export", customer="", company="o'brien \\ co"),
        event("2026-03-02T09:00", "export", customer="acme"),
        NEWS,
    )
    reading = read(posthog.source(COUNT, customer="properties.$groups.company"), None, date(2026, 3, 31))
    assert [row["customer"] for row in reading.usage] == ["o'brien \\ co"]
    assert reading.rejects.by_reason() == {"customer-missing": 1}


def test_events_without_a_customer_are_one_refused_row_a_day(serve: Serve) -> None:
    visitors = [event("2026-03-02T09:00", "session", customer="", user=f"visitor{n}") for n in range(50)]
    reading = read(serve(*visitors, NEWS).source(USERS), None, date(2026, 3, 31))
    assert reading.usage == []
    assert [(row.reason, row.detail) for row in reading.rejects.rows] == [
        ("customer-missing", "50 of the day's use belong to no customer")
    ]


def test_what_cannot_be_summed_is_refused_and_counted(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-02T09:00", "api", customer="below", quantity=-5),
        event("2026-03-02T09:00", "api", customer="nan", quantity="NaN"),
        event("2026-03-02T09:00", "api", customer="none"),
        event("2026-03-02T09:00", "api", customer="some", quantity=3),
        event("2026-03-02T09:00", "api", customer="some", quantity="three"),
        NEWS,
    )
    reading = read(posthog.source(SUM), None, date(2026, 3, 31))
    assert [(row["customer"], row["quantity"]) for row in reading.usage] == [("some", 3.0)]
    assert {(row.place.split(", ")[1], row.reason) for row in reading.rejects.rows} == {
        ("customer below", "quantity-negative"),
        ("customer nan", "quantity-missing"),  # JSON has no NaN: PostHog answers null
        ("customer none", "quantity-missing"),
        ("customer some", "quantity-unreadable"),
    }
    assert "1 of 2 events carry no number" in reading.rejects.rows[-1].detail


def test_a_day_without_any_event_of_anyone_is_outside_the_coverage(serve: Serve) -> None:
    days = [event(f"2026-03-{day:02d}T09:00", "export") for day in (1, 2, 5, 6)]
    quiet = event("2026-03-03T09:00", "other")  # nobody exported, but tracking was up: measured zero
    reading = read(serve(*days, quiet, NEWS).source(COUNT), None, date(2026, 3, 31))
    assert reading.coverage == [
        ("exports", date(2026, 3, 1), date(2026, 3, 3)),
        ("exports", date(2026, 3, 5), date(2026, 3, 6)),
    ]


def test_the_day_of_the_newest_event_is_neither_covered_nor_read(serve: Serve) -> None:
    posthog = serve(*[event(f"2026-03-{day:02d}T09:00", "export") for day in (1, 2, 3)])
    reading = read(posthog.source(COUNT), None, date(2026, 3, 31))
    assert reading.coverage == [("exports", date(2026, 3, 1), date(2026, 3, 2))]
    assert [row["day"].day for row in reading.usage] == [1, 2]


def test_a_window_that_ended_long_ago_is_covered_to_its_end(serve: Serve) -> None:
    posthog = serve(*[event(f"2026-03-{day:02d}T09:00", "export") for day in (1, 2, 3, 4)], NEWS)
    reading = read(posthog.source(COUNT), None, date(2026, 3, 2))
    assert reading.coverage == [("exports", date(2026, 3, 1), date(2026, 3, 2))]
    assert [row["day"].day for row in reading.usage] == [1, 2]


def test_events_of_the_future_do_not_complete_today(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-01T09:00", "export"),
        event("2026-03-02T09:00", "export"),
        event("2038-01-19T03:14", "export"),
        now=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC),
    )
    reading = read(posthog.source(COUNT), None, date(2026, 3, 2))
    assert reading.coverage == [("exports", date(2026, 3, 1), date(2026, 3, 1))]


def test_only_the_window_is_read_but_an_older_sighting_counts(serve: Serve) -> None:
    posthog = serve(
        event("2026-01-15T09:00", "export"),
        event("2026-02-01T09:00", "other"),
        event("2026-02-20T09:00", "export"),
        event("2026-02-21T09:00", "other"),
        event("2026-02-22T09:00", "other"),
    )
    reading = read(posthog.source(COUNT), date(2026, 2, 1), date(2026, 2, 21))
    assert [row["day"] for row in reading.usage] == [date(2026, 2, 20)]
    assert reading.coverage == [
        ("exports", date(2026, 2, 1), date(2026, 2, 1)),
        ("exports", date(2026, 2, 20), date(2026, 2, 21)),
    ]


def test_a_meter_is_covered_from_its_first_sighting_on(serve: Serve) -> None:
    posthog = serve(
        event("2026-03-01T09:00", "session"),
        event("2026-03-02T09:00", "session"),
        event("2026-03-02T09:00", "export"),
        event("2026-03-03T09:00", "session"),
        event("2026-03-04T09:00", "session"),
    )
    reading = read(posthog.source(USERS, COUNT), None, date(2026, 3, 3))
    assert reading.coverage == [
        ("active_users", date(2026, 3, 1), date(2026, 3, 3)),
        ("exports", date(2026, 3, 2), date(2026, 3, 3)),
    ]


def test_an_event_that_was_never_seen_is_unknown_and_said_so(serve: Serve) -> None:
    posthog = serve(event("2026-03-01T09:00", "export"), NEWS)
    reading = read(posthog.source(COUNT | {"events": ["exprot"]}), None, date(2026, 3, 31))
    assert reading.coverage == []
    assert reading.rejects.by_reason() == {"event-never-seen": 1}
    assert "exprot" in reading.rejects.rows[0].detail


def test_a_project_without_events_yields_nothing(serve: Serve) -> None:
    reading = read(serve().source(USERS), None, date(2026, 3, 31))
    assert (reading.usage, reading.coverage, reading.rejects.total) == ([], [], 0)


def test_months_are_read_one_at_a_time_and_empty_ones_not_at_all(serve: Serve) -> None:
    posthog = serve(event("2026-01-15T09:00", "export"), event("2026-03-02T09:00", "export"), NEWS)
    read(posthog.source(COUNT), None, date(2026, 3, 31))
    assert len(posthog.queries) == 3
    assert "'2026-01-15 00:00:00') AND timestamp < toDateTime('2026-02-01" in posthog.queries[1]
    assert "'2026-03-01 00:00:00') AND timestamp < toDateTime('2026-03-10" in posthog.queries[2]


def test_every_query_names_its_limit_and_none_an_offset(serve: Serve) -> None:
    posthog = serve(*[event(f"2026-03-{day:02d}T09:00", "export") for day in range(1, 9)], NEWS)
    read(posthog.source(COUNT, page_rows=3), None, date(2026, 3, 31))
    assert len(posthog.queries) == 4
    assert all(" LIMIT " in query and "OFFSET" not in query for query in posthog.queries)


def test_a_month_that_is_too_much_is_halved_until_it_passes(serve: Serve) -> None:
    posthog = serve(*[event(f"2026-03-{day:02d}T09:00", "export") for day in range(1, 9)], NEWS)
    posthog.control.heavy = lambda hogql: (
        "toDateTime('2026-03-01 00:00:00') AND timestamp < toDateTime('2026-03-1" in hogql
    )
    reading = read(posthog.source(COUNT), None, date(2026, 3, 31))
    assert [row["day"].day for row in reading.usage] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_day_that_is_too_much_is_an_error(serve: Serve) -> None:
    posthog = serve(event("2026-03-01T09:00", "export"), NEWS)
    posthog.control.heavy = lambda hogql: "customer" in hogql
    with pytest.raises(SourceError, match="max execution time"):
        read(posthog.source(COUNT), None, date(2026, 3, 31))


def test_a_project_too_large_to_be_counted_at_once_wants_a_start(serve: Serve) -> None:
    posthog = serve(event("2026-03-01T09:00", "export"), NEWS)
    posthog.control.heavy = lambda hogql: "timestamp >=" not in hogql
    with pytest.raises(SourceError, match="set `start` to a later day"):
        read(posthog.source(COUNT), None, date(2026, 3, 31))
    assert read(posthog.source(COUNT, start="2026-02-01"), None, date(2026, 3, 31)).usage


def test_nothing_before_the_start_is_read(serve: Serve) -> None:
    posthog = serve(*[event(f"2026-03-{day:02d}T09:00", "export") for day in (1, 2, 3, 4)], NEWS)
    reading = read(posthog.source(COUNT, start="2026-03-03"), date(2026, 3, 1), date(2026, 3, 31))
    assert [row["day"].day for row in reading.usage] == [3, 4]
    assert reading.coverage == [("exports", date(2026, 3, 3), date(2026, 3, 4))]


def test_days_are_those_of_the_named_time_zone(serve: Serve) -> None:
    late = event("2026-03-01T23:30", "export")  # already the 2nd in Berlin
    reading = read(serve(late, NEWS).source(COUNT, timezone="Europe/Berlin"), None, date(2026, 3, 31))
    assert [row["day"] for row in reading.usage] == [date(2026, 3, 2)]


def test_days_are_those_of_the_project_where_none_is_named(serve: Serve) -> None:
    late = event("2026-02-28T23:30", "export")
    reading = read(serve(late, NEWS, timezone="Asia/Tokyo").source(COUNT), None, date(2026, 3, 31))
    assert [row["day"] for row in reading.usage] == [date(2026, 3, 1)]


def test_an_outage_midway_withholds_the_coverage(serve: Serve) -> None:
    posthog = serve(event("2026-01-15T09:00", "export"), event("2026-03-02T09:00", "export"), NEWS)
    posthog.control.heavy = lambda hogql: "customer" in hogql and "2026-03-01" in hogql
    with pytest.raises(SourceError):
        read(posthog.source(COUNT), None, date(2026, 3, 31))


def test_the_cost_of_reading_is_told(serve: Serve) -> None:
    source = serve(event("2026-03-01T09:00", "export"), NEWS).source(COUNT)
    assert source.calls() == "0 PostHog requests, 2,400 an hour allowed"
    read(source, None, date(2026, 3, 31))
    assert source.calls() == "2 PostHog requests, 2,400 an hour allowed"


def test_opening_a_source_makes_no_request(serve: Serve) -> None:
    posthog = serve(NEWS)
    assert open_source("usage", posthog.settings(COUNT), Places.within(Path())).name == "usage"
    assert posthog.control.requests == []


def test_the_settings_of_another_source_are_refused() -> None:
    with pytest.raises(TypeError, match="settings of a PostHog source"):
        open_source("usage", MeterQuery.model_validate(COUNT), Places.within(Path()))


_EVENTS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["", "a", "b'", "ü"]), st.sampled_from(["x", "y", "z"])), max_size=25
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_EVENTS, page_rows=st.integers(1, 4))
def test_pages_of_any_size_make_the_same_rows(serve: Serve, drawn: list[tuple[int, str, str]], page_rows: int) -> None:
    events = [event(f"2026-03-{day:02d}T09:00", "session", customer, user) for day, customer, user in drawn]
    posthog = serve(*events, NEWS)
    whole = read(posthog.source(USERS), None, date(2026, 3, 31))
    paged = read(posthog.source(USERS, page_rows=page_rows), None, date(2026, 3, 31))
    assert paged.usage == whole.usage
    assert paged.rejects.by_reason() == whole.rejects.by_reason()
    assert sum(row["quantity"] for row in whole.usage) == sum(1 for _, customer, _ in drawn if customer)
