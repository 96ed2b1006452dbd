"""Takes the episodes through one or several days of findings, and remembers what became of them.

What neither holds nor clears any more is ended here: the episodes of a rule that is no longer among the rules, and
those of an account or source that is no longer among the accounts or sources. Their messages are changed to say so.
An account counts as gone on the first day on which the CRM delivers others and not this one: a CRM that fails or
delivers no account at all ends nothing. Should the account come back, what holds of it fires anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Episode, Phase, Step, advance
from bot.core.judge import judge
from bot.core.replay import end, say_once
from bot.core.verdicts import Scope
from bot.state.rows import Audit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    import pyarrow as pa

    from bot.core.verdicts import Finding, Rule
    from bot.facts.engine import Analysis

Key = tuple[str, str]
"""Rule and subject."""

NO_RULE: Final = "the rule is no longer among the rules"
GONE: Final = {
    Scope.ACCOUNT: "the account is no longer in the CRM",
    Scope.SOURCE: "the source is no longer among the sources",
}


class Watch:
    """The open episodes, and the steps that they take.

    `known` looks an episode up by its id, where the day was judged before: one that opened and ended on that day stays
    ended, as a second one of the day would bear the same name.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        open_episodes: Mapping[Key, Episode],
        known: Callable[[str], Episode | None] | None = None,
    ) -> None:
        self._known = known
        self._rules = {rule.name: rule for rule in rules}
        self._open = dict(open_episodes)
        self._spoken_before = frozenset(episode.episode_id for episode in open_episodes.values() if episode.fired_at)
        self._changed: dict[str, Episode] = {}
        self._steps: list[Step] = []
        self._findings: dict[Key, Finding] = {}

    def judge(self, analysis: Analysis, day: date, now: datetime, *, sources_too: bool) -> None:
        """Judge one day and take every episode one step. Sources are judged as they are now, never as of the past."""
        rules = list(self._rules.values())
        open_subjects: dict[str, set[str]] = defaultdict(set)
        for rule, subject in self._open:
            open_subjects[rule].add(subject)
        found = judge(rules, Scope.ACCOUNT, analysis.accounts, day, open_subjects)
        if sources_too:
            found += judge(rules, Scope.SOURCE, analysis.sources, day, open_subjects)
        for finding in found:
            self._advance(finding, now)

    def end_lost(self, analysis: Analysis, now: datetime) -> None:
        """End the episodes whose rule or subject is gone, as of the last day that is judged."""
        subjects = {Scope.ACCOUNT: _subjects(analysis.accounts), Scope.SOURCE: _subjects(analysis.sources)}
        for key, episode in list(self._open.items()):
            rule = self._rules.get(episode.rule)
            if rule is None:
                self._take(key, episode, end(episode, NO_RULE, now))
            elif subjects[rule.scope] and episode.subject not in subjects[rule.scope]:
                self._take(key, episode, end(episode, GONE[rule.scope], now))

    def _advance(self, finding: Finding, now: datetime) -> None:
        key = (finding.rule, finding.subject)
        before = self._open.get(key)
        self._findings[key] = finding
        step = advance(before, finding, self._rules[finding.rule], now)
        if before is None and step.episode is not None and (ended := self._ended(step.episode)) is not None:
            before, step = ended, advance(ended, finding, self._rules[finding.rule], now)
        self._take(key, before, step)

    def _ended(self, opened: Episode) -> Episode | None:
        return self._known(opened.episode_id) if self._known is not None else None

    def _take(self, key: Key, before: Episode | None, step: Step) -> None:
        self._steps.append(step)
        after = step.episode
        if after is not None and after != before:
            self._changed[after.episode_id] = after
        if after is None or after.phase is Phase.RESOLVED:
            self._open.pop(key, None)
        else:
            self._open[key] = after

    def rule(self, name: str) -> Rule | None:
        """Return the rule of this name; None where it is no longer among the rules."""
        return self._rules.get(name)

    def finding(self, episode: Episode) -> Finding | None:
        """Return the last finding of an episode's rule and subject."""
        return self._findings.get((episode.rule, episode.subject))

    def latest(self, episode: Episode) -> Episode:
        """Return the last state of an episode."""
        return self._changed.get(episode.episode_id, episode)

    def open_count(self) -> int:
        """Count the episodes that are open now."""
        return len(self._open)

    def changed(self) -> tuple[Episode, ...]:
        """Return every episode that is not as it was, in its last state."""
        return tuple(self._changed.values())

    def to_say(self) -> tuple[Step, ...]:
        """Return the steps that people are to hear of, one an episode."""
        return say_once(self._steps, self._spoken_before)

    def audit(self, at: datetime) -> tuple[Audit, ...]:
        """Return a line for every step that had something to say, of rules in shadow mode too."""
        return tuple(
            Audit(
                at=at,
                actor="headroom",
                verb=step.transition,
                subject=step.episode.subject,
                detail={
                    "rule": step.episode.rule,
                    "version": step.episode.rule_version,
                    "episode": step.episode.episode_id,
                    "reason": step.detail,
                },
            )
            for step in self._steps
            if step.episode is not None and step.notify
        )


def _subjects(table: pa.Table) -> frozenset[str]:
    return frozenset(map(str, table.column("subject").to_pylist()))
