"""A state database for each run, copied from one that is ready, and what stands in it at the end."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from bot.state.engine import migrate
from tests.faults.plan import Db

if TYPE_CHECKING:
    from pathlib import Path

_TEMPLATE: Final = "rig_template"


@dataclass(frozen=True)
class Databases:
    """Where databases of either kind come from."""

    folder: Path
    """With the ready SQLite file."""
    host: str | None
    """Folder of the socket of a PostgreSQL server; None: there is none, SQLite only."""

    def prepare(self) -> None:
        """Make the ready ones, of the newest version."""
        migrate(f"sqlite:///{self._ready}")
        if self.host is not None:
            self._do(f"CREATE DATABASE {_TEMPLATE}")
            migrate(self._url(_TEMPLATE))

    def make(self, db: Db, folder: Path, *, empty: bool) -> str:
        """Return the address of a database for a run in this folder; `empty`: without any table."""
        if db is Db.SQLITE:
            if not empty:
                shutil.copy(self._ready, folder / "state.db")
            return f"sqlite:///{folder / 'state.db'}"
        name = f"rig_{folder.name.replace('-', '_').lower()}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE {"template0" if empty else _TEMPLATE}')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove the database of a run."""
        if url.startswith("postgresql"):
            name = url.rpartition("@/")[2].partition("?")[0]
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    @property
    def _ready(self) -> Path:
        return self.folder / "ready.db"

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.host}"

    def _do(self, statement: str) -> None:
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.host}", autocommit=True) as connection:
            connection.execute(statement.encode())


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask a run's database, past everything that the product has."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return file.execute(query).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def execute(url: str, *statements: str) -> None:
    """Change a run's database behind the product's back."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            for statement in statements:
                file.execute(statement)
        return
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())
