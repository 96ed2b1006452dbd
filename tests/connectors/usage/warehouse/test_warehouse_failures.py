"""What goes wrong with databases is told in words, at once where that is possible, and never with the password."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from connectors.base import Places, Rejects, SourceError, SourceSettingsError, Window
from connectors.usage.warehouse import Settings, open_source
from connectors.usage.warehouse.client import Connecting, Warehouse
from connectors.usage.warehouse.dialects import DIALECTS
from connectors.usage.warehouse.failures import clean, secrets_of
from connectors.usage.warehouse.source import WarehouseSource
from tests.connectors.usage.warehouse.asking import SQL, TODAY, usage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.connectors.usage.warehouse.asking import Warehouses

SECRET = "p@ss:w/rd"
WRITTEN = "p%40ss%3Aw%2Frd"


def problem_of(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, naps: list[float] | None = None
) -> SourceError:
    """Read from an address; return what is told about it."""
    monkeypatch.setenv("WAREHOUSE_URL", url)
    settings = Settings.model_validate({"url": {"env": "WAREHOUSE_URL"}, "queries": [usage()]})
    connecting = Connecting(sleep=naps.append if naps is not None else lambda _: None)
    source = WarehouseSource("dwh", settings, Places.within(tmp_path), connecting)
    with pytest.raises(SourceError) as told:
        list(source.read(Window(None, TODAY), Rejects()))
    return told.value


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("snowflake", "pip install 'headroom[snowflake]'"),
        ("bigquery", "pip install 'headroom[bigquery]'"),
        ("redshift+redshift_connector", "pip install 'headroom[redshift]'"),
        ("clickhousedb", "pip install 'headroom[clickhouse]'"),
        ("databricks", "pip install 'headroom[databricks]'"),
        ("trino", "pip install 'headroom[trino]'"),
        ("postgresql+psycopg2", "pip install 'headroom[postgres]'; or write postgresql:// without a driver"),
        ("mysql", "'mysql://' needs a driver that is not installed"),
        ("postgre", "'postgre://' needs a dialect of SQLAlchemy's that is not installed; is the address right?"),
    ],
)
def test_a_driver_that_is_missing_is_told_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str
) -> None:
    problem = problem_of(f"{kind}://jo:{WRITTEN}@host/db", tmp_path, monkeypatch)
    assert isinstance(problem, SourceSettingsError)
    assert words in problem.problem
    assert SECRET not in str(problem)
    assert WRITTEN not in str(problem)


def test_an_address_that_is_none_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(f"{SECRET} and more", tmp_path, monkeypatch)
    assert problem.problem == (
        "WAREHOUSE_URL holds no address of a database; wanted is postgresql://user:password@host/database"
    )
    assert problem.__cause__ is None


def test_a_port_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(f"postgresql://jo:{WRITTEN}@host:often/db", tmp_path, monkeypatch)
    assert "WAREHOUSE_URL holds no address" in problem.problem


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of("", tmp_path, monkeypatch)
    assert problem.problem.startswith("the environment variable WAREHOUSE_URL is not set; it holds the address")


def test_nobody_at_the_address_is_tried_again_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    naps: list[float] = []
    problem = problem_of(f"postgresql://jo:{WRITTEN}@127.0.0.1:{port}/db", tmp_path, monkeypatch, naps)
    assert problem.problem.startswith("no connection to 127.0.0.1: ")
    assert problem.problem.endswith("; try again later")
    assert not isinstance(problem, SourceSettingsError)
    assert naps == [2.0, 2.0]
    assert SECRET not in str(problem)


def test_who_is_not_let_in_is_told_at_once(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    for url, words in (("stranger:x@/postgres", "stranger"), ("postgres:x@/nowhere", "nowhere")):
        problem = problem_of(f"postgresql://{url}?host={server}", tmp_path, monkeypatch, naps)
        assert isinstance(problem, SourceSettingsError)
        assert words in problem.problem
        assert problem.problem.endswith("; are user, password and database right?")
    assert naps == []


def test_the_old_name_of_postgresql_is_understood(
    postgres: Warehouses, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", f"postgres://postgres@/postgres?host={server}")
    postgres.events(("acme", "calls", "2026-03-09", 1))
    assert len(postgres.read(usage()).rows()) == 1


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of("sqlite:///other.db", tmp_path, monkeypatch)
    assert problem.problem == f"the database {tmp_path / 'other.db'} is not there"
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT dya,\n customer FROM events", "column \"dya\" does not exist (line 1, at 'dya,')"),
        ("SELECT customer,\n  dya AS day FROM events", "column \"dya\" does not exist (line 2, at 'dya')"),
        ("SELECT 1 FORM events", "syntax error at or near \"events\" (line 1, at 'events')"),
        ("SELECT 1; DELETE FROM events", "cannot insert multiple commands into a prepared statement"),
        ("SELECT 1/0", "division by zero"),
    ],
)
def test_a_query_that_is_wrong_is_told_with_its_place(postgres: Warehouses, sql: str, words: str) -> None:
    postgres.events()
    with pytest.raises(SourceSettingsError) as told:
        postgres.read(usage(sql, whole=True))
    assert told.value.problem.startswith("queries[0] (usage): ")
    assert words in told.value.problem
    assert "DECLARE" not in told.value.problem


def test_a_query_cannot_write(postgres: Warehouses) -> None:
    postgres.events(("acme", "calls", "2026-03-09", 1))
    with pytest.raises(SourceSettingsError, match="would write, and a source only reads"):
        postgres.read(usage("WITH x AS (DELETE FROM events RETURNING *) SELECT * FROM x", whole=True))
    assert len(postgres.read(usage()).rows()) == 1


def test_a_query_cannot_write_into_a_file_either(sqlite: Warehouses) -> None:
    sqlite.events(("acme", "calls", "2026-03-09", 1))
    with pytest.raises(SourceSettingsError, match="attempt to write a readonly database"):
        sqlite.read(usage("WITH x AS (SELECT 1) DELETE FROM events RETURNING *", whole=True))
    assert len(sqlite.read(usage()).rows()) == 1


def test_a_position_is_told_in_one_line_whoever_draws_it() -> None:
    duck = 'Binder Error: no "dya" \n\nLINE 2:   dya AS day\n          ^^^'
    assert clean(duck, []) == "Binder Error: no \"dya\" (line 2, at 'dya')"


def test_a_function_cannot_write_behind_the_query(postgres: Warehouses) -> None:
    postgres.events(("acme", "calls", "2026-03-09", 1))
    postgres.run("CREATE FUNCTION wipe() RETURNS bigint LANGUAGE sql AS 'DELETE FROM events; SELECT 1::bigint'")
    with pytest.raises(SourceSettingsError, match="would write, and a source only reads"):
        postgres.read(
            usage("SELECT 'a' AS customer, 'm' AS meter, '2026-03-09' AS day, wipe() AS quantity", whole=True)
        )
    assert len(postgres.read(usage()).rows()) == 1


def test_a_query_that_takes_too_long_is_ended(postgres: Warehouses) -> None:
    postgres.events()
    with pytest.raises(SourceError, match=r"took too long: .*; ask for less, or raise `timeout`") as told:
        postgres.read(usage("SELECT * FROM events, pg_sleep(30)", whole=True), timeout=1)
    assert not isinstance(told.value, SourceSettingsError)


def test_a_connection_that_is_cut_in_the_middle_is_no_fault_of_the_settings(postgres: Warehouses, server: str) -> None:
    rows = "SELECT 'a' AS customer, 'm' AS meter, :until AS day, n AS quantity FROM generate_series(1, 200000) n"
    batches = postgres.source(usage(f"{rows} WHERE :since < :until")).read(Window(None, TODAY), rejects := Rejects())
    next(batches)
    with psycopg.connect(f"host={server} user=postgres dbname=postgres", autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(SourceError, match="broke off") as told:
        list(batches)
    assert not isinstance(told.value, SourceSettingsError)
    assert rejects.read < 200_000


def test_a_reading_that_is_left_in_the_middle_leaves_no_session_behind(postgres: Warehouses, server: str) -> None:
    rows = "SELECT 'a' AS customer, 'm' AS meter, :until AS day, n AS quantity FROM generate_series(1, 200000) n"
    batches = postgres.source(usage(f"{rows} WHERE :since < :until")).read(Window(None, TODAY), Rejects())
    next(batches)
    del batches
    with psycopg.connect(f"host={server} user=postgres dbname=postgres") as other:
        counted = other.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 2%'")
        assert counted.fetchone() == (1,)  # this one


def test_files_of_queries_that_cannot_be_used_are_told_together(sqlite: Warehouses) -> None:
    (sqlite.folder / "open.sql").write_text("SELECT * FROM events", encoding="utf-8")
    (sqlite.folder / "bytes.sql").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceSettingsError) as told:
        sqlite.read(
            {"table": "usage", "file": "gone.sql"},
            {"table": "usage", "file": "open.sql"},
            {"table": "people", "file": "bytes.sql"},
            usage(coverage={"complete_to": {"file": "end.sql"}}),
        )
    gone, opened, broken, end = told.value.problem.splitlines()
    assert (
        gone == f"queries[0] (usage): the file {sqlite.folder / 'gone.sql'} cannot be read: No such file or directory"
    )
    assert opened.startswith("queries[1] (usage): open.sql: it does not say which days it reads")
    assert broken == f"queries[2] (people): the file {sqlite.folder / 'bytes.sql'} is no text in UTF-8"
    assert end.startswith("queries[3] (usage).coverage.complete_to: the file")


def test_a_password_never_stands_in_what_a_driver_said() -> None:
    url = sa.make_url(f"snowflake://jo:{WRITTEN}@acme/db?warehouse=wh&token=t0ken-9&role=reader")
    secrets = secrets_of(url)
    said = (
        f"could not reach {url.render_as_string(hide_password=False)} with {SECRET}, {WRITTEN} as reader ({'t0ken-9'})"
    )
    assert clean(said, secrets) == "could not reach (secret) with (secret), (secret) as reader ((secret))"


def test_the_settings_take_no_address_but_a_place_where_it_is_kept() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"url": "postgresql://jo:pw@host/db", "queries": [usage()]})


def test_sessions_are_kept_short_and_harmless_where_the_database_offers_it() -> None:
    opened = {name: dialect.session(90, read_only=True) for name, dialect in DIALECTS.items()}
    assert opened["postgresql"] == ["SET statement_timeout = 90000"]
    assert opened["snowflake"] == ["ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 90"]
    assert opened["trino"] == ["SET SESSION query_max_run_time = '90s'"]
    assert opened["mysql"] == ["SET SESSION TRANSACTION READ ONLY"]
    assert not any(dialect.session(None, read_only=False) for dialect in DIALECTS.values())


def test_a_session_that_cannot_be_set_up_names_the_setting(sqlite: Warehouses, tmp_path: Path) -> None:
    settings = Settings.model_validate({"url": {"env": "WAREHOUSE_URL"}, "queries": [usage()], "timeout": 5})
    warehouse = Warehouse("dwh", settings, tmp_path)
    url = sa.make_url(f"sqlite:///{tmp_path / 'w.db'}")
    with (
        pytest.raises(SourceSettingsError, match=r"SET statement_timeout TO 5000 \(see `timeout` and `read_only`\)"),
        warehouse._connected(url, DIALECTS["redshift"], []),
    ):
        pass


def test_settings_of_another_source_are_refused(tmp_path: Path) -> None:
    other = Settings.model_validate({"url": {"env": "A"}, "queries": [usage(SQL)]}).queries[0]
    with pytest.raises(TypeError, match="wanted the settings of a warehouse, got Query"):
        open_source("dwh", other, Places.within(tmp_path))
