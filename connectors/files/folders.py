"""Where files lie: below a folder of this machine; `connectors.files.remote` knows other places."""

from __future__ import annotations

from glob import escape, glob
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath


class Folder(Protocol):
    """A place that files are found in and read from."""

    def matching(self, pattern: str) -> Sequence[PurePath]:
        """Return the files that a path or pattern names, sorted. Raises OSError where it cannot be looked for."""

    def missing(self, pattern: str) -> str:
        """Say, for people, that no file has this name, where it was looked for and what there is instead."""

    def shown(self, path: PurePath) -> str:
        """Return a path as people know it."""

    def open(self, path: PurePath) -> IO[bytes]:
        """Open a file for reading bytes, at any place of it. Raises OSError."""


class LocalFolder:
    """A folder of this machine; absolute paths lead out of it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def matching(self, pattern: str) -> Sequence[Path]:
        """Return the files of a pattern with `*` and `**`."""
        whole = str(Path(escape(str(self._root))) / pattern)
        found = glob(whole, recursive=True)  # noqa: PTH207  # absolute patterns
        return sorted(path for path in map(Path, found) if path.is_file())

    def missing(self, pattern: str) -> str:
        """Say that there is none."""
        return f"{pattern}: no file has this name in {self._root}"

    def shown(self, path: PurePath) -> str:
        """Return the path below the folder, or the whole one where it lies elsewhere."""
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def open(self, path: PurePath) -> IO[bytes]:
        """Open a file."""
        return Path(path).open("rb")
