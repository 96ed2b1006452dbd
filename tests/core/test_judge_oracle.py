"""Judging against an oracle: conditions are drawn together with a function of Python that says what they mean."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.judge import explain, judge
from bot.core.verdicts import Mode, Rule, Scope, Truth, Value

AS_OF = date(2026, 3, 31)


def rule(name: str, when: str) -> Rule:
    return Rule(
        name=name,
        kind="churn_risk",
        scope=Scope.ACCOUNT,
        when=when,
        clear=f"NOT ({when})",
        hold=timedelta(0),
        repeat=None,
        countdown=None,
        steps=(),
        severity="'low'",
        at_stake=None,
        to=("owner",),
        template="churn_risk",
        mode=Mode.LIVE,
        version="1",
    )


Row = Mapping[str, float | None]
Number = tuple[str, Callable[[Row], float | None]]
Flag = tuple[str, Callable[[Row], bool | None]]


def _strictly(combine: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: None if None in values else combine(*values)


def _number(sign: str, combine: Callable[[float, float], float | None], left: Number, right: Number) -> Number:
    both = _strictly(combine)
    return f"({left[0]} {sign} {right[0]})", lambda row: both(left[1](row), right[1](row))


def _extreme(name: str, combine: Callable[[float, float], float], left: Number, right: Number) -> Number:
    both = _strictly(combine)
    return f"{name}({left[0]}, {right[0]})", lambda row: both(left[1](row), right[1](row))


def _coalesce(left: Number, right: Number) -> Number:
    def first(row: Row) -> float | None:
        value = left[1](row)
        return right[1](row) if value is None else value

    return f"COALESCE({left[0]}, {right[0]})", first


def _metric(name: str) -> Number:
    return name, lambda row: row[name]


def _constant(value: int) -> Number:
    return (f"({value})" if value < 0 else str(value)), lambda _: float(value)


def _numbers_of(inner: st.SearchStrategy[Number]) -> st.SearchStrategy[Number]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: _number("+", lambda a, b: a + b, *pair)),
        pairs.map(lambda pair: _number("-", lambda a, b: a - b, *pair)),
        pairs.map(lambda pair: _number("*", lambda a, b: a * b, *pair)),
        pairs.map(lambda pair: _number("/", lambda a, b: a / b if b else None, *pair)),
        pairs.map(lambda pair: _extreme("GREATEST", max, *pair)),
        pairs.map(lambda pair: _extreme("LEAST", min, *pair)),
        pairs.map(lambda pair: _coalesce(*pair)),
    )


NUMBERS = st.recursive(
    st.sampled_from(["arr", "nps", "cus"]).map(_metric) | st.integers(-3, 3).map(_constant), _numbers_of, max_leaves=4
)


def _compared(sign: str, left: Number, right: Number) -> Flag:
    both = _strictly(_OPERATORS[sign])
    return f"{left[0]} {sign} {right[0]}", lambda row: both(left[1](row), right[1](row))


def _between(three: tuple[Number, Number, Number]) -> Flag:
    (value, value_of), (low, low_of), (high, high_of) = three
    at_least, at_most = _strictly(lambda a, b: a >= b), _strictly(lambda a, b: a <= b)
    return f"{value} BETWEEN {low} AND {high}", lambda row: _and(
        at_least(value_of(row), low_of(row)), at_most(value_of(row), high_of(row))
    )


def _is_null(number: Number) -> Flag:
    return f"{number[0]} IS NULL", lambda row: number[1](row) is None


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _joined(pair: tuple[Flag, Flag], *, either: bool) -> Flag:
    (left, left_of), (right, right_of) = pair
    if either:
        return f"({left} OR {right})", lambda row: _not(_and(_not(left_of(row)), _not(right_of(row))))
    return f"({left} AND {right})", lambda row: _and(left_of(row), right_of(row))


def _flags_of(inner: st.SearchStrategy[Flag]) -> st.SearchStrategy[Flag]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda pair: _joined(pair, either=True)),
        pairs.map(lambda pair: _joined(pair, either=False)),
        inner.map(lambda flag: (f"NOT ({flag[0]})", lambda row: _not(flag[1](row)))),
    )


_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
COMPARISONS = st.one_of(
    st.builds(_compared, st.sampled_from(sorted(_OPERATORS)), NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(_between),
    NUMBERS.map(_is_null),
)
FLAGS = st.recursive(COMPARISONS, _flags_of, max_leaves=5)
VALUE = st.none() | st.integers(-3, 3).map(float)
TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(FLAGS, min_size=4, max_size=8),
    st.lists(st.fixed_dictionaries({"arr": VALUE, "nps": VALUE, "cus": VALUE}), min_size=1, max_size=12),
)
def test_all_rules_at_once_say_what_each_condition_means(flags: list[Flag], rows: list[Row]) -> None:
    subjects = [f"s{index}" for index in range(len(rows))]
    columns = {name: pa.array([row[name] for row in rows], pa.float64()) for name in ("arr", "nps", "cus")}
    rules = [rule(f"r{index}", text) for index, (text, _) in enumerate(flags)]
    opened = {each.name: frozenset(subjects) for each in rules}
    found = judge(rules, Scope.ACCOUNT, pa.table({"subject": subjects, **columns}), AS_OF, opened)
    meant = [meaning(row) for _, meaning in flags for row in rows]
    assert [item.holds for item in found] == [TRUTHS[value] for value in meant]
    assert [item.clears for item in found] == [TRUTHS[_not(value)] for value in meant]


@settings(max_examples=8, deadline=None)
@given(FLAGS, st.fixed_dictionaries({"arr": VALUE, "nps": VALUE, "cus": VALUE}))
def test_evidence_of_one_row_agrees_with_judging(flag: Flag, row: dict[str, Value]) -> None:
    each = rule("rule", flag[0])
    table = pa.table({"subject": ["a"], **{name: pa.array([value], pa.float64()) for name, value in row.items()}})
    (found,) = judge([each], Scope.ACCOUNT, table, AS_OF, {"rule": {"a"}})
    assert found.evidence == explain(each, row)
