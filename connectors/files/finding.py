"""Which files there are, which day each tells of, and whether their headers fit: every fault at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import SourceError, SourceSettingsError
from connectors.files.chunk import File
from connectors.files.folders import LocalFolder
from connectors.files.formats import by_ending, header
from connectors.files.headers import misfits, slots
from connectors.files.remote import BucketError, Buckets, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path, PurePath

    from connectors.files.folders import Folder
    from connectors.files.settings import FileSet, Settings


def find(source: str, settings: Settings, folder: Path, until: date) -> list[list[File]]:
    """Return the files of each set, by day and name. A file that names no day tells of `until`.

    Raises SourceSettingsError with every fault: no file found, a day that its name does not tell, a file in two sets,
    a column that is in no header. Raises SourceError for a file or a bucket that cannot be read.
    """
    faults: list[str] = []
    local, buckets = LocalFolder(folder), Buckets(settings.storage)
    sets = []
    for files in settings.files:
        place = buckets.folder(files.path) if is_remote(files.path) else local
        sets.append(list(_files(source, files, place, until, faults)))
    faults += _in_two_sets(sets)
    for file in (file for files in sets for file in files):
        headers = header(file)
        # JSON lines without a line have no headers, and nothing that would want them.
        if headers or file.format != "jsonl":
            faults += [f"{file.shown}: {fault}" for fault in misfits(slots(file.settings.tables), headers)]
    if faults:
        raise SourceSettingsError(source, "\n".join(faults))
    return [sorted(files, key=lambda file: (file.day, file.shown)) for files in sets]


def _files(source: str, files: FileSet, folder: Folder, until: date, faults: list[str]) -> Iterator[File]:
    for path in _paths(source, files.path, folder, faults):
        shown = folder.shown(path)
        form = files.format or by_ending(path)
        try:
            day = files.day.of(path.name) if files.day else until
        except ValueError as error:
            faults.append(f"{shown}: {error}")
            continue
        if form is None:
            faults.append(f"{shown}: its ending tells no format; say `format`: csv, parquet or jsonl")
        else:
            yield File(source, path, shown, day, form, files, folder)


def _paths(source: str, pattern: str, folder: Folder, faults: list[str]) -> Sequence[PurePath]:
    try:
        paths = folder.matching(pattern)
        if not paths:
            faults.append(folder.missing(pattern))
    except BucketError as error:
        if not error.settled:
            raise SourceError(source, str(error)) from error
        faults.append(str(error))
        return []
    return paths


def _in_two_sets(sets: list[list[File]]) -> Iterator[str]:
    """Yield the files that more than one set matches: their rows would be counted twice."""
    seen: set[str] = set()
    for file in (file for files in sets for file in files):
        if file.shown in seen:
            yield f"{file.shown}: is in two sets of files; one set can fill several tables"
        seen.add(file.shown)
