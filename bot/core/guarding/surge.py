"""Who begins to fall tonight, and whether these are too many at once. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episode import Outcome, Phase
from bot.core.guarding.falls import crowd, fleet_table, starts, watched
from bot.core.guarding.rules import changes, follows_the_trend
from bot.core.verdicts import Mode, Truth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    import pyarrow as pa

    from bot.core.episode import Episode
    from bot.core.guarding.falls import Begins, Crowd
    from bot.core.guarding.policy import FleetPolicy, Past
    from bot.core.verdicts import Finding, Hold, Rule

Key = tuple[str, str]

_ZONES: Final = timedelta(days=1)
"""A rule's first night is known by the clock, and the day it judged is the company's: they may be a day apart."""


@dataclass(frozen=True, slots=True)
class Surge:
    """The falls of a night."""

    crowd: Crowd
    begins: Mapping[Key, date]
    """When each fall began that holds tonight."""
    metrics: pa.Table
    """One row: the metrics of the fleet."""

    def hold(self, rule: Rule, subject: str) -> Hold | None:
        """Hold what a rule says of an account that begins to fall when too many do."""
        return self.crowd.hold(self.begins.get((rule.name, subject)))


@dataclass(frozen=True, slots=True)
class Falls:
    """What a night knows of falls before it asks how many they are."""

    findings: Sequence[Finding]
    """Those of the day that is judged, of rules about a fall."""
    episodes: Mapping[Key, Episode]
    """What would become of each, did the fleet not hold it."""
    in_doubt: Collection[Key]
    """Those that are held by a source."""

    def surge(
        self, rules: Mapping[str, Rule], accounts: pa.Table, policy: FleetPolicy, past: Past, incident: Incident
    ) -> Surge:
        """Count who begins to fall within the same days."""
        live = [rule for rule in rules.values() if rule.mode is Mode.LIVE]
        number = watched(accounts, {name for rule in live for name in changes(rule)})
        begins = self._begins(rules, starts(accounts, {one.subject for one in self.findings}), past)
        recent = self._recent(max(incident.now - policy.at_most, past.incident_ended or incident.now - policy.at_most))
        counted = {key for key in recent if rules[key[0]].mode is Mode.LIVE}
        falling: Begins = frozenset((key[1], begins[key]) for key in counted - self._unsure() if key in begins)
        found = crowd(falling, policy.days, policy.limit(number))
        doubtful = frozenset(subject for _, subject in counted & self._unsure())
        # Those whose data is in doubt may fall as well: with them the crowd may be too large, nobody knows.
        sure = found.over or len({account for account, _ in falling} | doubtful) <= policy.limit(number)
        table = fleet_table(found if sure else None, accounts, number, policy, incident.days)
        held = found if sure or incident.days is None else replace(found, over=True)
        return Surge(held, begins, table)

    def _begins(self, rules: Mapping[str, Rule], trends: Mapping[str, date], past: Past) -> dict[Key, date]:
        begins = {}
        for one in self.findings:
            key, rule = (one.rule, one.subject), rules[one.rule]
            if one.holds is not Truth.TRUE or key not in self.episodes:
                continue
            by_trend = trends.get(one.subject) if follows_the_trend(rule) else None
            if (began := by_trend or _opened(self.episodes[key], rule, past, one.as_of)) is not None:
                begins[key] = began
        return begins

    def _recent(self, since: datetime) -> set[Key]:
        """Return those that fire tonight or have fired since, and those of which nobody knows whether they would."""
        return {
            key
            for key, episode in self.episodes.items()
            if (episode.fired_at is not None and episode.fired_at > since)
            or (episode.phase is Phase.PENDING and key in self._unsure())
        }

    def _unsure(self) -> set[Key]:
        return {
            (one.rule, one.subject)
            for one in self.findings
            if one.holds is Truth.UNKNOWN or (one.rule, one.subject) in self.in_doubt
        }


@dataclass(frozen=True, slots=True)
class Incident:
    """How the fleet's incident stands when a night begins."""

    days: int | None
    """For how many days it has been open; None where none is."""
    now: datetime


def incident_days(open_episodes: Iterable[Episode], as_of: date) -> int | None:
    """Count the days for which the oldest open episode of the fleet has been open; None where none is."""
    return max(((as_of - episode.opened_on).days for episode in open_episodes), default=None)


def let_go(episode: Episode | None) -> bool:
    """Tell whether somebody has said of an incident that it is none: the figures are right."""
    return episode is not None and episode.phase is Phase.CLOSED and episode.outcome is Outcome.FALSE_ALARM


def _opened(episode: Episode, rule: Rule, past: Past, as_of: date) -> date | None:
    """Return the day on which a rule began to hold; None where it was the rule that was new on it."""
    first = past.first_judged.get(rule.version, as_of) + _ZONES
    return episode.opened_on if episode.opened_on > first else None
