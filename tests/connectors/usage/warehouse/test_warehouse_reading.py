"""Rows of a real PostgreSQL and a real SQLite, from the query to the schema."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from connectors.base import SourceSettingsError
from tests.connectors.usage.warehouse.asking import TODAY, usage

if TYPE_CHECKING:
    from tests.connectors.usage.warehouse.asking import Warehouses


def test_usage_is_read_by_the_names_of_its_columns(either: Warehouses) -> None:
    either.events(("acme", "calls", "2026-03-09", 3), ("beta", "calls", "2026-03-10", 2.5))
    reading = either.read(usage())
    assert reading.rows() == [
        {"customer": "acme", "meter": "calls", "day": date(2026, 3, 9), "quantity": 3.0},
        {"customer": "beta", "meter": "calls", "day": date(2026, 3, 10), "quantity": 2.5},
    ]
    assert (reading.rejects.read, reading.rejects.total) == (2, 2)


def test_only_the_days_of_the_window_are_asked_for_and_never_the_one_under_way(either: Warehouses) -> None:
    days = ["2026-02-28", "2026-03-01", "2026-03-10", "2026-03-11", "2026-03-12"]
    either.events(*(("acme", "calls", day, 1) for day in days))
    reading = either.read(usage(), since=date(2026, 3, 1))
    assert [row["day"].isoformat() for row in reading.rows()] == ["2026-03-01", "2026-03-10"]


def test_moments_are_bounded_with_the_day_after_the_last(postgres: Warehouses) -> None:
    postgres.run(
        "CREATE TABLE events (customer TEXT, at TIMESTAMPTZ)",
        "INSERT INTO events VALUES ('acme', '2026-03-10 23:59:59+00'), ('acme', '2026-03-11 00:00:00+00')",
    )
    sql = """
        SELECT customer, 'calls' AS meter, (at AT TIME ZONE 'UTC')::date AS day, count(*) AS quantity
        FROM events WHERE at >= :since::timestamp AND at < :before GROUP BY 1, 3
    """
    assert [row["quantity"] for row in postgres.read(usage(sql)).rows()] == [1.0]


def test_what_drivers_answer_becomes_what_the_schema_wants(postgres: Warehouses) -> None:
    sql = """
        SELECT '0d0d0d0d-0000-0000-0000-000000000001'::uuid AS customer, 'calls' AS meter,
               TIMESTAMPTZ '2026-03-09 23:30:00+00' AS day, 1234567.25::numeric AS quantity,
               42::bigint AS user_id, 7::smallint AS active_users, NULL::text AS line_id
        WHERE DATE '2026-03-09' BETWEEN :since AND :until
    """
    row = {"customer": "0d0d0d0d-0000-0000-0000-000000000001", "meter": "calls", "quantity": 1234567.25}
    row |= {"user_id": "42", "active_users": 7}
    assert postgres.read(usage(sql), timezone="UTC").rows() == [row | {"day": date(2026, 3, 9)}]
    assert postgres.read(usage(sql), timezone="Asia/Tokyo").rows() == [row | {"day": date(2026, 3, 10)}]


def test_days_as_text_are_read(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-09", 1), ("acme", "calls", "2026-03-09 17:00:00", 2))
    assert [row["day"] for row in sqlite.read(usage()).rows()] == [date(2026, 3, 9)] * 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, "calls", "2026-03-09", 1), "missing-value"),
        (("acme", " ", "2026-03-09", 1), "missing-value"),
        (("acme", "calls", "2026-03-09", None), "missing-value"),
        (("acme", "calls", "2026-03-09", "NaN"), "number-unreadable"),
    ],
)
def test_a_row_that_says_nothing_usable_is_refused(
    postgres: Warehouses, row: tuple[str | None, str | None, str | None, float | str | None], reason: str
) -> None:
    postgres.events(("beta", "calls", "2026-03-09", 1), row)
    reading = postgres.read(usage(f"{usage()['sql']} ORDER BY customer = 'beta' DESC NULLS LAST"))
    (reject,) = reading.rejects.rows
    assert (reject.place, reject.reason) == ("queries[0] (usage), row 2", reason)
    assert json.loads(reject.raw)["day"] == "2026-03-09"
    assert (len(reading.rows()), reading.rejects.total) == (1, 2)


def test_a_day_as_text_that_is_none_is_refused(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-09", 1), ("acme", "calls", "2026-03-0l", 2))
    reading = sqlite.read(usage())
    assert reading.rejects.by_reason() == {"date-unreadable": 1}


def test_rows_that_nobody_asked_for_are_refused_and_told(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-10", 1), ("acme", "calls", "2026-03-11", 2))
    reading = sqlite.read(usage("SELECT * FROM events WHERE :since <= :until"), since=date(2026, 3, 1))
    (reject,) = reading.rejects.rows
    assert reject.reason == "day-outside-window"
    assert reject.detail.startswith("2026-03-11 was not asked for: ")
    assert len(reading.rows()) == 1


def test_a_query_that_answers_everything_is_cut_to_the_window(sqlite: Warehouses) -> None:
    sqlite.events(*(("acme", "calls", day, 1) for day in ("2026-02-28", "2026-03-01", "2026-03-11")))
    reading = sqlite.read(usage("SELECT * FROM events", whole=True), since=date(2026, 3, 1))
    assert [row["day"] for row in reading.rows()] == [date(2026, 3, 1)]
    assert (reading.rejects.read, reading.rejects.rejected) == (3, 0)


def test_accounts_people_and_lines_come_from_queries_too(either: Warehouses) -> None:
    either.run(
        "CREATE TABLE crm (id TEXT, name TEXT, owner TEXT, seats NUMERIC, since DATE, until DATE)",
        "INSERT INTO crm VALUES ('A1', 'Acme', 'P1', 10, '2026-01-01', '2026-12-31')",
        "INSERT INTO crm VALUES ('A2', 'Beta', 'P1', -1, '2026-01-01', '2026-12-31')",
    )
    reading = either.read(
        {"table": "accounts", "sql": "SELECT id AS account_id, name, owner AS owner_id FROM crm ORDER BY id"},
        {"table": "people", "sql": "SELECT DISTINCT owner AS person_id, 'Jo' AS name FROM crm"},
        {
            "table": "lines",
            "sql": 'SELECT id AS line_id, id AS account_id, seats AS quantity, since AS start, until AS "end" FROM crm',
        },
    )
    assert reading.rows("accounts") == [
        {"account_id": "A1", "name": "Acme", "owner_id": "P1"},
        {"account_id": "A2", "name": "Beta", "owner_id": "P1"},
    ]
    assert reading.rows("people") == [{"person_id": "P1", "name": "Jo"}]
    (line,) = reading.rows("lines")
    assert (line["quantity"], line["start"], line["end"]) == (10.0, date(2026, 1, 1), date(2026, 12, 31))
    assert reading.rejects.by_reason() == {"negative-quantity": 1}
    assert {batch.day for batch in reading.batches} == {TODAY}
    assert reading.coverage == []


def test_a_line_that_two_queries_tell_of_is_kept_once(sqlite: Warehouses) -> None:
    line = "SELECT 'L1' AS line_id, 'A1' AS account_id, 5 AS quantity, '2026-01-01' AS start, '2026-12-31' AS \"end\""
    reading = sqlite.read({"table": "lines", "sql": line}, {"table": "lines", "sql": line})
    (reject,) = reading.rejects.rows
    assert (reject.reason, reject.detail) == (
        "duplicate-key",
        "this line_id stands already at queries[0] (lines), row 1, which is kept",
    )
    assert len(reading.rows("lines")) == 1


def test_a_query_may_stand_in_a_file(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-09", 1))
    (sqlite.folder / "usage.sql").write_text(str(usage()["sql"]), encoding="utf-8")
    assert len(sqlite.read({"table": "usage", "file": "usage.sql"}).rows()) == 1


def test_capitals_of_columns_do_not_count(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-09", 1))
    sql = "SELECT customer AS CUSTOMER, meter AS Meter, day AS DAY, quantity AS QUANTITY FROM events"
    assert len(sqlite.read(usage(sql, whole=True)).rows()) == 1


def test_columns_that_do_not_fit_are_told_all_at_once_and_of_all_queries(either: Warehouses) -> None:
    either.events(("acme", "calls", "2026-03-09", 1))
    with pytest.raises(SourceSettingsError) as told:
        either.read(
            usage("SELECT customer, day, day, quantity AS quantitiy FROM events WHERE day >= :since AND day < :before"),
            {"table": "accounts", "sql": "SELECT 'A1' AS id, 'Acme' AS name"},
            {"table": "people", "sql": "SELECT nobody FROM nowhere"},
        )
    problem = told.value.problem.splitlines()
    assert problem[0] == "queries[0] (usage): column 'day' is there 2 times"
    assert problem[1].startswith("queries[0] (usage): column 'quantitiy' is none of usage; did you mean 'quantity'?")
    assert problem[2].startswith("queries[0] (usage): column 'meter' of usage is missing; select it, or write")
    assert problem[3].startswith("queries[0] (usage): column 'quantity' of usage is missing")
    assert problem[4].startswith("queries[1] (accounts): column 'id' is none of accounts")
    assert problem[5].startswith("queries[1] (accounts): column 'account_id' of accounts is missing")
    assert problem[6].startswith("queries[2] (people): ")
    assert "nowhere" in problem[6]
    assert len(problem) == 7


def test_many_rows_come_in_several_batches(postgres: Warehouses) -> None:
    sql = """
        SELECT 'c' || n % 100 AS customer, 'calls' AS meter, :until - n % 5 AS day, n AS quantity
        FROM generate_series(1, 110000) n WHERE :until > :since
    """
    reading = postgres.read(usage(sql), since=date(2026, 3, 1))
    assert [batch.rows.num_rows for batch in reading.batches if batch.table == "usage"] == [50_000, 50_000, 10_000]
    assert sum(row["quantity"] for row in reading.rows()) == 110_000 * 110_001 / 2
