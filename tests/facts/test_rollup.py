"""The daily roll-up says what the usage says, and is never read where it does not fit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from bot.facts.months import daily_file
from bot.facts.rollup import SCHEMA, daily_view, fits
from bot.facts.store import FactStore
from connectors.base import Window
from connectors.schema import Table
from tests.facts.world import batch

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
DAY = date(2026, 3, 5)


def use(quantity: float, **more: object) -> Row:
    return {"customer": "acme", "meter": "logins", "day": DAY, "quantity": quantity, **more}


def written(folder: Path, *rows: Row) -> FactStore:
    store = FactStore(folder)
    store.write("events", [batch(Table.USAGE, DAY, *rows)], Window(None, DAY + timedelta(days=40)))
    return store


def read(store: FactStore) -> list[Row]:
    files = store.usage_files(DAY + timedelta(days=40))
    daily = {path: daily_file(path) for path in files}
    with duckdb.connect() as connection:
        rolled_up = [path for path in daily.values() if path is not None]
        daily_view(connection, rolled_up, [path for path, found in daily.items() if found is None])
        rows: list[Row] = connection.sql("SELECT * FROM daily_rows ORDER BY ALL").to_arrow_table().to_pylist()
        return rows


def expected(**values: object) -> Row:
    plain: Row = {"source": "events", "customer": "acme", "meter": "logins", "day": DAY, "in_use": True}
    return {**dict.fromkeys(SCHEMA.names), **plain, **values}


def test_a_day_of_a_customer_is_one_row_however_many_users_it_has(tmp_path: Path) -> None:
    store = written(
        tmp_path, use(2, user_id="a"), use(3, user_id="b"), use(1, user_id="a"), use(0, user_id="looked-and-left")
    )
    assert read(store) == [expected(quantity=6.0, row_count=4, user_rows=4, users=2)]


def test_users_that_the_source_counts_itself_are_added_to_those_it_names(tmp_path: Path) -> None:
    store = written(tmp_path, use(9, active_users=4), use(2, user_id="a"))
    assert read(store) == [expected(quantity=11.0, row_count=2, user_rows=2, users=5, active_users=4)]


def test_use_that_names_nobody_leaves_the_number_of_users_unknown(tmp_path: Path) -> None:
    assert read(written(tmp_path, use(9), use(2, user_id="a"))) == [expected(quantity=11.0, row_count=2, user_rows=1)]


def test_a_day_of_zeros_is_no_use(tmp_path: Path) -> None:
    assert read(written(tmp_path, use(0), use(-2))) == [
        expected(quantity=-2.0, row_count=2, user_rows=0, users=0, in_use=False)
    ]


def test_use_of_contract_lines_stays_apart(tmp_path: Path) -> None:
    store = written(tmp_path, use(9, line_id="L1", user_id="a"), use(2, line_id="L2", user_id="a"))
    assert read(store) == [
        expected(line_id="L1", quantity=9.0, row_count=1, user_rows=1, users=1),
        expected(line_id="L2", quantity=2.0, row_count=1, user_rows=1, users=1),
    ]


def test_every_month_of_usage_has_its_roll_up(tmp_path: Path) -> None:
    store = written(tmp_path, use(1), use(1, day=DAY + timedelta(days=30)))
    files = store.usage_files(DAY + timedelta(days=40))
    assert [path.parent.name for path in files] == ["month=2026-03", "month=2026-04"]
    assert [path.relative_to(tmp_path).parts[0] for path in map(daily_file, files) if path] == ["daily", "daily"]


@pytest.mark.parametrize("fate", ["gone", "of another file", "of an earlier version", "damaged"])
def test_what_does_not_fit_the_usage_is_computed_from_it(tmp_path: Path, fate: str) -> None:
    store = written(tmp_path / "one", use(2, user_id="a"))
    (usage,) = store.usage_files(DAY)
    daily = daily_file(usage)
    assert daily is not None
    if fate == "gone":
        daily.unlink()
    elif fate == "of another file":
        (other,) = written(tmp_path / "two", use(7, user_id="b"), use(7, user_id="c")).usage_files(DAY)
        usage.write_bytes(other.read_bytes())  # as if the process had died before it put the roll-up in place
    elif fate == "damaged":
        daily.write_bytes(b"PAR1")
    else:
        daily.write_bytes(usage.read_bytes())
    assert not fits(daily, usage)
    assert read(store) == [
        expected(quantity=14.0, row_count=2, user_rows=2, users=2)
        if fate == "of another file"
        else expected(quantity=2.0, row_count=1, user_rows=1, users=1)
    ]


def test_a_store_without_usage_has_no_days(tmp_path: Path) -> None:
    assert read(FactStore(tmp_path)) == []
