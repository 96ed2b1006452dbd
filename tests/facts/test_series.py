"""The calendar spine: measured, zero, unknown, day by day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.facts.world import World, covered, day, every_day

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 3, 10)
UNKNOWN = None


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.account("acme")
    return world


def last_days(world: World, number: int = 5, **key: Any) -> list[float | None]:  # noqa: ANN401  # a cell of a table
    """Use on the last days of the one series that has these keys."""
    world.write(AS_OF)
    use = world.engine().daily_use(AS_OF)
    rows = use.keys.to_pylist()
    (row,) = [at for at, each in enumerate(rows) if all(each[name] == value for name, value in key.items())]
    return [None if np.isnan(value) else value for value in use.counts[row, -number:].tolist()]


def test_a_covered_day_without_rows_is_zero_and_any_other_day_is_unknown(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=100.0)
    world.cover(covered("03-07..03-08"), covered("03-10"))
    world.use(every_day("acme", "calls", "03-06..03-07", 5.0) + every_day("acme", "calls", "03-09", 9.0))
    # 03-06 and 03-09 have rows that nothing promises to be all.
    assert last_days(world) == [UNKNOWN, 5.0, 0.0, UNKNOWN, 0.0]


def test_days_after_the_last_complete_one_are_unknown(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=100.0)
    world.cover(covered("01-01..03-08"))
    world.use(every_day("acme", "calls", "03-01..03-08", 2.0))
    assert last_days(world) == [2.0, 2.0, 2.0, UNKNOWN, UNKNOWN]


def test_a_day_is_known_where_every_source_of_the_meter_covers_it(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=100.0)
    world.cover(covered("01-01..03-10"), source="one")
    world.use(every_day("acme", "calls", "03-01..03-10", 2.0), source="one")
    world.cover(covered("01-01..03-08"), covered("03-10"), source="two")
    world.use(every_day("acme", "calls", "03-01..03-10", 3.0), source="two")
    assert last_days(world) == [5.0, 5.0, 5.0, UNKNOWN, 5.0]


def test_rows_of_one_day_are_added_up_and_no_day_lies_below_nothing(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=100.0)
    world.cover(covered("01-01..03-10"))
    world.use(every_day("acme", "calls", "03-09", 4.0) + every_day("acme", "calls", "03-09", 3.0))
    world.use(every_day("acme", "calls", "03-10", -8.0))
    assert last_days(world, 3) == [0.0, 7.0, 0.0]


def test_of_seats_the_users_of_a_day_are_counted(world: World) -> None:
    world.line("acme", kind="seats", meter="logins", quantity=10.0)
    world.cover(covered("01-01..03-10"))
    for user in ("a", "b", "b"):
        world.use(every_day("acme", "logins", "03-09..03-10", 2.0, user_id=user))
    world.use(every_day("acme", "logins", "03-10", 2.0))  # of somebody: how many, nobody knows
    assert last_days(world, 3) == [0.0, 2.0, UNKNOWN]


def test_of_a_maximum_the_level_of_the_day_counts(world: World) -> None:
    world.line("acme", kind="allowance", meter="gauge", quantity=10.0)
    world.cover(covered("01-01..03-10"))
    world.use(every_day("acme", "gauge", "03-09..03-10", 7.0))
    assert last_days(world, 2) == [7.0, 7.0]


def test_use_that_names_its_contract_line_is_that_lines(world: World) -> None:
    world.line("acme", "L1", kind="commit", meter="calls", quantity=100.0)
    world.line("acme", "L2", kind="commit", meter="calls", quantity=100.0)
    world.cover(covered("01-01..03-10"))
    world.use(every_day("acme", "calls", "03-08..03-10", 1.0, line_id="L1"))
    world.use(every_day("acme", "calls", "03-08..03-10", 4.0, line_id="L2"))
    assert last_days(world, 3, line_id="L1") == [1.0, 1.0, 1.0]
    assert last_days(world, 3, line_id="L2") == [4.0, 4.0, 4.0]


def test_a_meter_that_is_told_of_once_a_month_is_a_monthly_one(world: World) -> None:
    world.line("acme", kind="commit", meter="calls", quantity=100.0, start=day("01-01", 2025))
    world.line("acme", kind="commit", meter="events", quantity=100.0)
    world.cover(covered("2025-01-01..03-10"))
    for month in range(1, 13):
        world.use(every_day("acme", "calls", f"2025-{month:02d}-01", 30.0))
    world.use(every_day("acme", "events", "02-01..03-10", 1.0))
    world.write(AS_OF)
    keys = world.engine().daily_use(AS_OF).keys.to_pylist()
    assert {key["meter"]: key["cadence"] for key in keys} == {"calls": "month", "events": "day"}


def test_a_store_of_nothing_has_no_series(world: World) -> None:
    world.write(AS_OF)
    use = world.engine().daily_use(AS_OF)
    assert use.counts.shape == (0, 400)
    assert use.calendar.first_day == date(2025, 2, 4)
