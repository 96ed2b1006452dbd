"""Trend and forecast as metrics of accounts and lines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.facts import trending
from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 9, 30)
Row = dict[str, Any]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.account("acme")
    world.cover(covered("2025-01-01..09-30"))
    return world


def account(world: World) -> Row:
    return by(world.analyse(AS_OF).accounts, "subject")["acme"]


def steady(span: str, quantity: float, meter: str = "calls") -> list[Row]:
    """Use with a working week: half as much on Saturdays and Sundays, and a little more or less from day to day."""
    rows = every_day("acme", meter, span, quantity)
    for row in rows:
        wave = 1 + 0.04 * ((row["day"].toordinal() * 7) % 5 - 2)
        row["quantity"] = round(quantity * wave * (0.5 if row["day"].weekday() > 4 else 1))
    return rows


def test_use_that_falls_by_half_is_a_falling_trend_since_about_that_day(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=1e6)
    world.use(steady("2025-06-01..2026-08-31", 200.0) + steady("09-01..09-30", 100.0))
    found = account(world)
    assert (found["trend_direction"], found["trend_provisional"]) == ("falling", False)
    assert found["trend_size"] == pytest.approx(-0.5, abs=0.05)
    assert abs(found["trend_start"] - day("09-01")) <= timedelta(days=3)
    assert found["trend_days"] == (AS_OF - found["trend_start"]).days
    assert 0.5 < found["trend_confidence"] <= 1
    assert found["trend_words"].startswith("down 5")
    assert found["trend_line"] == found["end_line"]


def test_steady_use_has_a_flat_trend(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=1e6)
    world.use(steady("2025-06-01..2026-09-30", 200.0))
    found = account(world)
    assert (found["trend_direction"], found["trend_size"], found["trend_start"]) == ("flat", 0.0, None)
    assert found["trend_words"].startswith("no trend")


def test_a_gap_in_the_coverage_is_no_fall(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.account("acme")
    world.cover(covered("2025-01-01..08-31"), covered("09-20..09-30"))
    world.line("acme", kind="commit", meter="calls", quantity=1e6)
    world.use(steady("2025-06-01..2026-08-31", 200.0) + steady("09-20..09-30", 200.0))
    assert account(world)["trend_direction"] == "flat"


def test_use_that_falls_with_the_licences_is_no_trend(world: World) -> None:
    world.line("acme", "big", kind="allowance", meter="calls", quantity=9000.0, end=day("08-31"))
    world.line("acme", "small", kind="allowance", meter="calls", quantity=4500.0, start=day("09-01"))
    world.use(steady("2025-06-01..2026-08-31", 200.0) + steady("09-01..09-30", 100.0))
    found = account(world)
    assert (found["trend_direction"], found["trend_size"]) == ("flat", 0.0)
    assert "with the contract: 9,000 became 4,500 on 1 September" in found["trend_words"]


def test_of_two_meters_the_fall_goes_before_the_rise(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=1e6, unit_price=1.0)
    world.line("acme", kind="commit", meter="events", quantity=1e6, unit_price=50.0)
    world.use(steady("2025-06-01..2026-08-31", 200.0) + steady("09-01..09-30", 80.0))
    world.use(steady("2025-06-01..2026-08-31", 200.0, "events") + steady("09-01..09-30", 500.0, "events"))
    found = world.analyse(AS_OF)
    assert by(found.accounts, "subject")["acme"]["trend_direction"] == "falling"
    assert {row["meter"]: row["trend_direction"] for row in found.lines.to_pylist()} == {
        "calls": "falling",
        "events": "rising",
    }


def test_without_use_there_is_nothing_to_judge(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=1e6)
    found = account(world)
    assert (found["trend_direction"], found["trend_size"]) == (None, None)
    assert found["end_utilization"] is None


def test_a_young_source_is_too_young_for_a_trend(world: World) -> None:
    world.coverage.clear()
    world.cover(covered("09-10..09-30"))
    world.line("acme", kind="commit", meter="calls", quantity=1e6, start=day("09-10"))
    world.use(steady("09-10..09-30", 200.0))
    found = account(world)
    assert found["trend_direction"] is None
    assert "too little history" in found["trend_words"]


def test_a_commit_that_is_drawn_down_evenly_runs_out_on_the_day_that_arithmetic_tells(world: World) -> None:
    # 10 a day since 1 January: 273 days to 30 September make 2,730; 300 are left, which last 30 days: 30 October.
    world.line("acme", kind="commit", meter="calls", quantity=3030.0, unit_price=2.0)
    world.use(every_day("acme", "calls", "2025-06-01..2026-09-30", 10.0))
    found = account(world)
    assert found["run_out_date"] == date(2026, 10, 30)
    assert found["days_to_run_out"] == 30
    assert found["run_out_gap_days"] == 62  # to 31 December
    assert found["run_out_earliest"] <= found["run_out_date"] <= found["run_out_latest"]
    # 92 days more make 3,650 by the end: 620 over, at 2 each.
    assert found["end_utilization"] == pytest.approx(3650 / 3030, rel=0.02)
    assert found["end_utilization_low"] <= found["end_utilization"] <= found["end_utilization_high"]
    assert found["probability_over"] > 0.95
    assert found["overage_expected_value"] == pytest.approx(1240, rel=0.1)


def test_lines_of_one_meter_are_forecast_with_their_share_of_it(world: World) -> None:
    world.line("acme", "two-thirds", kind="commit", meter="calls", quantity=6000.0)
    world.line("acme", "a-third", kind="commit", meter="calls", quantity=3000.0)
    world.use(every_day("acme", "calls", "2025-06-01..2026-09-30", 15.0))
    lines = by(world.analyse(AS_OF).lines, "line_id")
    assert lines["two-thirds"]["used_a_day"] == pytest.approx(10.0, rel=0.01)
    assert lines["a-third"]["used_a_day"] == pytest.approx(5.0, rel=0.01)


def test_what_does_not_run_out_has_no_run_out(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=1e6)
    world.use(every_day("acme", "calls", "2025-06-01..2026-09-30", 10.0))
    found = account(world)
    assert (found["run_out_date"], found["run_out_line"]) == (None, None)
    assert found["probability_over"] < 0.01


@pytest.mark.parametrize("batch", [trending.BATCH, 6])
def test_a_fleet_that_goes_missing_is_one_incident_and_nobodys_fall(
    world: World, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trending, "BATCH", batch)
    for number in range(12):
        name = f"other-{number}"
        world.account(name)
        world.line(name, kind="commit", meter="calls", quantity=1e6)
        for row in steady("2025-06-01..2026-09-30", 150.0 + 10 * number):
            if not day("09-14") <= row["day"] <= day("09-17"):
                world.use([{**row, "customer": name}])
    found = world.analyse(AS_OF)
    assert set(found.accounts.column("trend_direction").to_pylist()) == {None, "flat"}  # None: acme has no line
    (note,) = [note for note in found.notes if "outage" in note]
    assert note.startswith("usage: calls went missing from 2026-09-14 to 2026-09-17 for 100 % of the customers at once")
