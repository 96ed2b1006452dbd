"""Pendo's expressions, as far as filters need them: comparisons, `&&`, `||`, `!`, brackets, strings and numbers."""

from __future__ import annotations

import json
import operator
import re
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.vendor import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, Any]
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||[<>=!]=|[<>!()])|(?P<number>-?\d+(?:\.\d+)?)|(?P<text>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<field>[A-Za-z_][\w.]*))"""
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(text: str, row: Row) -> bool:
    """Tell whether an expression holds for a row. Raises RefusedError where it cannot be read."""
    parser = _Parser(_tokens(text), row)
    result = parser.either()
    if parser.rest:
        raise _unreadable(text)
    return bool(result)


def value_of(path: str, row: Row) -> Any:  # noqa: ANN401 - whatever the row holds
    """Return the field of a row; None where there is none. Steps into an object are separated by dots."""
    found: Any = row
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _unreadable(text: str) -> RefusedError:
    return RefusedError(400, f"Cannot parse filter expression: {text}")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _unreadable(text)
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return tokens


class _Parser:
    """Evaluates while it reads: rows are few."""

    def __init__(self, tokens: list[tuple[str, str]], row: Row) -> None:
        self.rest = tokens
        self._row = row

    def either(self) -> Any:  # noqa: ANN401 - a value of an expression
        result = self._both()
        while self._takes("||"):
            other = self._both()
            result = result or other
        return result

    def _both(self) -> Any:  # noqa: ANN401 - likewise
        result = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            result = result and other
        return result

    def _comparison(self) -> Any:  # noqa: ANN401 - likewise
        left = self._operand()
        for name, compare in _COMPARE.items():
            if self._takes(name):
                return self._compared(name, compare, left, self._operand())
        return left

    @staticmethod
    def _compared(name: str, compare: Callable[[Any, Any], bool], left: object, right: object) -> bool:
        if name in {"==", "!="}:
            return compare(left, right)
        # Nothing is neither before nor after something; numbers and texts have no order between them.
        return type(left) is type(right) and left is not None and compare(left, right)

    def _operand(self) -> Any:  # noqa: ANN401 - likewise
        if self._takes("!"):
            return not self._operand()
        if self._takes("("):
            inner = self.either()
            if not self._takes(")"):
                raise _unreadable("a bracket is missing")
            return inner
        if not self.rest:
            raise _unreadable("it ends too early")
        kind, text = self.rest.pop(0)
        if kind == "op":
            raise _unreadable(text)
        return value_of(text, self._row) if kind == "field" else json.loads(text)

    def _takes(self, name: str) -> bool:
        if self.rest and self.rest[0] == ("op", name):
            self.rest.pop(0)
            return True
        return False
