"""Run a stand-in server in a process of its own, so that a benchmark measures the client and nothing else."""

from __future__ import annotations

import multiprocessing
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.sandbox.serve import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from starlette.types import ASGIApp

_START_SECONDS = 300.0
_END_SECONDS = 10.0


@contextmanager
def serving_apart(make: Callable[[], ASGIApp]) -> Iterator[str]:
    """Serve what `make` returns until the block ends; yields its address, like `http://127.0.0.1:49152`.

    `make` is called in the new process: a function of a module, or a `functools.partial` of one with arguments that can
    be pickled. The caller's script has to guard its main part, as `multiprocessing` wants it.
    Raises RuntimeError where the server does not come up.
    """
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(make, there), name="stand-in", daemon=True)
    process.start()
    there.close()
    try:
        yield _address(here)
    finally:
        here.close()  # the server's process sees the end of the pipe and ends
        process.join(_END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _address(here: Connection) -> str:
    try:
        if here.poll(_START_SECONDS):
            return str(here.recv())
    except EOFError:
        pass
    raise RuntimeError("a stand-in server did not start in its process; its error stands above")


def _serve(make: Callable[[], ASGIApp], there: Connection) -> None:
    with serving(make()) as address:
        there.send(address)
        there.poll(None)
