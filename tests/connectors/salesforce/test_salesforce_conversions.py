"""Values as Salesforce writes them, column by column."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.conversions import Values, days, flags, numbers, texts
from connectors.salesforce.terms import last_days, minus_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


def read(convert: Callable[[Any], Values], values: Sequence[object]) -> tuple[list[object], dict[int, str]]:
    """The values, and the reasons of rows that could not be read."""
    found = convert(pa.array(values, pa.string()))
    return found.array.to_pylist(), {row: unfit.reason for row, unfit in found.faults.items()}


def moved(move: Callable[[Values, Values], Values], day: date | None, by: float | None) -> object:
    found = move(Values(pa.array([day], pa.date32())), Values(pa.array([by], pa.float64())))
    return found.faults[0].detail if found.faults else found.array.to_pylist()[0]


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2026, 1, 15), 1, date(2026, 2, 14)),
        (date(2026, 1, 31), 1, date(2026, 2, 27)),  # February has no 31st: the term ends the day before its last
        (date(2024, 1, 31), 1, date(2024, 2, 28)),
        (date(2026, 3, 1), 36, date(2029, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 27)),
        (date(2026, 5, 1), 0, date(2026, 4, 30)),
        (None, 12, None),
        (date(2026, 5, 1), None, None),
        (date(2026, 5, 1), 1e9, "1e+09 months after 2026-05-01 is no date"),
    ],
)
def test_a_term_of_some_months_ends_on_the_day_before_its_anniversary(
    start: date | None, months: float | None, last: object
) -> None:
    assert moved(last_days, start, months) == last


@pytest.mark.parametrize(
    ("end", "less", "day"),
    [
        (date(2026, 12, 31), 60, date(2026, 11, 1)),
        (date(2026, 12, 31), 0.9, date(2026, 12, 31)),
        (date(2026, 1, 1), -1, date(2026, 1, 2)),
        (date(2026, 1, 1), None, None),
        (date(2026, 1, 1), 1e12, "1e+12 days before 2026-01-01 is no date"),
    ],
)
def test_a_notice_is_so_many_days_before_the_end(end: date, less: float | None, day: object) -> None:
    assert moved(minus_days, end, less) == day


@given(DAYS, st.integers(-5000, 5000))
def test_days_before_are_what_the_calendar_says(day: date, less: int) -> None:
    assert moved(minus_days, day, less) == day - timedelta(days=less)


@given(DAYS, st.integers(1, 120))
def test_a_term_is_as_long_as_its_months(start: date, months: int) -> None:
    last = moved(last_days, start, months)
    assert isinstance(last, date)
    anniversary = last + timedelta(days=1)
    assert (anniversary.year - start.year) * 12 + anniversary.month - start.month == months
    assert anniversary.day <= start.day


@given(st.lists(st.none() | st.text(max_size=5).filter(lambda text: "\x00" not in text), max_size=6))
def test_texts_come_without_space_around_them_and_never_empty(values: list[str | None]) -> None:
    # An answer has no empty texts.
    given = [value or None for value in values]
    found, faults = read(texts, given)
    assert faults == {}
    for before, after in zip(given, found, strict=True):
        assert after == ((before or "").strip() or None) or _odd_space(before)


def _odd_space(text: str | None) -> bool:
    """Python takes some control characters for space that Unicode does not."""
    return any("\x1c" <= letter <= "\x1f" for letter in text or "")


@pytest.mark.parametrize(
    ("values", "found", "faults"),
    [
        (["12.0", "1e3", None, "-0.5"], [12.0, 1000.0, None, -0.5], {}),
        (["1", " 2 ", "x", "nan", "inf"], [1.0, 2.0, None, None, None], dict.fromkeys((2, 3, 4), "number-unreadable")),
    ],
)
def test_numbers_are_finite(values: list[str | None], found: list[object], faults: dict[int, str]) -> None:
    assert read(numbers, values) == (found, faults)


def test_a_day_is_a_day_in_utc_however_it_is_written() -> None:
    written = [
        "2026-01-31",
        None,
        "2026-03-01T23:30:00.000+0000",
        "2026-03-01T23:30:00.000Z",
        "2026-03-01T23:30:00-0500",
    ]
    wanted = [date(2026, 1, 31), None, date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)]
    assert read(days, written) == (wanted, {})
    assert read(days, ["31.01.2026", "2026-02-30"]) == ([None, None], dict.fromkeys((0, 1), "date-unreadable"))


def test_moments_in_utc_alone_are_read_at_once() -> None:
    written = ["2026-03-01T23:30:00.000+0000", None, "2026-03-01T23:30:00.000Z"]
    assert read(days, written) == ([date(2026, 3, 1), None, date(2026, 3, 1)], {})


def test_flags_are_yes_or_no() -> None:
    assert read(flags, ["true", "False", None, "maybe"]) == ([True, False, None, None], {3: "value-unknown"})


def test_of_two_columns_the_first_that_is_filled_counts_and_its_faults() -> None:
    first = numbers(pa.array(["1", None, "x", None], pa.string()))
    second = numbers(pa.array(["9", "2", "3", "y"], pa.string()))
    found = first.or_else(second)
    assert found.faults.keys() == {2, 3}
    assert found.array.to_pylist()[:2] == [1.0, 2.0]
