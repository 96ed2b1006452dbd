"""Text files: opened plain or gzipped, decoded in the encoding that fits, with errors that name the byte."""

from __future__ import annotations

import codecs
import gzip
import zlib
from contextlib import contextmanager
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, Final, cast

from connectors.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from connectors.files.chunk import File

_BYTES: Final = 1 << 20


@contextmanager
def opened(file: File) -> Iterator[TextIO]:
    """Open a text file; line ends stay as they are. Raises SourceError for whatever keeps it from being read."""
    try:
        encoding = _fitting(file)
        with _bytes(file) as raw, TextIOWrapper(raw, encoding, newline="") as text:
            yield text
    except UnicodeDecodeError as error:
        raise SourceError(file.source, _undecodable(file, encoding)) from error
    except (OSError, EOFError, zlib.error) as error:
        problem = getattr(error, "strerror", None) or error
        raise SourceError(file.source, f"{file.shown}: cannot be read: {problem}") from error


@contextmanager
def _bytes(file: File) -> Iterator[IO[bytes]]:
    with file.open() as raw:
        if file.path.suffix != ".gz":
            yield raw
            return
        # It does not close what it was given.
        with gzip.open(raw, "rb") as unzipped:
            yield cast("IO[bytes]", unzipped)


def _fitting(file: File) -> str:
    *tried, last = file.settings.encoding
    return next((name for name in tried if _misfit(file, name) is None), last)


def _misfit(file: File, encoding: str) -> tuple[int, int] | None:
    """Return offset and value of the first byte that the encoding does not know, or None where it knows all."""
    decoder = codecs.getincrementaldecoder(encoding)()
    end = 0
    with _bytes(file) as raw:
        while True:
            block = raw.read(_BYTES)
            end += len(block)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # What the decoder was looking at ends where the block ends, wherever it began.
                return end - len(error.object) + error.start, error.object[error.start]
            if not block:
                return None


def _undecodable(file: File, encoding: str) -> str:
    offset, value = _misfit(file, encoding) or (0, 0)
    return (
        f"{file.shown}: byte 0x{value:02X} at offset {offset} is not {encoding.removesuffix('-sig')}; "
        "declare the file's `encoding`, like [utf-8, cp1252]"
    )
