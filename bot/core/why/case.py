"""What is known of a subject when somebody asks why, and what is answered of each rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from bot.core.episode import Episode, Reason
    from bot.core.verdicts import Evidence, Finding, Rule, Scope, Value


class How(StrEnum):
    """How a message came to its destination, or why it did not."""

    SENT = "sent"
    WAITING = "waiting"
    """It is on its way."""
    DEFERRED = "deferred"
    """Until the addressee's working time."""
    DIGESTED = "digested"
    """The day's attention was spent: it stands in the digest."""
    ELSEWHERE = "elsewhere"
    """The addressee could not be reached; it stands at another destination."""
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """Nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message about an episode."""

    transition: str
    """What was said: `fired`, `step-60`."""
    to: str
    """A person's name, or a channel."""
    how: How
    at: datetime
    """When it was sent; else when it was written."""
    detail: str = ""
    """Deferred: until when. Elsewhere: where. Failed: the answer."""
    version: str | None = None
    """Of the rule that spoke."""


@dataclass(frozen=True, slots=True)
class Stood:
    """How a rule stood with the subject after the last night."""

    reason: Reason | None
    """None: one that this version does not know."""
    detail: str


@dataclass(frozen=True, slots=True)
class Case:
    """Everything about one subject."""

    subject: str
    scope: Scope
    as_of: date
    """The day that was judged last: all values are of then."""
    row: Mapping[str, Value | date]
    before: tuple[date, Mapping[str, Value | date]] | None
    """Metrics of an earlier day."""
    episodes: tuple[Episode, ...]
    """All there ever were, newest first."""
    stood: Mapping[str, Stood]
    """By rule."""
    told: Mapping[str, tuple[Told, ...]]
    """By episode, oldest first."""


class State(StrEnum):
    """Where a rule stands with a subject."""

    FIRING = "firing"
    CLAIMED = "claimed"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    PENDING = "pending"
    """The condition holds, and something holds the alert back."""
    QUIET = "quiet"
    """The condition does not hold."""
    UNKNOWN = "unknown"
    """Nobody knows whether the condition holds."""


class What(StrEnum):
    """What keeps a rule from speaking, in the order of judgement."""

    CONDITION = "condition"
    GUARD = "guard"
    INHIBITION = "inhibition"
    FOR = "for"
    STEP = "step"
    NIGHT = "night"
    """It is judged next night: the rule, or the data, is newer than the last one."""
    SNOOZE = "snooze"
    CLOSED = "closed"
    CLAIMED = "claimed"
    SHADOW = "shadow"
    BUDGET = "budget"
    QUIET_HOURS = "quiet_hours"
    DELIVERY = "delivery"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Held:
    """The first thing that keeps a rule from speaking now."""

    what: What
    detail: str = ""
    """In words, but for a condition: its comparisons say it."""
    until: date | None = None
    """The earliest day on which it may speak, where that can be told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Why one rule speaks of a subject, or does not."""

    rule: Rule
    state: State
    held_by: Held | None
    """None: nothing does, it spoke."""
    finding: Finding
    """Of the metrics as they are now."""
    deciding: tuple[Evidence, ...]
    """The comparisons that make the condition what it is now."""
    gap: float
    """How far the condition is from holding; see `bot.core.why.tree.gap`."""
    clear: tuple[Evidence, ...]
    """The comparisons of `clear`; only where one rule was asked for."""
    episode: Episode | None
    """The open one, else the last that fired."""
    told: tuple[Told, ...]
    """What was said of that episode, oldest first."""
