"""Judging: every rule on the whole metrics table at once, in an in-memory DuckDB on the Arrow table as it stands.

Two passes. The first evaluates `when` of all rules in one query and keeps the few rows where one holds; the second
evaluates everything else (clear, severity, at stake, each comparison) on those rows and the open subjects only.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bot.core.earlier import SUBJECT, Earlier, shown
from bot.core.judge_plan import PLACE, arrow_type, plan, view_sql
from bot.core.verdicts import Evidence, Finding, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.core.judge_plan import Plan, PlannedComparison
    from bot.core.verdicts import Rule, Scope, Value

__all__ = ["SUBJECT", "USUAL_SEVERITY", "explain", "judge", "judge_one", "metrics_of"]

USUAL_SEVERITY: Final = "medium"
"""Of a rule whose severity is unknown."""
_TRUTHS: Final = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
# Conditions are written from checked trees; that the engine cannot reach a file is a second lock on the same door.
_LOCKED: Final[dict[str, str | bool | int | float | list[str]]] = {"enable_external_access": "false"}


def judge(
    rules: Sequence[Rule],
    scope: Scope,
    table: pa.Table,
    as_of: date,
    open_subjects: Mapping[str, AbstractSet[str]],
    *,
    earlier: Earlier | None = None,
) -> list[Finding]:
    """Judge every rule of `scope` on every row of a metrics table.

    `table` has one row a subject: a text column `subject`, never NULL and never twice, and a column for each metric
    that the rules name (see `bot.core.metrics`); NULL, and a number that is not finite, is unknown. `open_subjects`
    gives, by name of rule, the subjects that have an open episode; `earlier` what the evidence is compared with.

    Answers a finding for each rule and row where the rule holds or an episode is open: by rule in the order given,
    then by row. A subject with an open episode that the table does not have comes last, and all about it is unknown.
    Raises ValueError where the table is not of this form.
    """
    plans = [plan(rule) for rule in rules if rule.scope is scope]
    if not plans:
        return []
    metrics = sorted({name for each in plans for name in each.metrics})
    table = _checked(table, metrics)
    with duckdb.connect(config=_LOCKED) as engine:
        held = _holding(engine, plans, _numbered(table, metrics), view_sql(metrics, scope, "metrics"))
        opened = [open_subjects.get(each.rule.name, frozenset()) for each in plans]
        rows = _with_open(table, held, opened)
        details = _Details(engine, plans, table, rows, scope, earlier=earlier)
    findings: list[Finding] = []
    for each, places, subjects in zip(plans, rows, opened, strict=True):
        found = _found(each, details.rows(places), details, as_of)
        findings += found
        findings += _unseen(each.rule, found, subjects, as_of)
    return findings


def judge_one(
    rules: Sequence[Rule],
    scope: Scope,
    subject: str,
    row: Mapping[str, Value | date],
    as_of: date,
    *,
    before: tuple[date, Mapping[str, Value | date]] | None = None,
) -> list[Finding]:
    """Judge every rule of `scope` on one subject: a finding each, in the order given, whether it holds or not.

    A metric that the row does not have is unknown. Dates are dates or texts like 2026-01-31. `before`: an earlier day
    and the metrics of then.
    """
    plans = [plan(rule) for rule in rules if rule.scope is scope]
    if not plans:
        return []
    names = sorted({name for each in plans for name in each.metrics})
    earlier = Earlier(before[0], _row(subject, before[1], names, scope)) if before else None
    with _answering().cursor() as engine:
        details = _Details(engine, plans, _row(subject, row, names, scope), [[0]] * len(plans), scope, earlier=earlier)
    return [found for each in plans for found in _found(each, details.rows([0]), details, as_of)]


def explain(rule: Rule, row: Mapping[str, Value | date]) -> tuple[Evidence, ...]:
    """Tell each comparison of a rule's `when` with its truth and values for one row: why, and why not."""
    return judge_one([rule], rule.scope, "", row, date.min)[0].evidence


def metrics_of(rules: Sequence[Rule], scope: Scope) -> frozenset[str]:
    """Name every metric that a rule of this scope looks at."""
    return frozenset(name for rule in rules if rule.scope is scope for name in plan(rule).metrics)


@cache
def _answering() -> duckdb.DuckDBPyConnection:
    """Open the engine that single rows are judged in: to open one takes longer than to judge thirty rules.

    Each question has a cursor of its own, which several threads may have at a time.
    """
    return duckdb.connect(config={**_LOCKED, "threads": 1})


def _row(subject: str, values: Mapping[str, Value | date], names: Sequence[str], scope: Scope) -> pa.Table:
    columns = {name: _single(values.get(name), arrow_type(name, scope)) for name in names}
    return pa.table({SUBJECT: pa.array([subject]), **columns})


def _checked(table: pa.Table, metrics: Sequence[str]) -> pa.Table:
    missing = [name for name in (SUBJECT, *metrics) if name not in table.column_names]
    if missing:
        raise ValueError(f"the metrics table has no column {', '.join(missing)}")
    subjects: Any = table.column(SUBJECT).cast(pa.string())
    if subjects.null_count or pc.count_distinct(subjects).as_py() != len(subjects):
        raise ValueError("the metrics table has a subject that is NULL or stands in two rows")
    return table.set_column(table.column_names.index(SUBJECT), SUBJECT, subjects)


def _numbered(table: pa.Table, metrics: Sequence[str]) -> pa.Table:
    places = pa.arange(0, table.num_rows)  # type: ignore[attr-defined]  # the stubs are older than the library
    return table.select(metrics).append_column(PLACE, places)


def _holding(engine: duckdb.DuckDBPyConnection, plans: Sequence[Plan], table: pa.Table, view: str) -> list[list[int]]:
    """List, for each plan, the rows in which its `when` is true."""
    engine.register("metrics", table)
    columns = ", ".join(f"{each.when} AS when{index}" for index, each in enumerate(plans))
    either = " OR ".join(f"when{index}" for index in range(len(plans)))
    query = f'SELECT * FROM (SELECT "{PLACE}", {columns} FROM ({view})) WHERE {either} ORDER BY "{PLACE}"'  # noqa: S608  # written from checked trees
    hits = _answer(engine, query)
    places: Any = hits.column(PLACE)  # the stubs would have a NULL in every list
    return [places.filter(hits.column(f"when{index}")).to_pylist() for index in range(len(plans))]


def _answer(engine: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    answer: pa.Table | None = engine.sql(query).to_arrow_table()
    assert answer is not None  # every query here is a SELECT
    return answer


def _with_open(
    table: pa.Table, held: Sequence[list[int]], opened: Sequence[AbstractSet[str]]
) -> Sequence[Sequence[int]]:
    """Add to the rows of each rule those that have an open episode."""
    everybody = sorted(frozenset().union(*opened))
    if not everybody:
        return held
    column: Any = table.column(SUBJECT)
    places = pc.indices_nonzero(pc.is_in(column, value_set=pa.array(everybody, pa.string())))
    place_of = dict(zip(column.take(places).to_pylist(), map(int, places.to_pylist()), strict=True))
    return [
        sorted({*places, *(place_of[subject] for subject in subjects if subject in place_of)})
        for places, subjects in zip(held, opened, strict=True)
    ]


class _Details:
    """Everything about the rows of interest: the second pass, one query for all rules."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        plans: Sequence[Plan],
        table: pa.Table,
        rows: Sequence[Sequence[int]],
        scope: Scope,
        *,
        earlier: Earlier | None = None,
    ) -> None:
        union = sorted({place for places in rows for place in places})
        self._position = {place: position for position, place in enumerate(union)}
        self._table = table.take(pa.array(union, pa.int64()))
        self._before_on = earlier.day if earlier is not None else None
        subjects: Any = self._table.column(SUBJECT)
        self._before = earlier.beside(subjects.combine_chunks()) if earlier is not None else pa.table({})
        metrics = sorted({name for each in plans for name in each.metrics})
        # Rules share comparisons, and the usual severity: each expression is asked for once.
        expressions = list(dict.fromkeys(sql for each in plans for sql in each.details()))
        engine.register("found", _numbered(self._table, metrics))
        columns = ", ".join(f"{sql} AS c{index}" for index, sql in enumerate(expressions))
        view = view_sql(metrics, scope, "found")
        answer = _answer(engine, f'SELECT {columns} FROM ({view}) ORDER BY "{PLACE}"')  # noqa: S608  # written from checked trees
        self._answers = dict(zip(expressions, answer.columns, strict=True))

    def rows(self, places: Sequence[int]) -> pa.Array[Any]:
        """Turn rows of the whole table into rows of the second pass, which everything below is asked with."""
        return pa.array([self._position[place] for place in places], pa.int64())

    def values(self, sql: str, rows: pa.Array[Any]) -> list[Any]:
        """Value of one expression of the plans in each of the rows."""
        return self._answers[sql].take(rows).to_pylist()

    def subjects(self, rows: pa.Array[Any]) -> list[str]:
        """Subject of each of the rows."""
        subjects: Any = self._table.column(SUBJECT)
        return list(subjects.take(rows).to_pylist())

    def evidence(self, each: Plan, rows: pa.Array[Any]) -> Iterator[tuple[Evidence, ...]]:
        """Comparisons of a plan, with truth and values, for each of the rows."""
        return zip(*(self._compared(item, rows) for item in each.comparisons), strict=True)

    def _compared(self, item: PlannedComparison, rows: pa.Array[Any]) -> list[Evidence]:
        seen = [self._metric(name, rows) for name in item.metrics]
        values = zip(*seen, strict=True) if seen else repeat(())
        compared = zip(self.values(item.sql, rows), values, self._earlier(item, rows), strict=False)
        return [
            Evidence(
                item.text,
                _TRUTHS[truth],
                tuple(zip(item.metrics, value, strict=True)),
                before,
                self._before_on if before else None,
            )
            for truth, value, before in compared
        ]

    def _earlier(self, item: PlannedComparison, rows: pa.Array[Any]) -> Iterable[tuple[tuple[str, Value], ...]]:
        """Metrics of a comparison with the values of the earlier day, as far as they are known."""
        kept = [name for name in item.metrics if name in self._before.column_names]
        if not kept:
            return repeat(())
        columns = [shown(self._before.column(name).take(rows)).to_pylist() for name in kept]
        return [
            tuple((name, value) for name, value in zip(kept, row, strict=True) if value is not None)
            for row in zip(*columns, strict=True)
        ]

    def _metric(self, name: str, rows: pa.Array[Any]) -> list[Value]:
        values: list[Value] = shown(self._table.column(name).take(rows)).to_pylist()
        return values


def _found(each: Plan, rows: pa.Array[Any], details: _Details, as_of: date) -> list[Finding]:
    columns = zip(
        details.subjects(rows),
        details.values(each.when, rows),
        details.values(each.clear, rows),
        details.values(each.severity, rows),
        details.values(each.at_stake, rows),
        details.values(each.countdown, rows),
        details.evidence(each, rows),
        strict=True,
    )
    return [
        Finding(
            rule=each.rule.name,
            subject=subject,
            as_of=as_of,
            holds=_TRUTHS[holds],
            clears=_TRUTHS[clears],
            severity=severity or USUAL_SEVERITY,
            at_stake=at_stake,
            countdown=None if countdown is None else int(countdown),
            evidence=evidence,
        )
        for subject, holds, clears, severity, at_stake, countdown, evidence in columns
    ]


def _unseen(rule: Rule, found: Sequence[Finding], opened: AbstractSet[str], as_of: date) -> list[Finding]:
    """Find nothing out about subjects that the table does not have: that is no reason to end their episodes."""
    return [
        Finding(
            rule=rule.name,
            subject=subject,
            as_of=as_of,
            holds=Truth.UNKNOWN,
            clears=Truth.UNKNOWN,
            severity=USUAL_SEVERITY,
            at_stake=None,
            countdown=None,
            evidence=(),
        )
        for subject in sorted(opened - {finding.subject for finding in found})
    ]


def _single(value: object, kind: pa.DataType) -> pa.Array[Any]:
    if kind == pa.date32() and isinstance(value, str):
        return pa.array([date.fromisoformat(value)], kind)
    return pa.array([value], kind)
