"""Where a write is prepared before it becomes visible: one folder and one lock a source."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from connectors.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FOLDER: Final = ".staging"
_WORK: Final = "work-"
_LOCK: Final = "lock-"
_WAIT_SECONDS: Final = 10.0


@contextmanager
def staged(facts: Path, source: str) -> Iterator[Path]:
    """Yield an empty folder that only this writer of the source uses; it is gone when the block ends.

    Raises SourceError where another writer of the same source is at work.
    """
    root = facts / _FOLDER
    root.mkdir(parents=True, exist_ok=True)
    with closing(_lock(root, source, _WAIT_SECONDS)) as lock:
        if not _taken(lock):
            raise SourceError(source, f"another process is writing it to {facts}; wait until it has finished")
        folder = root / f"{_WORK}{source}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(facts: Path) -> None:
    """Remove what writers left behind that died; leave those alone that are at work."""
    for folder in sorted((facts / _FOLDER).glob(f"{_WORK}*/")):
        source = folder.name.removeprefix(_WORK)
        # A store that can only be read cannot be locked: nothing to sweep then either.
        with suppress(sqlite3.OperationalError), closing(_lock(folder.parent, source, 0)) as lock:
            if _taken(lock):
                shutil.rmtree(folder, ignore_errors=True)


def put_in_place(moves: Iterable[tuple[Path, Path]]) -> None:
    """Rename each staged file over its final place, in this order, each one durable before the next."""
    for ready, place in moves:
        place.parent.mkdir(parents=True, exist_ok=True)
        _sync(ready)
        # Within one file system a rename is atomic: a reader has the old file or the new one.
        ready.replace(place)
        _sync(place.parent)


def _lock(root: Path, source: str, wait: float) -> sqlite3.Connection:
    # An SQLite file is the one lock of the standard library that works on every system and ends with its process.
    return sqlite3.connect(root / f"{_LOCK}{source}", timeout=wait, isolation_level=None)


def _taken(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders; its renames are journalled
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
