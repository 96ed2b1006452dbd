"""Both databases, for real: every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from bot.state.engine import HEAD, migrate
from bot.state.store import Store, open_store
from bot.state.tables import METADATA
from tests.state.postgres import running_postgres
from tests.state.samples import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of a running server's socket."""
    with running_postgres() as host:
        yield host


def _create(host: str, name: str) -> str:
    with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://postgres@/{name}?host={host}"


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """A database that tests share, emptied before each: a database apiece would fill the disk."""
    url = _create(postgres, "migrated")
    migrate(url)
    return url


def _empty(host: str) -> None:
    with psycopg.connect(host=host, user="postgres", dbname="migrated", autocommit=True) as connection:
        # The trigger that keeps the audit append-only sleeps in this session alone.
        connection.execute("SET session_replication_role = replica")
        for table in METADATA.sorted_tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        connection.execute("UPDATE alembic_version SET version_num = %s", [HEAD])


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that tests copy."""
    path = tmp_path_factory.mktemp("migrated") / "headroom.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/headroom.db"
    return _create(request.getfixturevalue("postgres"), f"test_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of the newest version."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "headroom.db")
        return f"sqlite:///{tmp_path}/headroom.db"
    migrated: str = request.getfixturevalue("migrated_postgres")
    _empty(request.getfixturevalue("postgres"))
    return migrated


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    with open_store(url, clock) as opened:
        yield opened
