"""A condition as a tree of its single comparisons: which of them decides, and how far it is from holding.

NOT is taken in, as `bot.core.condition_sql.comparisons` does: of `NOT (a < 1 AND b = 2)` comes `a >= 1 OR b <> 2`. The
leaves are then the comparisons of a rule's evidence, and each reads in the direction that makes the condition hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from bot.core.condition_sql import opposite, words
from bot.core.conditions import parse_condition
from bot.core.verdicts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.core.verdicts import Evidence, Scope, Value

FAR: Final = 1.0
"""Of a comparison that has no distance: another segment, a flag."""
UNSEEN: Final = math.inf
"""Of what is unknown: it may be anywhere."""

_SIDES: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ)
_ENDS: Final = ("low", "high")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single comparison."""

    text: str
    """As the evidence of a rule names it."""
    limits: tuple[float, ...] = ()
    """Where one metric is compared with numbers: these."""
    paired: bool = False
    """Whether two metrics are compared with each other."""


@dataclass(frozen=True, slots=True)
class Every:
    """Parts joined by AND."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Parts joined by OR."""

    parts: tuple[Part, ...]


Part = Leaf | Every | Some


@lru_cache(maxsize=1024)
def tree_of(text: str, scope: Scope) -> Part:
    """Return the tree of a checked condition. Raises ConditionError for one that is not."""
    return _part(parse_condition(text, scope).tree, negate=False)


def leaves(part: Part) -> Iterator[Leaf]:
    """Yield the comparisons in reading order."""
    if isinstance(part, Leaf):
        yield part
    else:
        for below in part.parts:
            yield from leaves(below)


def truth(part: Part, seen: Mapping[str, Evidence]) -> Truth:
    """Tell whether a part holds; `seen` has the evidence of each comparison by its text."""
    if isinstance(part, Leaf):
        return seen[part.text].truth
    found = {truth(below, seen) for below in part.parts}
    decides = Truth.FALSE if isinstance(part, Every) else Truth.TRUE
    if decides in found:
        return decides
    return Truth.UNKNOWN if Truth.UNKNOWN in found else next(iter(found))


def deciding(part: Part, seen: Mapping[str, Evidence]) -> tuple[Leaf, ...]:
    """Name the comparisons that make a part what it is.

    Of what holds: all parts of an AND, the first of an OR that holds. Of what does not: the first part of an AND that
    is false (else unknown), of an OR that comes nearest; one, so that a person knows what to look at.
    """
    if isinstance(part, Leaf):
        return (part,)
    whole = truth(part, seen)
    those = [below for below in part.parts if truth(below, seen) is whole]
    if isinstance(part, Every) and whole is Truth.TRUE:
        return tuple(dict.fromkeys(leaf for below in those for leaf in deciding(below, seen)))
    if isinstance(part, Some) and whole is Truth.FALSE:
        return deciding(min(those, key=lambda below: gap(below, seen)), seen)
    return deciding(those[0], seen)


def gap(part: Part, seen: Mapping[str, Evidence]) -> float:
    """Tell how far a part is from holding: 0 where it holds, 0.1 a tenth of the threshold away.

    What several parts of an AND lack adds up; of an OR the nearest counts.
    """
    if isinstance(part, Leaf):
        return _distance(part, seen[part.text])
    found = [gap(below, seen) for below in part.parts]
    return sum(found) if isinstance(part, Every) else min(found)


def _distance(leaf: Leaf, seen: Evidence) -> float:
    if seen.truth is Truth.TRUE:
        return 0.0
    if seen.truth is Truth.UNKNOWN:
        return UNSEEN
    numbers = [number for _, value in seen.values if (number := _number(value)) is not None]
    if leaf.paired and len(numbers) == len(_ENDS):
        return _relative(*numbers)
    return min((_relative(numbers[0], limit) for limit in leaf.limits), default=FAR) if numbers else FAR


def _relative(value: float, limit: float) -> float:
    return min(abs(value - limit) / (max(abs(value), abs(limit)) or 1.0), FAR)


def _number(value: Value) -> float | None:
    return None if value is None or isinstance(value, bool | str) else float(value)


def _part(node: exp.Expr, *, negate: bool) -> Part:
    if isinstance(node, exp.Paren):
        return _part(node.this, negate=negate)
    if isinstance(node, exp.Not):
        return _part(node.this, negate=not negate)
    if isinstance(node, exp.And | exp.Or):
        joined = Every if isinstance(node, exp.And) is not negate else Some
        sides = (_part(node.this, negate=negate), _part(node.args["expression"], negate=negate))
        # `a AND b AND c` is one list of three, as it is read.
        return joined(tuple(part for side in sides for part in (side.parts if type(side) is joined else (side,))))
    leaf = opposite(node.copy()) if negate else node
    return Leaf(words(leaf), tuple(_limits(leaf)), _pairs(leaf))


def _pairs(leaf: exp.Expr) -> bool:
    return isinstance(leaf, _SIDES) and _is_metric(leaf.this) and _is_metric(leaf.args["expression"])


def _limits(leaf: exp.Expr) -> Iterator[float]:
    leaf = leaf.this if isinstance(leaf, exp.Not) else leaf
    if isinstance(leaf, exp.Between) and _is_metric(leaf.this):
        ends = [_constant(leaf.args[end]) for end in _ENDS]
    elif isinstance(leaf, _SIDES) and (_is_metric(leaf.this) or _is_metric(leaf.args["expression"])):
        ends = [_constant(leaf.this), _constant(leaf.args["expression"])]
    else:
        return
    yield from (end for end in ends if end is not None)


def _is_metric(node: exp.Expr) -> bool:
    return isinstance(node.unnest(), exp.Column)


def _constant(node: exp.Expr) -> float | None:
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inner = _constant(node.this)
        return None if inner is None else -inner
    return float(node.name) if isinstance(node, exp.Literal) and not node.is_string else None
