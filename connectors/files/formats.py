"""The formats of files, each a way to read the headers and a way to read the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.files import csv_files, json_files, parquet_files
from connectors.files.headers import column_of, slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from connectors.files.chunk import Chunk, File, Refusals

ENDINGS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_HEADERS: Final = {"csv": csv_files.header, "jsonl": json_files.header, "parquet": parquet_files.header}


def by_ending(path: PurePath) -> str | None:
    """Return the format that a file's ending stands for, or None; `.gz` after it does not count."""
    return ENDINGS.get((path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower())


def header(file: File) -> tuple[str, ...]:
    """Return the headers of a file. Raises SourceError where it cannot be read."""
    return _HEADERS[file.format](file)


def chunks(file: File, refusals: Refusals) -> Iterator[Chunk]:
    """Yield the rows of a file; rows whose form is broken are refused. Raises SourceError where reading ends early."""
    if file.format == "parquet":
        yield from parquet_files.chunks(file, _wanted(file))
    elif file.format == "jsonl":
        yield from json_files.chunks(file, refusals)
    else:
        yield from csv_files.chunks(file, refusals)


def _wanted(file: File) -> list[str]:
    headers = header(file)
    columns = (column_of(slot, headers) for slot in slots(file.settings.tables))
    return list(dict.fromkeys(column for column in columns if column is not None))
