"""Alerts that data undo which arrived after they were made. Pure.

A day of usage may change after it was judged: half of it was delivered, the rest comes the night after. What is judged
from now on goes by the new data anyway; this is about alerts that stand already. The days from the first changed one
on are judged once more, with the coverage of then and the rows of now. Where the rule, judged so, was false on a day
that counted towards the alert, and has not fired up to tonight either, the alert is undone: it ends whatever `clear`
says, as it never was one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase, Reason, Step
from bot.core.episodes import advance, said
from bot.core.guarding.rules import rests_on
from bot.core.verdicts import Scope, Truth
from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

    from bot.core.course import Judged
    from bot.core.episode import Episode
    from bot.core.verdicts import Rule

Key = tuple[str, str]
"""Rule and subject."""

LOOK_BACK: Final = timedelta(days=7)
"""How long ago an alert may have fired that is judged once more: sources deliver late, but not later."""
_STANDS: Final = frozenset({Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED})


@dataclass(frozen=True, slots=True)
class Suspect:
    """An alert that rests on usage which has changed since."""

    episode: Episode
    since: date
    """The first day to be judged once more."""
    fired_on: date
    """The day that it fired for."""

    @property
    def key(self) -> Key:
        """Rule and subject."""
        return self.episode.rule, self.episode.subject

    def begun(self) -> Episode | None:
        """Return the episode as it was before `since`: pending, or not there yet."""
        if self.episode.opened_on >= self.since:
            return None
        return replace(
            self.episode, phase=Phase.PENDING, fired_at=None, notified_at=None, step=None, claimed_by=None,
            claimed_at=None, announced=False, snoozed_until=None, snoozed_by=None, snooze_reason=None,
            escalated_at=None, evidence=(), evidence_on=None, acts=0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undone:
    """An alert that ends, and what is left of it."""

    step: Step
    pending: Episode | None
    """The episode that there would be with the data of now, before tonight: it has not fired."""


def first_changes(changed: pa.Table, attributed: pa.Table) -> dict[str, date]:
    """Return the first changed day of each account whose usage has changed.

    `changed` has the columns source, customer, day, `attributed` source, customer, account_id. A customer that is NULL
    stands for everybody: what changed for all concerns every account of the source.
    """
    first: dict[tuple[str, str | None], date] = {}
    for row in changed.to_pylist():
        key = row["source"], row["customer"]
        first[key] = min(row["day"], first.get(key, date.max))
    found: defaultdict[str, date] = defaultdict(lambda: date.max)
    columns = (attributed.column(name).to_pylist() for name in ("source", "customer", "account_id"))
    for source, customer, account in zip(*columns, strict=True) if first else ():
        days = (first.get((source, customer)), first.get((source, None)))
        if known := [day for day in days if day is not None]:
            found[account] = min(found[account], *known)
    return dict(found)


def suspects(
    episodes: Iterable[Episode],
    rules: Mapping[str, Rule],
    changes: Mapping[str, date],
    as_of: date,
    day_of: Callable[[datetime], date],
) -> tuple[Suspect, ...]:
    """Find the alerts whose firing rests on usage that has changed since.

    `changes`: the first changed day by account. `day_of`: the company's day of a moment. Alerts that somebody closed
    are left to them; one that woke from a snooze fired before these days.
    """
    oldest, found = as_of - LOOK_BACK, list[Suspect]()
    for episode in episodes:
        rule, changed = rules.get(episode.rule), changes.get(episode.subject)
        if changed is None or rule is None or not _can_be_undone(episode, rule):
            continue
        fired_on = _fired_on(episode, day_of)
        if oldest <= fired_on and changed <= fired_on:
            found.append(Suspect(episode, max(changed, episode.opened_on, oldest), fired_on))
    return tuple(found)


def undone(
    suspect: Suspect, again: Sequence[Judged], tonight: Sequence[Judged], rule: Rule, now: datetime
) -> Undone | None:
    """Decide whether an alert is undone; None: it stands.

    `again`: its findings of the days from `suspect.since` on as they are now, `tonight`: those of the days that are
    judged tonight, which may have been judged before as well. What is unknown undoes nothing.
    """
    of_then = (one for one in (*again, *tonight) if one.finding.as_of <= suspect.fired_on)
    false_on = next((one.finding.as_of for one in of_then if one.finding.holds is Truth.FALSE), None)
    if false_on is None:
        return None
    before, fired = _taken(suspect.begun(), again, rule)
    if fired or _taken(before, tonight, rule)[1]:
        return None
    ended = replace(suspect.episode, phase=Phase.RESOLVED, resolved_at=now)
    detail = f"data arrived late: with the usage as it is known now, the condition did not hold on {false_on}"
    return Undone(said(ended, Reason.LATE, "resolved", detail, now), before)


def _can_be_undone(episode: Episode, rule: Rule) -> bool:
    woken = episode.snoozed_until is not None and episode.phase is not Phase.SNOOZED
    of_usage = rule.scope is Scope.ACCOUNT and Table.USAGE in rests_on(rule)
    return of_usage and episode.phase in _STANDS and episode.fired_at is not None and not woken


def _fired_on(episode: Episode, day_of: Callable[[datetime], date]) -> date:
    assert episode.fired_at is not None, "asked of alerts that fired"
    # What was said since then brought evidence of its own.
    first = episode.evidence_on if episode.notified_at == episode.fired_at else None
    return first or day_of(episode.fired_at)


def _taken(episode: Episode | None, judged: Iterable[Judged], rule: Rule) -> tuple[Episode | None, bool]:
    """Take an episode through findings; return it as it is then (None: there is none), and whether it ever fired."""
    for one in judged:
        step = advance(episode, one.finding, rule, one.now)
        episode = step.episode if step.episode is not None and step.episode.phase is not Phase.RESOLVED else None
        if episode is not None and episode.fired_at is not None:
            return episode, True
    return episode, False
