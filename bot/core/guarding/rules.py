"""What a rule's condition says of the rule: what it rests on, and whether it is about a fall."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.core.conditions import parse_condition
from bot.core.metrics import METRICS, Unit
from bot.core.verdicts import Scope

if TYPE_CHECKING:
    from bot.core.verdicts import Rule
    from connectors.schema import Table

CHURN: Final = "churn_risk"
UPSELL: Final = "upsell"
_TREND: Final = "trend_"


@lru_cache(maxsize=1024)
def named(rule: Rule) -> tuple[str, ...]:
    """Name the metrics of a rule's `when`."""
    return parse_condition(rule.when, rule.scope).metrics


@lru_cache(maxsize=1024)
def rests_on(rule: Rule) -> frozenset[Table]:
    """Name the tables that decide whether a rule begins to hold or ends; what it would cost rests on more."""
    names = {*named(rule), *parse_condition(rule.clear, rule.scope).metrics, *filter(None, [rule.countdown])}
    return frozenset().union(*(METRICS[rule.scope][name].rests_on for name in names))


@lru_cache(maxsize=1024)
def changes(rule: Rule) -> tuple[str, ...]:
    """Name the changes in a churn rule's `when`: with one, the rule is about a fall."""
    if rule.kind != CHURN or rule.scope is not Scope.ACCOUNT:
        return ()
    return tuple(name for name in named(rule) if METRICS[rule.scope][name].unit is Unit.CHANGE)


def follows_the_trend(rule: Rule) -> bool:
    """Tell whether a rule names a metric of the trend, which knows when it began."""
    return any(name.startswith(_TREND) for name in named(rule))
