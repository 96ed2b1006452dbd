"""Judges days once more whose usage has changed since, for the alerts that rest on them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from bot.core.judge import SUBJECT, judge
from bot.core.late import LOOK_BACK, first_changes
from bot.core.verdicts import Scope
from bot.facts.judged import JudgedFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from bot.core.late import Suspect
    from bot.core.verdicts import Finding, Rule
    from bot.facts.engine import Analysis, Engine
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState
    from bot.watch import Watch

_log = structlog.get_logger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Again:
    """What judging days once more takes."""

    facts: FactStore
    engine: Engine
    rules: Sequence[Rule]
    keep: Callable[[date, pa.Table], None]
    """Keeps the metrics of a day."""

    @property
    def _judged(self) -> JudgedFacts:
        return JudgedFacts(self.facts, LOOK_BACK)

    def reconsider(
        self,
        watch: Watch,
        analysis: Analysis,
        first: date,
        on: Callable[[date], datetime],
        states: Sequence[SourceState],
    ) -> tuple[str, ...]:
        """End the alerts that late data undo, and say so. Before the night is concluded; at most one analysis a day.

        `first`: the first day that is judged tonight, `on` the time of a night. What a source in doubt says ends
        nothing: it is asked again on the night on which it is believed.
        """
        changed = self._judged.changed(analysis.as_of)
        doubted = pa.array(doubted_sources(analysis), pa.string())
        changed = changed.filter(pc.invert(pc.is_in(changed["source"], value_set=doubted)))
        changes = first_changes(changed, analysis.attributed)
        tonight = on(analysis.as_of)
        # Nights begin at about the same time of day.
        found = watch.suspects(
            changes, analysis.as_of, lambda moment: analysis.as_of - round((tonight - moment) / _DAY) * _DAY
        )
        again = self._findings(found, first, states)
        ended = [watch.undo(one, [each for each in again[one.key] if each.as_of >= one.since], on) for one in found]
        return _told(found, sum(ended))

    def keep_judged(self, analysis: Analysis) -> None:
        """Keep what is known now, once the night has been stored."""
        self._judged.keep(analysis.as_of, doubted_sources(analysis))

    def _findings(
        self, found: Sequence[Suspect], first: date, states: Sequence[SourceState]
    ) -> defaultdict[tuple[str, str], list[Finding]]:
        """Judge the days from the first suspect one up to those of tonight; return the findings of the suspects."""
        again: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
        for day in _days_between(min((one.since for one in found), default=first), first):
            _log.info("judged once more: its usage has changed", day=str(day), alerts=len(found))
            analysis = self.engine.again(day, self._judged.coverage_then(day), states)
            self.keep(day, analysis.accounts)
            for finding in _of(found, self.rules, analysis, day):
                again[finding.rule, finding.subject].append(finding)
        return again


def doubted_sources(analysis: Analysis) -> list[str]:
    """Name the sources that are in doubt."""
    if "in_doubt" not in analysis.sources.column_names:
        return []
    return [
        str(row["subject"]) for row in analysis.sources.select(["subject", "in_doubt"]).to_pylist() if row["in_doubt"]
    ]


def _of(found: Iterable[Suspect], rules: Sequence[Rule], analysis: Analysis, day: date) -> list[Finding]:
    subjects: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        subjects[one.episode.rule].add(one.episode.subject)
    asked = pa.array(sorted(set().union(*subjects.values())), pa.string())
    accounts = analysis.accounts.filter(pc.is_in(analysis.accounts[SUBJECT], value_set=asked))
    return judge([rule for rule in rules if rule.name in subjects], Scope.ACCOUNT, accounts, day, subjects)


def _days_between(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += _DAY


def _told(found: Sequence[Suspect], ended: int) -> tuple[str, ...]:
    if not found:
        return ()
    first = min(one.since for one in found)
    return (f"usage arrived late: alerts that were judged once more from {first} on: {len(found)}, undone: {ended}",)
