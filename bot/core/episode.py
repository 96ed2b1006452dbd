"""An episode as a value: where it stands, what became of it, and why it speaks or is silent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.core.verdicts import Evidence


class Phase(StrEnum):
    """Where an episode stands."""

    PENDING = "pending"
    """The condition holds, but not yet for as long as the rule wants; or something holds it back."""
    FIRING = "firing"
    CLAIMED = "claimed"
    """Somebody has taken it on."""
    SNOOZED = "snoozed"
    """Silent until a day; then it fires again if it still holds."""
    CLOSED = "closed"
    """Somebody has said what became of it. Silent until the condition no longer holds."""
    RESOLVED = "resolved"
    """The end: the rule's `clear` holds, or `when` did not hold for long enough to fire."""


class Outcome(StrEnum):
    """What became of an episode, in the eyes of those who worked on it."""

    RECOVERED = "recovered"
    """The risk has passed: use is back."""
    EXPANDED = "expanded"
    """The customer bought more."""
    RENEWED = "renewed"
    LOST = "lost"
    """The customer left, or shrank."""
    FALSE_ALARM = "false_alarm"
    """There was nothing to do: the rule or the data was wrong."""


@dataclass(frozen=True, slots=True)
class Episode:
    """The state of one episode. At most one open (not resolved) episode exists for a rule and subject."""

    episode_id: str
    """uuid5 of rule, subject and `opened_on`: the same judgement repeated makes the same episode."""
    rule: str
    rule_version: str
    """Version of the rule that last held."""
    subject: str
    phase: Phase
    opened_on: date
    """First day on which the condition was seen to hold."""
    fired_at: datetime | None
    """When it last began to call for somebody: when it fired, or woke."""
    notified_at: datetime | None
    """When it last spoke."""
    step: int | None
    """Last step announced, for rules that count down."""
    claimed_by: str | None
    """Slack user id."""
    claimed_at: datetime | None
    resolved_at: datetime | None
    severity: str
    """The highest since it fired."""
    at_stake: float | None
    announced: bool = True
    """Whether people were told that it fires: a rule in shadow mode tells nobody."""
    snoozed_until: date | None = None
    """The first day on which it may fire again."""
    snoozed_by: str | None = None
    snooze_reason: str | None = None
    escalated_at: datetime | None = None
    """When the owner's manager was told that nobody claims it."""
    outcome: Outcome | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    evidence: tuple[Evidence, ...] = ()
    """What the rule saw when it last spoke ..."""
    evidence_on: date | None = None
    """... and of which day that was."""
    acts: int = 0
    """How often it was acted on between judgements: one that began before an act does not undo it."""


class Reason(StrEnum):
    """Why a step does or does not say something. The values are words for people."""

    FIRED = "the condition has held for as long as the rule wants"
    REPEATED = "it still holds, and the repeat interval has passed"
    COUNTED_DOWN = "a step of the countdown was reached"
    WORSENED = "the severity rose"
    WOKE = "it was snoozed, and still holds"
    ESCALATED = "nobody claimed it in time"
    CLAIMED = "somebody took it on"
    RESOLVED = "the condition no longer holds"
    LATE = "data arrived late, and undo it"
    # reasons for saying something, or for silence
    SNOOZED = "it is snoozed"
    CLOSED = "somebody closed it"
    # reasons for silence
    NOT_HOLDING = "the condition does not hold"
    UNKNOWN = "the condition is unknown: unknown neither fires nor resolves"
    HELD = "a guard holds it back"
    INHIBITED = "something that matters more is open on the same line"
    TOO_SHORT = "the condition holds, but not yet for as long as the rule wants"
    TOO_EARLY = "the condition holds, but no step of the countdown is reached yet"
    ALREADY_SAID = "it was said, and the repeat interval has not passed"
    BETWEEN = "the condition no longer holds, but is not yet clear of the threshold"
    TAKEN = "somebody has taken it on"
    WAITING = "there is time yet for somebody to claim it"
    REFUSED = "this cannot be done with it now"
    ENDED = "the episode has ended"


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an episode, whether to say so, and why."""

    episode: Episode | None
    """None: there was none and there is none."""
    notify: bool
    reason: Reason
    transition: str
    """Stable name of what is said, unique within the episode: `fired`, `repeat-2026-03-01`, `step-60`,
    `worsened-high`, `woke-2026-04-01`, `escalated`, `claimed`, `resolved`. With the episode and the destination it is
    the key that nothing is said twice under. Empty where nothing is said."""
    detail: str
    """The reason with its figures: "held for 14 days"."""
