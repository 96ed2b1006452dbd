"""Search for values with which a rule's `when` and `clear` both hold: it would open and end at once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from math import isfinite, prod
from typing import TYPE_CHECKING, Final

import duckdb
from sqlglot import exp

from bot.core.condition_sql import branches, comparisons, engine_sql
from bot.core.condition_types import KIND_OF_UNIT, ValueKind
from bot.core.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.conditions import Condition
    from bot.core.verdicts import Scope

_MOST_ROWS: Final = 50_000
_NUDGE: Final = 0.001


Pair = tuple["Condition", "Condition"]
"""A rule's `when` and `clear`."""


def witnesses(pairs: Sequence[Pair | None], scopes: Sequence[Scope]) -> list[dict[str, str] | None]:
    """Return, for each pair, values with which both of its conditions hold; None where none was found.

    Looked for around every literal of the two. Only parts of `clear` (joined by OR) over metrics of `when` are
    looked at: others may be tied to those of `when` in a way that nobody can see here. So what is found is a
    contradiction for certain, while not every contradiction is found.
    """
    with duckdb.connect() as engine:
        return [pair and _witness(engine, *pair, scope) for pair, scope in zip(pairs, scopes, strict=True)]


def _witness(
    engine: duckdb.DuckDBPyConnection, when: Condition, clear: Condition, scope: Scope
) -> dict[str, str] | None:
    known = set(when.metrics)
    parts = [part for part in branches(clear.tree) if known.issuperset(_names(part))]
    trees = [when.tree, *parts]
    candidates = {name: _candidates(name, scope, trees) for name in when.metrics}
    if not parts or not known or prod(map(len, candidates.values())) > _MOST_ROWS:
        return None
    row = _first(engine, candidates, f"{engine_sql(when.tree)} AND ({' OR '.join(map(engine_sql, parts))})")
    return None if row is None else dict(zip(candidates, row, strict=True))


def _first(
    engine: duckdb.DuckDBPyConnection, candidates: dict[str, list[str]], condition: str
) -> tuple[str, ...] | None:
    """Return the first combination of candidates with which the condition holds."""
    sources = ", ".join(
        f'(VALUES {", ".join(f"({value})" for value in values)}) AS "t_{name}"("{name}")'
        for name, values in candidates.items()
    )
    columns = ", ".join(f"COALESCE(\"{name}\"::VARCHAR, 'NULL')" for name in candidates)
    query = f"SELECT {columns} FROM {sources} WHERE {condition} LIMIT 1"  # noqa: S608  # written from checked trees
    row: tuple[str, ...] | None = engine.execute(query).fetchone()
    return row


def _names(tree: exp.Expr) -> set[str]:
    return {column.name for column in tree.find_all(exp.Column)}


def _candidates(name: str, scope: Scope, trees: Sequence[exp.Expr]) -> list[str]:
    """Values to try for a metric, as SQL: the literals that it meets, their neighbours, and NULL."""
    leaves = [leaf for tree in trees for leaf in comparisons(tree) if name in _names(leaf)]
    literals = [literal for leaf in leaves for literal in leaf.find_all(exp.Literal)]
    texts = sorted({found.name for found in literals if found.is_string})
    match KIND_OF_UNIT[METRICS[scope][name].unit]:
        case ValueKind.FLAG:
            return ["TRUE", "FALSE", "CAST(NULL AS BOOLEAN)"]
        case ValueKind.TEXT:
            return [*("'" + text.replace("'", "''") + "'" for text in [*texts, "~"]), "CAST(NULL AS VARCHAR)"]
        case ValueKind.DATE:
            return [*_days(texts), "CAST(NULL AS DATE)"]
    near = _near({float(found.name) for found in literals if not found.is_string})
    if any(len(_names(leaf)) > 1 for leaf in leaves):
        near = sorted({1.0, *near, *(low / 2 + high / 2 for low, high in pairwise(near))})  # a share of another metric
    return [*(f"CAST({value!r} AS DOUBLE)" for value in near), "CAST(NULL AS DOUBLE)"]


def _days(texts: list[str]) -> list[str]:
    days = {date(2026, 1, 1)}
    for text in texts:
        try:
            days.add(date.fromisoformat(text))
        except ValueError:
            continue  # a text of some other comparison
    days -= {date.min, date.max}
    return [f"DATE '{day + timedelta(days=step)}'" for day in sorted(days) for step in (-1, 0, 1)]


def _near(literals: set[float]) -> list[float]:
    signed = {0.0} | literals | {-value for value in literals}
    near = {round(value + step * max(abs(value) * _NUDGE, _NUDGE), 9) for value in signed for step in (-1, 0, 1)}
    return sorted(filter(isfinite, near))
