"""Workers that do what a worker must not: they are started by name in a process of their own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path


def hangs(pipe: Connection, _folders: tuple[Path, ...], _idle: float) -> None:
    pipe.send("ready")
    pipe.recv()
    time.sleep(60)


def dies(pipe: Connection, _folders: tuple[Path, ...], _idle: float) -> None:
    pipe.send("ready")
    pipe.recv()
    os._exit(9)


def dies_once(pipe: Connection, folders: tuple[Path, ...], _idle: float) -> None:
    """Die on the first chart that anybody asks for; `folders` names a file that tells."""
    asked = folders[0]
    pipe.send("ready")
    while True:
        pipe.recv()
        if not asked.exists():
            asked.touch()
            os._exit(9)
        pipe.send((b"drawn", None))


def stops_idle(pipe: Connection, folders: tuple[Path, ...], _idle: float) -> None:
    """Answer once, then end as one does that nobody asks any more."""
    pipe.send("ready")
    pipe.recv()
    pipe.send((str(os.getpid()).encode(), None))
    del folders


def starts_slowly(pipe: Connection, folders: tuple[Path, ...], _idle: float) -> None:
    """Be ready after a second."""
    del folders
    time.sleep(1.0)
    pipe.send("ready")
    while True:
        pipe.recv()
        pipe.send((b"drawn", None))
