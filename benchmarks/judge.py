"""How much judging costs above a bare filter, and how it grows with the number of accounts.

    python benchmarks/judge.py --accounts 100000 --rules 30 --json

The filter is one DuckDB query over the same Arrow table with the same conditions: `WHERE` of any rule, nothing else.
Judging answers findings as Python values, with evidence. Both are the median of several runs that take turns.
"""

from __future__ import annotations

import argparse
import random
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import pyarrow as pa

from benchmarks.measuring import exponent, medians, show
from bot.core.judge import judge
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.verdicts import Rule

AS_OF = date(2026, 3, 31)
RUNS = 5
UNKNOWN_SHARE = 0.1
"""Of the values of each metric."""
OPEN_SHARE = 0.001
"""Accounts with an open episode of a rule."""
# Each holds for some 0.1 to 1 % of the accounts made below, as rules should that people are to act on.
PLAYS = [
    "licence_utilization < {low} - 0.05 AND tenure_days > 60 AND days_to_renewal BETWEEN 0 AND {days}",
    "usage_change_month <= -0.65 - {low} / 10 AND tenure_days > {days}",
    "peak_utilization BETWEEN 1.2 AND 1.22 + {low} / 10 AND (peak_pace IS NULL OR peak_pace > 1.5)",
    "peak_utilization > 1.25 - {low} / 10 AND arr > 1000",
    "days_to_deadline BETWEEN 0 AND {days} / 100",
    "cus < {days} / 5 AND segment IN ('Enterprise', 'Mid-market') AND arr * 0.1 > 4000",
]


def accounts(count: int) -> pa.Table:
    """Make a table of metrics, some of them unknown."""
    chance = random.Random(20260331)  # noqa: S311  # the same table on each machine

    def column(draw: Callable[[], object]) -> list[object]:
        return [None if chance.random() < UNKNOWN_SHARE else draw() for _ in range(count)]

    return pa.table(
        {
            "subject": [f"001{index:015d}" for index in range(count)],
            "licence_utilization": column(lambda: chance.betavariate(8, 3)),
            "tenure_days": column(lambda: chance.randrange(2000)),
            "days_to_renewal": column(lambda: chance.randrange(365)),
            "days_to_deadline": column(lambda: chance.randrange(365)),
            "usage_change_month": column(lambda: chance.gauss(0, 0.25)),
            "peak_utilization": column(lambda: chance.betavariate(8, 3) * 1.3),
            "peak_pace": column(lambda: chance.gauss(1, 0.3)),
            "cus": column(lambda: chance.betavariate(8, 3) * 100),
            "arr": column(lambda: chance.lognormvariate(10, 1)),
            "segment": column(lambda: chance.choice(["Enterprise", "Mid-market", "Small"])),
        }
    )


def rules(count: int) -> tuple[Rule, ...]:
    """Make rules from the plays, each with thresholds of its own."""
    texts = [
        f"- name: rule-{index}\n"
        f"  kind: churn_risk\n"
        f"  when: {PLAYS[index % len(PLAYS)].format(low=0.3 + index / 1000, days=150 + index)}\n"
        f"  severity: CASE WHEN arr >= 100000 THEN 'high' ELSE 'medium' END\n"
        f"  at_stake: arr\n"
        f'  to: [owner, "#cs-risk"]\n'
        f"  template: churn_risk\n"
        for index in range(count)
    ]
    return parse_rules("".join(texts), "benchmark")


def bare_filter(judged: tuple[Rule, ...], table: pa.Table) -> None:
    """Fetch the subjects for which any of the conditions holds."""
    either = " OR ".join(f"({rule.when})" for rule in judged)
    with duckdb.connect() as engine:
        engine.register("metrics", table)
        engine.sql(f"SELECT subject FROM metrics WHERE {either}").fetchall()  # noqa: S608  # rules of this file


def opened(judged: tuple[Rule, ...], table: pa.Table) -> dict[str, set[str]]:
    """Draw open episodes for each rule."""
    chance = random.Random(7)  # noqa: S311  # the same draw on each machine
    subjects = [str(subject) for subject in table.column("subject").to_pylist()]
    return {rule.name: set(chance.sample(subjects, int(len(subjects) * OPEN_SHARE))) for rule in judged}


def measure(count: int, judged: tuple[Rule, ...]) -> dict[str, float]:
    """Judge once at a size, against the filter."""
    table = accounts(count)
    open_subjects = opened(judged, table)
    found = len(judge(judged, Scope.ACCOUNT, table, AS_OF, open_subjects))
    works = {
        "seconds": lambda: judge(judged, Scope.ACCOUNT, table, AS_OF, open_subjects),
        "filter_seconds": lambda: bare_filter(judged, table),
    }
    return {**medians(works, RUNS), "findings": found}


def main() -> None:
    """Measure at a quarter of the size and at the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    judged = rules(asked.rules)
    quarter, whole = measure(max(asked.accounts // 4, 1), judged), measure(asked.accounts, judged)
    result = {
        "ratio_to_filter": round(whole["seconds"] / whole["filter_seconds"], 2),
        "seconds": round(whole["seconds"], 4),
        "exponent": exponent(quarter["seconds"], whole["seconds"], 4),
        "filter_seconds": round(whole["filter_seconds"], 4),
        "findings": whole["findings"],
        "accounts": asked.accounts,
        "rules": asked.rules,
    }
    show(result, as_json=asked.json)


if __name__ == "__main__":
    main()
