"""Lets the days of a test pass: findings and events in, what is said out. What decides is what decides every night."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from bot.core import acts
from bot.core.episodes import Phase, Reason, advance, silence
from bot.core.replay import say_once
from bot.core.verdicts import Hold, Scope, Truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.episodes import Episode, Step
    from bot.core.rule_tests.case import Act, Case
    from bot.core.rule_tests.judging import Found
    from bot.core.verdicts import Finding, Rule

Key = tuple[int, str, str]
"""Day, rule and subject."""

_NIGHT: Final = time(5, tzinfo=UTC)
_NOON: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Life:
    """What became of the episodes of a test."""

    said: dict[Key, Step] = field(default_factory=dict)
    silent: dict[Key, Step] = field(default_factory=dict)
    refused: list[tuple[Act, str]] = field(default_factory=list)
    """What people did and could not do, and why not."""


def live(case: Case, found: Found, rules: Mapping[str, Rule]) -> Life:
    """Take every episode through the days of a test: each day a night that judges it, then what people do."""
    days = _Days(case, rules)
    by_day: list[list[Finding]] = [[] for _ in range(case.days)]
    for (day, _, _), finding in found.items():
        by_day[day].append(finding)
    for day, findings in enumerate(by_day):
        days.night(day, findings)
        for act in case.acts:
            if act.day == day:
                days.act(act)
    return days.life


class _Days:
    """The open episodes of a test, and what became of all."""

    def __init__(self, case: Case, rules: Mapping[str, Rule]) -> None:
        self._case = case
        self._rules = rules
        self._open: dict[tuple[str, str], Episode] = {}
        self.life = Life()

    def night(self, day: int, findings: Sequence[Finding]) -> None:
        spoken_before = frozenset(episode.episode_id for episode in self._open.values() if episode.fired_at)
        steps = [step for finding in findings if (step := self._step(day, finding)) is not None]
        for step in say_once(steps, spoken_before):
            assert step.episode is not None, "nothing is said of no episode"
            key = (day, step.episode.rule, step.episode.subject)
            self.life.said[key] = self.life.silent.pop(key)

    def _step(self, day: int, finding: Finding) -> Step | None:
        key = (finding.rule, finding.subject)
        before = self._open.get(key)
        if before is None and finding.holds is not Truth.TRUE:
            return None  # no night hears of these
        now = datetime.combine(self._case.date(day), _NIGHT)
        step = advance(before, finding, self._rules[finding.rule], now, self._hold(day, *key))
        self.life.silent[day, *key] = step
        self._keep(key, step)
        return step

    def _hold(self, day: int, rule: str, subject: str) -> Hold | None:
        if self._rules[rule].scope is not Scope.ACCOUNT:
            return None  # guards speak through these rules: nothing holds them
        holdings = (one for one in self._case.holdings if one.concerns(day, rule, subject))
        return next((Hold(one.by, one.detail) for one in holdings), None)

    def _keep(self, key: tuple[str, str], step: Step) -> None:
        if step.episode is None or step.episode.phase is Phase.RESOLVED:
            self._open.pop(key, None)
        else:
            self._open[key] = step.episode

    def act(self, act: Act) -> None:
        key = (act.rule, act.subject)
        episode = self._open.get(key)
        now = datetime.combine(self._case.date(act.day), _NOON)
        step = silence(None, Reason.ENDED, "nothing is open then") if episode is None else _done(episode, act, now)
        if step.notify:
            self._keep(key, step)
        else:
            self.life.refused.append((act, step.detail or str(step.reason)))


def _done(episode: Episode, act: Act, now: datetime) -> Step:
    if act.snooze_until is not None:
        return acts.snooze(episode, act.by, act.snooze_until, act.because, now)
    if act.outcome is not None:
        return acts.close(episode, act.by, act.outcome, act.because, now)
    return acts.claim(episode, act.by, now)
