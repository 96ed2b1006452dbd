"""What speaks against a renewal and what for a larger one: open alerts, and what the figures say themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.episode import Outcome, Phase
from bot.core.scoring.model import RED
from bot.core.verdicts import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from bot.core.brief.policy import PrepPolicy
    from bot.core.episode import Episode
    from bot.core.verdicts import Rule, Value

CHURN: Final = "churn_risk"
UPSELL: Final = "upsell"

_HALF: Final = 0.5
_STANDING: Final = frozenset({Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED, Phase.CLOSED})
"""Phases in which what an alert says is so, whatever people did about it."""


class Seen(StrEnum):
    """A risk that the figures show without any rule."""

    URGENT_CASES = "urgent-cases"
    SINGLE_USER = "single-threaded"
    POWER_USERS_LOST = "power-user-gone"
    RED = "health-red"


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing to do something about."""

    name: str
    """Of the rule, or of `Seen`."""
    kind: str
    """churn_risk or upsell."""
    severity: str | None
    since: date | None
    evidence: tuple[str, ...]
    """The rule's own comparisons that are true."""
    values: Mapping[str, Value | date]
    """Metrics that it rests on, by name."""
    play: str | None
    """What to do, in the words of the settings; None: the words that ship with the name or kind."""


def of_episodes(
    episodes: Iterable[Episode], rules: Mapping[str, Rule], m: Mapping[str, Value | date], policy: PrepPolicy
) -> Iterator[Risk]:
    """Yield the alerts about an account that stand, of churn risks and upsells."""
    for episode in episodes:
        rule = rules.get(episode.rule)
        if rule is None or rule.kind not in {CHURN, UPSELL} or not _stands(episode, rule):
            continue
        named = [name for item in episode.evidence for name, _ in item.values]
        yield Risk(
            name=episode.rule,
            kind=rule.kind,
            severity=episode.severity,
            since=episode.opened_on,
            evidence=tuple(item.text for item in episode.evidence),
            values={name: m.get(name) for name in dict.fromkeys(named)},
            play=policy.plays.get(episode.rule) or policy.plays.get(rule.kind),
        )


def _stands(episode: Episode, rule: Rule) -> bool:
    # A rule in shadow mode is on trial, and a false alarm was none: neither may colour a negotiation.
    return episode.phase in _STANDING and episode.outcome is not Outcome.FALSE_ALARM and rule.mode is Mode.LIVE


def of_figures(m: Mapping[str, Value | date], told: Iterable[str], policy: PrepPolicy) -> Iterator[Risk]:
    """Yield the risks that the figures show, but for those that an alert tells of already."""
    known = set(told)
    for seen, metric, limit in _FIGURES:
        value = m.get(metric)
        if seen in known or isinstance(value, bool) or not isinstance(value, int | float) or value < limit:
            continue
        yield _seen(seen, {metric: value}, policy)
    if m.get("health_band") == RED and "health-drop" not in known:
        yield _seen(Seen.RED, {"health": m.get("health")}, policy)


_FIGURES: Final = (
    (Seen.URGENT_CASES, "urgent_cases", 1.0),
    (Seen.SINGLE_USER, "top_user_share", _HALF),
    (Seen.POWER_USERS_LOST, "power_users_lost", 1.0),
)


def _seen(seen: Seen, values: Mapping[str, Value | date], policy: PrepPolicy) -> Risk:
    play = policy.plays.get(seen) or policy.plays.get(CHURN)
    return Risk(seen, CHURN, None, None, (), values, play)
