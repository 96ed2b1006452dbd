"""Conditions: SQL expressions over the metrics catalogue, parsed by sqlglot and held to an allow-list.

Text passes three gates, and each of them names the place that it refuses:
tokens (this module), the shape that sqlglot makes of them (this module), nodes and types (`condition_types`).
Nothing that a gate does not know gets through: what is not on the lists is refused, whatever sqlglot learns to parse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import TokenType

from bot.core.condition_types import ALLOWED, Problem, ValueKind, check
from bot.core.metrics import METRICS

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token

    from bot.core.verdicts import Scope

_LONGEST_TEXT: Final = 8_000
_MOST_TOKENS: Final = 1_000
_MOST_OPERATORS: Final = 150
_DEEPEST: Final = 16
_LONGEST_PREFIX: Final = 3
"""`NOT NOT NOT` nests as parentheses do, without opening any."""

_PREFIXES: Final = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS})
_OPERATORS: Final = _PREFIXES | {
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.LT,
    TokenType.LTE,
    TokenType.GT,
    TokenType.GTE,
    TokenType.STAR,
    TokenType.SLASH,
    TokenType.AND,
    TokenType.OR,
    TokenType.BETWEEN,
    TokenType.IN,
    TokenType.IS,
    TokenType.LIKE,
}
_OPENING: Final = frozenset({TokenType.L_PAREN, TokenType.CASE})
_CLOSING: Final = frozenset({TokenType.R_PAREN, TokenType.END})
_WORDS: Final = frozenset({TokenType.VAR, TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING, TokenType.DATE})
_TOKENS: Final = (
    _OPERATORS
    | _OPENING
    | _CLOSING
    | _WORDS
    | {
        TokenType.COMMA,
        TokenType.NULL,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.WHEN,
        TokenType.THEN,
        TokenType.ELSE,
    }
)
_HINTS: Final = {
    TokenType.MOD: "; a share is written as 0.5 for 50 %",
    TokenType.DOT: "; a name stands alone, and a number begins with a digit: 0.5",
    TokenType.SEMICOLON: "; a condition is one expression without a semicolon",
    TokenType.BYTE_STRING: "; a text stands in single quotes",
    TokenType.HEREDOC_STRING: "; a text stands in single quotes",
}


class ConditionError(ValueError):
    """A condition that cannot be used; carries every problem found, each with its offset in the text."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"character {item.offset + 1}: {item.text}{item.hint}" for item in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A checked expression. The tree is shared: copy it before changing it."""

    tree: exp.Expr
    kind: ValueKind
    metrics: tuple[str, ...]
    """Names of the metrics in it, in order of appearance."""


@lru_cache(maxsize=4096)
def parse_condition(text: str, scope: Scope) -> Condition:
    """Parse and check one expression over the metrics of `scope`.

    Raises ConditionError with all problems that the first gate in fault can name.
    """
    tree = _tree(text, _tokens(text))
    kind, problems = check(tree, METRICS[scope])
    if problems:
        raise ConditionError(tuple(sorted(problems, key=lambda problem: problem.offset)))
    names = [_known_name(column) for column in tree.find_all(exp.Column, bfs=False)]
    return Condition(tree, kind, tuple(dict.fromkeys(names)))


def _known_name(column: exp.Column) -> str:
    """Write a metric as the catalogue does: SQL takes any case and quotes around a name."""
    name = column.name.lower()
    column.set("this", exp.to_identifier(name))
    return name


def _tokens(text: str) -> list[Token]:
    if len(text) > _LONGEST_TEXT:
        raise ConditionError((Problem(0, f"a condition of {len(text):,} characters; at most {_LONGEST_TEXT:,}"),))
    try:
        tokens = DuckDB().tokenize(text)
    except TokenError as error:
        quote = max(text.rfind("'"), text.rfind('"'), 0)
        raise ConditionError((Problem(quote, "a quoted text that does not end"),)) from error
    problems = [*_comments(text, tokens), *_strangers(tokens), *_excesses(tokens)]
    if not tokens and not problems:
        problems = [Problem(0, "an empty condition")]
    if problems:
        raise ConditionError(tuple(sorted(problems, key=lambda problem: problem.offset)))
    return tokens


def _comments(text: str, tokens: list[Token]) -> list[Problem]:
    """Find what the tokenizer passed over: comments, which would hide in a review what they comment out."""
    starts = [*(token.start for token in tokens), len(text)]
    ends = [0, *(token.end + 1 for token in tokens)]
    gaps = [(end, text[end:start]) for end, start in zip(ends, starts, strict=True)]
    return [
        Problem(
            at + len(gap) - len(gap.lstrip()), "a comment inside a condition", "; write it on a YAML line of its own"
        )
        for at, gap in gaps
        if gap.strip()
    ]


def _strangers(tokens: list[Token]) -> list[Problem]:
    return [
        Problem(
            token.start,
            f"'{token.text}' is not allowed",
            _HINTS.get(token.token_type, f"; allowed are {ALLOWED}"),
        )
        for token in tokens
        if token.token_type not in _TOKENS
    ]


def _excesses(tokens: list[Token]) -> list[Problem]:
    """Bound the work of everything that comes after: parser, checker and generator walk the tree by recursion."""
    operators = [token for token in tokens if token.token_type in _OPERATORS]
    if len(tokens) > _MOST_TOKENS or len(operators) > _MOST_OPERATORS:
        return [Problem(0, f"a condition of more than {_MOST_OPERATORS} operators or {_MOST_TOKENS:,} words")]
    depth, run = 0, 0
    for before, token in pairwise([None, *tokens]):
        assert token is not None
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        chained = token.token_type in _PREFIXES and (before is None or before.token_type in _PREFIXES)
        run = run + 1 if chained else int(token.token_type in _PREFIXES)
        if depth > _DEEPEST or run > _LONGEST_PREFIX:
            return [Problem(token.start, f"nested deeper than {_DEEPEST} levels, or more than {_LONGEST_PREFIX} signs")]
    return []


def _tree(text: str, tokens: list[Token]) -> exp.Expr:
    # With the whole text as context, the length of what stands before the highlighted word is its offset.
    parser = DuckDB().parser(error_message_context=_LONGEST_TEXT)
    try:
        trees = parser.parse_into(exp.Condition, tokens, text)
    except ParseError as error:
        raise ConditionError((_unparsed(error),)) from error
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        raise ConditionError((Problem(0, "not one expression"),))
    return tree


def _unparsed(error: ParseError) -> Problem:
    first = error.errors[0]
    offset = len(first.get("start_context") or "")
    word = first.get("highlight") or ""
    said = str(first.get("description") or "")
    if said.startswith("Required keyword"):
        return Problem(offset, f"something is missing at '{word}'")
    if "number of provided arguments" in said:
        return Problem(offset, "too many arguments")
    if said.startswith("Expect"):
        return Problem(offset, f"{said[0].lower()}{said[1:]} at '{word}'")
    return Problem(offset, f"'{word}' was not expected here", f"; allowed are {ALLOWED}")
