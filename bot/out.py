"""Standard output: tables for people, one JSON object for programs. A reader that has gone is no fault of the work."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDE: Final = 150


class _Patient(Console):
    """Goes on without a reader: what remains to be done is not printing."""

    def on_broken_pipe(self) -> None:
        self.quiet = True  # else each further print would render again what could not be written
        _let_go()


def tables() -> Console:
    """Return a console for tables: where nobody is looking, wide enough for them."""
    console = _Patient()
    return console if console.is_terminal else _Patient(width=_WIDE)


def cards() -> Console:
    """Return a console for messages, as wide as the terminal."""
    return _Patient()


def print_json(data: Mapping[str, Any]) -> None:
    """Write one JSON object and a line's end, in UTF-8 whatever the terminal's encoding."""
    text = json.dumps(finite(data), ensure_ascii=False, allow_nan=False)
    if sys.stdout is None:  # closed by whoever started this
        return
    try:
        sys.stdout.flush()
        # In one piece: a program that fails half-way would leave half an object behind.
        sys.stdout.buffer.write(f"{text}\n".encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _let_go()


def finite(value: Any) -> Any:  # noqa: ANN401  # JSON is anything
    """Return plain JSON values with null for numbers that JSON has no form for: they are unknown."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value


def _let_go() -> None:
    # Without it the interpreter would complain at its end, when it flushes what nobody takes.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
