"""The database: one short, read-only session a query, its rows in chunks, and clear words where it cannot be read."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from connectors.base import SourceSettingsError
from connectors.files.chunk import ROWS, Chunk, to_json
from connectors.usage.warehouse.dialects import DIALECTS, Dialect, dialect_of
from connectors.usage.warehouse.failures import NoWayInError, clean, failed, secrets_of, unreachable
from connectors.usage.warehouse.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from connectors.files.values import Raw
    from connectors.usage.warehouse.settings import Settings
    from connectors.usage.warehouse.statement import Days

_PLAIN: Final = frozenset({str, int, float, bool, date, datetime, Decimal, type(None)})


@dataclass(frozen=True, slots=True)
class Connecting:
    """How often a connection is tried, and how long is waited in between, in seconds."""

    attempts: int = 3
    wait: float = 2.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query answers: the names of its columns, and its rows in chunks, read as they are asked for."""

    columns: tuple[str, ...]
    chunks: Iterator[Chunk]


class Warehouse:
    """Asks one database. Opens no connection before the first query, and keeps none in between."""

    def __init__(self, name: str, settings: Settings, folder: Path, connecting: Connecting | None = None) -> None:
        self._name = name
        self._settings = settings
        self._folder = folder
        self._connecting = connecting or Connecting()

    @contextmanager
    def ask(self, place: str, sql: str, days: Days) -> Iterator[Answer]:
        """Run a query; `place` names it for people. Its rows can be read within the block, and memory stays flat.

        Raises SourceSettingsError where the address, the login or the query is wrong, SourceError for everything else.
        """
        url = self._url()
        secrets = secrets_of(url)
        dialect = dialect_of(url.get_backend_name())
        with self._connected(url, dialect, secrets) as connection, self._in_words(place, secrets):
            clause = Statement(sql, dialect.escaping).clause(days)
            result = connection.execute(clause, execution_options={"stream_results": True, "yield_per": ROWS})
            if not result.returns_rows:
                raise SourceSettingsError(self._name, f"{place}: answers no rows; wanted is a SELECT")
            columns = tuple(result.keys())
            with result:
                yield Answer(columns, self._chunks(place, columns, result, secrets))

    def _chunks(
        self, place: str, columns: tuple[str, ...], result: sa.CursorResult[Any], secrets: Sequence[str]
    ) -> Iterator[Chunk]:
        names = tuple(column.casefold() for column in columns)
        read = 0
        with self._in_words(place, secrets):
            for rows in result.partitions(ROWS):
                cells = [_cells(column) for column in zip(*rows, strict=True)]
                yield Chunk(names, cells, range(read + 1, read + 1 + len(rows)))
                read += len(rows)

    @contextmanager
    def _in_words(self, place: str, secrets: Sequence[str]) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise failed(self._name, place, error, secrets) from error

    @contextmanager
    def _connected(self, url: sa.URL, dialect: Dialect, secrets: Sequence[str]) -> Iterator[sa.Connection]:
        settings = self._settings
        engine = self._engine(url, dialect)
        shown = url.host or url.database or url.get_backend_name()
        with self._connection(engine, shown, secrets) as connection:
            if settings.read_only and dialect.options:
                connection = connection.execution_options(**dialect.options)  # noqa: PLW2901  # the same one
            for text in dialect.session(settings.timeout, read_only=settings.read_only):
                with self._in_words(f"{text} (see `timeout` and `read_only`)", secrets):
                    connection.exec_driver_sql(text)
            yield connection

    def _connection(self, engine: sa.Engine, shown: str, secrets: Sequence[str]) -> sa.Connection:
        """Connect, trying again where that may help."""
        attempts = self._connecting.attempts
        while True:
            attempts -= 1
            try:
                return engine.connect()
            except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
                problem = unreachable(self._name, shown, error, secrets)
                if attempts <= 0 or isinstance(problem, SourceSettingsError):
                    raise problem from error
                self._connecting.sleep(self._connecting.wait)

    def _engine(self, url: sa.URL, dialect: Dialect) -> sa.Engine:
        # An address that names its own value knows better, and so does one that names another driver.
        usual = url.drivername in {url.get_backend_name(), "postgresql+psycopg", "postgresql+psycopg2"}
        given = {name: value for name, value in dialect.connect.items() if usual and name not in url.query}
        try:
            return sa.create_engine(url, poolclass=NullPool, connect_args=given)
        except (NoSuchModuleError, ImportError) as error:
            raise NoWayInError(self._name, _missing_driver(url, dialect)) from error
        except (SQLAlchemyError, ValueError, TypeError) as error:
            said = clean(error, secrets_of(url))
            raise NoWayInError(self._name, f"the address of the database cannot be used: {said}") from error

    def _url(self) -> sa.URL:
        """Read the address. Raises NoWayInError, which never shows it."""
        place = self._settings.url.env or self._settings.url.file
        try:
            url = sa.make_url(_known_form(self._settings.url.get()))
        except LookupError as error:
            problem = f"{error}; it holds the address of the database, like postgresql://user:password@host/database"
            raise NoWayInError(self._name, problem) from error
        except (ArgumentError, ValueError):
            problem = f"{place} holds no address of a database; wanted is postgresql://user:password@host/database"
            # Not `from error`: what could not be read may stand in it.
            raise NoWayInError(self._name, problem) from None
        return self._with_file(url)

    def _with_file(self, url: sa.URL) -> sa.URL:
        """Look for the file of a database beside the settings; SQLite would make an empty one where none is."""
        is_file = url.get_backend_name() in {"sqlite", "duckdb"} and url.database and not url.database.startswith(":")
        if not is_file or "uri" in url.query:
            return url
        path = self._folder / str(url.database)
        if not path.exists():
            raise NoWayInError(self._name, f"the database {path} is not there")
        return url.set(database=str(path))


def _known_form(text: str) -> str:
    # What hosts of PostgreSQL print, and SQLAlchemy no longer takes.
    return f"postgresql://{text.removeprefix('postgres://')}" if text.startswith("postgres://") else text


def _missing_driver(url: sa.URL, dialect: Dialect) -> str:
    kind = url.drivername
    if url.get_backend_name() not in DIALECTS:
        return f"'{kind}://' needs a dialect of SQLAlchemy's that is not installed; is the address right?"
    if dialect.extra is None:
        return f"'{kind}://' needs a driver that is not installed"
    written = f"; or write {url.get_backend_name()}:// without a driver" if "+" in kind else ""
    return f"'{kind}://' needs a driver that is not installed: pip install 'headroom[{dialect.extra}]'{written}"


def _cells(column: Sequence[Any]) -> Sequence[Raw]:
    return column if _PLAIN.issuperset(map(type, column)) else [_cell(value) for value in column]


def _cell(value: Any) -> Raw:  # noqa: ANN401  # whatever a driver answers
    """Return a cell as a file would hold it; what no file holds becomes text."""
    if value is None or isinstance(value, date | Decimal | str | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, dict | list | tuple | set):
        return to_json(list(value) if isinstance(value, set) else value)
    return str(value)
