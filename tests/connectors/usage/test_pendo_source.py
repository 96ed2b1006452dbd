from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import Places, SourceError
from connectors.registry import connector
from connectors.usage.days import Span
from connectors.usage.pendo import Settings, open_source, pipelines
from tests.connectors.usage.contract import pendo_of
from tests.connectors.usage.world import START, TODAY, YESTERDAY, World, event, expected, heartbeat, reading_of

if TYPE_CHECKING:
    from pathlib import Path

MONTH: Final = date(2026, 3, 1)
USERS: Final = {"meter": "active_users", "events": ["track:session"], "measure": "users"}
COUNT: Final = {"meter": "exports", "events": ["track:export"], "measure": "count"}
SUM: Final = {"meter": "api_calls", "events": ["track:api"], "measure": {"sum": "quantity"}}
EXPORTS: Final = [event(f"2026-03-0{day}T09:00", "export") for day in range(1, 10)]


def pipes(running: Any) -> list[list[dict[str, Any]]]:  # noqa: ANN401 - a Wired
    return [request.body["request"]["pipeline"] for request in running.app.state.control.requests]


def test_the_days_are_asked_for_and_then_each_meter(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = pendo_of(world, meters=[COUNT], start=MONTH, page_rows=500)
    reading_of(running.source())
    series = {"period": "dayRange", "first": "date(2026, 3, 1)", "count": 9}
    every, track = ({name: {"appId": 'expandAppIds("*")'}, "timeSeries": series} for name in ("events", "trackEvents"))
    total = {"total": {"sum": "numEvents"}}
    assert pipes(running) == [
        [{"source": every}, {"group": {"group": ["day"], "fields": total}}, {"sort": ["day"]}],
        [
            {"source": track},
            {"filter": 'trackTypeId == "export"'},
            {"group": {"group": ["day"], "fields": total}},
            {"sort": ["day"]},
        ],
        [
            {"source": track},
            {"filter": 'trackTypeId == "export"'},
            {"select": {"day": "day", "customer": "accountId", "numEvents": "numEvents"}},
            {"filter": 'customer != ""'},
            {"group": {"group": ["day", "customer"], "fields": total}},
            {"sort": ["day", "customer"]},
            {"limit": 500},
        ],
    ]


def test_applications_can_be_chosen(world: World) -> None:
    running = pendo_of(world, meters=[COUNT], apps=[-323232, 7])
    reading_of(running.source())
    assert pipes(running)[0][0]["source"]["events"] == {"appId": [-323232, 7]}


def test_a_page_goes_on_from_the_last_day_and_account(world: World) -> None:
    world.events += [event("2026-03-01T09:00", "export", name) for name in ("a", 'b"\\', "c")]
    running = pendo_of(world, meters=[COUNT], start=MONTH, page_rows=2)
    assert [row[1] for row in reading_of(running.source()).rows] == ["a", 'b"\\', "c"]
    begin = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    assert pipes(running)[3][-3] == {
        "filter": f'day > {begin} || (day == {begin} && customer >= "b\\"\\\\")',
    }


def test_an_account_with_more_users_than_a_page_holds_is_read_whole(world: World) -> None:
    world.events += [event("2026-03-01T09:00", "session", "big", user=f"user{n}") for n in range(11)]
    world.events += [event("2026-03-01T09:00", "session", who) for who in ("a", "z")]
    running = pendo_of(world, meters=[USERS], start=MONTH, page_rows=3)
    assert len(reading_of(running.source()).rows) == 13


def test_filters_that_are_not_heeded_do_not_go_round_for_ever(world: World) -> None:
    world.events += [event("2026-03-01T09:00", "export", name) for name in "abcdef"]
    running = pendo_of(world, meters=[COUNT], start=MONTH, page_rows=3)
    running.app.state.control.deaf = True
    with pytest.raises(SourceError, match="the same rows again"):
        reading_of(running.source())


@pytest.mark.parametrize("nobody", ["", None])
def test_events_without_an_account_are_told_by_day_whatever_stands_there(world: World, nobody: str | None) -> None:
    world.events += [*EXPORTS, *[event("2026-03-02T09:00", "export", "")] * 4, *heartbeat(MONTH)]
    running = pendo_of(world, {"no_account": nobody}, meters=[COUNT], start=MONTH, page_rows=2)
    reading = reading_of(running.source())
    assert [row[4] for row in reading.rows] == [1.0] * 9
    assert [(row.reason, row.detail) for row in reading.rejects.rows] == [
        ("customer-missing", "4 of the day's use belong to no customer")
    ]


def test_a_meter_may_have_events_of_several_kinds_and_a_user_of_both_is_one(world: World) -> None:
    world.events += [event("2026-03-02T09:00", name) for name in ("page:home", "feature:save", "export", "page:other")]
    meter = USERS | {"events": ["page:home", "feature:save", "track:export"]}
    reading = reading_of(pendo_of(world, meters=[meter], start=MONTH).source())
    assert [(row[3], row[4]) for row in reading.rows] == [("ann", 3.0)]


def test_minutes_are_added_up_by_pendo_and_properties_by_their_number_of_events(world: World) -> None:
    world.events += [event(f"2026-03-02T09:0{minute}", "api", quantity=2.5) for minute in (0, 1, 1, 2)]
    minutes = {"meter": "minutes", "measure": {"sum": "numMinutes"}}
    reading = reading_of(pendo_of(world, meters=[SUM, minutes], start=MONTH).source())
    assert [(row[0], row[4]) for row in reading.rows] == [("api_calls", 10.0), ("minutes", 3.0)]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_days_are_those_of_the_subscription_even_where_the_settings_name_another_zone(world: World, zone: str) -> None:
    world.events += [event("2026-03-02T11:30", "export"), event("2026-03-03T05:30", "export"), *heartbeat(MONTH)]
    subscription = {"timezone": zone}
    day = {"Pacific/Auckland": [3, 3], "America/Los_Angeles": [2, 2], "UTC": [2, 3]}[zone]
    for told in (zone, "UTC"):
        reading = reading_of(pendo_of(world, subscription, meters=[COUNT], timezone=told, start=MONTH).source())
        assert sorted(row[2].day for row in reading.rows for _ in range(int(row[4]))) == day


def test_a_day_is_complete_six_hours_after_its_end(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    world.now = datetime(2026, 3, 10, 5, 59, tzinfo=UTC)
    assert reading_of(pendo_of(world, meters=[COUNT]).source()).coverage[-1][2] == date(2026, 3, 8)
    world.now = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
    assert reading_of(pendo_of(world, meters=[COUNT]).source()).coverage[-1][2] == YESTERDAY


def test_a_span_that_runs_out_of_time_is_halved_down_to_the_day(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = pendo_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.most_days = 2
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9
    running.app.state.control.most_days = 0
    with pytest.raises(SourceError, match="504: Aggregation timed out"):
        reading_of(running.source())


@pytest.mark.parametrize("way", ["connection", "body"])
def test_an_answer_that_is_cut_is_asked_for_again(world: World, way: str) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = pendo_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.cut_next = [way]
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9


def test_a_meter_is_looked_for_in_the_year_before_where_nothing_was_kept(world: World) -> None:
    world.events += [event("2025-12-24T09:00", "export"), *heartbeat(MONTH), event("2026-03-05T09:00", "export")]
    running = pendo_of(world, meters=[COUNT, USERS], start="2025-01-01")
    reading = reading_of(running.source(), since=MONTH)
    assert reading.coverage == [("exports", MONTH, YESTERDAY)]
    assert reading.rejects.by_reason() == {"event-never-seen": 1}


def test_years_are_read_month_by_month(world: World) -> None:
    world.events += [event("2025-11-15T09:00", "export"), event("2026-03-02T09:00", "export"), *heartbeat(MONTH)]
    running = pendo_of(world, meters=[COUNT], start="2025-10-01")
    reading = reading_of(running.source())
    assert [row[2] for row in reading.rows] == [date(2025, 11, 15), date(2026, 3, 2)]
    counts = [pipe[0]["source"]["timeSeries"]["count"] for pipe in pipes(running)]
    assert max(counts) == 31
    assert counts[-2:] == [30, 9]  # only the months that hold any


_DRAWN: Final = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["a", 'b"', "ü\\", ""]), st.sampled_from(["x", "y", "z"])), max_size=25
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_DRAWN, page_rows=st.integers(2, 5), nobody=st.sampled_from(["", None]))
def test_pages_of_any_size_make_the_same_rows(
    world: World, drawn: list[tuple[int, str, str]], page_rows: int, nobody: str | None
) -> None:
    made = [event(f"2026-03-{day:02d}T09:00", "session", customer, user) for day, customer, user in drawn]
    world.events[:] = [*made, *heartbeat(MONTH)]
    reading = reading_of(pendo_of(world, {"no_account": nobody}, meters=[USERS], page_rows=page_rows).source())
    assert reading.rows == expected(made, START, YESTERDAY)
    missing = {event.at.date() for event in made if not event.customer}
    assert reading.rejects.by_reason().get("customer-missing", 0) == len(missing)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"meters": [COUNT | {"events": ["export"]}]}, "'export' is no event of Pendo's; wanted one like 'track:<id>'"),
        ({"meters": [COUNT | {"events": ['track:a" || true']}]}, "no event of Pendo's"),
        ({"meters": [SUM | {"measure": {"sum": "a b"}}]}, "no field of Pendo's"),
        ({"meters": [COUNT, COUNT]}, "'exports' stands twice"),
        ({"meters": []}, "at least 1 item"),
        ({"customer": 'accountId) || ("'}, "no field of Pendo's"),
        ({"region": "mars"}, "region"),
        ({"start": None}, "start"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate({"meters": [COUNT], "start": START} | changes)


@pytest.mark.parametrize(
    ("region", "host"),
    [("us", "app.pendo.io"), ("us1", "us1.app.pendo.io"), ("eu", "app.eu.pendo.io"), ("jp", "app.jpn.pendo.io")],
)
def test_each_region_has_its_address(region: str, host: str) -> None:
    found = Settings.model_validate({"meters": [COUNT], "start": START, "region": region})
    assert found.address == f"https://{host}"


def test_what_is_summed_is_asked_for_by_value(world: World) -> None:
    found = Settings.model_validate({"meters": [SUM], "start": START})
    (source,) = pipelines.sources(found.meters[0])
    asked = pipelines.usage(found, found.meters[0], source, Span(MONTH, TODAY), 5)
    assert asked["request"]["pipeline"][4]["group"]["group"] == ["day", "customer", "amount"]


def test_opening_makes_no_request_and_wants_its_own_settings(tmp_path: Path) -> None:
    found = Settings.model_validate({"meters": [COUNT], "start": START})
    assert open_source("p", found, Places.within(tmp_path)).calls() == "0 Pendo aggregations"
    assert open_source("p", found, Places.within(tmp_path)).name == "p"
    assert connector("pendo").Settings is Settings
    with pytest.raises(TypeError, match="settings of a Pendo source"):
        open_source("p", found.meters[0], Places.within(tmp_path))
