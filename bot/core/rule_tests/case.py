"""What a test of rules consists of: subjects with their metrics, what happens to them, and what is to be said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from bot.core.episode import Outcome
    from bot.core.located import Mark
    from bot.core.rule_tests.series import Series
    from bot.core.verdicts import HoldBy, Scope, Value


@dataclass(frozen=True, slots=True)
class Subject:
    """An account, a source, or the fleet."""

    scope: Scope
    name: str
    series: Mapping[str, Series]
    """By metric; what is not here is unknown."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does with an episode on a day, after the night in which that day was judged."""

    mark: Mark
    day: int
    rule: str
    subject: str
    by: str
    because: str | None
    snooze_until: date | None = None
    outcome: Outcome | None = None
    """Neither: it is claimed."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Nights in which a guard holds findings back."""

    days: range
    by: HoldBy
    detail: str
    rule: str | None
    """None: those of every rule."""
    subject: str | None

    def concerns(self, day: int, rule: str, subject: str) -> bool:
        """Tell whether it holds the finding of a rule and subject on a day."""
        return day in self.days and self.rule in {None, rule} and self.subject in {None, subject}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rule is to say of a subject in the night in which a day is judged."""

    mark: Mark
    day: int
    rule: str
    subject: str
    says: str
    """`fired`, `repeat`, `step-60`, `worsened-high`, `woke`, `resolved`."""
    wanted: Mapping[str, Value]
    """Severity and at stake, as far as the test asks for them ..."""
    evidence: Mapping[str, Value]
    """... and values that the rule saw, by metric. Days are texts like 2026-03-31."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test: some days of some subjects."""

    name: str
    mark: Mark
    start: date
    days: int
    rules: tuple[str, ...] | None
    """Those that it is about; None: all of the file, and nothing else may be said."""
    subjects: tuple[Subject, ...]
    acts: tuple[Act, ...]
    holdings: tuple[Holding, ...]
    expected: tuple[Expected, ...]

    def date(self, day: int) -> date:
        """Return the date of a day; the first is 0."""
        return self.start + timedelta(days=day)
