"""JSON lines: one object a line. What stands inside an inner object has its keys joined by dots."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from connectors.files.chunk import ROWS, Chunk, to_json
from connectors.files.text_files import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.files.chunk import File, Refusals

_HEADER_ROWS: Final = 1_000


def header(file: File) -> tuple[str, ...]:
    """Return the keys of the first thousand objects, in the order in which they appear; none for an empty file."""
    with opened(file) as text:
        rows = (_object(line) for _, line in _lines(text))
        return _keys(list(islice((row for row in rows if isinstance(row, dict)), _HEADER_ROWS)))


def chunks(file: File, refusals: Refusals) -> Iterator[Chunk]:
    """Yield the objects of a file; an object without some key has None there. Lines that are no object are refused."""
    with opened(file) as text:
        numbered = _lines(text)
        while some := list(islice(numbered, ROWS)):
            rows = [(number, row) for number, line in some if (row := _kept(number, line, refusals)) is not None]
            if rows:
                objects = [row for _, row in rows]
                keys = _keys(objects)
                yield Chunk(keys, [[row.get(key) for row in objects] for key in keys], [number for number, _ in rows])


def _lines(text: Iterator[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text, 1) if line.strip())


def _kept(number: int, line: str, refusals: Refusals) -> dict[str, Any] | None:
    row = _object(line)
    if isinstance(row, str):
        refusals.add(number, "json-unreadable", row, to_json(line.rstrip("\r\n")))
        return None
    return row


def _object(line: str) -> dict[str, Any] | str:
    """Return the object that a line holds, flat, or what is wrong with it."""
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            return f"an object was expected, here is {type(value).__name__}"
        return dict(_flat("", value))
    except ValueError as error:
        return f"not valid JSON: {error}"
    except RecursionError:
        return "not valid JSON: nested too deeply"


def _flat(above: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(f"{above}{key}.", inner)
        else:
            yield above + key, to_json(inner) if isinstance(inner, list) else inner


def _keys(objects: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for row in objects for key in row))
