"""The days that are judged in one night, and those before them whose usage has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.succession import survivors
from bot.facts.departed import formers_of
from bot.facts.history import MetricsHistory
from bot.late import Again
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.earlier import Earlier
    from bot.core.verdicts import Rule
    from bot.facts.engine import Analysis, Engine
    from bot.facts.store import FactStore
    from bot.state.rows import SourceState
    from bot.watch import Watch


@dataclass(frozen=True, slots=True)
class Days:
    """Judges days on the facts: those of tonight, and the ones before that late data have changed."""

    facts: FactStore
    engine: Engine
    rules: Sequence[Rule]
    as_of: date
    """The last day."""
    on: Callable[[date], datetime]
    """When a day would have been judged."""
    heirs: Mapping[str, str]
    """Who each account is now that was merged or created again."""

    @property
    def _history(self) -> MetricsHistory:
        return MetricsHistory(self.facts.folder, self.rules)

    @property
    def _again(self) -> Again:
        return Again(self.facts, self.engine, self.rules, self._history.keep)

    def judge(
        self, watch: Watch, analyses: Iterable[Analysis], tell: Callable[[int], None]
    ) -> tuple[Analysis, Earlier | None]:
        """Judge each day; return the analysis of the last one, and the metrics that it is compared with."""
        history = self._history
        for number, analysis in enumerate(analyses):
            today, before = analysis.as_of == self.as_of, history.before(analysis.as_of)
            earlier = before and before.inherited(self.heirs)
            watch.judge(analysis, analysis.as_of, self.on(analysis.as_of), sources_too=today, earlier=earlier)
            history.keep(analysis.as_of, analysis.accounts)
            tell(number + 1)
        return analysis, earlier

    def reconsider(
        self, watch: Watch, analysis: Analysis, first: date, states: Sequence[SourceState]
    ) -> tuple[str, ...]:
        """End the alerts that late data undo, and say so; `first`: the first day of tonight. Before it is concluded."""
        return self._again.reconsider(watch, analysis, first, self.on, states)

    def keep_judged(self, analysis: Analysis) -> None:
        """Keep what is known now, once the night has been stored."""
        self._again.keep_judged(analysis)


def heirs_of(facts: FactStore, as_of: date) -> dict[str, str]:
    """Return who each account is now that was merged or created again, by each spelling of its former id."""
    return survivors(formers_of(facts, facts.snapshot(Table.ACCOUNTS, as_of), as_of))
