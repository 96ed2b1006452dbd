"""The parts that sources of events share: exact sums, days, JSON lines, sightings."""

from __future__ import annotations

import gzip
import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import SourceError
from connectors.usage.covering import coverage
from connectors.usage.days import Span, day_of, last_ended, months, start_of, stretches
from connectors.usage.events import Event, Key, Tally, texts_of, value_at
from connectors.usage.exact import ExactSum, number_of
from connectors.usage.jsonlines import CutError, gunzipped, lines, record_of
from connectors.usage.meters import MeterQuery
from connectors.usage.sightings import Sightings

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 2)
EXPORTS = MeterQuery(meter="exports", events=("export",), measure="count")
SPENT = MeterQuery.model_validate({"meter": "spent", "measure": {"sum": "amount"}})
FLOATS = st.lists(st.floats(-1e12, 1e12, allow_nan=False), max_size=30)


@given(numbers=FLOATS, order=st.randoms())
def test_a_sum_is_exact_in_any_order_and_in_parts(numbers: list[float], order: object) -> None:
    shuffled = numbers[:]
    order.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own Random
    half = len(numbers) // 2
    whole, first, second = ExactSum(), ExactSum(), ExactSum()
    for number in shuffled:
        whole.add(number)
    for number in numbers[:half]:
        first.add(number)
    for number in numbers[half:]:
        second.add(number)
    first.merge(second)
    assert whole.total() == first.total() == math.fsum(numbers)


def test_a_sum_beyond_a_float_is_not_finite() -> None:
    total = ExactSum()
    for _ in range(3):
        total.add(1e308)
    assert not math.isfinite(total.total())


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), (2.5, 2.5), ("3", 3.0), (" -1.5e3 ", -1500.0), (".5", 0.5), (10**400, None), (float("nan"), None)],
)
def test_numbers_are_read_from_numbers_and_from_texts(value: object, number: float | None) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", [None, True, "three", "", "1_000", "inf", "nan", "1e999", [], {}, "٣"])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number_of(value) is None


def test_a_day_has_ended_so_many_hours_after_its_midnight_in_the_zone() -> None:
    now = datetime(2026, 3, 30, 3, 0, tzinfo=UTC)  # 05:00 in Berlin, the first day of summer time is over
    assert last_ended(now, "Europe/Berlin", 5) == date(2026, 3, 29)
    assert last_ended(now - timedelta(seconds=1), "Europe/Berlin", 5) == date(2026, 3, 28)
    assert start_of(date(2026, 3, 30), "Europe/Berlin") == datetime(2026, 3, 29, 22, tzinfo=UTC)


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - given its zone below
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Dublin"]),
)
def test_a_moment_lies_in_its_day(moment: datetime, zone: str) -> None:
    found = moment.replace(tzinfo=UTC)
    day = day_of(found, zone)
    assert start_of(day, zone) <= found < start_of(day + timedelta(days=1), zone)


@given(days=st.integers(1, 400), most=st.integers(1, 50))
def test_pieces_and_halves_make_up_the_span(days: int, most: int) -> None:
    span = Span(DAY, DAY + timedelta(days=days - 1))
    assert [day for piece in span.pieces(most) for day in piece.days()] == list(span.days())
    assert all(len(list(piece.days())) <= most for piece in span.pieces(most))
    if days > 1:
        assert [day for half in span.halves() for day in half.days()] == list(span.days())


def test_months_hold_what_is_asked_and_are_cut_to_it() -> None:
    found = months([date(2026, 3, 5), date(2026, 1, 31), date(2026, 3, 1)], date(2026, 1, 10), date(2026, 3, 20))
    assert list(found) == [Span(date(2026, 1, 10), date(2026, 1, 31)), Span(date(2026, 3, 1), date(2026, 3, 20))]


@given(days=st.sets(st.dates(date(2026, 1, 1), date(2026, 2, 1))))
def test_stretches_hold_the_days_and_no_other(days: set[date]) -> None:
    found = list(stretches(days))
    assert {day for stretch in found for day in stretch.days()} == days
    assert all((later.first - sooner.last).days > 1 for sooner, later in pairwise(found))


def test_a_meter_is_covered_from_its_first_sighting_on_where_the_project_was_alive() -> None:
    alive = [date(2026, 3, day) for day in (1, 2, 4, 5, 6)]
    table = coverage({"a": date(2026, 2, 1), "b": date(2026, 3, 5), "c": None}, alive, Span(DAY, date(2026, 3, 5)))
    assert [(row["meter"], row["first_day"].day, row["last_day"].day) for row in table.to_pylist()] == [
        ("a", 2, 2),
        ("a", 4, 5),
        ("b", 5, 5),
    ]


@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400), max_size=5), members=st.integers(1, 3))
def test_a_packed_body_is_unpacked_however_it_comes(body: bytes, cuts: list[int], members: int) -> None:
    packed = gzip.compress(body) * members
    edges = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    chunks = [packed[start:end] for start, end in pairwise(edges)]
    assert b"".join(gunzipped(chunks)) == body * members


@given(data=st.data())
def test_a_packed_body_that_is_cut_anywhere_is_noticed(data: st.DataObject) -> None:
    packed = gzip.compress(b'{"event": "export"}\n' * 50)
    end = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(CutError):
        list(gunzipped([packed[:end]]))


@given(texts=st.lists(st.binary(max_size=20)), size=st.integers(1, 9))
def test_lines_do_not_depend_on_how_the_body_is_cut(texts: list[bytes], size: int) -> None:
    body = b"\n".join(texts)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    assert list(lines(chunks)) == [line.strip() for line in body.split(b"\n") if line.strip()]


@pytest.mark.parametrize("line", [b"", b"null", b"[1]", b"{", b'{"a": ', b"\xff", b"[" * 100_000])
def test_a_line_that_is_no_object_is_none(line: bytes) -> None:
    assert record_of(line) is None


def test_names_are_texts_numbers_or_lists_of_them() -> None:
    assert texts_of(["acme", " zeta ", "acme", "", None, 7, 7.0, True]) == ("acme", "zeta", "7")
    assert texts_of({"id": "acme"}) == ()


def test_a_property_with_dots_goes_before_one_inside_of_another() -> None:
    assert value_at({"a": {"b": 1}, "a.b": 2}, "a.b") == 2
    assert value_at({"a": {"b": {"c.d": 3}}}, "a.b.c.d") == 3
    assert value_at({"a": 1}, "a.b") is None


def _event(name: str, customer: str = "acme", **properties: object) -> Event:
    return Event(name, DAY, (customer,) if customer else (), "ann", properties)


def test_tallies_of_parts_make_the_tally_of_the_whole() -> None:
    events = [_event("export"), _event("export", ""), _event("spend", amount=0.1), _event("spend", amount="?")]
    whole, first, second = (Tally([EXPORTS, SPENT]) for _ in range(3))
    for number, event in enumerate(events):
        whole.add(event)
        (first if number % 2 else second).add(event)
    first.merge(second)
    assert first.seen == whole.seen
    for meter in (EXPORTS, SPENT):
        assert first.rows(meter) == whole.rows(meter)


def test_rows_are_taken_out_in_order_and_only_once() -> None:
    tally = Tally([EXPORTS])
    tally.put(EXPORTS, Key("b", DAY, ""), 2, None)
    tally.put(EXPORTS, Key("a", DAY + timedelta(days=1), ""), 1, None)
    assert [(row["customer"], row["quantity"]) for row in tally.rows(EXPORTS, until=DAY)] == [("b", 2)]
    assert [row["customer"] for row in tally.rows(EXPORTS)] == ["a"]
    assert tally.rows(EXPORTS) == []


def test_sightings_are_kept_by_the_meter_and_its_events(tmp_path: Path) -> None:
    kept = Sightings(tmp_path / "keep", "usage")
    kept.note(EXPORTS, {DAY, DAY + timedelta(days=3)})
    kept.note(EXPORTS, {DAY + timedelta(days=1)})
    kept.note(SPENT, set())
    kept.save()
    again = Sightings(tmp_path / "keep", "usage")
    later = DAY + timedelta(days=30)
    assert again.since(EXPORTS, later) == DAY
    assert again.since(EXPORTS, DAY) is None  # not before that
    assert again.since(SPENT, later) is None
    assert again.since(EXPORTS.model_copy(update={"events": ("exprot",)}), later) is None


def test_a_meter_that_was_not_seen_for_over_a_year_was_not_being_measured(tmp_path: Path) -> None:
    kept = Sightings(tmp_path, "usage")
    kept.note(EXPORTS, {DAY})
    assert kept.since(EXPORTS, DAY + timedelta(days=367)) == DAY
    assert kept.since(EXPORTS, DAY + timedelta(days=368)) is None


@pytest.mark.parametrize("text", ["", "[]", "{]", '{"a": 1}', '{"a": ["x", "y"]}', '{"a": ["2026-03-01"]}'])
def test_what_was_kept_by_somebody_else_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "sightings.json").write_text(text)
    assert Sightings(tmp_path, "usage").since(EXPORTS, DAY) is None


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("a file")
    with pytest.raises(SourceError, match=r"usage: .*keep/sightings.json cannot be written: File exists"):
        Sightings(tmp_path / "keep", "usage").save()
