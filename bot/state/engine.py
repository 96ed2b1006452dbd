"""Open the database: SQLite or PostgreSQL, its transactions, its migrations."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from bot.errors import HeadroomError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.pool import ConnectionPoolEntry

HEAD: Final = "0004"
"""The newest migration. A test holds it to the folder."""

WRITING: Final = "headroom_writing"
"""Execution option of connections whose transactions mean to write."""

MIGRATION_LOCK: Final = 7_270_001
OUTBOX_LOCK: Final = 7_270_002
JUDGEMENT_LOCK: Final = 7_270_003
CALLS_LOCK: Final = 7_270_004

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_SECONDS: Final = 30.0


class StateError(HeadroomError):
    """The state store cannot be used: which database, why, and what to do."""


def open_engine(url: str) -> Engine:
    """Return an engine for a SQLite file or a PostgreSQL database; the folder of a SQLite file is made.

    Raises StateError for an address that is neither, or whose driver is missing. Nothing is connected yet.
    """
    address = _address(url)
    try:
        if address.get_backend_name() == "sqlite":
            return _open_sqlite(address)
        # What fails stands in the log with its statement: without the customers' names that were its values.
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StateError(
            f"state '{shown(address)}': the driver is not installed ({error}); pip install 'headroom[postgres]'"
        ) from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StateError(
            "state: not a database address; wanted 'sqlite:///data/headroom.db' or "
            "'postgresql://user:password@host/database'"
        ) from error
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise StateError(f"state '{shown(address)}': wanted SQLite, or PostgreSQL through psycopg")
    return address


def shown(address: URL) -> str:
    """Write an address without its password."""
    return address.render_as_string(hide_password=True)


def _open_sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise StateError("state 'sqlite://': a database in memory would lose what was said; name a file")
    try:
        Path(address.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"state '{shown(address)}': the folder cannot be made: {error}") from error
    address = address.set(database=str(Path(address.database).expanduser()))
    engine = create_engine(address, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN comes too late and never before SELECT or DDL: `_begin_sqlite` sends it instead.
    connection.isolation_level = None
    try:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise


def _write_ahead(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # Changing the mode asks for the whole file at once and does not wait its turn as other statements do.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise StateError("state: SQLite cannot keep a write-ahead log there; put the file on a local disk")
        return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for its turn: writers queue at BEGIN.
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def lock(connection: Connection, number: int) -> None:
    """Make transactions under one number run one after the other; ends with the transaction.

    SQLite has one writer at a time as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def migrate(url: str) -> None:
    """Bring the database at an address to the newest version.

    Raises StateError where the database cannot be reached, or was made by a newer Headroom.
    """
    engine = open_engine(url)
    try:
        bring_up_to_date(engine)
    finally:
        engine.dispose()


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that are missing; of several processes that start at once, one does it.

    Raises StateError where the database cannot be reached, or was made by a newer Headroom.
    """
    try:
        with engine.connect() as connection:
            if _version(connection) == HEAD:
                return
        with engine.execution_options(**{WRITING: True}).begin() as connection:
            lock(connection, MIGRATION_LOCK)
            if _version(connection) != HEAD:
                _upgrade(connection)
    except DBAPIError as error:
        raise StateError(f"state '{shown(engine.url)}': cannot be opened: {error.orig}") from error


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _upgrade(connection: Connection) -> None:
    # alembic costs half a second to import, and is needed once a version.
    from alembic import command  # noqa: PLC0415  # lazy: see above
    from alembic.config import Config  # noqa: PLC0415  # lazy: see above
    from alembic.util import CommandError  # noqa: PLC0415  # lazy: see above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateError(
            f"state '{shown(connection.engine.url)}': version {_version(connection)} is unknown to this Headroom "
            f"(newest here: {HEAD}); it was made by a newer one: install that"
        ) from error
