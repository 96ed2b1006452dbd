"""CSV as spreadsheets and exports write it: any line end, blank lines, quoted line ends, ragged rows."""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from connectors.base import SourceError
from connectors.files.chunk import ROWS, Chunk, raw_json, to_json
from connectors.files.text_files import opened

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterable, Iterator, Sequence

    from connectors.files.chunk import File, Refusals

    Numbered = tuple[Sequence[int], list[list[str]]]
    """The numbers of the first lines of some rows, and the rows."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def header(file: File) -> tuple[str, ...]:
    """Return the cells of the first row. Raises SourceError where there is none."""
    with opened(file) as text:
        reader = _reader(file, text)
        try:
            return tuple(cell.strip() for cell in next(filter(_is_filled, reader)))
        except StopIteration:
            problem = f"{file.shown}: is empty, a row of headers was expected"
            raise SourceError(file.source, problem) from None
        except csv.Error as error:
            problem = f"{file.place(reader.line_num)}: the row of headers cannot be read: {error}"
            raise SourceError(file.source, problem) from error


def chunks(file: File, refusals: Refusals) -> Iterator[Chunk]:
    """Yield the rows of a CSV file; rows with cells missing or over are refused."""
    headers = header(file)
    for numbered in _quick(file, refusals):
        lines, rows = _whole(*numbered, headers, refusals)
        if rows:
            yield Chunk(headers, list(zip(*rows, strict=True)), lines)


def _reader(file: File, lines: Iterable[str]) -> CsvReader:
    # Strict: a quote that is opened and never closed would otherwise swallow the rest of the file in silence.
    return csv.reader(lines, delimiter=file.settings.delimiter, strict=True)


def _is_filled(cells: list[str]) -> bool:
    return len(cells) > 1 or bool(cells and cells[0].strip())


def _quick(file: File, refusals: Refusals) -> Iterator[Numbered]:
    """Yield the rows after the headers, many at a time; from the first quotes that make no sense on, with care."""
    with opened(file) as text:
        reader = _reader(file, text)
        next(filter(_is_filled, reader), None)
        done = reader.line_num
        try:
            while rows := list(islice(reader, ROWS)):
                yield _lines(rows, done + 1, reader.line_num), rows
                done = reader.line_num
        except csv.Error:
            pass
        else:
            return
    yield from _careful(file, done, refusals)


def _lines(rows: list[list[str]], first: int, last: int) -> Sequence[int]:
    """Return the number of the line that each row begins on; only quoted line ends make a row longer than one."""
    if last - first + 1 == len(rows):
        return range(first, last + 1)
    numbers = []
    for cells in rows:
        numbers.append(first)
        first += 1 + sum(len(_LINE_END.findall(cell)) for cell in cells)
    return numbers


def _careful(file: File, done: int, refusals: Refusals) -> Iterator[Numbered]:
    """Yield the rows after so many lines. A line whose quotes make no sense is refused by itself."""
    with opened(file) as text:
        rows = _one_by_one(file, _Lines(islice(text, done, None), done), refusals)
        while some := list(islice(rows, ROWS)):
            yield [line for line, _ in some], [cells for _, cells in some]


def _one_by_one(file: File, lines: _Lines, refusals: Refusals) -> Iterator[tuple[int, list[str]]]:
    reader = _reader(file, lines)
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            refusals.add(line, "quotes-unreadable", str(error), to_json([lines.give_up()]))
        else:
            yield line, cells


class _Lines:
    """The lines of a text, numbered; those of a row that made no sense can be read again."""

    def __init__(self, text: Iterable[str], done: int) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._done = done

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._done += 1
        self._row.append(line)
        return line

    def begin(self) -> int:
        """Begin a row; return the number of its first line."""
        self._row.clear()
        return self._done + 1

    def give_up(self) -> str:
        """Return the first line of the row, and let reading go on with the second."""
        first, *others = self._row
        self._again.extendleft(reversed(others))
        self._done -= len(others)
        return first


def _whole(lines: Sequence[int], rows: list[list[str]], headers: Sequence[str], refusals: Refusals) -> Numbered:
    """Return the rows with a cell for each header, and refuse the others. Blank lines are no rows."""
    wanted = len(headers)
    if set(map(len, rows)) == {wanted} and wanted > 1:
        return lines, rows
    kept = [
        (line, cells[:wanted]) for line, cells in zip(lines, rows, strict=True) if _fits(line, cells, headers, refusals)
    ]
    return [line for line, _ in kept], [cells for _, cells in kept]


def _fits(line: int, cells: list[str], headers: Sequence[str], refusals: Refusals) -> bool:
    """Tell whether a row has a cell for each header; refuse it otherwise. Blank cells over are no cells."""
    if not _is_filled(cells):
        return False
    missing = len(cells) < len(headers)
    if missing or any(cell.strip() for cell in cells[len(headers) :]):
        reason = "columns-missing" if missing else "columns-extra"
        refusals.add(line, reason, f"{len(cells)} cells under {len(headers)} headers", raw_json(headers, cells))
        return False
    return True
