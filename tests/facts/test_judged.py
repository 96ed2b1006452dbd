"""Which days are not as they were when they were judged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.facts.judged import JudgedFacts
from bot.facts.store import FactStore
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import batch, covered, day, every_day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.facts.world import Row

WEEK = timedelta(days=7)
NIGHT = day("03-10")


def write(folder: Path, use: list[Row], *spans: Row, source: str = "usage") -> JudgedFacts:
    store = FactStore(folder)
    said = [batch(Table.USAGE, NIGHT, *use), batch(Table.COVERAGE, NIGHT, *spans)]
    store.write(source, said, Window(None, NIGHT + timedelta(days=30)))
    return JudgedFacts(store, WEEK)


def changed(judged: JudgedFacts, until: date = NIGHT) -> set[tuple[str | None, str]]:
    return {(row["customer"], f"{row['day']:%m-%d}") for row in judged.changed(until).to_pylist()}


BOTH = every_day("acme", "calls", "03-01..03-09", 5.0) + every_day("bolt", "calls", "03-01..03-09", 5.0)


@pytest.fixture
def judged(tmp_path: Path) -> JudgedFacts:
    """Judged on 10 March, with usage of two customers up to the 9th."""
    made = write(tmp_path, BOTH, covered("03-01..03-09"))
    made.keep(NIGHT)
    return made


def test_nothing_is_known_to_have_changed_before_anything_was_judged(tmp_path: Path) -> None:
    assert changed(write(tmp_path, BOTH, covered("03-01..03-09"))) == set()


def test_what_is_as_it_was_has_not_changed_in_whatever_order_it_comes(judged: JudgedFacts, tmp_path: Path) -> None:
    assert changed(write(tmp_path, BOTH[::-1], covered("03-01..03-09"))) == set()


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ([{"customer": "acme", "meter": "calls", "day": day("03-08"), "quantity": 1.0}], {("acme", "03-08")}),
        # rows of a customer that had none on that day
        ([{"customer": "new", "meter": "clicks", "day": day("03-05"), "quantity": 1.0}], {("new", "03-05")}),
        # older than alerts are judged once more for
        ([{"customer": "acme", "meter": "calls", "day": day("03-02"), "quantity": 1.0}], set()),
        # the day after is news and no change
        ([{"customer": "acme", "meter": "calls", "day": day("03-10"), "quantity": 1.0}], set()),
    ],
)
def test_a_day_has_changed_where_its_covered_usage_has(
    judged: JudgedFacts, tmp_path: Path, use: list[Row], expected: set[tuple[str, str]]
) -> None:
    assert changed(write(tmp_path, BOTH + use, covered("03-01..03-10"))) == expected


def test_rows_that_are_taken_back_are_a_change(judged: JudgedFacts, tmp_path: Path) -> None:
    assert changed(write(tmp_path, BOTH[:-1], covered("03-01..03-09"))) == {("bolt", "03-09")}


def test_coverage_that_is_taken_back_or_filled_in_is_a_change_for_all_whom_it_covers(
    judged: JudgedFacts, tmp_path: Path
) -> None:
    with_gap = write(tmp_path, BOTH, covered("03-01..03-05"), covered("03-07..03-09"))
    assert changed(with_gap) == {(None, "03-06")}
    with_gap.keep(NIGHT)
    assert changed(write(tmp_path, BOTH, covered("03-01..03-10"))) == {(None, "03-06")}


def test_a_source_in_doubt_is_remembered_as_it_was_when_it_was_believed(judged: JudgedFacts, tmp_path: Path) -> None:
    half = write(tmp_path, BOTH[:-1], covered("03-01..03-09"))
    half.keep(NIGHT, ["usage"])
    assert changed(half) == {("bolt", "03-09")}
    half.keep(NIGHT)
    assert changed(half) == set()


def test_a_day_is_judged_once_more_by_the_coverage_of_then(judged: JudgedFacts, tmp_path: Path) -> None:
    later = write(tmp_path, BOTH, covered("03-01..03-12"), covered("03-01..03-12", customer="new"))
    spans = [(row["customer"], row["last_day"]) for row in later.coverage_then(NIGHT).to_pylist()]
    assert spans == [(None, day("03-09")), ("new", day("03-09"))]


def test_what_cannot_be_read_is_no_change(judged: JudgedFacts, tmp_path: Path) -> None:
    write(tmp_path, BOTH[:-1], covered("03-01..03-09"))
    (tmp_path / "judged" / "usage.parquet").write_bytes(b"no parquet")
    assert changed(judged) == set()


def test_coverage_of_days_that_are_not_looked_at_any_more_is_let_go(judged: JudgedFacts, tmp_path: Path) -> None:
    for days in range(1, 12):
        judged.keep(NIGHT + timedelta(days=days))
    kept = sorted(path.stem for path in (tmp_path / "judged" / "coverage").iterdir())
    assert (kept[0], len(kept)) == ("day=2026-03-14", 8)
