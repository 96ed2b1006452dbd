"""A subset of SOQL, parsed: SELECT of fields or COUNT(), WHERE, ORDER BY, LIMIT, OFFSET. All else is refused.

What it understands, it understands as Salesforce does; what it does not, it refuses as Salesforce refuses nonsense,
so that a query that runs here is a query that runs there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn


class SoqlError(Exception):
    """A query that is refused: Salesforce's error code, and a message in its form."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LiteralKind(StrEnum):
    """Kinds of value that can be written in a query."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written; a string without its quotes, its escapes still in it."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A field by its path through relationships, or an object; and where it stood."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field op value`; several values for IN and NOT IN."""

    field: Name
    op: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts joined by AND or by OR."""

    word: str
    parts: tuple[Condition, ...]


Condition = Comparison | Negation | Junction


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key of ORDER BY."""

    field: Name
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `fields` is None for COUNT()."""

    text: str
    fields: tuple[Name, ...] | None
    source: Name
    where: Condition | None
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
      | (?P<date>\d{4}-\d\d-\d\d(?![\w:-]))
      | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
      | (?P<op><=|>=|!=|<>|=|<|>)
      | (?P<mark>[(),])""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_RESERVED: Final = frozenset({"and", "asc", "desc", "from", "in", "like", "limit", "not", "or", "select", "where"})
_MOST_OFFSET: Final = 2000
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPED: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int

    @property
    def word(self) -> str:
        return self.text.casefold() if self.kind in {"name", "op", "mark"} else ""


def parse(text: str) -> Query:
    """Parse one query. Raises SoqlError (MALFORMED_QUERY and the like) in Salesforce's words."""
    return _Parser(text, _tokens(text)).query()


def words(text: str) -> tuple[str, ...]:
    """Return the words and signs of a query in lower case; a string or number is an empty one. Raises SoqlError."""
    return tuple(token.word for token in _tokens(text))


def located(text: str, offset: int, problem: str) -> str:
    """Write a message as Salesforce does: the query with a caret under the place, row and column, the problem."""
    before = text[:offset]
    row, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    line = text.splitlines()[row - 1] if text else ""
    return f"\n{line}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}\n{problem}"


def unescaped(text: str) -> str:
    """Return what a string literal says. Raises SoqlError for an escape that SOQL does not know."""
    return _ESCAPED.sub(lambda found: _unescape(found[1]), text)


def _check_escapes(text: str) -> None:
    """Refuse unknown escapes where they stand, not when the text is first used; LIKE has two more of them."""
    unescaped(_ESCAPED.sub(lambda found: "" if found[1] in {"%", "_"} else found[0], text))


def _unescape(code: str) -> str:
    if code[0] == "u" and len(code) > 1:
        return chr(int(code[1:], 16))
    known = _ESCAPES.get(code.casefold())
    if known is None:
        raise SoqlError("MALFORMED_QUERY", f"Illegal string escape sequence '\\{code}'")
    return known


def like_pattern(text: str) -> re.Pattern[str]:
    r"""Return a LIKE pattern as a regular expression: `%` any, `_` one character, `\%` and `\_` themselves."""
    parts = re.split(r"(\\u[0-9A-Fa-f]{4}|\\.|%|_)", text, flags=re.DOTALL)
    return re.compile("".join(map(_like_part, parts)), re.IGNORECASE | re.DOTALL)


def _like_part(part: str) -> str:
    wild = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}
    return wild[part] if part in wild else re.escape(unescaped(part))


def _tokens(text: str) -> list[_Token]:
    tokens, offset = [], 0
    while offset < len(text):
        found = _TOKEN.match(text, offset)
        if found is None:
            problem = f"line {text[:offset].count(chr(10)) + 1}:{offset} no viable alternative at character"
            raise SoqlError("MALFORMED_QUERY", f"{problem} '{text[offset]}'")
        kind = str(found.lastgroup)
        if kind != "space":
            tokens.append(_Token(kind, found[0], offset))
        offset = found.end()
    return [*tokens, _Token("end", "<EOF>", len(text))]


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._expect("select")
        fields = self._fields()
        self._expect("from")
        source = self._name()
        where = self._condition() if self._take("where") else None
        order = self._orderings() if self._take("order") else ()
        limit = self._count() if self._take("limit") else None
        offset = self._count() if self._take("offset") else 0
        if self._next.kind != "end":
            self._refuse()
        if offset > _MOST_OFFSET:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}")
        return Query(self._text, fields, source, where, order, limit, offset)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _advance(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _take(self, word: str) -> bool:
        if self._next.word == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._refuse()

    def _refuse(self) -> NoReturn:
        token = self._next
        said = "unexpected token: '<EOF>'" if token.kind == "end" else f"unexpected token: '{token.text}'"
        raise SoqlError("MALFORMED_QUERY", located(self._text, token.offset, said))

    def _name(self) -> Name:
        if self._next.kind != "name" or self._next.word in _RESERVED:
            self._refuse()
        token = self._advance()
        return Name(token.text, token.offset)

    def _count(self) -> int:
        if self._next.kind != "number" or not self._next.text.isdecimal():
            self._refuse()
        return int(self._advance().text)

    def _fields(self) -> tuple[Name, ...] | None:
        first = self._name()
        if self._next.word == "(":
            if first.text.casefold() != "count":
                self._refuse()
            self._expect("(")
            self._expect(")")
            return None
        names = [first]
        while self._take(","):
            names.append(self._name())
        return tuple(names)

    def _orderings(self) -> tuple[Ordering, ...]:
        self._expect("by")
        orderings = [self._ordering()]
        while self._take(","):
            orderings.append(self._ordering())
        return tuple(orderings)

    def _ordering(self) -> Ordering:
        field = self._name()
        descending = self._take("desc") or (self._take("asc") and False)
        nulls_last = False
        if self._take("nulls"):
            nulls_last = self._take("last")
            if not nulls_last:
                self._expect("first")
        return Ordering(field, descending, nulls_last)

    def _condition(self) -> Condition:
        parts = [self._operand()]
        word = self._next.word
        if word not in {"and", "or"}:
            return parts[0]
        while self._take(word):
            parts.append(self._operand())
        if self._next.word in {"and", "or"}:
            # SOQL has no precedence between the two: it wants parentheses.
            self._refuse()
        return Junction(word, tuple(parts))

    def _operand(self) -> Condition:
        if self._take("not"):
            return Negation(self._operand())
        if self._take("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        field = self._name()
        if self._next.kind == "op":
            op = self._advance().text.replace("<>", "!=")
            return Comparison(field, op, (self._literal(),))
        if self._take("like"):
            if self._next.kind != "string":
                self._refuse()
            return Comparison(field, "like", (self._literal(),))
        op = "not in" if self._take("not") else "in"
        self._expect("in")
        return Comparison(field, op, self._list())

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._next
        if token.kind == "string":
            kind, text = LiteralKind.STRING, token.text[1:-1]
            _check_escapes(text)
        elif token.kind in {"number", "date", "datetime"}:
            kind, text = LiteralKind(token.kind), token.text
        elif token.word in {"true", "false"}:
            kind, text = LiteralKind.BOOLEAN, token.word
        elif token.word == "null":
            kind, text = LiteralKind.NULL, token.word
        else:
            self._refuse()
        self._advance()
        return Literal(kind, text)
