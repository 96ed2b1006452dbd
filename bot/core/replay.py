"""Which days to judge, and what to say of several days judged at once. Pure.

The first night judges the days before it too, as far back as the longest `for` of the rules: what has held for two
weeks when Headroom is switched on fires on the first morning and not two weeks later. Nights that were missed are
judged one by one for the same reason. Either way people hear of an episode once: how it stands at the end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Episode, Phase, Reason, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.verdicts import Rule

_OPENINGS: Final = frozenset({Reason.FIRED, Reason.COUNTED_DOWN})

MISSED_AT_MOST: Final = timedelta(days=31)
"""Days that are caught up with at most: what is older is history, not news."""


def days_to_judge(last_judged: date | None, as_of: date, rules: Sequence[Rule]) -> tuple[date, ...]:
    """Return the days to judge, oldest first; the last one is always `as_of`."""
    if last_judged is None:
        first = as_of - max((rule.hold for rule in rules), default=timedelta())
    else:
        first = max(last_judged + timedelta(days=1), as_of - MISSED_AT_MOST)
    first = min(first, as_of)
    return tuple(first + timedelta(days=offset) for offset in range((as_of - first).days + 1))


def say_once(steps: Iterable[Step], spoken_before: frozenset[str]) -> tuple[Step, ...]:
    """Of the steps of several days, oldest first, return those to be said: one an episode.

    That is the last speaking step; of an episode that people have not heard of before, the last one that opens the
    talk: that it fired or that its countdown came to a step, not that it has since grown worse. An episode that began
    and ended within these days, so that nobody ever heard of it, is not spoken of at all. `spoken_before` holds the
    ids of episodes that people had heard of when the days began.
    """
    last: dict[str, Step] = {}
    ended: set[str] = set()
    for step in steps:
        if step.episode is None:
            continue
        key = step.episode.episode_id
        if step.episode.phase is Phase.RESOLVED:
            ended.add(key)
        if step.notify and (key in spoken_before or step.reason in _OPENINGS):
            last[key] = step
    return tuple(step for key, step in last.items() if key not in ended or key in spoken_before)


def end(episode: Episode, why: str, now: datetime) -> Step:
    """End an open episode that no judgement can end any more: its rule or its subject is gone.

    People hear of it where they had heard of the episode; one that was still pending ends in silence, and so does one
    that somebody closed: its messages say already what became of it.
    """
    ended = replace(episode, phase=Phase.RESOLVED, resolved_at=now)
    if episode.phase is Phase.CLOSED:
        return Step(ended, notify=False, reason=Reason.CLOSED, transition="", detail=why)
    if episode.phase is Phase.PENDING:
        return Step(ended, notify=False, reason=Reason.NOT_HOLDING, transition="", detail=why)
    return Step(replace(ended, notified_at=now), notify=True, reason=Reason.RESOLVED, transition="resolved", detail=why)
