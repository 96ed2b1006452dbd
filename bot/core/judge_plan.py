"""A rule as SQL of the engine, and the engine's view of a metrics table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from sqlglot import exp

from bot.core.condition_sql import comparisons, engine_sql, words
from bot.core.condition_types import KIND_OF_UNIT, ValueKind
from bot.core.conditions import parse_condition
from bot.core.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.core.verdicts import Rule, Scope

PLACE: Final = "row number"
"""Column of the view that counts rows. With a blank: no metric can have this name."""

_TYPES: Final[Mapping[ValueKind, pa.DataType]] = {
    ValueKind.NUMBER: pa.float64(),
    ValueKind.TEXT: pa.string(),
    ValueKind.FLAG: pa.bool_(),
    ValueKind.DATE: pa.date32(),
}
_SQL_TYPES: Final = {
    ValueKind.TEXT: "VARCHAR",
    ValueKind.FLAG: "BOOLEAN",
    ValueKind.DATE: "DATE",
}


@dataclass(frozen=True, slots=True)
class PlannedComparison:
    """One comparison of a rule's `when`."""

    text: str
    sql: str
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule as SQL of the engine."""

    rule: Rule
    when: str
    clear: str
    severity: str
    at_stake: str
    countdown: str
    comparisons: tuple[PlannedComparison, ...]
    metrics: frozenset[str]

    def details(self) -> Iterator[str]:
        """Everything that is asked of a row once it is of interest."""
        yield from (self.when, self.clear, self.severity, self.at_stake, self.countdown)
        yield from (comparison.sql for comparison in self.comparisons)


@lru_cache(maxsize=1024)
def plan(rule: Rule) -> Plan:
    """Turn a rule into SQL. Raises ConditionError where the rule was not made by `bot.core.rules`."""
    when = parse_condition(rule.when, rule.scope)
    others = [parse_condition(text, rule.scope) for text in (rule.clear, rule.severity, rule.at_stake or "NULL")]
    clear, severity, at_stake = (engine_sql(other.tree) for other in others)
    named = {name for condition in (when, *others) for name in condition.metrics}
    return Plan(
        rule=rule,
        when=engine_sql(when.tree),
        clear=clear,
        severity=severity,
        at_stake=at_stake,
        countdown=f'"{rule.countdown}"' if rule.countdown else "NULL",
        comparisons=tuple(map(_planned, comparisons(when.tree))),
        metrics=frozenset(named | ({rule.countdown} if rule.countdown else set())),
    )


def _planned(leaf: exp.Expr) -> PlannedComparison:
    names = (column.name for column in leaf.find_all(exp.Column, bfs=False))
    return PlannedComparison(words(leaf), engine_sql(leaf), tuple(dict.fromkeys(names)))


def view_sql(metrics: Iterable[str], scope: Scope, table: str) -> str:
    """Select the metrics in the types that conditions are written for. What is no finite number is unknown."""
    return f"SELECT {', '.join([_quoted(PLACE), *(_column(name, scope) for name in metrics)])} FROM {table}"  # noqa: S608  # names of the catalogue


def arrow_type(name: str, scope: Scope) -> pa.DataType:
    """Return the type of a metric's values."""
    return _TYPES[KIND_OF_UNIT[METRICS[scope][name].unit]]


def _column(name: str, scope: Scope) -> str:
    kind, column = KIND_OF_UNIT[METRICS[scope][name].unit], _quoted(name)
    if kind is not ValueKind.NUMBER:
        return f"CAST({column} AS {_SQL_TYPES[kind]}) AS {column}"
    # NaN is greater than every number to DuckDB: it would fire each rule that looks for too much.
    number = f"CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) THEN {number} END AS {column}"


def _quoted(name: str) -> str:
    return f'"{name}"'
