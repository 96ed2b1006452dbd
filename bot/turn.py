"""One night at a time: of two processes on the same data the second waits for the first."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import HeadroomError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_log = structlog.get_logger(__name__)

PATIENCE: Final = 600.0
"""Seconds to wait for another night before giving up."""
_LOOK_EVERY: Final = 0.2
_FILE: Final = "night.lock"


class BusyError(HeadroomError):
    """Another run is at work on the same data, and goes on for longer than one cares to wait."""


@contextmanager
def own_turn(folder: Path, waiting: Callable[[], None], patience: float = PATIENCE) -> Iterator[None]:
    """Wait until no other process does a night on `folder`, then be the one that does; it is made where it is missing.

    `waiting` is called before each further look. Raises BusyError when patience is at its end, HeadroomError where
    the folder cannot be written to.
    """
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # An SQLite file is the one lock of the standard library that works on every system and ends with its process.
        lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise _unusable(path, error) from error
    with closing(lock):
        _take(lock, path, waiting, time.monotonic() + patience)
        yield


def _take(lock: sqlite3.Connection, path: Path, waiting: Callable[[], None], deadline: float) -> None:
    told = False
    while not _taken(lock, path):
        if not told:
            _log.warning("another run is at work: waiting for it", folder=str(path.parent))
            told = True
        if time.monotonic() > deadline:
            raise BusyError(f"another run of Headroom is at work on {path.parent}; nothing was done, try again later")
        waiting()
        time.sleep(_LOOK_EVERY)


def _taken(lock: sqlite3.Connection, path: Path) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise _unusable(path, error) from error
        return False
    return True


def _unusable(path: Path, error: Exception) -> HeadroomError:
    return HeadroomError(
        f"data '{path.parent}': cannot be written to: {error}; `data` in the settings names the folder"
    )
