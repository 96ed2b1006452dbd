from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

from bot.core.metrics import ACCOUNT_METRICS, FLEET_METRICS, LINE_METRICS, METRICS, SOURCE_METRICS, Metric, Unit
from bot.core.verdicts import Scope
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOGUES: Final = {
    "account": ACCOUNT_METRICS,
    "line": LINE_METRICS,
    "source": SOURCE_METRICS,
    "fleet": FLEET_METRICS,
}
ALL: Final = [
    pytest.param(name, metric, id=f"{scope}-{name}")
    for scope, catalogue in CATALOGUES.items()
    for name, metric in catalogue.items()
]
SHAPES: Final = {
    Unit.SHARE: r".*-?\d+(\.\d+)? %",
    Unit.CHANGE: r".*-?\d+ %",
    Unit.MONEY: r".*\d",
    Unit.COUNT: r".*\d",
    Unit.DAYS: r".*: \d+ days",
    Unit.RATIO: r".*\d",
    Unit.SCORE: r".*\d",
    Unit.DATE: r"(.*: )?\d{4}-\d{2}-\d{2}",
    Unit.TEXT: r".*\S",
    Unit.FLAG: r"(.*: )?(true|false)",
}
"""How an example ends: with a value as the unit has it."""
SUM: Final = re.compile(r"((?:(?:floor|exp)\()?[\d(][\d .()x/+-]*(?:exp\([^)]*\)[\d .()x/+-]*)?) = (-?[\d.]+)( %)?")


def arithmetic(example: str) -> Iterator[tuple[str, str, bool]]:
    """Each `1 + 2 x 3 = 7` of an example as an expression, its outcome as written, and whether that is in percent."""
    for found in SUM.finditer(re.sub(r"(?<=\d),(?=\d{3})", "", example)):
        yield found[1].replace(" x ", " * "), found[2], bool(found[3])


@pytest.mark.parametrize(("name", "metric"), ALL)
def test_a_metric_is_named_and_described_in_words(name: str, metric: Metric) -> None:
    assert metric.name == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    for text in (metric.label, metric.formula, metric.unknown, metric.window, metric.example):
        assert text
        assert text == text.strip()


@pytest.mark.parametrize(("name", "metric"), ALL)
def test_an_example_ends_with_a_value_of_the_unit(name: str, metric: Metric) -> None:
    assert re.fullmatch(SHAPES[metric.unit], metric.example), name


@pytest.mark.parametrize(("name", "metric"), ALL)
def test_the_arithmetic_of_an_example_is_right(name: str, metric: Metric) -> None:
    for expression, outcome, percent in arithmetic(metric.example):
        ((value,),) = duckdb.execute(f"SELECT CAST({expression} AS DOUBLE)").fetchall()
        places = len(outcome.partition(".")[2])
        # Half of the last place that is written, and a hair for what floats lose.
        assert abs(value * (100 if percent else 1) - float(outcome)) <= 0.5 * 10**-places + 1e-9, (name, expression)


def test_the_arithmetic_of_most_measures_is_written_out() -> None:
    shown = [metric.name for metric in ACCOUNT_METRICS.values() if list(arithmetic(metric.example))]
    assert len(shown) > 40
    assert list(arithmetic("1, 4 and 12: 2 x (1 + 2) / (3 x 17) - 4 / 3 = 43 %")) == [
        ("2 * (1 + 2) / (3 * 17) - 4 / 3", "43", True)
    ]
    assert list(arithmetic("at 2 each: 1 / (1 + 2 x exp(-0.4 x 3)) = 62 %, floor(4 x 3 / 9) + 1 = 2")) == [
        ("1 / (1 + 2 * exp(-0.4 * 3))", "62", True),
        ("floor(4 * 3 / 9) + 1", "2", False),
    ]


def test_each_scope_has_its_catalogue() -> None:
    assert set(METRICS) == set(Scope)


ON_ACCOUNTS: Final = {Table.ACCOUNTS}
ON_CONTRACTS: Final = {Table.LINES}
ON_USE: Final = {Table.LINES, Table.USAGE}
RESTS: Final = {
    **dict.fromkeys(("name", "segment", "region", "nps", "csat", "open_cases", "urgent_cases"), ON_ACCOUNTS),
    **dict.fromkeys(
        ("arr", "days_to_renewal", "days_to_deadline", "seats", "active_lines", "auto_renew"), ON_CONTRACTS
    ),
    **dict.fromkeys(("licence_utilization", "peak_utilization", "trend_size", "mau", "run_out_date", "cus"), ON_USE),
    "tenure_days": {Table.ACCOUNTS, Table.LINES},
    "health": {Table.ACCOUNTS, Table.LINES, Table.USAGE},
}


def test_a_metric_rests_on_the_tables_that_it_comes_from() -> None:
    assert {name: set(ACCOUNT_METRICS[name].rests_on) for name in RESTS} == RESTS
    assert [name for name, one in {**ACCOUNT_METRICS, **LINE_METRICS}.items() if not one.rests_on] == []
    assert [name for name, one in {**SOURCE_METRICS, **FLEET_METRICS}.items() if one.rests_on] == []


@pytest.mark.parametrize("scope", ["account", "line"])
def test_what_looks_at_days_of_use_rests_on_usage(scope: str) -> None:
    windows = re.compile(r"\d+ days\b|months? |period|term so far")
    for name, metric in CATALOGUES[scope].items():
        of_contracts = metric.rests_on <= {Table.ACCOUNTS, Table.LINES}
        assert not (windows.search(metric.window) and of_contracts) or name in _OF_CONTRACTS_OVER_TIME, name


_OF_CONTRACTS_OVER_TIME: Final = {
    *("expansions", "contractions", "expansion_arr", "contraction_arr"),
    *("contracted", "recent_value", "period_start", "period_end"),
}


@pytest.mark.parametrize("scope", CATALOGUES)
def test_labels_are_told_apart(scope: str) -> None:
    labels = [metric.label for metric in CATALOGUES[scope].values()]
    assert len(labels) == len(set(labels))
