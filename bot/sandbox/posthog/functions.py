"""The functions and kinds of expression that the stand-in's HogQL knows, and what they are in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from bot.sandbox.posthog.errors import invalid_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Build = Callable[[list[exp.Expr], datetime], exp.Expr]

KNOWN: Final[frozenset[type[exp.Expr]]] = frozenset(
    {
        exp.Select, exp.From, exp.Table, exp.Subquery, exp.TableAlias, exp.Where, exp.Group, exp.Having, exp.Order,
        exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Alias, exp.Column, exp.Dot, exp.Identifier, exp.Literal,
        exp.Boolean, exp.Null, exp.And, exp.Or, exp.Not, exp.Paren, exp.Tuple, exp.In, exp.Between, exp.Is, exp.EQ,
        exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg,
        exp.Interval, exp.Var, exp.If, exp.Case, exp.Coalesce, exp.Nullif, exp.Lower, exp.Upper, exp.Round, exp.Abs,
        exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.AnyValue, exp.ApproxDistinct,
        exp.TimestampTrunc, exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc,
    }
)  # fmt: skip


def _try_cast(to: str) -> Build:
    return lambda args, _: exp.TryCast(this=args[0], to=exp.DataType.build(to, dialect="duckdb"))


def _now(_: list[exp.Expr], now: datetime) -> exp.Expr:
    return exp.cast(exp.Literal.string(now.isoformat()), "timestamptz", dialect="duckdb")


def _today(args: list[exp.Expr], now: datetime) -> exp.Expr:
    return exp.cast(_now(args, now), "date")


def _to_time_zone(args: list[exp.Expr], _: datetime) -> exp.Expr:
    zone = args[1]
    # A moment without its zone is right for the day it falls on, and wrong for everything else.
    if not isinstance(zone.parent, exp.Expr) or not _cut_to_day(zone.parent.parent):
        raise invalid_query("The stand-in knows toTimeZone within toDate only")
    return exp.AtTimeZone(this=args[0], zone=zone)


def _cut_to_day(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Anonymous) and node.name == "toDate"


def _is_null(args: list[exp.Expr], _: datetime) -> exp.Expr:
    return exp.paren(exp.Is(this=args[0], expression=exp.Null()))


def _is_not_null(args: list[exp.Expr], _: datetime) -> exp.Expr:
    return exp.paren(exp.Not(this=exp.Is(this=args[0], expression=exp.Null())))


def _same(args: list[exp.Expr], _: datetime) -> exp.Expr:
    return exp.paren(exp.EQ(this=args[0], expression=exp.Literal.string("")))


def _other(args: list[exp.Expr], _: datetime) -> exp.Expr:
    return exp.paren(exp.NEQ(this=args[0], expression=exp.Literal.string("")))


FUNCTIONS: Final[dict[str, tuple[int, int, Build]]] = {
    "toDate": (1, 1, _try_cast("date")),
    "toDateTime": (1, 1, _try_cast("timestamptz")),
    "toTimeZone": (2, 2, _to_time_zone),
    "toString": (1, 1, _try_cast("varchar")),
    "toFloat": (1, 1, _try_cast("double")),
    "toInt": (1, 1, _try_cast("bigint")),
    "now": (0, 0, _now),
    "today": (0, 0, _today),
    "isNull": (1, 1, _is_null),
    "isNotNull": (1, 1, _is_not_null),
    "empty": (1, 1, _same),
    "notEmpty": (1, 1, _other),
}
"""Name, as HogQL spells it: fewest and most arguments, and DuckDB's expression."""


def _filtered(aggregate: type[exp.Expr]) -> Callable[[list[exp.Expr]], exp.Expr]:
    def build(args: list[exp.Expr]) -> exp.Expr:
        return exp.Filter(this=aggregate(this=args[0]), expression=exp.Where(this=args[1]))

    return build


def _distinct(args: list[exp.Expr]) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=args))


def _distinct_if(args: list[exp.Expr]) -> exp.Expr:
    return exp.Filter(this=_distinct(args[:1]), expression=exp.Where(this=args[1]))


AGGREGATES_IF: Final[dict[str, Callable[[list[exp.Expr]], exp.Expr]]] = {
    "sumIf": _filtered(exp.Sum),
    "avgIf": _filtered(exp.Avg),
    "minIf": _filtered(exp.Min),
    "maxIf": _filtered(exp.Max),
    "uniqExact": _distinct,
    "uniqIf": _distinct_if,
}

KNOWN_NAMES: Final = sorted(
    {*FUNCTIONS, *AGGREGATES_IF, "count", "countIf", "sum", "avg", "min", "max", "any", "uniq", "if", "ifNull"}
    | {"coalesce", "nullIf", "lower", "upper", "round", "abs", "toStartOfDay", "toStartOfMonth"}
)
