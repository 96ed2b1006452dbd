"""Small tables of metrics, rules and findings for the guards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bot.core.guarding.doubts import CONCERNS
from bot.core.judge_plan import arrow_type
from bot.core.metrics import METRICS
from bot.core.rules import parse_rules
from bot.core.verdicts import Scope
from bot.facts.engine import Analysis, Unattributed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.verdicts import Rule

DAY = date(2026, 3, 31)

FALLING = """\
- name: falling
  kind: churn_risk
  when: trend_size <= -0.2
  clear: trend_size > -0.1
  repeat: 30d
  at_stake: arr
  to: [owner]
  template: churn_risk
"""
SLOWER = """\
- name: slower
  kind: churn_risk
  when: usage_change_month < -0.2
  to: [owner]
  template: churn_risk
"""
UNDERUSE = """\
- name: underuse
  kind: churn_risk
  when: licence_utilization < 0.5 AND tenure_days > 60
  clear: licence_utilization >= 0.6
  to: [owner]
  template: churn_risk
"""
FULL = """\
- name: full
  kind: upsell
  when: peak_utilization > 0.9
  clear: peak_utilization < 0.8
  to: [owner]
  template: upsell
"""
REMINDER = """\
- name: reminder
  kind: renewal
  when: days_to_deadline BETWEEN 0 AND 120
  to: [owner]
  template: renewal
"""
STALE = """\
- name: source-stale
  kind: operations
  scope: source
  when: failed OR age_days IS NULL OR age_days > stale_after_days OR incomplete
  to: ["#cs-ops"]
  template: operations
"""
DROP = """\
- name: fleet-drop
  kind: operations
  scope: fleet
  when: falling_accounts > falling_limit AND incident_days < at_most_days
  severity: high
  at_stake: falling_arr
  to: ["#cs-ops"]
  template: fleet_drop
"""


@cache
def rules_of(text: str) -> dict[str, Rule]:
    return {rule.name: rule for rule in parse_rules(text, "rules.yaml")}


def rule(text: str) -> Rule:
    (found,) = rules_of(text).values()
    return found


def ruled(when: str, kind: str = "churn_risk") -> Rule:
    return rule(f"- {{name: ruled, kind: {kind}, when: {when!r}, to: [owner], template: churn_risk}}\n")


def at(day: date) -> datetime:
    return datetime.combine(day, time(5), UTC)


def table(scope: Scope, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """A table of metrics with every column of the catalogue; what a row does not say is unknown."""
    columns = {name: arrow_type(name, scope) for name in METRICS[scope]}
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema({"subject": pa.string(), **columns}))


def source(name: str = "usage", **metrics: Any) -> dict[str, Any]:  # noqa: ANN401  # values of metrics
    fresh = {"age_days": 1, "complete_to": date(2026, 3, 30), "stale_after_days": 2.0}
    return {"subject": name, "name": name, **fresh, "failed": False, "incomplete": False, **metrics}


def analysis(
    accounts: Mapping[str, Mapping[str, Any]],
    sources: Iterable[Mapping[str, Any]] = (),
    concerns: Iterable[tuple[str, str, str]] = (),
    lines: Iterable[tuple[str, str, str]] = (),
    day: date = DAY,
) -> Analysis:
    """`accounts`: metrics by id; `concerns`: account, source, kind of table; `lines`: account, product, kind."""
    told = [dict(zip(CONCERNS.names, row, strict=True)) for row in concerns]
    bought = [dict(zip(("account_id", "product", "kind"), row, strict=True)) for row in lines]
    columns = pa.schema([pa.field(name, pa.string()) for name in ("account_id", "product", "kind")])
    return Analysis(
        day,
        table(Scope.ACCOUNT, ({"subject": name, "name": name.title(), **row} for name, row in accounts.items())),
        pa.Table.from_pylist(bought, schema=columns),
        table(Scope.SOURCE, sources),
        Unattributed((), (), (), pa.table({}), ()),
        (),
        concerns=pa.Table.from_pylist(told, schema=CONCERNS),
    )
