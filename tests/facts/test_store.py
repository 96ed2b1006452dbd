"""The store takes a reading whole or not at all, keeps what was not read again, and never promises too much."""

from __future__ import annotations

import multiprocessing
import os
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.facts import staging
from bot.facts.store import FactStore
from connectors.base import Batch, SourceError, Window
from connectors.schema import SCHEMAS, Table
from tests.facts.world import batch, covered, day, days, every_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.facts.world import Row

QUARTER = Window(None, date(2026, 3, 31))
MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
TODAY = date(2026, 3, 31)


def usage(*rows: Row) -> Batch:
    return batch(Table.USAGE, TODAY, *rows)


def cover(*spans: str) -> Batch:
    return batch(Table.COVERAGE, TODAY, *(covered(span) for span in spans))


def account(name: str, on: date = TODAY) -> Batch:
    return batch(Table.ACCOUNTS, on, {"account_id": name, "name": name})


def names(store: FactStore, as_of: date) -> list[Any]:
    return store.snapshot(Table.ACCOUNTS, as_of).column("account_id").to_pylist()


def used(store: FactStore) -> dict[date, float]:
    """Quantity of each day in the store."""
    found: dict[date, float] = {}
    for path in store.usage_files(date(2100, 1, 1)):
        for row in pq.ParquetFile(path).read().to_pylist():
            found[row["day"]] = found.get(row["day"], 0) + row["quantity"]
    return found


def spans(store: FactStore) -> list[tuple[date, date]]:
    return [(row["first_day"], row["last_day"]) for row in store.coverage().to_pylist()]


def contents(folder: Path) -> dict[str, str]:
    """Every visible file and a hash of what is in it."""
    files = [path for path in folder.rglob("*.parquet") if ".staging" not in path.parts]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore(tmp_path)


@pytest.fixture
def filled(store: FactStore) -> FactStore:
    store.write("src", [account("old"), usage(*every_day("c", "m", "01-01..03-31")), cover("01-01..03-31")], QUARTER)
    return store


def test_a_write_tells_what_it_took_in(store: FactStore) -> None:
    written = store.write(
        "src", [account("a"), usage(*every_day("c", "m", "01-30..02-02")), cover("01-01..02-02")], QUARTER
    )
    assert dict(written.rows) == {Table.ACCOUNTS: 1, Table.USAGE: 4, Table.COVERAGE: 1}
    assert (written.outside, written.last_day) == (0, day("02-02"))


def test_tables_lie_where_the_layout_says(filled: FactStore, tmp_path: Path) -> None:
    assert sorted(contents(tmp_path)) == [
        "accounts/source=src/day=2026-03-31/part.parquet",
        "coverage/source=src/part.parquet",
        "daily/source=src/month=2026-01/part.parquet",
        "daily/source=src/month=2026-02/part.parquet",
        "daily/source=src/month=2026-03/part.parquet",
        "usage/source=src/month=2026-01/part.parquet",
        "usage/source=src/month=2026-02/part.parquet",
        "usage/source=src/month=2026-03/part.parquet",
    ]


def test_files_keep_the_schemas_and_are_compressed_with_zstd(filled: FactStore, tmp_path: Path) -> None:
    for table, place in ((Table.USAGE, "source=src/month=2026-01"), (Table.ACCOUNTS, "source=src/day=2026-03-31")):
        file = pq.ParquetFile(tmp_path / table / place / "part.parquet")
        assert file.schema_arrow.names == SCHEMAS[table].names
        assert file.schema_arrow.types == SCHEMAS[table].types
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_usage_is_sorted_by_customer_meter_and_day(store: FactStore) -> None:
    rows = [row for customer in "ba" for meter in "ml" for row in every_day(customer, meter, "02-01..02-03")]
    store.write("src", [usage(*reversed(rows))], QUARTER)
    (path,) = store.usage_files(TODAY)
    found = [(row["customer"], row["meter"], row["day"]) for row in pq.ParquetFile(path).read().to_pylist()]
    assert found == sorted(found)


def test_the_same_rows_make_the_same_files_in_whatever_order_and_batches(tmp_path: Path) -> None:
    rows = [*every_day("b", "m", "02-01..02-09", user_id="u"), *every_day("a", "m", "02-01..02-09", line_id="l")]
    FactStore(tmp_path / "one").write("src", [usage(*rows)], QUARTER)
    FactStore(tmp_path / "two").write("src", [usage(row) for row in reversed(rows)], QUARTER)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_writing_the_same_twice_changes_nothing(filled: FactStore, tmp_path: Path) -> None:
    before = contents(tmp_path)
    filled.write("src", [account("old"), usage(*every_day("c", "m", "01-01..03-31")), cover("01-01..03-31")], QUARTER)
    assert contents(tmp_path) == before


def test_a_snapshot_of_the_same_day_replaces_it_and_another_day_stands_beside(filled: FactStore) -> None:
    filled.write("src", [account("new"), account("newer"), account("april", day("04-01"))], MARCH)
    assert (names(filled, TODAY), names(filled, day("04-02"))) == (["new", "newer"], ["april"])
    assert filled.snapshot_days("src") == (TODAY, day("04-01"))


def test_an_empty_snapshot_is_a_snapshot(filled: FactStore) -> None:
    filled.write("src", [batch(Table.ACCOUNTS, day("04-01"))], MARCH)
    assert names(filled, day("04-02")) == []


def test_a_month_that_is_read_again_is_replaced_and_the_others_stay(filled: FactStore) -> None:
    filled.write("src", [usage(*every_day("c", "m", "03-05", 7)), cover("03-01..03-31")], MARCH)
    assert used(filled) == {**dict.fromkeys(days(day("01-01"), day("02-28")), 1.0), day("03-05"): 7.0}
    assert spans(filled) == [(day("01-01"), day("03-31"))]


def test_a_month_without_rows_any_more_is_empty_and_still_there_for_a_reader(filled: FactStore) -> None:
    listed = filled.usage_files(TODAY)
    filled.write("src", [cover("03-01..03-31")], MARCH)
    assert max(used(filled)) == day("02-28")
    assert all(path.exists() for path in listed)


def test_a_window_that_ends_within_a_month_leaves_the_later_days_alone(filled: FactStore) -> None:
    filled.write(
        "src", [usage(*every_day("c", "m", "03-01", 5)), cover("03-01..03-10")], Window(day("03-01"), day("03-10"))
    )
    march = {on: quantity for on, quantity in used(filled).items() if on >= day("03-01")}
    assert march == {day("03-01"): 5.0, **dict.fromkeys(days(day("03-11"), day("03-31")), 1.0)}
    assert spans(filled) == [(day("01-01"), day("03-31"))]


def test_rows_outside_of_the_window_are_counted_and_not_kept(filled: FactStore) -> None:
    written = filled.write("src", [usage(*every_day("c", "m", "02-27..03-02", 9)), cover("01-01..04-30")], MARCH)
    assert written.outside == 2
    assert used(filled)[day("02-27")] == 1
    assert spans(filled) == [(day("01-01"), day("03-31"))]


def test_sources_do_not_touch_each_other(filled: FactStore) -> None:
    filled.write("other", [account("x"), cover("02-01..02-05", "02-06..02-07")], QUARTER)
    assert names(filled, TODAY) == ["x", "old"]
    assert filled.sources() == ("other", "src")
    assert (filled.last_complete_day("other"), filled.last_complete_day("nobody")) == (day("02-07"), None)
    assert filled.last_complete_day("src") == day("03-31")


def test_a_source_that_is_no_longer_wanted_stays_and_counts_no_more(filled: FactStore, tmp_path: Path) -> None:
    filled.write("other", [account("new"), usage(*every_day("c", "m", "03-31")), cover("03-31..03-31")], MARCH)
    before = contents(tmp_path)
    store = FactStore(tmp_path, {"other"})
    assert (store.sources(), names(store, TODAY)) == (("other",), ["new"])
    assert used(store) == {TODAY: 1}
    assert spans(store) == [(TODAY, TODAY)]
    assert contents(tmp_path) == before


def test_a_source_that_fails_half_way_changes_nothing(filled: FactStore, tmp_path: Path) -> None:
    def failing() -> Iterator[Batch]:
        yield account("new")
        yield usage(*every_day("c", "m", "01-01..03-31", 9))
        raise SourceError("src", "the line went dead")

    before = contents(tmp_path)
    with pytest.raises(SourceError, match="the line went dead"):
        filled.write("src", failing(), QUARTER)
    assert contents(tmp_path) == before
    assert list((tmp_path / ".staging").glob("work-*")) == []


def _write_and_die(folder: Path) -> None:
    def dying() -> Iterator[Batch]:
        yield usage(*every_day("c", "m", "01-01..03-31", 9))
        os._exit(9)

    FactStore(folder).write("src", dying(), QUARTER)


def test_a_writer_that_was_killed_leaves_the_old_and_the_next_start_sweeps(filled: FactStore, tmp_path: Path) -> None:
    before = contents(tmp_path)
    process = multiprocessing.get_context("spawn").Process(target=_write_and_die, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert [path.name for path in (tmp_path / ".staging").glob("work-*")] == ["work-src"]
    FactStore(tmp_path)
    assert list((tmp_path / ".staging").glob("work-*")) == []
    assert contents(tmp_path) == before


def test_coverage_is_not_extended_when_putting_the_months_in_place_fails(store: FactStore, tmp_path: Path) -> None:
    store.write("src", [usage(*every_day("c", "m", "01-01..01-31")), cover("01-01..01-31")], QUARTER)
    (tmp_path / "usage/source=src/month=2026-02").touch()  # a file where a folder is wanted
    with pytest.raises(OSError, match="month=2026-02"):
        store.write("src", [usage(*every_day("c", "m", "01-01..03-31")), cover("01-01..03-31")], QUARTER)
    assert spans(store) == [(day("01-01"), day("01-31"))]


def test_days_that_lose_their_coverage_lose_it_before_their_rows(filled: FactStore, tmp_path: Path) -> None:
    (tmp_path / "usage/source=src/month=2025-12").touch()
    lost = [usage(*every_day("c", "m", "2025-12-01..01-31")), cover("2025-12-01..01-31")]
    with pytest.raises(OSError, match="month=2025-12"):
        filled.write("src", lost, QUARTER)
    assert spans(filled) == []


def test_a_second_writer_of_a_source_is_refused_and_a_start_does_not_sweep_the_first(
    filled: FactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_WAIT_SECONDS", 0.05)

    def meanwhile() -> Iterator[Batch]:
        yield account("new")
        second = FactStore(tmp_path)
        second.write("other", [account("x")], QUARTER)
        with pytest.raises(SourceError, match="another process is writing it"):
            second.write("src", [], QUARTER)

    filled.write("src", meanwhile(), QUARTER)
    assert names(filled, TODAY) == ["x", "new"]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b", "ä", "x" * 65])
def test_a_name_that_is_no_safe_folder_is_refused(store: FactStore, name: str) -> None:
    with pytest.raises(ValueError, match="source name"):
        store.write(name, [], QUARTER)


def test_a_batch_that_does_not_fit_its_schema_names_every_fault(store: FactStore) -> None:
    wrong = pa.table({"customer": ["a", None], "meter": [1, 2], "quantity": [1.0, 2.0], "colour": ["red", "blue"]})
    with pytest.raises(SourceError) as caught:
        store.write("src", [Batch(Table.USAGE, TODAY, wrong)], QUARTER)
    assert str(caught.value) == (
        "src: a batch of usage does not fit its schema: column 'colour' is not known; "
        "column 'customer' must not be empty, but is in 1 rows; column 'meter' is int64, must be string; "
        "column 'day' is missing; column 'user_id' is missing; column 'active_users' is missing; "
        "column 'line_id' is missing"
    )


def test_coverage_that_ends_before_it_begins_is_refused(store: FactStore) -> None:
    with pytest.raises(SourceError, match="2026-02-02 to 2026-02-01"):
        store.write("src", [cover("02-02..02-01")], QUARTER)


def test_duckdb_reads_the_layout_with_the_source_as_a_column(filled: FactStore) -> None:
    query = "SELECT DISTINCT source FROM read_parquet($files, hive_partitioning = true)"
    files = [str(path) for path in filled.usage_files(TODAY)]
    with duckdb.connect(":memory:") as connection:
        assert connection.execute(query, {"files": files}).fetchall() == [("src",)]


START = date(2026, 1, 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 119), st.sets(st.integers(0, 119)), st.sets(st.integers(0, 119))),
        min_size=2,
        max_size=4,
    )
)
def test_however_it_is_read_again_the_store_holds_the_last_reading_of_each_day(
    tmp_path_factory: pytest.TempPathFactory, readings: list[tuple[int, int, set[int], set[int]]]
) -> None:
    store = FactStore(tmp_path_factory.mktemp("facts"))
    expected: dict[date, float] = {}
    promised: set[date] = set()
    for number, (month, until, rows, complete) in enumerate(readings):
        window = Window(date(2026, month, 1) if month else None, START + timedelta(days=until))
        inside = {one for one in days(START, window.until) if window.since is None or one >= window.since}
        told = {START + timedelta(days=one): float(number) for one in rows}
        sure = {START + timedelta(days=one) for one in complete}
        said = [
            usage(*({"customer": "c", "meter": "m", "day": one, "quantity": value} for one, value in told.items())),
            cover(*(str(one) for one in sure)),
        ]
        store.write("src", said, window)
        expected = {one: value for one, value in expected.items() if one not in inside}
        expected |= {one: value for one, value in told.items() if one in inside}
        promised = (promised - inside) | (sure & inside)
    assert used(store) == expected
    assert {one for first, last in spans(store) for one in days(first, last)} == promised
