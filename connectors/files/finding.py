"""Which files there are, which day each tells of, and whether their headers fit: every fault at once."""

from __future__ import annotations

from glob import escape, glob
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.base import SourceSettingsError
from connectors.files.chunk import File
from connectors.files.formats import by_ending, header
from connectors.files.headers import misfits, slots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from connectors.files.settings import FileSet, Settings


def find(source: str, settings: Settings, folder: Path, until: date) -> list[list[File]]:
    """Return the files of each set, by day and name. A file that names no day tells of `until`.

    Raises SourceSettingsError with every fault: no file found, a day that its name does not tell, a file in two sets,
    a column that is in no header. Raises SourceError for a file that cannot be read.
    """
    faults: list[str] = []
    sets = [list(_files(source, files, folder, until, faults)) for files in settings.files]
    faults += _in_two_sets(sets)
    for file in (file for files in sets for file in files):
        headers = header(file)
        # JSON lines without a line have no headers, and nothing that would want them.
        if headers or file.format != "jsonl":
            faults += [f"{file.shown}: {fault}" for fault in misfits(slots(file.settings.tables), headers)]
    if faults:
        raise SourceSettingsError(source, "\n".join(faults))
    return [sorted(files, key=lambda file: (file.day, file.shown)) for files in sets]


def _files(source: str, files: FileSet, folder: Path, until: date, faults: list[str]) -> Iterator[File]:
    pattern = str(Path(escape(str(folder))) / files.path)
    paths = sorted(path for path in map(Path, glob(pattern, recursive=True)) if path.is_file())  # noqa: PTH207  # absolute patterns
    if not paths:
        faults.append(f"{files.path}: no file has this name in {folder}")
    for path in paths:
        shown = str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
        form = files.format or by_ending(path)
        try:
            day = files.day.of(path.name) if files.day else until
        except ValueError as error:
            faults.append(f"{shown}: {error}")
            continue
        if form is None:
            faults.append(f"{shown}: its ending tells no format; say `format`: csv, parquet or jsonl")
        else:
            yield File(source, path, shown, day, form, files)


def _in_two_sets(sets: list[list[File]]) -> Iterator[str]:
    """Yield the files that more than one set matches: their rows would be counted twice."""
    seen: set[Path] = set()
    for file in (file for files in sets for file in files):
        if file.path in seen:
            yield f"{file.shown}: is in two sets of files; one set can fill several tables"
        seen.add(file.path)
