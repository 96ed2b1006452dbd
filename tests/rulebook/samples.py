"""A rule, its tests, and nights that judged it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.core.rule_versions import definition
from bot.core.rules import parse_rules
from bot.state.rows import Audit, Judgement, RuleVersion

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.store import Store

    Headroom = Callable[..., tuple[int, str, str]]

UNHAPPY = """\
- name: unhappy
  kind: churn_risk
  when: nps < 5
  for: 2d
  severity: low
  to: ["#cs-risk"]
  template: churn_risk
"""
OTHER = '- {name: other, kind: upsell, when: csat > 4, to: ["#cs-upsell"], template: upsell}\n'
TESTS = """\
rule_file: rules.yaml
tests:
  - name: unhappy customers
    rules: [unhappy]
    accounts: {acme: {nps: 3x4}}
    expect: [{day: 2, says: fired}]
"""
FIRST = datetime(2026, 3, 3, 5, tzinfo=UTC)


def judged(store: Store, text: str, at: datetime, *lines: Audit) -> None:
    """Store what a night stores of its rules."""
    versions = tuple(
        RuleVersion(rule.version, rule.name, definition(rule), at) for rule in parse_rules(text, "rules.yaml")
    )
    store.commit(Judgement(at.date(), at, (), (), (), (), (), lines, rules=versions))
