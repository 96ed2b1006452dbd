"""Tables as Fivetran lays them down, read by the queries of docs/sources.md and by one over JSON."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.connectors.usage.warehouse.asking import usage
from tests.documents.markdown import after

if TYPE_CHECKING:
    from tests.connectors.usage.warehouse.asking import Warehouses

SEEDS: Final = Path(__file__).parent / "seeds"
DOCUMENTED: Final[list[dict[str, Any]]] = yaml.safe_load(after("sources.md", "warehouse: settings", "yaml"))["sources"]


def load(postgres: Warehouses, table: str, name: str) -> None:
    with (SEEDS / name).open(encoding="utf-8", newline="") as text:
        head, *rows = list(csv.reader(text))
    columns = ", ".join(f'"{column}" text' for column in head)
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    postgres.run(f"CREATE TABLE {table} ({columns})", f"INSERT INTO {table} VALUES {values}")  # noqa: S608  # of the test


def _literal(cell: str) -> str:
    return "NULL" if cell == "" else "'" + cell.replace("'", "''") + "'"


@pytest.fixture
def pendo(postgres: Warehouses) -> Warehouses:
    postgres.run("DROP SCHEMA IF EXISTS pendo CASCADE; CREATE SCHEMA pendo")
    load(postgres, "pendo.event", "pendo_event.csv")
    typed = {"timestamp": "timestamp", "_fivetran_synced": "timestamp", "num_events": "bigint", "num_minutes": "bigint"}
    for column, kind in typed.items():
        postgres.run(f'ALTER TABLE pendo.event ALTER "{column}" TYPE {kind} USING "{column}"::{kind}')
    return postgres


def test_the_queries_of_the_page_read_what_pendo_counted(pendo: Warehouses) -> None:
    (source,) = DOCUMENTED
    reading = pendo.read(*source["queries"], timezone=source["timezone"], today=date(2021, 8, 1))
    rows = [(r["meter"], r["customer"], r["day"].isoformat(), r.get("user_id"), r["quantity"]) for r in reading.rows()]
    assert sorted(rows, key=repr) == [
        ("active_users", "1sk7ccaeau_acc", "2021-07-18", "do_over", 12.0),
        ("active_users", "billy_idol", "2021-07-21", "foots_stool", 16.0),
        ("active_users", "good_day", "2021-07-21", "foots_stool", 1.0),
        ("active_users", "month_train", "2021-07-28", "psychosis_skeptical", 21.0),
        ("active_users", "white_wedding", "2021-07-22", "foots_stool", 4.0),
        ("minutes", "1sk7ccaeau_acc", "2021-07-18", None, 2.0),
        ("minutes", "billy_idol", "2021-07-21", None, 3.0),
        ("minutes", "good_day", "2021-07-21", None, 1.0),
        ("minutes", "month_train", "2021-07-28", None, 4.0),
        ("minutes", "white_wedding", "2021-07-22", None, 2.0),
    ]
    # The last load was in the evening of the 28th, which it may have brought half.
    assert [(r["meter"], str(r["first_day"]), str(r["last_day"])) for r in reading.rows("coverage")] == [
        ("active_users", "2021-07-18", "2021-07-27"),
        ("minutes", "2021-07-18", "2021-07-27"),
    ]


def test_what_stands_in_json_can_be_asked_for(postgres: Warehouses) -> None:
    load(postgres, "event", "mixpanel_event.csv")
    sql = """
        SELECT properties::json->>'user_id' AS customer, 'plays: all' AS meter, time::date AS day,
               count(*)::numeric(10, 2) AS quantity
        FROM event WHERE time::timestamp >= :since AND time::timestamp < :before
          AND properties::json->>'title' LIKE '%r%' -- with an r: rupaul's
        GROUP BY 1, 3
    """
    reading = postgres.read(usage(sql), today=date(2024, 12, 31))
    assert [(row["customer"], row["day"], row["quantity"]) for row in reading.rows()] == [
        ("129997", date(2020, 8, 1), 1.0),
        ("129997", date(2024, 2, 2), 1.0),
    ]
    assert {row["meter"] for row in reading.rows()} == {"plays: all"}
