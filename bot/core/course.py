"""Takes episodes through the findings of one or several days, and remembers every step. Pure, but for `known`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.episode import Phase
from bot.core.episodes import advance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from bot.core.episode import Episode, Step
    from bot.core.verdicts import Finding, Hold, Rule

Key = tuple[str, str]
"""Rule and subject."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding of one of the days."""

    place: int
    """Its place among all of them, by which its step is told."""
    finding: Finding
    now: datetime
    """When that day would have been judged."""

    @property
    def key(self) -> Key:
        """Rule and subject."""
        return self.finding.rule, self.finding.subject


class Course:
    """The open episodes, and the steps that they take.

    `known` looks an episode up by its id, where the day was judged before: one that opened and ended on that day stays
    ended, as a second one of the day would bear the same name.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        open_episodes: Mapping[Key, Episode],
        known: Callable[[str], Episode | None] | None = None,
    ) -> None:
        self._rules = rules
        self._known = known
        self.open = dict(open_episodes)
        self.changed: dict[str, Episode] = {}
        """Every episode that is not as it was, in its last state, by id."""
        self.last: dict[Key, Step] = {}
        self._steps: list[tuple[int, Step]] = []

    def take(self, judged: Iterable[Judged], holds: Mapping[Key, Hold]) -> None:
        """Take one step for each finding, in the order of the days; `holds` are the night's, for all of them."""
        for one in judged:
            self._advance(one, holds.get(one.key))

    def steps(self) -> list[Step]:
        """Return every step, in the order of the findings and not that in which rules were taken."""
        return [step for _, step in sorted(self._steps, key=lambda item: item[0])]

    def put(self, key: Key, before: Episode | None, step: Step, place: int) -> None:
        """Note a step."""
        self._steps.append((place, step))
        self.last[key] = step
        after = step.episode
        if after is not None and after != before:
            self.changed[after.episode_id] = after
        if after is None or after.phase is Phase.RESOLVED:
            self.open.pop(key, None)
        else:
            self.open[key] = after

    def _advance(self, one: Judged, hold: Hold | None) -> None:
        before, rule = self.open.get(one.key), self._rules[one.finding.rule]
        step = advance(before, one.finding, rule, one.now, hold)
        if before is None and step.episode is not None and (ended := self._ended(step.episode)) is not None:
            before, step = ended, advance(ended, one.finding, rule, one.now, hold)
        self.put(one.key, before, step, one.place)

    def _ended(self, opened: Episode) -> Episode | None:
        return self._known(opened.episode_id) if self._known is not None else None
