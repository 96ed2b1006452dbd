"""Files and what is read of them: chunks of rows, column by column, each row with the line it stands on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from connectors.base import Reject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import PurePath

    from connectors.base import Rejects
    from connectors.files.folders import Folder
    from connectors.files.settings import FileSet
    from connectors.files.values import Raw

ROWS: Final = 50_000
"""Rows in a chunk, and so in a batch: some 40 MB of cells at most of a dozen columns."""


class Origin(Protocol):
    """What rows stand in: a file, or the answer to a query."""

    def place(self, line: int) -> str:
        """Return where a row stands, for people."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a set."""

    source: str
    """Name of the source, for errors."""
    path: PurePath
    shown: str
    """The path as people know it: relative to the settings file where it lies below, whole where it is remote."""
    day: date
    """The day that the file tells of."""
    format: str
    settings: FileSet
    folder: Folder

    def open(self) -> IO[bytes]:
        """Open it for reading bytes. Raises OSError."""
        return self.folder.open(self.path)

    def place(self, line: int) -> str:
        """Return where a row stands; lines count from 1, rows of Parquet likewise."""
        return f"{self.shown}:{line}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one file: `cells[c][r]` is the cell of column `headers[c]` in the row on line `lines[r]`."""

    headers: tuple[str, ...]
    cells: Sequence[Sequence[Raw]]
    lines: Sequence[int]

    def raw(self, row: int) -> str:
        """Return a row as it came, as JSON: an object, or a list where headers do not tell cells apart."""
        return raw_json(self.headers, [column[row] for column in self.cells])


@dataclass(frozen=True, slots=True)
class Refusals:
    """Where the rows of one origin go that cannot be read."""

    origin: Origin
    rejects: Rejects

    def add(self, line: int, reason: str, detail: str, raw: str) -> None:
        """Keep a refused row; `raw` is the row as JSON."""
        self.rejects.add(Reject(self.origin.place(line), reason, detail, raw))


def raw_json(headers: Sequence[str], cells: Sequence[Any]) -> str:
    """Write a row as JSON."""
    named = len(headers) == len(cells) and len(set(headers)) == len(headers)
    return to_json(dict(zip(headers, cells, strict=True)) if named else list(cells))


def to_json(value: Any) -> str:  # noqa: ANN401  # whatever a file holds
    """Write anything as JSON that UTF-8 can hold."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot
        return json.dumps(value, default=str)
    return text
