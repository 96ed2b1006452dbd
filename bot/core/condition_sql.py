"""What a checked condition is turned into: SQL for the engine, words for people, and its single comparisons.

The engine's form is written node by node from the checked tree, and it keeps SQL's three values where DuckDB
does not: what is divided by zero, and GREATEST or LEAST of something unknown, are unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator

from bot.core.condition_types import ARITHMETIC, COMPARISONS, CONNECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPERATORS: Final[dict[type[exp.Expr], str]] = {**COMPARISONS, **ARITHMETIC, **CONNECTORS}
_OPPOSITES: Final[dict[type[exp.Expr], type[exp.Expr]]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.GT: exp.LTE,
    exp.LTE: exp.GT,
}
_INFIX: Final = (exp.Is, exp.In, exp.Between)
"""Predicates whose NOT stands in the middle: `x IS NOT NULL`."""


def engine_sql(node: exp.Expr) -> str:
    """Write a checked tree as DuckDB's SQL over columns of type DOUBLE, VARCHAR, BOOLEAN and DATE."""
    operator = _OPERATORS.get(type(node))
    return _WRITERS[type(node)](node) if operator is None else _binary(node, operator)


def words(node: exp.Expr) -> str:
    """Write a checked tree as tidy SQL that people read and that parses into the same tree."""
    return str(_Words(dialect="duckdb").generate(node))


def negated(node: exp.Expr) -> exp.Expr:
    """NOT of a whole tree, as a new one."""
    return exp.Not(this=exp.Paren(this=node.copy()))


def comparisons(tree: exp.Expr) -> list[exp.Expr]:
    """Take a condition apart into its single comparisons, in reading order and each of them once.

    A NOT is taken in: of `NOT (a < 1 OR b = 2)` come `a >= 1` and `b <> 2`, so that each comparison reads in the
    direction that makes the condition hold.
    """
    unique = {words(leaf): leaf for leaf in _leaves(tree, negate=False)}
    return list(unique.values())


def branches(tree: exp.Expr) -> list[exp.Expr]:
    """List the parts of a condition that are joined by OR at its top."""
    if isinstance(tree, exp.Paren):
        return branches(tree.this)
    if isinstance(tree, exp.Or):
        return [*branches(tree.this), *branches(tree.args["expression"])]
    return [tree]


def _leaves(node: exp.Expr, *, negate: bool) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Paren):
        yield from _leaves(node.this, negate=negate)
    elif isinstance(node, exp.Not):
        yield from _leaves(node.this, negate=not negate)
    elif isinstance(node, exp.And | exp.Or):
        yield from _leaves(node.this, negate=negate)
        yield from _leaves(node.args["expression"], negate=negate)
    else:
        yield opposite(node.copy()) if negate else node


def opposite(leaf: exp.Expr) -> exp.Expr:
    """Write NOT of a single comparison as a comparison of its own; the leaf may be changed by it."""
    turned = _OPPOSITES.get(type(leaf))
    if turned is not None:
        return turned(this=leaf.this, expression=leaf.args["expression"])
    if isinstance(leaf, exp.Like):
        leaf.set("negate", not leaf.args.get("negate"))
        return leaf
    return exp.Not(this=leaf)


def _binary(node: exp.Expr, operator: str) -> str:
    left, right = engine_sql(node.this), engine_sql(node.args["expression"])
    if isinstance(node, exp.Div):
        return f"({left} / NULLIF({right}, 0))"
    if isinstance(node, exp.Sub):
        return f"CAST(({left} - {right}) AS DOUBLE)"  # of two dates DuckDB makes an integer
    return f"({left} {operator} {right})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _literal(node: exp.Expr) -> str:
    # As DOUBLE: a decimal literal would make DuckDB reckon in decimals, which overflow with an error.
    return _text(node.name) if node.args["is_string"] else f"CAST({float(node.name)!r} AS DOUBLE)"


def _in(node: exp.Expr) -> str:
    return f"({engine_sql(node.this)} IN ({_listed(node.expressions)}))"


def _between(node: exp.Expr) -> str:
    low, high = engine_sql(node.args["low"]), engine_sql(node.args["high"])
    return f"({engine_sql(node.this)} BETWEEN {low} AND {high})"


def _like(node: exp.Expr) -> str:
    operator = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return f"({engine_sql(node.this)} {operator} {engine_sql(node.args['expression'])})"


def _case(node: exp.Expr) -> str:
    this, default = node.args.get("this"), node.args.get("default")
    subject = "" if this is None else f" {engine_sql(this)}"
    tests = (f" WHEN {engine_sql(branch.this)} THEN {engine_sql(branch.args['true'])}" for branch in node.args["ifs"])
    otherwise = "" if default is None else f" ELSE {engine_sql(default)}"
    return f"CASE{subject}{''.join(tests)}{otherwise} END"


def _round(node: exp.Expr) -> str:
    decimals = node.args.get("decimals")
    digits = f", {decimals.sql('duckdb')}" if decimals is not None else ""
    return f"ROUND({engine_sql(node.this)}{digits})"


def _extreme(node: exp.Expr) -> str:
    """Let something unknown win, as infinity, and make it unknown again.

    DuckDB's GREATEST passes over NULL: the highest of the utilizations that happen to be known would pass for the
    highest of all.
    """
    name, bound = ("GREATEST", "infinity") if isinstance(node, exp.Greatest) else ("LEAST", "-infinity")
    unknown = f"CAST('{bound}' AS DOUBLE)"
    values = ", ".join(f"COALESCE({engine_sql(value)}, {unknown})" for value in (node.this, *node.expressions))
    return f"NULLIF({name}({values}), {unknown})"


def _listed(nodes: list[exp.Expr]) -> str:
    return ", ".join(map(engine_sql, nodes))


_WRITERS: Final[dict[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.Column: lambda node: '"' + node.name.lower() + '"',
    exp.Literal: _literal,
    exp.Boolean: lambda node: "TRUE" if node.this else "FALSE",
    exp.Null: lambda _: "NULL",
    exp.Paren: lambda node: f"({engine_sql(node.this)})",
    exp.Not: lambda node: f"(NOT {engine_sql(node.this)})",
    exp.Neg: lambda node: f"(- {engine_sql(node.this)})",
    exp.Between: _between,
    exp.In: _in,
    exp.Is: lambda node: f"({engine_sql(node.this)} IS NULL)",
    exp.Like: _like,
    exp.Case: _case,
    exp.Cast: lambda node: f"DATE {_text(node.this.name)}",
    exp.Abs: lambda node: f"ABS({engine_sql(node.this)})",
    exp.Round: _round,
    exp.Lower: lambda node: f"LOWER({engine_sql(node.this)})",
    exp.Upper: lambda node: f"UPPER({engine_sql(node.this)})",
    exp.Coalesce: lambda node: f"COALESCE({_listed([node.this, *node.expressions])})",
    exp.Greatest: _extreme,
    exp.Least: _extreme,
}


def _not(self: Any, node: exp.Expr) -> str:  # noqa: ANN401  # the generator's own type is not exported
    inner = node.this
    if not isinstance(inner, _INFIX):
        return f"NOT {self.sql(inner)}"
    subject, rest = self.sql(inner.this), self.sql(inner).removeprefix(self.sql(inner.this)).lstrip()
    return f"{subject} IS NOT NULL" if isinstance(inner, exp.Is) else f"{subject} NOT {rest}"


class _Words(DuckDBGenerator):
    """DuckDB's SQL as people write it: `x IS NOT NULL` for `NOT x IS NULL`, `DATE '...'` for a cast."""

    TRANSFORMS: ClassVar[dict[type[exp.Expr], Callable[..., str]]] = {
        **DuckDBGenerator.TRANSFORMS,
        exp.Not: _not,
        exp.Cast: lambda self, node: f"DATE {self.sql(node.this)}",
    }
