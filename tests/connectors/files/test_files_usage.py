from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.readings import Counter, Readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.files.reading import Read, Reading

Settings = dict[str, Any]

MONTHS: Final = {
    "pattern": "(\\d{4}-\\d{2})",
    "days": {"2026-01": "2026-01-31", "2026-02": "2026-02-28", "2026-03": "2026-03-31"},
}
JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture
def counters(tmp_path: Path) -> tuple[Settings, Callable[[str, str], None]]:
    """Settings of monthly files of running totals by line, and a way to write one."""
    settings = {
        "path": "paid-*.csv",
        "day": MONTHS,
        "tables": {
            "lines": {
                "line_id": "id",
                "account_id": "vendor",
                "quantity": "amount",
                "start": {"value": "2025-07-01"},
                "end": {"value": "2026-12-31"},
            },
            "usage": {
                "customer": "vendor",
                "line_id": "id",
                "meter": {"value": "usd"},
                "day": {"snapshot": True},
                "quantity": {"column": "paid", "optional": True},
                "reading": "cumulative",
            },
        },
    }

    def write(month: str, rows: str) -> None:
        (tmp_path / f"paid-{month}.csv").write_text("id,vendor,amount,paid\n" + rows.replace("; ", "\n") + "\n")

    return settings, write


def _increments(reading: Reading) -> list[tuple[str, date, float]]:
    return sorted((row["line_id"], row["day"], row["quantity"]) for row in reading.rows("usage"))


def _covered(reading: Reading) -> list[tuple[str | None, date, date]]:
    return [(row.get("customer"), row["first_day"], row["last_day"]) for row in reading.rows("coverage")]


def test_readings_become_what_was_used_in_between(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100.10; L2,beta,500,0")
    write("2026-02", "L1,acme,1000,250.30; L2,beta,500,80")
    write("2026-03", "L1,acme,1000,240.30")
    reading = read(settings)
    assert _increments(reading) == [
        ("L1", JAN, 100.10),
        ("L1", FEB, 150.20),
        ("L1", MAR, -10.0),
        ("L2", JAN, 0.0),
        ("L2", FEB, 80.0),
    ]
    assert {row["customer"] for row in reading.rows("usage")} == {"acme", "beta"}


def test_in_a_window_readings_before_it_are_taken_off_all_the_same(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100")
    write("2026-02", "L1,acme,1000,250")
    write("2026-03", "L1,acme,1000,300")
    assert _increments(read(settings, since=date(2026, 2, 1))) == [("L1", FEB, 150.0), ("L1", MAR, 50.0)]


def test_readings_after_the_window_are_left_out_and_their_rows_counted(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100")
    write("2026-03", "L1,acme,1000,300")
    reading = read(settings, until=date(2026, 3, 15))
    assert _increments(reading) == [("L1", JAN, 100.0)]
    assert reading.rejects.read == 2
    assert _covered(reading) == [(None, date(2025, 7, 1), JAN)]
    # The contracts are handed on: which snapshot was known when is for others to say.
    assert [batch.day for batch in reading.batches if batch.table == "lines"] == [JAN, MAR]


def test_a_line_that_passes_to_another_customer_is_still_the_same_counter(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100")
    write("2026-02", "L1,acme holding,1000,250")
    reading = read(settings)
    assert _increments(reading) == [("L1", JAN, 100.0), ("L1", FEB, 150.0)]
    assert reading.column("usage", "customer") == ["acme holding", "acme holding"]
    assert read(settings, until=JAN).column("usage", "customer") == ["acme"]


def test_a_reading_that_stands_twice_without_a_line_is_refused(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    del settings["tables"]["usage"]["line_id"]
    write("2026-01", "L1,acme,1000,100; L2,acme,1000,30; L3,beta,10,5")
    reading = read(settings)
    assert reading.reasons == {"duplicate-key": 1}
    assert reading.column("usage", "quantity") == [100.0, 5.0]


def test_a_first_reading_covers_the_term_since_its_start(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100")
    assert read(settings).rows("coverage") == [
        {"meter": "usd", "first_day": date(2025, 7, 1), "last_day": JAN},
    ]


def test_a_blank_reading_is_unknown_and_not_zero(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100; L2,beta,500,50")
    write("2026-02", "L1,acme,1000,; L2,beta,500,70")
    reading = read(settings)
    assert reading.rejects.read == 4
    assert len(reading.rows("lines", FEB)) == 2
    assert _increments(reading) == [("L1", JAN, 100.0), ("L2", JAN, 50.0), ("L2", FEB, 20.0)]
    assert _covered(reading) == [(None, date(2025, 7, 1), JAN), ("beta", date(2026, 2, 1), FEB)]


def test_the_next_reading_makes_up_for_a_blank_one(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,100")
    write("2026-02", "L1,acme,1000,")
    write("2026-03", "L1,acme,1000,180")
    reading = read(settings)
    assert _increments(reading) == [("L1", JAN, 100.0), ("L1", MAR, 80.0)]
    assert _covered(reading) == [(None, date(2025, 7, 1), MAR)]


def test_a_customer_who_was_never_read_is_not_covered_at_all(
    read: Read, counters: tuple[Settings, Callable[[str, str], None]]
) -> None:
    settings, write = counters
    write("2026-01", "L1,acme,1000,; L2,beta,500,50")
    assert _covered(read(settings)) == [("beta", date(2025, 7, 1), JAN)]


def _write(tmp_path: Path, *rows: str) -> None:
    (tmp_path / "usage.csv").write_text("customer,day,calls\n" + "".join(f"{row}\n" for row in rows))


def test_use_of_single_days_is_handed_on_within_the_window(read: Read, usage: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "acme,2026-02-28,1", "acme,2026-03-01,2", "acme,2026-03-31,3", "acme,2026-04-01,4")
    reading = read(usage, since=date(2026, 3, 1))
    assert reading.rows("usage") == [
        {"customer": "acme", "meter": "calls", "day": date(2026, 3, 1), "quantity": 2.0},
        {"customer": "acme", "meter": "calls", "day": MAR, "quantity": 3.0},
    ]
    assert reading.rejects.read == 4


def test_a_negative_day_is_a_correction(read: Read, usage: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "acme,2026-03-01,-2")
    assert read(usage).column("usage", "quantity") == [-2.0]


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ({}, [(None, date(2026, 3, 2), date(2026, 3, 10))]),
        ({"to": "last-row"}, [(None, date(2026, 3, 2), date(2026, 3, 10))]),
        ({"to": "snapshot"}, [(None, date(2026, 3, 2), MAR)]),
        ({"lag_days": 2}, [(None, date(2026, 3, 2), date(2026, 3, 29))]),
        ({"lag_days": 0, "first": "2026-01-01"}, [(None, date(2026, 1, 1), MAR)]),
        ({"lag_days": 300}, []),
    ],
)
def test_how_far_usage_is_complete_is_stated(
    read: Read, usage: Settings, tmp_path: Path, rule: Settings, covered: list[Any]
) -> None:
    _write(tmp_path, "acme,2026-03-02,1", "beta,2026-03-10,1")
    assert _covered(read({**usage, "coverage": rule})) == covered


def test_rows_after_the_day_of_the_run_cover_no_more_than_up_to_it(read: Read, usage: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "acme,2026-03-02,1", "acme,2026-04-10,1")
    assert _covered(read(usage)) == [(None, date(2026, 3, 2), MAR)]


def test_a_blank_day_is_unknown_for_its_customer_only(read: Read, usage: Settings, tmp_path: Path) -> None:
    _write(tmp_path, "acme,2026-03-01,1", "acme,2026-03-02,", "beta,2026-03-02,4", "acme,2026-03-04,2")
    usage["tables"]["usage"]["quantity"] = {"column": "calls", "optional": True}
    reading = read(usage)
    assert reading.column("usage", "quantity") == [1.0, 4.0, 2.0]
    assert reading.rejects.read == 4
    assert _covered(reading) == [
        (None, date(2026, 3, 1), date(2026, 3, 1)),
        (None, date(2026, 3, 3), date(2026, 3, 4)),
        ("beta", date(2026, 3, 2), date(2026, 3, 2)),
    ]


def test_each_meter_of_a_column_has_its_own_coverage(read: Read, usage: Settings, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(
        "customer,day,calls,what\nacme,2026-03-01,1,calls\nacme,2026-03-05,1,seats\nacme,2026-03-07,1,calls\n"
    )
    usage["tables"]["usage"]["meter"] = "what"
    assert [(row["meter"], row["first_day"].day, row["last_day"].day) for row in read(usage).rows("coverage")] == [
        ("calls", 1, 7),
        ("seats", 5, 5),
    ]


def test_a_meter_that_nobody_used_is_covered_where_a_lag_is_stated(read: Read, usage: Settings, tmp_path: Path) -> None:
    _write(tmp_path)
    reading = read({**usage, "coverage": {"lag_days": 1, "first": "2026-01-01"}})
    assert _covered(reading) == [(None, date(2026, 1, 1), date(2026, 3, 30))]


days = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 31))
cents = st.integers(min_value=-(10**9), max_value=10**9).map(lambda number: number / 100)


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(days, cents, min_size=1)))
def test_the_sum_up_to_each_day_is_the_reading_of_that_day(counters: dict[str, dict[date, float]]) -> None:
    readings = Readings()
    for owner, by_day in counters.items():
        for day, reading in by_day.items():
            readings.note(Counter(owner, of_line=True, meter="usd", user_id=None), "acme", day, reading)
    found: dict[str, dict[date, float]] = defaultdict(dict)
    for increment in readings.increments(None, MAR):
        found[str(increment.line_id)][increment.day] = increment.quantity
    for owner, by_day in counters.items():
        ordered = sorted(by_day)
        sums = list(accumulate(found[owner][day] for day in ordered))
        assert sums == pytest.approx([by_day[day] for day in ordered], abs=1e-4)


@given(st.dictionaries(days, cents, min_size=1), days)
def test_a_window_holds_the_same_increments_as_the_whole(by_day: dict[date, float], since: date) -> None:
    readings = Readings()
    for day, reading in by_day.items():
        readings.note(Counter("L1", of_line=True, meter="usd", user_id=None), "acme", day, reading)
    whole = [increment for increment in readings.increments(None, MAR) if increment.day >= since]
    assert list(readings.increments(since, MAR)) == whole
