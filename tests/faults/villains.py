"""Who works against the replicas from outside: databases that fail, disks that fill up, clocks that jump."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import event

from tests.faults.rigged import RiggedStore
from tests.state.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.engine import ExceptionContext

    from tests.faults.clock import FastClock
    from tests.faults.hits import Hits

HARM: Final = "harm"
"""File in a run's folder that tells that harm was done: a villain who comes too late proves nothing."""
_FULL: Final = "full"
_PATIENCE: Final = 20.0
_NO_LIMIT: Final = 1_073_741_823


def crash_server(url: str, _clock: FastClock, folder: Path) -> int:
    """Stop PostgreSQL as a loss of power does, twice, and start it again after a moment."""
    server = Server.of(url.rpartition("host=")[2])
    for pause in (0.3, 0.8):
        time.sleep(pause)
        server.stop("immediate")
        time.sleep(0.3)
        server.start()
    return _done(folder)


def end_sessions(url: str, _clock: FastClock, folder: Path) -> int:
    """End every session of the database, again and again."""
    ended = 0
    for _ in range(12):
        time.sleep(0.15)
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        ended += len(found)
    return _done(folder) if ended else 0


def hold_the_file(url: str, _clock: FastClock, folder: Path) -> int:
    """Be a writer who takes SQLite's lock for longer than any lease lasts, three times."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=10)) as file:
        for _ in range(3):
            time.sleep(0.35)
            file.execute("BEGIN IMMEDIATE")
            time.sleep(1.3)
            file.execute("ROLLBACK")
    return _done(folder)


def fill_the_disk(_url: str, _clock: FastClock, folder: Path) -> int:
    """Leave no room on SQLite's disk until somebody has run into it, and for a moment longer."""
    (folder / _FULL).touch()
    until = time.monotonic() + _PATIENCE
    while not (folder / HARM).exists() and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.7)
    (folder / _FULL).unlink()
    return 0


class CrampedStore(RiggedStore):
    """A store whose file cannot grow while the villain says so."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], hits: Hits) -> None:
        super().__init__(engine, clock, hits)

        def limit(connection: sqlite3.Connection, *_: Any) -> None:  # noqa: ANN401  # what SQLAlchemy hands in
            # Less than there is means: no more than there is.
            most = 1 if (hits.folder / _FULL).exists() else _NO_LIMIT
            connection.execute(f"PRAGMA max_page_count = {most}")

        def note(context: ExceptionContext) -> None:
            if "full" in str(context.original_exception):
                (hits.folder / HARM).touch()

        event.listen(engine, "checkout", limit)
        event.listen(engine, "handle_error", note)


def set_the_clock(by: timedelta, after: float, mended_after: float | None = None) -> Callable[..., int]:
    """Return a villain who sets everybody's clock, and may set it right again; `after` is in seconds by the wall."""

    def villain(_url: str, clock: FastClock, folder: Path) -> int:
        time.sleep(after)
        clock.set(clock.now() + by)
        if mended_after is not None:
            time.sleep(mended_after)
            clock.set(clock.now() - by)
        return _done(folder)

    return villain


def _done(folder: Path) -> int:
    (folder / HARM).touch()
    return 0
