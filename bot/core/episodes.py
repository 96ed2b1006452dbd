"""The life of an episode: one continuous stretch in which a rule holds for a subject. Pure.

Days are counted on the findings' as-of dates, so that a replay says what the nights themselves said; only the repeat
interval is counted on the clock (in whole days, UTC), as it is about how often people are spoken to.

What is decided where it could be otherwise:
- Unknown changes nothing and does not stop the count: a rule that wants 14 days fires on the 14th, whatever gaps
  there were, on the first day on which it is known to hold. A `clear` that is known to hold ends the episode even
  where `when` is unknown.
- A pending episode ends in silence on the first day on which `when` is false; a firing one ends when `clear` holds.
- While a countdown runs down, each step is said once, and only the one that was reached: nothing is caught up with.
  A deadline that moves to a later step ends the episode, and the next judgement opens one for the new deadline.
- `severity` is the highest since the episode fired; a rise is said once, a fall is not said.
- Somebody who took an episode on is not reminded of it, but hears of steps, rises and the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from bot.core.verdicts import SEVERITIES, Truth

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.core.verdicts import Finding, Rule

_NAMESPACE: Final = UUID("5f1e0a52-6f0c-4b0e-9a53-0d7c2c4f7a11")


class Phase(StrEnum):
    """Where an episode stands."""

    PENDING = "pending"
    """The condition holds, but not yet for as long as the rule wants."""
    FIRING = "firing"
    CLAIMED = "claimed"
    """Somebody has taken it on."""
    RESOLVED = "resolved"
    """The end: the rule's `clear` holds, or `when` did not hold for long enough to fire."""


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


class Reason(StrEnum):
    """Why a step does or does not say something. The values are words for people."""

    FIRED = "the condition has held for as long as the rule wants"
    REPEATED = "it still holds, and the repeat interval has passed"
    COUNTED_DOWN = "a step of the countdown was reached"
    WORSENED = "the severity rose"
    CLAIMED = "somebody took it on"
    RESOLVED = "the condition no longer holds"
    # reasons for silence
    NOT_HOLDING = "the condition does not hold"
    UNKNOWN = "the condition is unknown: unknown neither fires nor resolves"
    TOO_SHORT = "the condition holds, but not yet for as long as the rule wants"
    TOO_EARLY = "the condition holds, but no step of the countdown is reached yet"
    ALREADY_SAID = "it was said, and the repeat interval has not passed"
    BETWEEN = "the condition no longer holds, but is not yet clear of the threshold"
    TAKEN = "somebody has taken it on"
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
    `worsened-high`, `claimed`, `resolved`. With the episode and the destination it is the key that nothing is said
    twice under. Empty where nothing is said."""
    detail: str
    """The reason with its figures: "held for 14 days"."""


def episode_id(rule: str, subject: str, opened_on: date) -> str:
    """Name the episode of a rule and subject that opened on a day."""
    return str(uuid5(_NAMESPACE, f"{rule}|{subject}|{opened_on.isoformat()}"))


def advance(episode: Episode | None, finding: Finding, rule: Rule, now: datetime) -> Step:
    """Next state of an episode, and why. Pure: same arguments, same step.

    `episode` is the open one of the rule and subject, or None; or else the latest, resolved one: where that opened on
    the very day that is judged, it stays as it is, as a second episode of that day would bear the same name, and the
    next judgement opens one. Who hands in open episodes only has to treat a new one under a known name in that way.
    Judging a day again says nothing again. Whether a rule in shadow mode is heard is for who sends.
    """
    if episode is not None and episode.phase is Phase.RESOLVED:
        if episode.opened_on >= finding.as_of:
            return _silence(episode, Reason.ENDED, "it ended on the day that it opened; a new one can open tomorrow")
        episode = None
    if finding.holds is Truth.TRUE:
        return _holding(episode or _opened(finding, rule), finding, rule, now)
    if episode is None:
        unknown = finding.holds is Truth.UNKNOWN
        return _silence(None, Reason.UNKNOWN if unknown else Reason.NOT_HOLDING, "")
    if finding.clears is Truth.TRUE or (episode.phase is Phase.PENDING and finding.holds is Truth.FALSE):
        return _ended(episode, now, f"after {_days((finding.as_of - episode.opened_on).days)}")
    if finding.holds is Truth.UNKNOWN:
        return _silence(episode, Reason.UNKNOWN, "")
    return _silence(episode, Reason.BETWEEN, "")


def claim(episode: Episode, user: str, now: datetime) -> Step:
    """Somebody takes the episode on; the first one wins. `user` is a Slack user id."""
    if episode.phase is Phase.RESOLVED:
        return _silence(episode, Reason.ENDED, "it has ended: there is nothing left to take on")
    if episode.phase is Phase.CLAIMED:
        since = "" if episode.claimed_at is None else f" since {episode.claimed_at:%Y-%m-%d %H:%M}"
        return _silence(episode, Reason.TAKEN, f"{episode.claimed_by} has had it{since}")
    if episode.phase is Phase.PENDING:
        return _silence(episode, Reason.TOO_SHORT, "it has not fired yet: there is nothing to take on")
    taken = replace(episode, phase=Phase.CLAIMED, claimed_by=user, claimed_at=now)
    return _said(taken, Reason.CLAIMED, "claimed", f"claimed by {user}", now)


def _opened(finding: Finding, rule: Rule) -> Episode:
    return Episode(
        episode_id=episode_id(rule.name, finding.subject, finding.as_of),
        rule=rule.name,
        rule_version=rule.version,
        subject=finding.subject,
        phase=Phase.PENDING,
        opened_on=finding.as_of,
        fired_at=None,
        notified_at=None,
        step=None,
        claimed_by=None,
        claimed_at=None,
        resolved_at=None,
        severity=finding.severity,
        at_stake=finding.at_stake,
    )


def _holding(episode: Episode, finding: Finding, rule: Rule, now: datetime) -> Step:
    at_stake = episode.at_stake if finding.at_stake is None else finding.at_stake
    current = replace(episode, rule_version=rule.version, at_stake=at_stake)
    step = _current_step(finding, rule)
    if current.phase is Phase.PENDING:
        return _pending(replace(current, severity=finding.severity), finding, rule, step, now)
    worse = SEVERITIES.index(finding.severity) > SEVERITIES.index(current.severity)
    current = replace(current, severity=finding.severity) if worse else current
    if step is not None and current.step is not None and step > current.step:
        return _ended(current, now, f"the deadline moved: {_days(finding.countdown)} left")
    if step is not None and (current.step is None or step < current.step):
        return _counted_down(current, finding, step, now)
    if worse:
        return _said(current, Reason.WORSENED, f"worsened-{finding.severity}", f"now {finding.severity}", now)
    return _still(current, rule, now)


def _pending(episode: Episode, finding: Finding, rule: Rule, step: int | None, now: datetime) -> Step:
    held = finding.as_of - episode.opened_on
    if held < rule.hold:
        return _silence(episode, Reason.TOO_SHORT, f"held for {_days(held.days)} of {_span(rule.hold)}")
    if rule.countdown is not None and step is None:
        left = "the days left are unknown" if finding.countdown is None else f"{_days(finding.countdown)} left"
        return _silence(episode, Reason.TOO_EARLY, left)
    fired = replace(episode, phase=Phase.FIRING, fired_at=now)
    if step is not None:
        return _counted_down(fired, finding, step, now)
    detail = f"held for {_days(held.days)}" if rule.hold else "it holds"
    return _said(fired, Reason.FIRED, "fired", detail, now)


def _counted_down(episode: Episode, finding: Finding, step: int, now: datetime) -> Step:
    detail = f"{_days(finding.countdown)} left"
    return _said(replace(episode, step=step), Reason.COUNTED_DOWN, f"step-{step}", detail, now)


def _still(episode: Episode, rule: Rule, now: datetime) -> Step:
    if episode.phase is Phase.CLAIMED:
        return _silence(episode, Reason.TAKEN, f"claimed by {episode.claimed_by}")
    if rule.repeat is None or episode.notified_at is None:
        return _silence(episode, Reason.ALREADY_SAID, "")
    # By the calendar: a night's run that starts some seconds earlier than the last would be a day late for ever.
    quiet = _day(now) - _day(episode.notified_at)
    if quiet < rule.repeat:
        return _silence(episode, Reason.ALREADY_SAID, f"said {_days(quiet.days)} ago")
    return _said(episode, Reason.REPEATED, f"repeat-{_day(now)}", f"said {_days(quiet.days)} ago", now)


def _ended(episode: Episode, now: datetime, detail: str) -> Step:
    resolved = replace(episode, phase=Phase.RESOLVED, resolved_at=now)
    if episode.phase is Phase.PENDING:
        return _silence(resolved, Reason.NOT_HOLDING, detail)
    return _said(resolved, Reason.RESOLVED, "resolved", detail, now)


def _said(episode: Episode, reason: Reason, transition: str, detail: str, now: datetime) -> Step:
    spoken = replace(episode, notified_at=now)
    return Step(episode=spoken, notify=True, reason=reason, transition=transition, detail=detail)


def _silence(episode: Episode | None, reason: Reason, detail: str) -> Step:
    return Step(episode=episode, notify=False, reason=reason, transition="", detail=detail)


def _current_step(finding: Finding, rule: Rule) -> int | None:
    """Smallest step that is not below the days left; None where none is reached or the days left are unknown."""
    if finding.countdown is None:
        return None
    return min((step for step in rule.steps if step >= finding.countdown), default=None)


def _days(count: int | None) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _span(duration: timedelta) -> str:
    hours = duration // timedelta(hours=1)
    return f"{hours} hours" if hours % 24 else _days(duration.days)


def _day(moment: datetime) -> date:
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
