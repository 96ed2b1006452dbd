"""The use of single lines out of the facts: as the analysis saw it, from real files."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.chart import Point
from bot.core.courses import Course, trend_of, utilization_of
from bot.facts.courses import CourseBook
from tests.facts.world import World, by, covered, day, every_day

if TYPE_CHECKING:
    from bot.facts.analysis import Analysis

AS_OF = date(2026, 9, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One customer of every kind of line, one of a shared meter, and two whose use is told otherwise."""
    world = World(tmp_path_factory.mktemp("courses"))
    for account in ("acme", "pair", "level", "lines", "quiet"):
        world.account(account)
    world.cover(covered("2025-01-01..2026-05-31"), covered("2026-06-20..09-28"))
    world.line("acme", "commit", kind="commit", meter="calls", quantity=60_000.0, product_name="API calls")
    world.line("acme", "seats", product_code="SEAT-1", quantity=20.0)
    world.use(every_day("acme", "calls", "2026-01-01..09-28", 200.0))
    for user in range(15):
        last = "09-28" if user < 5 else "08-31"
        world.use(every_day("acme", "logins", f"2026-04-01..{last}", 1.0, user_id=f"u{user}"))
    # Two lines share one meter, three to one.
    world.line("pair", "big", kind="allowance", meter="calls", quantity=3_000.0)
    world.line("pair", "small", kind="allowance", meter="calls", quantity=1_000.0)
    world.use(every_day("pair", "calls", "2026-01-01..09-28", 40.0))
    # A level: of several readings the highest counts.
    world.line("level", "disk", kind="commit", meter="gauge", quantity=100.0)
    world.use(every_day("level", "gauge", "2026-01-01..09-28", 70.0))
    # Use that names the line.
    world.line("lines", "one", kind="commit", meter="jobs", quantity=5_000.0)
    world.line("lines", "two", kind="commit", meter="jobs", quantity=5_000.0)
    world.use(every_day("lines", "jobs", "2026-01-01..09-28", 10.0, line_id="one"))
    world.use(every_day("lines", "jobs", "2026-01-01..09-28", 4.0, line_id="two"))
    world.line("quiet", "never", kind="commit", meter="calls", quantity=10.0)
    return world


@pytest.fixture(scope="module")
def analysis(world: World) -> Analysis:
    return world.analyse(AS_OF)


@pytest.fixture(scope="module")
def book(world: World, analysis: Analysis) -> CourseBook:
    book = CourseBook(world.store)
    book.keep(analysis)
    return book


def line(book: CourseBook, account: str, line_id: str) -> Course:
    (found,) = [course for course in book.of([account])[account] if course.line_id == line_id]
    return found


def of_days(course: Course, first: str, last: str) -> list[float]:
    begin, end = ((day(text) - course.first_day).days for text in (first, last))
    return [float(value) for value in course.counts[begin : end + 1]]


def test_a_day_is_what_was_used_on_it_zero_where_it_is_covered_and_unknown_where_not(book: CourseBook) -> None:
    commit = line(book, "acme", "commit")
    assert of_days(commit, "01-01", "01-03") == [200.0] * 3
    assert of_days(commit, "2025-12-30", "2025-12-31") == [0.0, 0.0]
    assert np.isnan(of_days(commit, "06-01", "06-19")).all()
    assert np.isnan(of_days(commit, "09-29", "09-30")).all()
    assert commit.known_to == day("09-28")


def test_a_line_has_the_figures_and_the_forecast_of_the_analysis(book: CourseBook, analysis: Analysis) -> None:
    commit, told = line(book, "acme", "commit"), by(analysis.lines, "line_id")["commit"]
    assert (commit.product, commit.contracted, commit.used) == ("API calls", 60_000.0, told["used"])
    assert (commit.run_out, commit.run_out_earliest) == (told["run_out_date"], told["run_out_earliest"])
    assert (commit.start, commit.end) == (day("01-01"), day("12-31"))
    end = commit.ahead[-1]
    assert end.day == day("12-31")
    assert (end.low, end.middle, end.high) == pytest.approx(
        (told["end_utilization_low"] * 60_000, told["end_used"], told["end_utilization_high"] * 60_000)
    )
    assert commit.ahead[0].middle == commit.used


def test_the_chart_of_a_commit_begins_at_nothing_and_ends_with_what_the_analysis_says(book: CourseBook) -> None:
    commit = line(book, "acme", "commit")
    spec = utilization_of(commit, "Acme")
    assert spec is not None
    assert spec.used[-1].day == day("09-28")
    assert spec.used[-1].value == pytest.approx(commit.used)
    assert spec.used[0].value is not None
    assert spec.used[0].value <= 200 * 7 * 1.2
    known = [point.value for point in spec.used if point.value is not None]
    assert known == sorted(known)
    # 19 days are unknown: of three weeks too little is known.
    assert sum(point.value is None for point in spec.used) == 3


def test_seats_are_the_users_of_four_weeks_at_the_end_of_each_week(book: CourseBook, analysis: Analysis) -> None:
    seats = line(book, "acme", "seats")
    # Ten of fifteen users are gone since the end of August: they leave the window 28 days later.
    assert {point.day: point.value for point in seats.active}[day("08-31")] == 15.0
    assert seats.active[-1] == Point(day("09-28"), 5.0)
    assert seats.active[-1].value == by(analysis.lines, "line_id")["seats"]["used"]
    before = {point.day: point.value for point in seats.active}
    assert (before[day("09-21")], before[day("03-30")]) == (15.0, 0.0)
    # Of the windows over the gap of 19 days too little is covered.
    assert before[day("06-15")] is None


def test_lines_of_one_meter_share_its_days(book: CourseBook) -> None:
    assert of_days(line(book, "pair", "big"), "09-01", "09-02") == [30.0, 30.0]
    assert of_days(line(book, "pair", "small"), "09-01", "09-02") == [10.0, 10.0]


def test_use_that_names_a_line_is_that_lines(book: CourseBook) -> None:
    assert of_days(line(book, "lines", "one"), "09-01", "09-01") == [10.0]
    assert of_days(line(book, "lines", "two"), "09-01", "09-01") == [4.0]


def test_a_level_is_shown_by_the_week_and_never_added_up(book: CourseBook) -> None:
    disk = line(book, "level", "disk")
    assert utilization_of(disk, "Level") is None
    trend = trend_of(disk, "Level")
    assert trend is not None
    assert (trend.measure, trend.points[-1].value) == ("mean", 70.0)


def test_an_account_without_use_is_zero_where_usage_is_covered(book: CourseBook) -> None:
    assert of_days(line(book, "quiet", "never"), "09-01", "09-02") == [0.0, 0.0]


def test_the_analysis_itself_and_what_was_kept_of_it_say_the_same(
    world: World, book: CourseBook, analysis: Analysis
) -> None:
    accounts = ["acme", "pair", "level", "lines", "quiet", "nobody"]
    kept, fresh = book.of(accounts), CourseBook(world.store).of_analysis(analysis, accounts)
    assert kept.keys() == fresh.keys() == {"acme", "pair", "level", "lines", "quiet"}
    for account, courses in kept.items():
        for one, other in zip(courses, fresh[account], strict=True):
            assert (one.line_id, one.ahead, one.active) == (other.line_id, other.ahead, other.active)
            assert np.array_equal(one.counts, other.counts, equal_nan=True)


def test_one_account_takes_a_fraction_of_a_second(book: CourseBook) -> None:
    began = time.monotonic()
    book.of(["acme"])
    assert time.monotonic() - began < 2.0  # a tenth of that where nobody else is at work


def test_before_the_first_night_nothing_is_known_and_a_damaged_file_costs_charts_alone(
    world: World, book: CourseBook
) -> None:
    assert CourseBook(World(world.store.folder / "elsewhere").store).of(["acme"]) == {}
    assert book.of([]) == {}
    lines = world.store.folder / "courses" / "lines.parquet"
    whole = lines.read_bytes()
    lines.write_bytes(whole[: len(whole) // 2])
    try:
        assert book.of(["acme"]) == {}
    finally:
        lines.write_bytes(whole)
    assert book.of(["acme"])


def test_days_after_the_last_night_are_not_looked_at(book: CourseBook) -> None:
    assert line(book, "acme", "commit").as_of == AS_OF
    assert line(book, "acme", "commit").first_day == AS_OF - timedelta(days=755)
