from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from connectors.base import Places, SourceError, SourceSettingsError
from connectors.registry import connector
from connectors.usage.amplitude import Settings, open_source
from tests.connectors.usage.contract import amplitude_of
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
    late,
    reading_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

USERS, COUNT, SUM = METERS
EXPORTS: Final = [event(f"2026-03-0{day}T09:00", "export") for day in range(1, 10)]


def asked(running: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a Wired
    return [(request.query["start"], request.query["end"]) for request in running.app.state.control.requests]


def test_uploads_are_read_up_to_the_last_hour_that_is_available(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[COUNT], start=date(2026, 3, 8), hours_at_once=24)
    world.now = datetime(2026, 3, 10, 12, 40, tzinfo=UTC)
    reading_of(running.source())
    assert asked(running) == [
        ("20260308T00", "20260308T23"),
        ("20260309T00", "20260309T23"),
        ("20260310T00", "20260310T09"),  # uploaded from 9 to 10, available at 12
    ]


def test_no_data_is_an_answer_and_a_day_of_nothing_else_an_outage(world: World) -> None:
    world.events += [*EXPORTS[:5], *EXPORTS[6:], *heartbeat(TODAY)]
    running = amplitude_of(world, meters=[COUNT], start=MONTH, hours_at_once=6)
    reading = reading_of(running.source())
    assert len(reading.rows) == 8
    assert reading.coverage == [("exports", MONTH, date(2026, 3, 5)), ("exports", date(2026, 3, 7), YESTERDAY)]


def test_a_project_without_any_data_covers_nothing(world: World) -> None:
    reading = reading_of(amplitude_of(world).source())
    assert (reading.usage, reading.coverage) == ([], [])
    assert reading.rejects.by_reason() == {"event-never-seen": 3}


def test_a_day_is_complete_when_its_last_hour_can_be_exported(world: World) -> None:
    world.events += [*EXPORTS, event("2026-03-09T23:59", "export", user="bob"), *heartbeat(MONTH)]
    world.now = datetime(2026, 3, 10, 2, 59, tzinfo=UTC)
    assert reading_of(amplitude_of(world, meters=[COUNT]).source()).coverage[-1][2] == date(2026, 3, 8)
    world.now = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
    reading = reading_of(amplitude_of(world, meters=[COUNT]).source())
    assert reading.coverage[-1][2] == YESTERDAY
    assert reading.rows[-1][4] == 2.0


def test_what_is_uploaded_days_later_counts_for_the_day_on_which_it_happened(world: World) -> None:
    offline = late(event("2026-03-03T12:00", "export", user="bob"), "2026-03-09T22:00")
    world.events += [*EXPORTS, offline, *heartbeat(MONTH)]
    reading = reading_of(amplitude_of(world, meters=[COUNT], start=MONTH, hours_at_once=1).source())
    assert [row[4] for row in reading.rows] == [1.0, 1.0, 2.0, *[1.0] * 6]


def test_what_comes_over_a_week_after_the_end_of_its_month_is_refused_by_meter_and_day(world: World) -> None:
    february = event("2026-02-27T12:00", "export")
    world.events += [
        *EXPORTS,
        *heartbeat(date(2026, 2, 27)),
        late(february, "2026-03-07T23:59"),
        *[late(february, "2026-03-08T00:00")] * 3,
        late(event("2026-02-27T12:00", "other"), "2026-03-08T00:00"),
    ]
    running = amplitude_of(world, meters=[COUNT], start="2026-02-01")
    first = reading_of(running.source())
    assert [row[4] for row in first.rows if row[2] == date(2026, 2, 27)] == [1.0]
    assert [(row.reason, row.place) for row in first.rejects.rows] == [
        ("day-outside-window", "usage: meter exports, day 2026-02-27")
    ]
    assert first.rejects.rows[0].detail.startswith("3 events were uploaded over 7 days after the end of their month")
    again = reading_of(running.source(), since=MONTH)
    assert [row[2].month for row in again.rows] == [3] * 9
    # The one of the 7th was counted when February was read last, and is nothing to complain of.
    assert again.rejects.by_reason() == {"day-outside-window": 1}


def test_what_is_older_than_a_first_reading_wants_is_nothing_to_complain_of(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH), late(event("2026-01-03T12:00", "export"), "2026-03-02T08:00")]
    reading = reading_of(amplitude_of(world, meters=[COUNT], start=MONTH).source())
    assert reading.rejects.rows == []


def test_days_are_those_of_the_time_zone(world: World) -> None:
    world.events += [event("2026-03-02T04:30", "export"), event("2026-03-01T04:30", "export"), *heartbeat(MONTH)]
    reading = reading_of(
        amplitude_of(world, meters=[COUNT], timezone="America/New_York", start=MONTH, hours_at_once=24).source()
    )
    assert [row[2] for row in reading.rows] == [MONTH]


def test_an_event_that_is_told_twice_counts_once_even_in_different_uploads(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.twice = True
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9


@pytest.mark.parametrize(
    ("changes", "user"), [({"user": "user_id"}, "ann"), ({"user": "device_id"}, "device-ann"), ({}, "3877663347")]
)
def test_who_counts_as_a_user_can_be_chosen(world: World, changes: dict[str, Any], user: str) -> None:
    world.events += [event("2026-03-02T09:00", "session"), *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[USERS], **({"user": "amplitude_id"} | changes))
    assert [row[3] for row in reading_of(running.source()).rows] == [user]


@pytest.mark.parametrize("path", ["event_properties.account", "user_id"])
def test_the_customer_may_stand_elsewhere(world: World, path: str) -> None:
    world.events += [event("2026-03-02T09:00", "export", "", user="acme", account="acme"), *heartbeat(MONTH)]
    assert [row[1] for row in reading_of(amplitude_of(world, meters=[COUNT], customer=path).source()).rows] == ["acme"]


def test_an_export_that_is_too_large_or_too_long_is_halved(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[COUNT], start=MONTH, hours_at_once=24 * 10)
    running.app.state.control.most_events = 5
    running.app.state.control.most_hours = 100
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9
    whole = reading_of(amplitude_of(world, meters=[COUNT], start=MONTH).source())
    assert len(whole.rows) == 9


def test_an_hour_that_is_too_large_is_an_error_with_its_mend(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.most_events = 0
    with pytest.raises(SourceError, match=r"400: The file size .* too large.*one hour is too much: .* bucket"):
        reading_of(running.source())


def test_lines_that_are_no_events_are_refused_each(world: World) -> None:
    world.events += [EXPORTS[2]]
    running = amplitude_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.garbage = (b"not json", b"[1]", b'{"event_time": 1}', b'{"event_type": "export"}')
    reading = reading_of(running.source())
    assert reading.rejects.by_reason() == {"json-unreadable": 3, "day-unreadable": 1}
    assert reading.rejects.rows[0].place == "usage: 100001/100001_2026-03-03_9#0.json.gz"
    assert len(reading.rows) == 1


@pytest.mark.parametrize("way", ["connection", "body"])
def test_an_archive_that_is_cut_is_asked_for_again(world: World, way: str) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    running = amplitude_of(world, meters=[COUNT], start=MONTH)
    running.app.state.control.cut_next = [way]
    assert [row[4] for row in reading_of(running.source()).rows] == [1.0] * 9


def test_an_archive_with_a_file_that_is_cut_is_no_export(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1/1_2026-03-01_0#0.json.gz", bytes.fromhex("1f8b0800000000000003ab56"))

    async def damaged(_: Request) -> Response:
        return Response(packed.getvalue())

    running = amplitude_of(world)
    running.app = Starlette(routes=[Route("/api/2/export", damaged)])
    with pytest.raises(SourceError, match="Amplitude's answer is not whole: its archive is damaged"):
        reading_of(running.source())


def test_where_nothing_was_kept_a_meter_is_unknown_until_it_is_seen_again(world: World) -> None:
    world.events += [event("2026-02-05T09:00", "export"), *heartbeat(START), event("2026-03-05T09:00", "export")]
    running = amplitude_of(world, meters=[COUNT])
    reading_of(running.source())
    kept = reading_of(running.source(), since=MONTH)
    assert kept.coverage == [("exports", MONTH, YESTERDAY)]
    (world.places().keep / "sightings.json").write_text("damaged")
    lost = reading_of(running.source(), since=MONTH)
    assert lost.coverage == [("exports", date(2026, 3, 5), YESTERDAY)]


def test_nothing_of_an_export_stays_on_the_disk(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    reading_of(amplitude_of(world).source())
    assert [path.name for path in world.places().keep.iterdir()] == ["sightings.json"]


def test_a_disk_that_takes_nothing_is_said_so(world: World) -> None:
    world.events += [*EXPORTS, *heartbeat(MONTH)]
    world.places().keep.write_text("a file where a folder is wanted")
    with pytest.raises(SourceError, match=r"an export cannot be kept in .*: File exists"):
        reading_of(amplitude_of(world).source())


_DRAWN: Final = st.lists(
    st.tuples(st.integers(1, 37), st.integers(0, 23), st.integers(0, 60), st.sampled_from(["a", ""])), max_size=25
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_DRAWN, hours=st.integers(5, 500))
def test_any_number_of_hours_at_once_makes_the_same_rows(
    world: World, drawn: list[tuple[int, int, int, str]], hours: int
) -> None:
    """Events of February and March, up to 60 hours late: nothing comes too late."""
    made = []
    for day, hour, delay, customer in drawn:
        moment = datetime(2026, 2, 1, hour, tzinfo=UTC).timestamp() + (day - 1) * 86_400
        found = event(datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat(), "session", customer)
        arrived = datetime.fromtimestamp(moment + delay * 3600, UTC).replace(tzinfo=None)
        made.append(late(found, arrived.isoformat()))
    world.events[:] = [*made, *heartbeat(START)]
    world.now = datetime(2026, 3, 13, 12, tzinfo=UTC)
    reading = reading_of(amplitude_of(world, meters=[USERS], hours_at_once=hours).source(), until=date(2026, 3, 13))
    assert reading.rows == expected(made, START, date(2026, 3, 12))
    assert reading.rejects.read == len(reading.rows)


def test_a_wrong_region_or_pair_of_keys_is_named(world: World) -> None:
    running = amplitude_of(world, {"api_key": "of another project"})
    with pytest.raises(SourceSettingsError, match=r"401: .*api_key and CONTRACT_KEY must hold .* `region: us`"):
        reading_of(running.source())


def test_opening_makes_no_request_and_wants_its_own_settings(tmp_path: Path) -> None:
    found = Settings.model_validate({"customer": "groups.c", "meters": [COUNT], "start": START})
    assert open_source("amp", found, Places.within(tmp_path)).calls() == "0 Amplitude exports"
    assert open_source("amp", found, Places.within(tmp_path)).name == "amp"
    assert connector("amplitude").Settings is Settings
    with pytest.raises(TypeError, match="settings of an Amplitude source"):
        open_source("amp", found.meters[0], Places.within(tmp_path))
