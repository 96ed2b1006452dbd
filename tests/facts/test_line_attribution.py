"""Use that a source attributes to contract lines: readings by line, often months apart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from bot.facts.engine import Analysis
    from tests.facts.world import Row

AS_OF = date(2026, 3, 31)
QUARTERLY = {"usage": timedelta(days=100)}


def paid(line: str, on: str, amount: float) -> Row:
    return {"customer": "whoever", "meter": "usd", "day": day(on), "quantity": amount, "line_id": line}


def quarterly(world: World) -> World:
    """Reports of the last day of each quarter, as increments; the store begins with the report of 2025-09-30."""
    world.account("acme")
    for line in ("old", "new", "silent"):
        world.line("acme", line, kind="commit", meter="usd", quantity=1000.0, unit_price=1.0, price_period="term",
                   start=day("2025-07-01"), end=day("2026-06-30"))  # fmt: skip
    world.use([paid("old", "2025-09-30", 300), paid("old", "2025-12-31", 100), paid("old", "03-31", 50)])
    world.use([paid("new", "03-31", 0)])
    world.cover(covered("2025-07-01..03-31"))
    return world


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = quarterly(World(tmp_path_factory.mktemp("facts")))
    world.write(AS_OF)
    return world


@pytest.fixture(scope="module")
def analysis(written: World) -> Analysis:
    return written.engine(QUARTERLY).analyse(AS_OF)


@pytest.fixture(scope="module")
def lines(analysis: Analysis) -> dict[str, Row]:
    return by(analysis.lines, "line_id")


def test_use_to_date_is_the_last_reading_of_the_line(lines: dict[str, Row]) -> None:
    assert lines["old"]["used"] == 450
    assert lines["old"]["utilization"] == 0.45
    assert lines["old"]["pace"] == pytest.approx(0.45 / (274 / 365))


def test_a_reading_of_zero_is_zero_and_no_reading_is_unknown(lines: dict[str, Row]) -> None:
    assert (lines["new"]["used"], lines["new"]["utilization"]) == (0, 0)
    assert (lines["silent"]["used"], lines["silent"]["utilization"], lines["silent"]["pace"]) == (None, None, None)


def test_rare_reports_tell_nothing_of_28_days_or_a_month(analysis: Analysis) -> None:
    row = by(analysis.accounts, "subject")["acme"]
    assert (row["cus"], row["usage_change_month"]) == (None, None)


def test_customers_whose_use_names_its_lines_are_not_asked_about(analysis: Analysis) -> None:
    assert analysis.unmatched.customers == ()


def test_between_two_reports_the_line_stands_as_of_the_last_one(written: World) -> None:
    old = by(written.engine(QUARTERLY).analyse(day("02-15")).lines, "line_id")["old"]
    assert (old["used"], old["usage_as_of"]) == (400, day("2025-12-31"))
    assert old["elapsed"] == 184 / 365


def test_a_report_that_is_overdue_leaves_the_line_unknown(written: World) -> None:
    three_months = {"usage": timedelta(days=90)}
    late = by(written.engine(three_months).analyse(day("06-30")).lines, "line_id")["old"]  # 91 days after the last one
    assert (late["used"], late["usage_as_of"]) == (None, AS_OF)


def test_the_first_reading_holds_what_was_used_before_the_coverage(world: World) -> None:
    quarterly(world).coverage["usage"] = [covered("2025-12-01..03-31")]
    assert by(world.analyse(AS_OF, QUARTERLY).lines, "line_id")["old"]["used"] == 450


def test_daily_use_by_line_tells_of_28_days(world: World) -> None:
    world.account("acme")
    for line in ("one", "two"):
        world.line("acme", line, kind="allowance", meter="usd", quantity=100.0)
    world.use(every_day("acme", "usd", "01-01..03-31", 2, line_id="one"))
    world.use(every_day("acme", "usd", "01-01..03-31", 1, line_id="two"))
    world.cover(covered("01-01..03-31"))
    lines = by(world.analyse(AS_OF).lines, "line_id")
    assert (lines["one"]["used"], lines["two"]["used"]) == (62, 31)
    assert lines["one"]["recent_utilization"] == pytest.approx(0.62)
    assert lines["one"]["change_month"] == pytest.approx(0)


def test_rows_that_name_no_line_or_an_unknown_one_are_told_of(world: World) -> None:
    quarterly(world).use([paid("lost", "03-31", 7), *every_day("acme", "usd", "03-31", 5)])
    analysis = world.analyse(AS_OF, QUARTERLY)
    assert by(analysis.lines, "line_id")["old"]["used"] == 450
    assert analysis.notes == (
        "usage: 1 contract lines were used in the last 28 days that the CRM did not deliver",
        "usage: 1 rows of usd name no contract line; not counted",
    )
