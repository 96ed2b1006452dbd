from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.events import Event
from connectors.base import Places, SourceError
from connectors.registry import connector
from connectors.usage.mixpanel import Settings, open_source
from tests.connectors.usage.contract import mixpanel_of
from tests.connectors.usage.world import (
    METERS,
    MONTH,
    START,
    TODAY,
    YESTERDAY,
    World,
    event,
    expected,
    heartbeat,
    reading_of,
)

if TYPE_CHECKING:
    from pathlib import Path

USERS, COUNT, SUM = METERS
EXPORTS: Final = [event(f"2026-03-0{day}T09:00", "export") for day in range(1, 10)]


def asked(running: Any) -> list[dict[str, str]]:  # noqa: ANN401 - a Wired
    return [dict(request.query) for request in running.app.state.control.requests]


def rows(world: World, **changes: Any) -> list[tuple[str, str, int, str | None, float]]:  # noqa: ANN401 - any setting
    found = reading_of(mixpanel_of(world, **changes).source()).rows
    return [(meter, customer, day.day, user, quantity) for meter, customer, day, user, quantity in found]


def test_only_the_events_of_meters_are_asked_for_and_days_at_once(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH, days_at_once=5)
    reading_of(running.source())
    assert [(query["from_date"], query["to_date"], query["event"]) for query in asked(running)] == [
        ("2026-03-01", "2026-03-05", '["export"]'),
        ("2026-03-06", "2026-03-09", '["export"]'),
    ]


def test_a_meter_of_every_event_asks_for_all_of_them(world: World) -> None:
    world.events += heartbeat(MONTH)
    running = mixpanel_of(world, meters=[{"meter": "all", "measure": "count"}, COUNT], start=MONTH)
    reading = reading_of(running.source())
    assert "event" not in asked(running)[0]
    assert reading.coverage == [("all", MONTH, YESTERDAY)]


def test_quiet_days_are_looked_at_once_a_stretch(world: World) -> None:
    quiet = [found for found in EXPORTS if found.at.day not in {4, 5, 8}]
    world.events += [*quiet, *heartbeat(MONTH, date(2026, 3, 7)), *heartbeat(YESTERDAY)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH)
    reading = reading_of(running.source())
    assert reading.coverage == [("exports", MONTH, date(2026, 3, 7)), ("exports", YESTERDAY, YESTERDAY)]
    assert [(query["from_date"], query["to_date"]) for query in asked(running) if "event" not in query] == [
        ("2026-03-04", "2026-03-05"),
        ("2026-03-08", "2026-03-08"),
    ]


def test_an_event_that_is_told_twice_counts_once(world: World) -> None:
    world.events += [*EXPORTS, event("2026-03-01T09:00", "export"), *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT])
    running.app.state.control.twice = True
    assert [row[4] for row in reading_of(running.source()).rows] == [2.0, *[1.0] * 8]


def test_events_without_an_insert_id_cannot_be_told_apart_and_all_count(world: World) -> None:
    told = {"$insert_id": None}
    world.events += [Event("acme", "ann", "export", EXPORTS[0].at, told)] * 3 + heartbeat(MONTH)
    assert rows(world, meters=[COUNT]) == [("exports", "acme", 1, None, 3.0)]


def test_an_event_of_several_groups_counts_for_each(world: World) -> None:
    world.events += [event("2026-03-02T09:00", "export", company=["acme", "zeta", "acme"]), *heartbeat(MONTH)]
    assert rows(world, meters=[COUNT]) == [("exports", "acme", 2, None, 1.0), ("exports", "zeta", 2, None, 1.0)]


@pytest.mark.parametrize(
    ("value", "customer"), [(42, "42"), (42.0, "42"), (" acme ", "acme"), (["acme", None], "acme")]
)
def test_a_customer_may_be_a_number_or_a_list(world: World, value: object, customer: str) -> None:
    world.events += [event("2026-03-02T09:00", "export", company=value), *heartbeat(MONTH)]
    assert rows(world, meters=[COUNT]) == [("exports", customer, 2, None, 1.0)]


@pytest.mark.parametrize("value", ["", "  ", None, True, [], {"id": 1}])
def test_what_names_no_customer_is_nobodys(world: World, value: object) -> None:
    world.events += [event("2026-03-02T09:00", "export", company=value), *heartbeat(MONTH)]
    reading = reading_of(mixpanel_of(world, meters=[COUNT]).source())
    assert (reading.rows, reading.rejects.by_reason()) == ([], {"customer-missing": 1})


def test_properties_inside_of_others_are_found_and_names_with_dots_first(world: World) -> None:
    used: dict[str, Any] = {"usage": {"bytes": 5}, "account": {"id": "inner"}, "account.id": "outer"}
    world.events += [event("2026-03-02T09:00", "api", **used), *heartbeat(MONTH)]
    meter = SUM | {"measure": {"sum": "usage.bytes"}}
    assert rows(world, meters=[meter], customer="account.id") == [("api_calls", "outer", 2, None, 5.0)]


def test_a_user_may_be_another_property_and_none_is_refused(world: World) -> None:
    world.events += [event("2026-03-02T09:00", "session", **{"$user_id": "u1"}), *heartbeat(MONTH)]
    world.events += [event("2026-03-03T09:00", "session")] * 2
    reading = reading_of(mixpanel_of(world, meters=[USERS], user="$user_id").source())
    assert [(row[3], row[2].day) for row in reading.rows] == [("u1", 2)]
    assert [(row.reason, row.detail) for row in reading.rejects.rows] == [
        ("user-missing", "2 of the customer's events of the day name no user")
    ]


def test_days_are_those_of_the_time_zone(world: World) -> None:
    world.events += [event("2026-03-01T23:30", "export"), event("2026-02-28T22:59", "export"), *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], timezone="Europe/Berlin", start=MONTH)
    reading = reading_of(running.source())
    assert [row[2] for row in reading.rows] == [date(2026, 3, 2)]
    assert asked(running)[0]["from_date"] == "2026-02-28"  # Mixpanel's dates are UTC's
    assert reading.rejects.rows == []


def test_old_projects_have_dates_and_times_of_their_own_zone(world: World) -> None:
    world.events += [event("2026-03-02T05:30", "export"), *heartbeat(MONTH, date(2026, 3, 11))]
    zone = "America/New_York"
    world.now = datetime(2026, 3, 10, 9, tzinfo=UTC)
    running = mixpanel_of(
        world, {"timezone": zone, "old": True}, meters=[COUNT], timezone=zone, clock="project", start=MONTH
    )
    reading = reading_of(running.source())
    assert [row[2] for row in reading.rows] == [date(2026, 3, 2)]  # 00:30 in New York
    assert asked(running)[0]["from_date"] == "2026-03-01"


def test_a_day_is_complete_so_many_hours_after_its_end_in_the_zone(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    world.now = datetime(2026, 3, 10, 7, 59, tzinfo=UTC)  # 02:59 in Chicago, where the 9th ended at 05:00 UTC
    changes: dict[str, Any] = {"meters": [COUNT], "timezone": "America/Chicago"}
    assert reading_of(mixpanel_of(world, **changes).source()).coverage[-1][2] == date(2026, 3, 8)
    world.now = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    assert reading_of(mixpanel_of(world, **changes).source()).coverage[-1][2] == date(2026, 3, 9)
    assert reading_of(mixpanel_of(world, **changes, late_hours=4).source()).coverage[-1][2] == date(2026, 3, 8)


def test_a_window_that_has_no_complete_day_asks_for_nothing(world: World) -> None:
    running = mixpanel_of(world)
    reading = reading_of(running.source(), since=TODAY.replace(month=4, day=1), until=date(2026, 4, 2))
    assert (reading.usage, reading.coverage, asked(running)) == ([], [], [])


def test_lines_that_are_no_events_are_refused_each(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.garbage = (
        b"not json",
        b"[1, 2]",
        b'{"hello": "world"}',
        b'{"event": "export", "properties": {"time": "soon"}}',
        b'{"event": "export", "properties": {"time": 1e300}}',
        b'{"event": "export", "properties": {"time": 1577836800, "company": "acme"}}',
    )
    reading = reading_of(running.source())
    assert reading.rejects.by_reason() == {"json-unreadable": 3, "day-unreadable": 2, "day-outside-window": 1}
    assert reading.rejects.rows[0].raw == "not json"
    assert reading.rejects.rows[0].place == "usage: export of 2026-03-01"
    assert len(reading.rows) == 9


def test_an_export_of_garbage_is_no_export(world: World) -> None:
    running = mixpanel_of(world)
    running.app.state.control.garbage = (b"?",) * 10_002
    with pytest.raises(SourceError, match="over 10,000 lines of one answer are unusable"):
        reading_of(running.source())


def test_an_export_that_was_terminated_early_is_asked_for_again_and_nothing_counts_twice(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.terminate_next = 1
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9
    assert world.time.naps[0] == 2.0


def test_one_that_is_terminated_for_ever_is_an_error_in_mixpanels_words(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT])
    running.app.state.control.terminate_next = 10_000
    with pytest.raises(SourceError, match=r"Mixpanel's answer is not whole: terminated early; read again later"):
        reading_of(running.source())


@pytest.mark.parametrize("way", ["connection", "body"])
@pytest.mark.parametrize("many", [1, 40])
def test_a_body_that_is_cut_is_asked_for_again(world: World, way: str, many: int) -> None:
    """The short one comes as it is, the long one packed."""
    world.events += [*(EXPORTS * many), *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.cut_next = [way]
    assert [row[4] for row in reading_of(running.source()).rows] == [float(many)] * 9


def test_what_is_too_much_at_once_is_halved(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.fail_next = [504, 413]
    assert len(reading_of(running.source()).rows) == 9
    assert [(query["from_date"][-2:], query["to_date"][-2:]) for query in asked(running)] == [
        ("01", "09"),
        ("01", "05"),
        ("01", "03"),
        ("04", "05"),
        ("06", "09"),
    ]


def test_a_single_day_that_runs_out_of_time_is_asked_for_again_and_then_an_error(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, meters=[COUNT], start=YESTERDAY)
    running.app.state.control.fail_next = [504]
    assert len(reading_of(running.source()).rows) == 1
    running.app.state.control.fail_next = [504] * 6
    with pytest.raises(SourceError, match="504: scripted fault; 2026-03-09 to 2026-03-09 are too much"):
        reading_of(running.source())


def test_the_hour_is_kept_ahead_of_time(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, {"limits": {3600.0: 2}}, start=MONTH, days_at_once=3, exports_per_hour=2)
    reading_of(running.source())
    assert world.time.naps == [3601.0]
    assert len(asked(running)) == 3  # none was refused, or it would have been repeated


def test_a_meter_is_looked_for_in_the_year_before_where_nothing_was_kept(world: World) -> None:
    world.events += [event("2025-06-01T09:00", "export"), *heartbeat(MONTH), event("2026-03-05T09:00", "export")]
    running = mixpanel_of(world, meters=[COUNT, USERS], start="2025-01-01")
    reading = reading_of(running.source(), since=MONTH)
    assert reading.coverage == [("exports", MONTH, YESTERDAY)]
    assert reading.rejects.by_reason() == {"event-never-seen": 1}
    looked = [query for query in asked(running) if "limit" in query]
    assert [(query["from_date"], query["to_date"], query["limit"]) for query in looked] == [
        ("2025-02-28", "2026-02-28", "1")
    ] * 2
    reading_of(running.source(), since=MONTH)
    assert len([query for query in asked(running) if "limit" in query]) == 3  # what was seen was kept


def test_a_project_secret_needs_no_service_account(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = mixpanel_of(world, {"service_account": None}, service_account=None, meters=[COUNT], start=MONTH)
    assert len(reading_of(running.source()).rows) == 9
    assert "project_id" not in asked(running)[0]


_DRAWN: Final = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 23), st.sampled_from(["a", "b", ""]), st.sampled_from(["x", "y"])),
    max_size=20,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_DRAWN, days=st.integers(1, 12), zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns"]))
def test_any_number_of_days_at_once_makes_the_same_rows(
    world: World, drawn: list[tuple[int, int, str, str]], days: int, zone: str
) -> None:
    made = [event(f"2026-03-{day:02d}T{hour:02d}:15", "session", who, user) for day, hour, who, user in drawn]
    world.events[:] = [*made, *heartbeat(MONTH)]
    plain = reading_of(mixpanel_of(world, meters=[USERS], timezone=zone).source())
    apart = reading_of(mixpanel_of(world, meters=[USERS], timezone=zone, days_at_once=days).source())
    assert apart.rows == plain.rows
    assert apart.coverage == plain.coverage
    assert apart.rejects.by_reason() == plain.rejects.by_reason()
    if zone == "UTC":
        assert plain.rows == expected(made, START, YESTERDAY)


def test_opening_makes_no_request_and_wants_its_own_settings(tmp_path: Path) -> None:
    found = Settings.model_validate({"project": 1, "customer": "c", "meters": [COUNT], "start": START})
    assert open_source("mp", found, Places.within(tmp_path)).name == "mp"
    assert open_source("mp", found, Places.within(tmp_path)).calls() == "0 Mixpanel exports, 60 an hour allowed"
    assert connector("mixpanel").Settings is Settings
    with pytest.raises(TypeError, match="settings of a Mixpanel source"):
        open_source("mp", found.meters[0], Places.within(tmp_path))
