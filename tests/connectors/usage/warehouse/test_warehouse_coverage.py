"""How far usage is complete: what is zero, and what is unknown."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import SourceSettingsError
from connectors.files.cover import MeterDays
from connectors.usage.warehouse.extent import Extent, complete_days, coverage
from connectors.usage.warehouse.settings import Coverage
from connectors.usage.warehouse.source import _last_ended
from connectors.usage.warehouse.statement import Days
from tests.connectors.usage.warehouse.asking import usage

if TYPE_CHECKING:
    from tests.connectors.usage.warehouse.asking import Warehouses

MARCH = date(2026, 3, 1)


def ev(day: int, meter: str = "calls", customer: str = "acme", quantity: float | None = 1) -> tuple[Any, ...]:
    return (customer, meter, f"2026-03-{day:02}", quantity)


def test_each_meter_is_covered_from_its_first_row_to_its_last(either: Warehouses) -> None:
    either.events(ev(2), ev(7), ev(4, "seats"), ev(5, "seats", "beta"))
    assert either.read(usage()).coverage == [("calls", None, 2, 7), ("seats", None, 4, 5)]


def test_the_day_under_way_is_never_covered(sqlite: Warehouses) -> None:
    sqlite.events(ev(9), ev(11))
    whole = usage("SELECT * FROM events", whole=True)
    assert sqlite.read(whole).coverage == [("calls", None, 9, 10)]
    assert sqlite.read({**whole, "coverage": {"lag_days": 1}}).coverage == [("calls", None, 9, 10)]


def test_rows_of_the_future_prove_nothing(sqlite: Warehouses) -> None:
    sqlite.events(ev(5), ev(30))
    assert sqlite.read(usage("SELECT * FROM events", whole=True)).coverage == [("calls", None, 5, 5)]


def test_a_lag_covers_days_without_rows(sqlite: Warehouses) -> None:
    sqlite.events(ev(2))
    assert sqlite.read(usage(coverage={"lag_days": 2})).coverage == [("calls", None, 2, 9)]


def test_the_first_day_may_be_named(sqlite: Warehouses) -> None:
    sqlite.events(ev(5))
    assert sqlite.read(usage(coverage={"lag_days": 2, "first": "2026-03-01"})).coverage == [("calls", None, 1, 9)]


def test_a_query_tells_how_far_each_meter_is_complete(either: Warehouses) -> None:
    either.events(ev(2), ev(3, "seats"), ev(4, "trainings"))
    either.run(
        "CREATE TABLE loads (meter TEXT, day DATE)",
        "INSERT INTO loads VALUES ('calls', '2026-03-08'), ('seats', '2026-03-11'), ('never', '2026-03-08')",
    )
    reading = either.read(usage(coverage={"complete_to": "SELECT meter, max(day) AS day FROM loads GROUP BY meter"}))
    assert reading.coverage == [("calls", None, 2, 8), ("seats", None, 3, 10)]


def test_a_query_tells_how_far_all_meters_are_complete(either: Warehouses) -> None:
    either.events(ev(2), ev(3, "seats"))
    reading = either.read(usage(coverage={"complete_to": "SELECT '2026-03-06' AS day WHERE :since < :until"}))
    assert reading.coverage == [("calls", None, 2, 6), ("seats", None, 3, 6)]


def test_nothing_loaded_yet_covers_nothing(sqlite: Warehouses) -> None:
    sqlite.events(ev(2))
    assert sqlite.read(usage(coverage={"complete_to": "SELECT NULL AS day"})).coverage == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 'calls' AS meter", "answers the columns meter; wanted are `day`, or `meter` and `day`"),
        ("SELECT 'soon' AS day", "answers 'soon', which is no day"),
    ],
)
def test_a_query_of_completeness_that_tells_none_is_told(sqlite: Warehouses, sql: str, words: str) -> None:
    sqlite.events(ev(2))
    with pytest.raises(SourceSettingsError, match=words):
        sqlite.read(usage(coverage={"complete_to": sql}))


def test_a_refused_quantity_leaves_the_day_of_its_customer_unknown(either: Warehouses) -> None:
    either.events(ev(2), ev(2, customer="beta"), ev(4, quantity=None), ev(6))
    reading = either.read(usage())
    assert reading.rejects.by_reason() == {"missing-value": 1}
    assert reading.coverage == [("calls", None, 2, 3), ("calls", None, 5, 6), ("calls", "beta", 4, 4)]


def test_a_meter_that_rests_this_month_is_zero_and_not_unknown(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-02-20", 1), ("acme", "seats", "2026-02-20", 1), ev(6, "seats"))
    asked = usage(coverage={"lag_days": 1})
    sqlite.read(asked, today=date(2026, 3, 1))
    assert sqlite.read(asked, since=MARCH).coverage == [("calls", None, 1, 10), ("seats", None, 1, 10)]


def test_a_meter_that_is_new_this_month_is_unknown_before(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-02-20", 1))
    asked = usage(coverage={"lag_days": 1})
    sqlite.read(asked, today=date(2026, 3, 1))
    sqlite.run("INSERT INTO events VALUES ('acme', 'seats', '2026-03-06', 1)")
    assert sqlite.read(asked, since=MARCH).coverage == [("calls", None, 1, 10), ("seats", None, 6, 10)]


def test_what_was_kept_may_be_lost_or_broken_then_the_months_before_tell(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-02-20", 1), ("acme", "old", "2025-11-01", 1), ev(3))
    kept = sqlite.folder / "kept" / "first-days.json"
    for broken in (None, "{", "[]", '{"calls": 3}'):
        if broken is not None:
            kept.write_text(broken, encoding="utf-8")
        reading = sqlite.read(usage(), since=MARCH)
        assert reading.coverage == [("calls", None, 1, 3)]
        assert [row["day"] for row in reading.rows()] == [date(2026, 3, 3)]
        assert json.loads(kept.read_text(encoding="utf-8")) == {"calls": "2026-02-20"}


def test_a_folder_that_cannot_be_written_keeps_nothing_and_harms_nothing(sqlite: Warehouses) -> None:
    (sqlite.folder / "kept").write_text("in the way", encoding="utf-8")
    sqlite.events(ev(3))
    assert sqlite.read(usage()).coverage == [("calls", None, 3, 3)]


def test_a_meter_of_two_queries_is_complete_where_both_are(sqlite: Warehouses) -> None:
    sqlite.events(ev(2), ev(4, customer="beta"), ev(8, customer="beta"))
    of = "SELECT * FROM events WHERE customer = '{}' AND day >= :since AND day <= :until"
    queries = [
        usage(of.format("acme"), coverage={"lag_days": 2}),
        usage(of.format("beta")),
    ]
    assert sqlite.read(*queries).coverage == [("calls", None, 2, 8)]


def test_on_the_first_day_ever_there_is_nothing_to_read(sqlite: Warehouses) -> None:
    sqlite.events(ev(11))
    assert sqlite.read(usage(), start="2026-03-11").batches == []
    assert sqlite.source(usage()).calls() is None


@pytest.mark.parametrize(
    ("until", "now", "zone", "last"),
    [
        # at five in the morning of the 11th, in UTC
        (11, "2026-03-11T05:00+00:00", None, 10),
        (11, "2026-03-11T05:00+00:00", "UTC", 10),
        # a window that ended long ago is read whole
        (3, "2026-03-11T05:00+00:00", None, 3),
        (3, "2026-03-11T05:00+00:00", "Asia/Tokyo", 3),
        # the evening of the 10th in New York, where UTC has the 11th
        (10, "2026-03-10T21:00-04:00", None, 9),
        (10, "2026-03-10T21:00-04:00", "America/New_York", 9),
        (10, "2026-03-10T21:00-04:00", "UTC", 10),
        # five in the morning of the 11th in Tokyo, where UTC has the 10th
        (11, "2026-03-11T05:00+09:00", None, 9),
        (11, "2026-03-11T05:00+09:00", "Asia/Tokyo", 10),
    ],
)
def test_the_last_day_is_one_that_has_ended(until: int, now: str, zone: str | None, last: int) -> None:
    assert _last_ended(date(2026, 3, until), datetime.fromisoformat(now), zone) == date(2026, 3, last)


@pytest.mark.parametrize(
    ("columns", "rows", "days"),
    [
        (["DAY"], [[date(2026, 3, 1)]], {None: MARCH}),
        (["meter", "day"], [["a", "2026-03-01 00:00:00"], ["b", None]], {"a": MARCH, "b": None}),
        (["day"], [], {}),
    ],
)
def test_the_answer_about_completeness_is_read(
    columns: list[str], rows: list[list[object]], days: dict[str | None, date | None]
) -> None:
    assert complete_days(columns, rows) == days


some_days = st.dates(date(2026, 2, 1), date(2026, 4, 30))


@given(
    first=some_days,
    last=some_days,
    rows=st.dictionaries(st.sampled_from("ab"), st.sets(some_days, min_size=1), max_size=2),
    lag=st.none() | st.integers(1, 40),
    blanks=st.sets(some_days, max_size=5),
)
def test_nothing_is_covered_outside_of_what_was_asked_or_before_it_was_seen(
    first: date, last: date, rows: dict[str, set[date]], lag: int | None, blanks: set[date]
) -> None:
    first, last = sorted((first, last))
    wanted = Days(first, last)
    # A blank quantity is a row, too.
    seen = {name: MeterDays({"x", "y"}, days | blanks, {"x": blanks}) for name, days in rows.items()}
    sighted = {name: min(meter.days) for name, meter in seen.items()}
    table = coverage([Extent(Coverage(lag_days=lag), wanted, {}, seen)], sighted)
    for row in table.to_pylist():
        assert max(first, sighted[row["meter"]]) <= row["first_day"] <= row["last_day"] <= last
        if row["customer"] != "y":
            assert not any(row["first_day"] <= day <= row["last_day"] for day in blanks)
