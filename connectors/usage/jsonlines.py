"""Bodies of JSON lines as they come over the wire: unpacked, cut into lines, and known to be whole or not."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from connectors.base import Reject, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GZIP: Final = 31  # zlib's word for: gzip, with the largest window
_RAW_BYTES: Final = 500
MOST_BROKEN: Final = 10_000
"""More unusable lines than this in one answer are no export of events."""


class CutError(Exception):
    """A packed body ends before its end."""


def gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack a gzip body of one or several members. Raises CutError where it is not whole."""
    unpack = zlib.decompressobj(_GZIP)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if unpack.eof:
                    unpack = zlib.decompressobj(_GZIP)
                yield unpack.decompress(rest)
                rest = unpack.unused_data
    except zlib.error as error:
        raise CutError(f"it cannot be unpacked: {error}") from error
    if not unpack.eof:
        raise CutError("it ends in the middle of its gzip")


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a body into lines, the last one with or without a line feed; blank lines are left out."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(None, map(bytes.strip, whole))
    if rest.strip():
        yield rest.strip()


@dataclass(slots=True)
class Refused:
    """Lines and events of one reading that say nothing usable; they become rejects when the reading is whole."""

    source: str
    rejects: list[Reject] = field(default_factory=list)

    def add(self, place: str, reason: str, detail: str, line: bytes) -> None:
        """Note one of them, with its beginning as it came. Raises SourceError where they are too many."""
        raw = line[:_RAW_BYTES].decode("utf-8", "replace")
        self.rejects.append(Reject(f"{self.source}: {place}", reason, detail, raw))
        if len(self.rejects) > MOST_BROKEN:
            said = f"over {MOST_BROKEN:,} lines of one answer are unusable, the last one: {detail}; is it an export?"
            raise SourceError(self.source, said)


def record_of(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a line holds; None where it holds none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
