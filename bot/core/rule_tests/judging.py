"""Judges all days of all tests at once: a row of the metrics table for each subject and day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from bot.core.judge import SUBJECT, judge
from bot.core.judge_plan import arrow_type, plan
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from bot.core.rule_tests.case import Case, Subject
    from bot.core.verdicts import Finding, Rule, Value

Found = dict[tuple[int, str, str], "Finding"]
"""By day, rule and subject."""

_MARK: Final = "|"


@dataclass(slots=True)
class _Rows:
    """The metrics table of one scope."""

    keys: list[str] = field(default_factory=list)
    columns: dict[str, list[Value | date]] = field(default_factory=dict)

    def add(self, case: Case, subject: Subject, key: str) -> list[str]:
        keys = [f"{key}{_MARK}{day}" for day in range(case.days)]
        self.keys += keys
        for name, column in self.columns.items():
            series = subject.series.get(name)
            column.extend([None] * case.days if series is None else series.values(case.days))
        return keys

    def table(self, scope: Scope) -> pa.Table:
        columns = {name: pa.array(values, arrow_type(name, scope)) for name, values in self.columns.items()}
        return pa.table({SUBJECT: pa.array(self.keys, pa.string()), **columns})


def in_play(case: Case, rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules that a test is about."""
    return [rule for rule in rules if case.rules is None or rule.name in case.rules]


def judge_cases(cases: Sequence[Case], rules: Sequence[Rule]) -> list[Found]:
    """Return for each test what its rules find.

    That is a finding for every day, rule and subject; but none of a rule of which the test gives no metric at all and
    which holds all the same never: its condition is one and the same on every day.
    """
    found: list[Found] = [{} for _ in cases]
    for scope in Scope:
        judged = [rule for rule in rules if rule.scope is scope]
        if judged and any(subject.scope is scope for case in cases for subject in case.subjects):
            _judge_scope(cases, judged, scope, found)
    return found


def _judge_scope(cases: Sequence[Case], rules: Sequence[Rule], scope: Scope, found: Sequence[Found]) -> None:
    rows = _Rows(columns={name: [] for name in sorted({name for rule in rules for name in plan(rule).metrics})})
    asked: dict[str, set[str]] = defaultdict(set)
    wanted: set[tuple[int, str]] = set()
    for number, case in enumerate(cases):
        about = in_play(case, rules)
        wanted |= {(number, rule.name) for rule in about}
        for place, subject in enumerate(case.subjects):
            if subject.scope is not scope:
                continue
            keys = rows.add(case, subject, f"{number}{_MARK}{place}")
            for rule in about:
                # As if open: else the table would be silent on every day on which the rule does not hold.
                if case.rules is not None or not plan(rule).metrics.isdisjoint(subject.series):
                    asked[rule.name].update(keys)
    for finding in judge(rules, scope, rows.table(scope), cases[0].start, asked):
        number, place, day = map(int, finding.subject.split(_MARK))
        if (number, finding.rule) in wanted:
            case = cases[number]
            name = case.subjects[place].name
            found[number][day, finding.rule, name] = replace(finding, subject=name, as_of=case.date(day))
