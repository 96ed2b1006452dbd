"""The allow-list of a condition's nodes, and a rough check of the types that meet in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from bot.core.located import did_you_mean
from bot.core.metrics import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.core.metrics import Metric

ALLOWED: Final = (
    "comparisons, AND, OR, NOT, BETWEEN, IN, LIKE, IS NULL, + - * /, CASE, DATE '...' and the functions "
    "ABS, COALESCE, GREATEST, LEAST, LOWER, ROUND, UPPER"
)


class ValueKind(StrEnum):
    """What an expression yields."""

    NUMBER = "a number"
    TEXT = "text"
    FLAG = "true or false"
    DATE = "a date"
    ANY = "anything"
    """NULL, and what a fault was already found in."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a condition: the offset of the offending word, what is wrong, and what would be right."""

    offset: int
    text: str
    hint: str = ""
    """Begins with `; `."""


KIND_OF_UNIT: Final = MappingProxyType(
    {
        Unit.SHARE: ValueKind.NUMBER,
        Unit.CHANGE: ValueKind.NUMBER,
        Unit.MONEY: ValueKind.NUMBER,
        Unit.COUNT: ValueKind.NUMBER,
        Unit.DAYS: ValueKind.NUMBER,
        Unit.RATIO: ValueKind.NUMBER,
        Unit.SCORE: ValueKind.NUMBER,
        Unit.DATE: ValueKind.DATE,
        Unit.TEXT: ValueKind.TEXT,
        Unit.FLAG: ValueKind.FLAG,
    }
)

COMPARISONS: Final[Mapping[type[exp.Expr], str]] = MappingProxyType(
    {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
)
ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = MappingProxyType(
    {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
)
CONNECTORS: Final[Mapping[type[exp.Expr], str]] = MappingProxyType({exp.And: "AND", exp.Or: "OR"})
_EQUALITY: Final = (exp.EQ, exp.NEQ)

_ARGUMENTS: Final[Mapping[type[exp.Expr], set[str]]] = MappingProxyType(
    {
        exp.Column: {"this"},
        exp.Literal: {"this", "is_string"},
        exp.Between: {"this", "low", "high"},
        exp.In: {"this", "expressions"},
        exp.Is: {"this", "expression"},
        exp.Like: {"this", "expression", "negate"},
        exp.Case: {"this", "ifs", "default"},
        exp.Round: {"this", "decimals"},
        exp.Cast: {"this", "to"},
        # Set by the parser on every one: DuckDB passes over NULL here, this product does not (see `condition_sql`).
        exp.Greatest: {"this", "expressions", "ignore_nulls"},
        exp.Least: {"this", "expressions", "ignore_nulls"},
        exp.Div: {"this", "expression", "typed", "safe"},
    }
)
"""Parts of a node that are understood, where they are others than `this`, `expression` and `expressions`."""
_USUAL_ARGUMENTS: Final = frozenset({"this", "expression", "expressions", "value"})
_MOST_WILDCARDS: Final = 3
"""Matching a pattern takes the length of the text to the power of its % signs."""
_MOST_DECIMALS: Final = 15


def check(tree: exp.Expr, metrics: Mapping[str, Metric]) -> tuple[ValueKind, list[Problem]]:
    """Answer what the expression yields and every problem found: unknown names, nodes not allowed, types at odds."""
    checker = _Checker(metrics)
    kind = checker.kind(tree)
    return kind, checker.problems


def outcomes(node: exp.Expr) -> list[exp.Expr]:
    """List the nodes that the value of an expression can come from: the branches of CASE and COALESCE."""
    if isinstance(node, exp.Paren):
        return outcomes(node.this)
    if isinstance(node, exp.Case):
        branches = [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]
        return [found for branch in branches if branch is not None for found in outcomes(branch)]
    if isinstance(node, exp.Coalesce):
        return [found for branch in (node.this, *node.expressions) for found in outcomes(branch)]
    return [node]


def offset_of(node: exp.Expr) -> int:
    """Offset of the first word of a node that carries a place. NULL and TRUE carry none: their parent's, or 0."""
    starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    if starts or node.parent is None:
        return min(starts, default=0)
    return offset_of(node.parent)


class _Checker:
    """Walks one tree; collects problems instead of stopping at the first."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = metrics
        self.problems: list[Problem] = []
        self._nodes: dict[type[exp.Expr], Callable[[exp.Expr], ValueKind]] = {
            exp.Column: self._column,
            exp.Literal: self._literal,
            exp.Boolean: lambda _: ValueKind.FLAG,
            exp.Null: lambda _: ValueKind.ANY,
            exp.Paren: lambda node: self.kind(node.this),
            exp.Not: lambda node: self._all([node.this], ValueKind.FLAG, ValueKind.FLAG),
            exp.Neg: lambda node: self._all([node.this], ValueKind.NUMBER, ValueKind.NUMBER),
            exp.Between: self._between,
            exp.In: self._in,
            exp.Is: self._is,
            exp.Like: self._like,
            exp.Case: self._case,
            exp.Cast: self._date,
            exp.Abs: lambda node: self._all([node.this], ValueKind.NUMBER, ValueKind.NUMBER),
            exp.Round: self._round,
            exp.Lower: lambda node: self._all([node.this], ValueKind.TEXT, ValueKind.TEXT),
            exp.Upper: lambda node: self._all([node.this], ValueKind.TEXT, ValueKind.TEXT),
            exp.Coalesce: self._coalesce,
            exp.Greatest: self._extreme,
            exp.Least: self._extreme,
        }
        self._nodes |= dict.fromkeys(COMPARISONS, self._comparison)
        self._nodes |= dict.fromkeys(ARITHMETIC, self._arithmetic)
        self._nodes |= dict.fromkeys(CONNECTORS, self._connector)

    def kind(self, node: exp.Expr) -> ValueKind:
        """Check a node and everything below it; answer what it yields."""
        # The exact type, not isinstance: a subclass may do something else.
        handler = self._nodes.get(type(node))
        if handler is None:
            return self._refuse(node, f"{_named(node)} is not allowed", f"; allowed are {ALLOWED}")
        known = _ARGUMENTS.get(type(node), _USUAL_ARGUMENTS)
        extra = [key for key, value in node.args.items() if value and key not in known]
        if extra:
            return self._refuse(node, f"{_named(node)} in this form ({', '.join(extra)}) is not allowed")
        return handler(node)

    def _refuse(self, node: exp.Expr, text: str, hint: str = "") -> ValueKind:
        self.problems.append(Problem(offset_of(node), text, hint))
        return ValueKind.ANY

    def _all(self, nodes: Sequence[exp.Expr], wanted: ValueKind, result: ValueKind) -> ValueKind:
        for node in nodes:
            found = self.kind(node)
            if found not in {wanted, ValueKind.ANY}:
                self._refuse(node, f"{_shown(node)} is {found}, where {wanted} is needed")
        return result

    def _same(self, nodes: Sequence[exp.Expr]) -> ValueKind:
        """Check that the nodes yield one kind, and answer it."""
        agreed = ValueKind.ANY
        for node in nodes:
            found = self.kind(node)
            if agreed is ValueKind.ANY:
                agreed = found
            elif found not in {agreed, ValueKind.ANY}:
                self._refuse(node, f"{_shown(node)} is {found} and meets {agreed}", _date_hint(found, agreed))
        return agreed

    def _column(self, node: exp.Expr) -> ValueKind:
        metric = self.metrics.get(node.name.lower())
        if metric is not None:
            return KIND_OF_UNIT[metric.unit]
        hint = did_you_mean(node.name.lower(), self.metrics)
        if not hint and node.this.args.get("quoted"):
            hint = f"; a text stands in single quotes: '{node.name}'"
        return self._refuse(node, f"unknown metric '{node.name}'", hint)

    def _literal(self, node: exp.Expr) -> ValueKind:
        if node.args["is_string"]:
            return ValueKind.TEXT
        try:
            finite = isfinite(float(node.name))
        except ValueError:
            finite = False
        return ValueKind.NUMBER if finite else self._refuse(node, f"'{node.name}' is not a number in range")

    def _comparison(self, node: exp.Expr) -> ValueKind:
        sides = [node.this, node.args["expression"]]
        if any(isinstance(side, exp.Null) for side in sides):
            self._refuse(node, "a comparison with NULL is always unknown", "; write IS NULL or IS NOT NULL")
        if type(node) in _EQUALITY:
            self._same(sides)
        else:
            self._ordered(sides)
        return ValueKind.FLAG

    def _ordered(self, nodes: Sequence[exp.Expr]) -> None:
        before = len(self.problems)
        kind = self._same(nodes)
        # Where a side is at fault already, what it should have been is anybody's guess.
        if kind in {ValueKind.TEXT, ValueKind.FLAG} and len(self.problems) == before:
            self._refuse(nodes[0], f"{_shown(nodes[0])} is {kind}, which has no order", "; compare it with =, <> or IN")

    def _arithmetic(self, node: exp.Expr) -> ValueKind:
        sides = [node.this, node.args["expression"]]
        if not isinstance(node, exp.Sub):
            return self._all(sides, ValueKind.NUMBER, ValueKind.NUMBER)
        kind = self._same(sides)
        if kind in {ValueKind.TEXT, ValueKind.FLAG}:
            self._refuse(node, f"{_shown(node.this)} is {kind}, where a number is needed")
        return ValueKind.NUMBER  # the days between two dates are a number as well

    def _connector(self, node: exp.Expr) -> ValueKind:
        return self._all([node.this, node.args["expression"]], ValueKind.FLAG, ValueKind.FLAG)

    def _between(self, node: exp.Expr) -> ValueKind:
        self._ordered([node.this, node.args["low"], node.args["high"]])
        return ValueKind.FLAG

    def _in(self, node: exp.Expr) -> ValueKind:
        if not node.expressions:
            return self._refuse(node, "IN needs a list of values", "; like segment IN ('Enterprise', 'Mid-market')")
        for item in node.expressions:
            if not isinstance(_bare(item), exp.Literal | exp.Boolean | exp.Cast):
                self._refuse(item, f"{_shown(item)} is not a plain value", "; IN takes a list of numbers or texts")
        self._same([node.this, *node.expressions])
        return ValueKind.FLAG

    def _is(self, node: exp.Expr) -> ValueKind:
        self.kind(node.this)
        if not isinstance(node.args["expression"], exp.Null):
            # IS TRUE makes false of unknown, and unknown would then resolve an episode.
            self._refuse(node, "IS goes with NULL only", "; write the flag alone, or NOT before it")
        return ValueKind.FLAG

    def _like(self, node: exp.Expr) -> ValueKind:
        self._all([node.this], ValueKind.TEXT, ValueKind.FLAG)
        pattern = node.args["expression"]
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            self._refuse(pattern, "LIKE takes a pattern in quotes", "; like segment LIKE 'Ent%'")
        elif pattern.name.count("%") > _MOST_WILDCARDS:
            self._refuse(pattern, f"a pattern with more than {_MOST_WILDCARDS} signs %")
        return ValueKind.FLAG

    def _case(self, node: exp.Expr) -> ValueKind:
        branches: list[exp.If] = node.args["ifs"]
        tests = [branch.this for branch in branches]
        if node.args.get("this") is not None:
            self._same([node.args["this"], *tests])
        else:
            self._all(tests, ValueKind.FLAG, ValueKind.FLAG)
        default = node.args.get("default")
        return self._same([*(branch.args["true"] for branch in branches), *([default] if default else [])])

    def _date(self, node: exp.Expr) -> ValueKind:
        if not (isinstance(node.this, exp.Literal) and node.this.is_string and node.args["to"].this is exp.DType.DATE):
            return self._refuse(node, "a cast is not allowed", "; a date is written DATE '2026-01-31'")
        try:
            date.fromisoformat(node.this.name)
        except ValueError:
            return self._refuse(node, f"'{node.this.name}' is not a date", "; a date is written DATE '2026-01-31'")
        return ValueKind.DATE

    def _round(self, node: exp.Expr) -> ValueKind:
        decimals = node.args.get("decimals")
        if decimals is not None:
            digits = decimals.this if isinstance(decimals, exp.Neg) else decimals
            if not (isinstance(digits, exp.Literal) and digits.name.isdecimal() and int(digits.name) <= _MOST_DECIMALS):
                self._refuse(decimals, f"ROUND takes a whole number of digits up to {_MOST_DECIMALS}")
        return self._all([node.this], ValueKind.NUMBER, ValueKind.NUMBER)

    def _coalesce(self, node: exp.Expr) -> ValueKind:
        self._several(node)
        return self._same([node.this, *node.expressions])

    def _extreme(self, node: exp.Expr) -> ValueKind:
        self._several(node)
        return self._all([node.this, *node.expressions], ValueKind.NUMBER, ValueKind.NUMBER)

    def _several(self, node: exp.Expr) -> None:
        if not node.expressions:
            self._refuse(node, f"{_named(node)} needs two arguments or more")


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return node


def _named(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return f"the function {node.name.upper()}"
    return f"the function {node.sql_name()}" if isinstance(node, exp.Func) else f"'{node.key}'"


def _shown(node: exp.Expr) -> str:
    return f"'{node.sql('duckdb')}'" if not isinstance(node, exp.Literal) else node.sql("duckdb")


def _date_hint(found: ValueKind, agreed: ValueKind) -> str:
    pair = {found, agreed}
    return "; a date is written DATE '2026-01-31'" if pair == {ValueKind.DATE, ValueKind.TEXT} else ""
