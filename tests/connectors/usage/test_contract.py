"""What every source of usage promises, whatever it reads: the same assertions for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Rejects, SourceError, SourceSettingsError, Window
from connectors.schema import Table
from tests.connectors.usage.contract import MAKERS, Maker, Running
from tests.connectors.usage.world import (
    KEY_PLACE,
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
    from bot.sandbox.events import Event

NAMES: Final = [str(meter["meter"]) for meter in METERS]

FIRST_SEEN: Final = [
    event("2026-03-01T08:00", "session"),
    event("2026-03-01T08:00", "export"),
    event("2026-03-01T08:00", "api", quantity=1),
]
"""Each meter once, on the first day."""
BUSY: Final = [
    *FIRST_SEEN,
    event("2026-03-02T09:00", "session"),
    event("2026-03-02T15:00", "session"),
    event("2026-03-02T10:00", "session", user="bob"),
    event("2026-03-03T23:59:59", "session", customer="zeta", user="cy"),
    event("2026-03-03T10:00", "export"),
    event("2026-03-03T11:00", "export", user="bob"),
    event("2026-03-04T09:00", "api", quantity=2.5),
    event("2026-03-04T09:30", "api", quantity=4),
]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.name)
def maker(request: pytest.FixtureRequest) -> Maker:
    chosen: Maker = request.param
    return chosen


@pytest.fixture
def running(maker: Maker, world: World) -> Running:
    world.events += [*BUSY, *heartbeat(MONTH)]
    return maker.make(world)


def test_the_same_events_make_the_same_rows(running: Running) -> None:
    reading = reading_of(running.source())
    assert reading.rows == [
        ("active_users", "acme", date(2026, 3, 1), "ann", 1.0),
        ("active_users", "acme", date(2026, 3, 2), "ann", 2.0),
        ("active_users", "acme", date(2026, 3, 2), "bob", 1.0),
        ("active_users", "zeta", date(2026, 3, 3), "cy", 1.0),
        ("api_calls", "acme", date(2026, 3, 1), None, 1.0),
        ("api_calls", "acme", date(2026, 3, 4), None, 6.5),
        ("exports", "acme", date(2026, 3, 1), None, 1.0),
        ("exports", "acme", date(2026, 3, 3), None, 2.0),
    ]


def test_the_counts_add_up(running: Running) -> None:
    reading = reading_of(running.source())
    assert reading.rejects.read == len(reading.usage) == 8
    assert reading.rejects.total == reading.rejects.read + sum(reading.rejects.by_reason().values())


def test_events_of_no_customer_are_refused_by_meter_and_day(maker: Maker, running: Running, world: World) -> None:
    if not maker.counts_itself:
        pytest.skip("whoever writes the files counts the events")
    world.events += [event("2026-03-05T09:00", "session", "", user=f"visitor{n}") for n in range(30)]
    world.events += [event(f"2026-03-0{day}T09:00", "export", "") for day in (5, 5, 6)]
    reading = reading_of(running.source())
    assert reading.rejects.by_reason() == {"customer-missing": 3}
    assert {row.detail for row in reading.rejects.rows} == {
        f"{count} of the day's use belong to no customer" for count in (30, 2, 1)
    }
    assert reading.rejects.read == 8


def test_what_cannot_be_summed_is_refused_and_the_rest_counted(maker: Maker, running: Running, world: World) -> None:
    if not maker.counts_itself:
        pytest.skip("whoever writes the files adds up")
    moment = "2026-03-05T09:00"
    world.events += [
        event(moment, "api", "below", quantity=-5),
        event(moment, "api", "none"),
        event(moment, "api", "some", quantity=3),
        event(moment, "api", "some", user="bob", quantity="three"),
    ]
    reading = reading_of(running.source())
    assert [row for row in reading.rows if row[2] == date(2026, 3, 5)] == [
        ("api_calls", "some", date(2026, 3, 5), None, 3.0)
    ]
    assert {(row.place.split(", ")[1], row.reason) for row in reading.rejects.rows} == {
        ("customer below", "quantity-negative"),
        ("customer none", "quantity-missing"),
        ("customer some", "quantity-unreadable"),
    }


def test_every_day_with_tracking_is_covered_up_to_yesterday(maker: Maker, running: Running) -> None:
    if not maker.sees_outages:
        pytest.skip("what is not in the files, the files do not know")
    assert reading_of(running.source()).coverage == [(name, MONTH, YESTERDAY) for name in NAMES]


def test_a_day_without_any_event_is_not_covered(maker: Maker, world: World) -> None:
    if not maker.sees_outages:
        pytest.skip("what is not in the files, the files do not know")
    world.events += [*BUSY, *heartbeat(MONTH, date(2026, 3, 5)), *heartbeat(date(2026, 3, 8))]
    reading = reading_of(maker.make(world).source())
    for name, day in product(NAMES, (date(2026, 3, 6), date(2026, 3, 7))):
        assert not reading.covers(name, day)
    for name, day in product(NAMES, (date(2026, 3, 5), date(2026, 3, 8), YESTERDAY)):
        assert reading.covers(name, day)


def test_a_covered_day_without_events_of_a_meter_has_no_rows(running: Running) -> None:
    reading = reading_of(running.source())
    assert reading.covers("active_users", date(2026, 3, 2))
    assert reading.covers("exports", date(2026, 3, 2))
    assert [row for row in reading.rows if row[0] == "exports" and row[2] == date(2026, 3, 2)] == []


def test_a_meter_is_unknown_before_its_events_were_first_seen(maker: Maker, world: World) -> None:
    world.events += [*heartbeat(MONTH), event("2026-03-04T09:00", "export"), event("2026-03-07T09:00", "export")]
    reading = reading_of(maker.make(world).source())
    assert not reading.covers("exports", date(2026, 3, 3))
    assert reading.covers("exports", date(2026, 3, 5))
    assert not any(reading.covers("api_calls", date(2026, 3, day)) for day in range(1, 11))


def test_a_meter_that_nobody_ever_saw_is_said_so(maker: Maker, world: World) -> None:
    if not maker.counts_itself:
        pytest.skip("files name no events")
    world.events += [*heartbeat(MONTH), *FIRST_SEEN[:2]]
    reading = reading_of(maker.make(world).source())
    assert [(row.reason, row.place) for row in reading.rejects.rows] == [("event-never-seen", "usage: meter api_calls")]


def test_nothing_outside_of_the_window_is_delivered(maker: Maker, running: Running, world: World) -> None:
    world.events += [*heartbeat(date(2026, 2, 20), date(2026, 2, 28)), event("2026-02-25T09:00", "export")]
    reading = reading_of(running.source(), since=MONTH, until=date(2026, 3, 3))
    assert {row[2] for row in reading.rows} == {date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)}
    assert all(first <= last <= date(2026, 3, 3) for _, first, last in reading.coverage)
    # Files know all days at once; the others have asked for no day before the window.
    assert not maker.counts_itself or {first for _, first, _ in reading.coverage} == {MONTH}


def test_the_day_under_way_is_neither_read_nor_covered(running: Running, world: World) -> None:
    world.events.append(event("2026-03-10T08:00", "export"))
    reading = reading_of(running.source())
    assert reading.covers("exports", date(2026, 3, 3))
    assert not any(reading.covers(name, TODAY) for name in NAMES)
    assert TODAY not in {row[2] for row in reading.rows}


def test_late_events_appear_when_the_month_is_read_again(running: Running, world: World) -> None:
    world.events.append(late(event("2026-03-03T12:00", "export", user="bob"), "2026-03-11T09:00"))
    assert ("exports", "acme", date(2026, 3, 3), None, 2.0) in reading_of(running.source()).rows
    world.now = datetime(2026, 3, 12, 12, tzinfo=UTC)
    world.events += heartbeat(date(2026, 3, 11), date(2026, 3, 12))
    again = reading_of(running.source(), since=MONTH, until=date(2026, 3, 12))
    assert ("exports", "acme", date(2026, 3, 3), None, 3.0) in again.rows


def test_a_meter_that_was_seen_before_is_covered_from_the_first_day_of_the_next_window(
    maker: Maker, running: Running, world: World
) -> None:
    if not maker.counts_itself:
        pytest.skip("files hold all days at once")
    reading_of(running.source())
    world.now = datetime(2026, 4, 12, 12, tzinfo=UTC)
    april = date(2026, 4, 1)
    world.events += [*heartbeat(date(2026, 3, 11), date(2026, 4, 12)), event("2026-04-09T09:00", "export")]
    reading = reading_of(running.source(), since=april, until=date(2026, 4, 12))
    assert reading.covers("exports", date(2026, 4, 9))
    assert {name for name in NAMES if reading.covers(name, april)} == set(NAMES)
    assert reading.rejects.rows == []


def test_a_source_that_breaks_off_is_an_error_and_has_delivered_no_coverage(running: Running) -> None:
    running.break_off()
    tables = []
    with pytest.raises(SourceError) as caught:
        tables += [batch.table for batch in running.source().read(Window(None, TODAY), Rejects())]
    assert Table.COVERAGE not in tables
    assert not isinstance(caught.value, SourceSettingsError)


def test_a_wrong_key_names_its_place_and_not_the_key(
    maker: Maker, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not maker.over_the_wire:
        pytest.skip("it has no key")
    monkeypatch.setenv(KEY_PLACE, "an0ther-key")
    with pytest.raises(SourceSettingsError, match=KEY_PLACE) as caught:
        reading_of(running.source())
    assert "an0ther-key" not in str(caught.value)


def test_a_missing_key_names_its_place(maker: Maker, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    if not maker.over_the_wire:
        pytest.skip("it has no key")
    monkeypatch.delenv(KEY_PLACE)
    with pytest.raises(SourceSettingsError, match=f"{KEY_PLACE} is not set; it holds"):
        reading_of(running.source())


def test_being_told_to_wait_is_waited_for(maker: Maker, running: Running, world: World) -> None:
    if not maker.over_the_wire:
        pytest.skip("it has no limits")
    running.throttle()
    assert len(reading_of(running.source()).rows) == 8
    assert 4.0 in world.time.naps  # three seconds, and one of jitter


def test_reading_twice_makes_equal_rows_and_coverage(running: Running) -> None:
    first, second = reading_of(running.source()), reading_of(running.source())
    assert first.usage == second.usage
    assert first.coverage == second.coverage
    assert first.rejects == second.rejects


def test_the_cost_of_reading_is_told(maker: Maker, running: Running) -> None:
    source = running.source()
    reading_of(source)
    told = source.calls()
    assert (told is None) if not maker.over_the_wire else (told is not None and not told.startswith("0 "))


HARD: Final = [
    "O'Brien & Söhne <b>",
    '<!channel> "quoted" \\ back\\slash',
    "日本語 株式会社",
    "a,b;c\td",
    "42",
    "x" * 200,
]


def test_markup_and_unicode_in_names_survive(maker: Maker, world: World) -> None:
    world.events += heartbeat(MONTH)
    world.events += [event("2026-03-02T09:00", "session", name, user=name) for name in HARD]
    reading = reading_of(maker.make(world).source())
    assert {(row[1], row[3]) for row in reading.rows} == {(name, name) for name in HARD}


_EVENTS: Final = st.lists(
    st.builds(
        lambda day, hour, name, customer, user, quantity: event(
            f"2026-03-{day:02d}T{hour:02d}:30", name, customer, user, quantity=quantity
        ),
        day=st.integers(1, 9),
        hour=st.integers(0, 23),
        name=st.sampled_from(["session", "export", "api", "other"]),
        customer=st.sampled_from(["", "a", "b'", "ü \\"]),
        user=st.sampled_from(["x", "y", 'z"']),
        quantity=st.integers(0, 1000),
    ),
    max_size=25,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_EVENTS)
def test_any_events_make_the_rows_that_adding_up_by_hand_makes(maker: Maker, world: World, drawn: list[Event]) -> None:
    world.events[:] = [*drawn, *FIRST_SEEN, *heartbeat(MONTH)]
    reading = reading_of(maker.make(world).source())
    assert reading.rows == expected(world.events, START, YESTERDAY)
    assert reading.rejects.read == len(reading.rows)
