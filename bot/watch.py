"""Takes the episodes through one or several days of findings, and remembers what became of them.

Days are judged one by one; at the end of the last the guards say what is held tonight, and each episode takes its steps
through all the days under these holds: what people hear tonight rests on what is known tonight.

What neither holds nor clears any more is ended here: the episodes of a rule that is no longer among the rules, and
those of an account or source that is no longer among the accounts or sources. Their messages are changed to say so.
An account counts as gone on the first day on which the CRM delivers others and not this one: a CRM that fails or
delivers no account at all ends nothing, nor does one that is in doubt. Should the account come back, what holds of it
fires anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from bot.core.course import Course, Judged
from bot.core.episode import Phase, Reason
from bot.core.guarding.doubts import Doubts, doubts_of
from bot.core.guarding.lines import Risk, Risks
from bot.core.guarding.policy import FLEET, FleetPolicy, Past
from bot.core.guarding.rules import CHURN, UPSELL, changes
from bot.core.guarding.surge import Falls, Incident, incident_days, let_go
from bot.core.guards import holds
from bot.core.judge import judge
from bot.core.late import suspects, undone
from bot.core.replay import end, say_once
from bot.core.verdicts import HoldBy, Mode, Scope, Truth
from bot.state.rows import Audit, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date, datetime

    import pyarrow as pa

    from bot.core.earlier import Earlier
    from bot.core.episode import Episode, Step
    from bot.core.guarding.surge import Surge
    from bot.core.inheriting import Inherited
    from bot.core.late import Suspect
    from bot.core.verdicts import Finding, Hold, Rule, Value
    from bot.facts.engine import Analysis

Key = tuple[str, str]
"""Rule and subject."""

NO_RULE: Final = "the rule is no longer among the rules"
GONE: Final = {
    Scope.ACCOUNT: "the account is no longer in the CRM",
    Scope.SOURCE: "the source is no longer among the sources",
}
_AT_RISK: Final = frozenset({Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED})
_HELD: Final = frozenset({Reason.HELD, Reason.INHIBITED})
_BEFORE_ALL: Final = -1
"""Place of the steps that are taken before those of the night's findings."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one guard keeps from being said tonight."""

    by: HoldBy
    detail: str
    findings: int


class Watch:
    """The open episodes, and what the findings of a night make of them: `judge` each day, then `conclude` once.

    `known` looks an episode up by its id, where the day was judged before, see `Course`. `fleet` and `past` are what
    the fleet guard has to know.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        open_episodes: Mapping[Key, Episode],
        known: Callable[[str], Episode | None] | None = None,
        fleet: FleetPolicy | None = None,
        past: Past | None = None,
    ) -> None:
        self._known = None if known is None else cache(known)
        self._rules = {rule.name: rule for rule in rules}
        self._opened = dict(open_episodes)
        self._spoken_before = frozenset(episode.episode_id for episode in open_episodes.values() if episode.fired_at)
        self._policy, self._past = fleet or FleetPolicy(), past or Past()
        self._judged: list[Judged] = []
        self._findings: dict[Key, Finding] = {}
        self._maybe_open: defaultdict[str, set[str]] = defaultdict(set)
        for rule, subject in open_episodes:
            self._maybe_open[rule].add(subject)
        self._course = self._new_course()
        self._holds: dict[Key, Hold] = {}
        self._undone: dict[Key, Step] = {}
        self.fleet: Mapping[str, Value | date] = {}
        """The metrics of the fleet; empty where no rule asks for them."""

    def inherit(self, inherited: Inherited) -> None:
        """Note which of the open episodes stood under another id, and which of them end by that. Before all else."""
        self._course.changed |= {one.episode_id: one for one in inherited.moved}
        for key, step in inherited.ended.items():
            if step.episode is not None:
                self._spoken_before |= {step.episode.episode_id} if step.episode.fired_at else frozenset()
                self._course.put(key, None, step, _BEFORE_ALL)

    def suspects(
        self, changes: Mapping[str, date], as_of: date, day_of: Callable[[datetime], date]
    ) -> tuple[Suspect, ...]:
        """Return the alerts that rest on usage which has changed since; see `bot.core.late`."""
        return suspects(self._opened.values(), self._rules, changes, as_of, day_of)

    def undo(self, suspect: Suspect, again: Sequence[Finding], now: Callable[[date], datetime]) -> bool:
        """End an alert where late data undo it, and say whether they do.

        `again` are its findings of the days that were judged once more. After the days of the night.
        """
        rule, key = self._rules[suspect.episode.rule], suspect.key
        judged = [Judged(_BEFORE_ALL, finding, now(finding.as_of)) for finding in again]
        tonight = [one for one in self._judged if one.key == key]
        found = undone(suspect, judged, tonight, rule, max(one.now for one in self._judged))
        if found is None:
            return False
        self._undone[key] = found.step
        self._opened.pop(key)
        self._course.put(key, suspect.episode, found.step, _BEFORE_ALL)
        pending = found.pending
        if pending is not None and not (self._known and self._known(pending.episode_id)):
            self._opened[key] = self._course.open[key] = self._course.changed[pending.episode_id] = pending
        return True

    def judge(
        self, analysis: Analysis, day: date, now: datetime, *, sources_too: bool, earlier: Earlier | None = None
    ) -> None:
        """Judge one day. Sources are judged as they are now, never as of the past.

        `earlier`: the metrics of a past day, which the evidence is compared with.
        """
        rules = list(self._rules.values())
        found = judge(rules, Scope.ACCOUNT, analysis.accounts, day, self._maybe_open, earlier=earlier)
        if sources_too:
            found += judge(rules, Scope.SOURCE, analysis.sources, day, self._maybe_open)
        self._note(found, now)

    def conclude(self, analysis: Analysis, now: datetime) -> None:
        """Take every episode through the days that were judged, and end those whose rule or subject is gone.

        `analysis` is that of the last day, which decides what is held.
        """
        accounts = _subjects(analysis.accounts)
        doubts = doubts_of(analysis.sources, analysis.concerns, self._subjects(), accounts)
        surge = self._surge(analysis, doubts, now)
        self._holds = holds(self._findings, self._rules, doubts, surge)
        self._course.take(self._of(lambda rule: rule.kind != UPSELL), self._holds)
        self._holds = holds(self._findings, self._rules, doubts, surge, self._risks(analysis))
        self._course.take(self._of(lambda rule: rule.kind == UPSELL), self._holds)
        there = {Scope.ACCOUNT: frozenset() if doubts.lists else accounts, Scope.SOURCE: _subjects(analysis.sources)}
        self._end_lost(there, now)

    def _note(self, found: Sequence[Finding], now: datetime) -> None:
        for finding in found:
            judged = Judged(len(self._judged), finding, now)
            self._judged.append(judged)
            self._findings[judged.key] = finding
            if finding.holds is Truth.TRUE:
                self._maybe_open[finding.rule].add(finding.subject)

    def _of(self, wanted: Callable[[Rule], Any]) -> Iterator[Judged]:
        return (one for one in self._judged if wanted(self._rules[one.finding.rule]))

    def _new_course(self) -> Course:
        return Course(self._rules, self._opened, self._known)

    def _subjects(self) -> set[str]:
        return {subject for _, subject in (*self._findings, *self._opened)}

    def _surge(self, analysis: Analysis, doubts: Doubts, now: datetime) -> Surge | None:
        """Judge the rules about the fleet; return who begins to fall, where these are too many and somebody is told."""
        rules = [rule for rule in self._rules.values() if rule.scope is Scope.FLEET]
        if not rules:
            return None
        incidents = {key: one for key, one in self._opened.items() if one.rule in {rule.name for rule in rules}}
        incident = Incident(incident_days(incidents.values(), analysis.as_of), now)
        falls = self._falls(doubts)
        surge = falls.surge(self._rules, analysis.accounts, self._policy, self._past, incident)
        (self.fleet,) = surge.metrics.to_pylist()
        found = judge(rules, Scope.FLEET, surge.metrics, analysis.as_of, self._maybe_open)
        self._note(found, now)
        told = any(self._is_told(finding, incidents.get((finding.rule, FLEET))) for finding in found)
        lasts = timedelta(days=incident.days or 0) < self._policy.at_most
        return surge if told and lasts else None

    def _is_told(self, finding: Finding, incident: Episode | None) -> bool:
        """Tell whether people hear of the incident: nothing is held that nobody hears of."""
        going_on = finding.holds is Truth.TRUE or (finding.holds is Truth.UNKNOWN and incident is not None)
        return going_on and self._rules[finding.rule].mode is Mode.LIVE and not let_go(incident)

    def _falls(self, doubts: Doubts) -> Falls:
        found = [one for key, one in self._findings.items() if changes(self._rules[key[0]])]
        held = holds(self._findings, self._rules, doubts)
        course = self._new_course()
        course.take(self._of(changes), held)
        keys = {(one.rule, one.subject) for one in found}
        return Falls(found, {key: one for key, one in course.open.items() if key in keys}, held)

    def _risks(self, analysis: Analysis) -> Risks:
        risks = [
            Risk(rule, episode.subject)
            for episode in self._course.open.values()
            if episode.phase in _AT_RISK
            and (rule := self._rules.get(episode.rule)) is not None
            and rule.kind == CHURN
            and rule.mode is Mode.LIVE
        ]
        subjects = {subject for name, subject in self._findings if self._rules[name].kind == UPSELL}
        return Risks(risks, subjects, analysis.accounts, analysis.lines)

    def _end_lost(self, there: Mapping[Scope, AbstractSet[str]], now: datetime) -> None:
        """End what lost its ground: `there` are the subjects by scope; where none are, nobody can say who is gone."""
        for key, episode in list(self._course.open.items()):
            rule, place = self._rules.get(episode.rule), len(self._judged)
            if rule is None:
                self._course.put(key, episode, end(episode, NO_RULE, now), place)
            elif (known := there.get(rule.scope)) and episode.subject not in known:
                self._course.put(key, episode, end(episode, GONE[rule.scope], now), place)

    def rule(self, name: str) -> Rule | None:
        """Return the rule of this name; None where it is no longer among the rules."""
        return self._rules.get(name)

    def finding(self, episode: Episode) -> Finding | None:
        """Return the last finding of an episode's rule and subject."""
        return self._findings.get((episode.rule, episode.subject))

    def latest(self, episode: Episode) -> Episode:
        """Return the last state of an episode."""
        return self._course.changed.get(episode.episode_id, episode)

    def open_count(self) -> int:
        """Count the episodes that are open now."""
        return len(self._course.open)

    def changed(self) -> tuple[Episode, ...]:
        """Return every episode that is not as it was, in its last state."""
        return tuple(self._course.changed.values())

    def to_say(self) -> tuple[Step, ...]:
        """Return the steps that people are to hear of, one an episode."""
        return self._said

    @cached_property
    def _said(self) -> tuple[Step, ...]:
        return say_once(self._course.steps(), self._spoken_before)

    def held(self) -> tuple[Held, ...]:
        """Return what the guards hold tonight, by guard in their order, the most first."""
        found = Counter(
            self._holds[key] for key, step in self._tonight() if step.reason in _HELD and key in self._holds
        )
        order = list(HoldBy)
        ranked = sorted(found.items(), key=lambda item: (order.index(item[0].by), -item[1], item[0].detail))
        return tuple(Held(hold.by, hold.detail, count) for hold, count in ranked)

    def standings(self) -> tuple[Standing, ...]:
        """Return how every rule stands with every subject that it had something to find out of on the last day."""
        said = {step.episode.episode_id: step for step in self.to_say() if step.episode is not None}
        return tuple(self._standing(key, step, said) for key, step in self._tonight())

    def _standing(self, key: Key, step: Step, said: Mapping[str, Step]) -> Standing:
        told = said.get(step.episode.episode_id) if step.episode is not None else None
        unheard = self._rules[key[0]].mode is Mode.SHADOW
        one = told or step
        detail = ": ".join(filter(None, ["in shadow mode" if unheard else "", one.detail]))
        as_of = self._findings[key].as_of
        return Standing(*key, as_of, told is not None and not unheard, one.reason.name, detail)

    def _tonight(self) -> Iterator[tuple[Key, Step]]:
        """Yield the last step of everything that was found out on the last day."""
        last = max((finding.as_of for finding in self._findings.values()), default=None)
        for key, step in self._course.last.items():
            if key in self._findings and self._findings[key].as_of == last:
                # Nothing came after it: then it is what became of the rule tonight.
                yield key, self._undone.get(key, step) if step.episode is None else step

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
            for step in self._course.steps()
            if step.episode is not None and step.notify
        )


def _subjects(table: pa.Table) -> frozenset[str]:
    return frozenset(map(str, table.column("subject").to_pylist()))
