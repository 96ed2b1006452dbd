"""A PostgreSQL that runs for all tests of this folder, and sources that read it or a file of SQLite."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.connectors.usage.warehouse.asking import Warehouses
from tests.state.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with running_postgres() as host:
        yield host


@pytest.fixture
def postgres(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouses]:
    """An empty schema of a real PostgreSQL."""
    monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://postgres:unspoken@/postgres?host={server}")
    with psycopg.connect(f"host={server} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

        def run(*texts: str) -> None:
            for text in texts:
                connection.execute(text.encode())

        yield Warehouses(tmp_path, run)


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouses]:
    """An empty file of SQLite beside the settings."""
    monkeypatch.setenv("WAREHOUSE_URL", "sqlite:///w.db")
    connection = sqlite3.connect(tmp_path / "w.db", isolation_level=None)

    def run(*texts: str) -> None:
        for text in texts:
            connection.execute(text)

    yield Warehouses(tmp_path, run)
    connection.close()


@pytest.fixture(params=["postgres", "sqlite"])
def either(request: pytest.FixtureRequest) -> Warehouses:
    """Both, one after the other."""
    found: Any = request.getfixturevalue(request.param)
    assert isinstance(found, Warehouses)
    return found
