"""Places inside the scalars of a YAML text, and limits on a text that has not been looked at yet."""

from __future__ import annotations

import re
from typing import Final

import yaml

from bot.core.located import Fault, FaultyTextError, Mark

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What PyYAML counts as the end of a line."""
_BLOCK: Final = "|>"
_QUOTES: Final = "'\""
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "t": "\t", " ": " "}

_LONGEST_TEXT: Final = 200_000
_DEEPEST: Final = 10
_OPENING: Final = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_CLOSING: Final = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class Places:
    """Finds where in a YAML text the characters of a scalar stand: plain, quoted or block."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def inside(self, scalar: Mark, value: str, offset: int) -> Mark:
        """Place of the character at `offset` of a scalar that stands at `scalar` and reads as `value`.

        A scalar written with rare escapes cannot be followed: the answer is then where it begins.
        """
        positions = self._positions(scalar, value)
        if positions is None or not positions:
            return scalar
        return self._mark(positions[offset] if offset < len(positions) else positions[-1] + 1)

    def key(self, value: Mark, key: str) -> Mark:
        """Place of a key whose value stands at `value`; that of the value where the key is on another line."""
        if value.line is None or value.column is None:
            return value
        before = self._text[self._starts[value.line - 1] : self._index(value)]
        at = before.rfind(key)
        return value if at < 0 else Mark(self._file, value.line, at + 1)

    def _index(self, mark: Mark) -> int:
        assert mark.line is not None
        assert mark.column is not None
        return self._starts[mark.line - 1] + mark.column - 1

    def _mark(self, index: int) -> Mark:
        line = sum(start <= index for start in self._starts)
        return Mark(self._file, line, index - self._starts[line - 1] + 1)

    def _positions(self, scalar: Mark, value: str) -> list[int] | None:
        """Index in the text of each character of the value, or None where the two cannot be brought together.

        Folding turns line breaks and indents into spaces, so blank is matched with blank of any length.
        """
        if scalar.line is None or scalar.column is None:
            return None
        at = self._index(scalar)
        opening = self._text[at : at + 1]
        if opening and opening in _BLOCK:
            following = _BREAK.search(self._text, at)
            at = following.end() if following else len(self._text)
        quote = opening if opening and opening in _QUOTES else ""
        at += len(quote)
        found: list[int] = []
        for char in value:
            if not char.isspace():
                at = self._after_blanks(at)
            read, width = self._read(at, quote)
            if read != char and not (char.isspace() and read.isspace()):
                return None
            found.append(at)
            at += width
        return found

    def _after_blanks(self, at: int) -> int:
        while self._text[at : at + 1].isspace():
            at += 1
        return at

    def _read(self, at: int, quote: str) -> tuple[str, int]:
        """Read one character and the width that it is written in."""
        char, pair = self._text[at : at + 1], self._text[at : at + 2]
        if quote == "'" and pair == "''":
            return "'", 2
        if quote == '"' and char == "\\":
            return _ESCAPES.get(pair[1:], ""), 2
        return char, 1


def refuse_hostile(text: str, file: str) -> None:
    """Refuse what would keep a YAML reader busy for ever: texts too long, nested too deep, or with aliases.

    Aliases of aliases grow to any size from a few lines. A text that is no YAML at all is left to the reader.
    """
    if len(text) > _LONGEST_TEXT:
        raise FaultyTextError([Fault(Mark(file), f"{len(text):,} characters; at most {_LONGEST_TEXT:,}")])
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            mark = Mark(file, token.start_mark.line + 1, token.start_mark.column + 1)
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                raise FaultyTextError([Fault(mark, "anchors (&) and aliases (*) are not allowed; write the value out")])
            if depth > _DEEPEST:
                raise FaultyTextError([Fault(mark, f"nested deeper than {_DEEPEST} levels")])
    except yaml.YAMLError:
        return
