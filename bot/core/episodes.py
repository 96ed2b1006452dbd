"""The life of an episode: one continuous stretch in which a rule holds for a subject. Pure.

    pending -> firing -> claimed -> snoozed -> closed -> resolved

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
- Snoozed, an episode says nothing until its day, and then fires anew if it still holds: it is nobody's again. Its end
  is said at once.
- Closed, it keeps its place in silence until `clear` holds: else the next night would open it again.
- What is held opens and stays, but does not speak; where the hold doubts the data, it does not end either.
- A rule in shadow mode goes through the same life unheard. Once it is live, what still fires is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from bot.core.episode import Episode, Outcome, Phase, Reason, Step
from bot.core.verdicts import SEVERITIES, HoldBy, Mode, Truth

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.core.verdicts import Finding, Hold, Rule

__all__ = [
    "Episode", "Outcome", "Phase", "Reason", "Step", "advance", "days", "episode_id", "said", "silence", "word",
]  # fmt: skip

_NAMESPACE: Final = UUID("5f1e0a52-6f0c-4b0e-9a53-0d7c2c4f7a11")


def episode_id(rule: str, subject: str, opened_on: date) -> str:
    """Name the episode of a rule and subject that opened on a day."""
    return str(uuid5(_NAMESPACE, f"{rule}|{subject}|{opened_on.isoformat()}"))


@dataclass(frozen=True, slots=True)
class _Night:
    """What one episode is taken a step by."""

    finding: Finding
    rule: Rule
    now: datetime
    hold: Hold | None

    def tell(self, episode: Episode, reason: Reason, transition: str, detail: str) -> Step:
        heard = episode.announced or self.rule.mode is Mode.LIVE
        return said(replace(self.seen(episode), announced=heard), reason, transition, detail, self.now)

    def seen(self, episode: Episode) -> Episode:
        return replace(episode, evidence=self.finding.evidence, evidence_on=self.finding.as_of)

    def days_open(self, episode: Episode) -> int:
        return (self.finding.as_of - episode.opened_on).days

    def new_step(self, episode: Episode) -> int | None:
        """Return the step of the countdown that was reached and not said yet."""
        step = self.step()
        return step if step is not None and (episode.step is None or step < episode.step) else None

    def step(self) -> int | None:
        """Return the smallest step that is not below the days left; None: none is reached, or they are unknown."""
        left = self.finding.countdown
        return None if left is None else min((step for step in self.rule.steps if step >= left), default=None)


def advance(episode: Episode | None, finding: Finding, rule: Rule, now: datetime, hold: Hold | None = None) -> Step:
    """Next state of an episode, and why. Pure: same arguments, same step.

    `episode` is the open one of the rule and subject, or None; or else the latest, resolved one: where that opened on
    the very day that is judged, it stays as it is, as a second episode of that day would bear the same name, and the
    next judgement opens one. Who hands in open episodes only has to treat a new one under a known name in that way.
    Judging a day again says nothing again. Whether a rule in shadow mode is heard is for who sends.
    """
    night = _Night(finding, rule, now, hold)
    if episode is not None and episode.phase is Phase.RESOLVED:
        if episode.opened_on >= finding.as_of:
            return silence(episode, Reason.ENDED, "it ended on the day that it opened; a new one can open tomorrow")
        episode = None
    if finding.holds is Truth.TRUE:
        return _holding(episode or _opened(finding, rule), night)
    if episode is None:
        return silence(None, Reason.UNKNOWN if finding.holds is Truth.UNKNOWN else Reason.NOT_HOLDING, "")
    return _not_holding(episode, night)


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
        announced=False,
    )


def _not_holding(episode: Episode, night: _Night) -> Step:
    holds = night.finding.holds
    if night.hold is not None and night.hold.by is HoldBy.SOURCE:
        return _held(episode, night.hold)
    if night.finding.clears is Truth.TRUE or (episode.phase is Phase.PENDING and holds is Truth.FALSE):
        return _ended(episode, night, f"after {days(night.days_open(episode))}")
    return silence(episode, Reason.UNKNOWN if holds is Truth.UNKNOWN else Reason.BETWEEN, "")


def _holding(episode: Episode, night: _Night) -> Step:
    finding = night.finding
    at_stake = episode.at_stake if finding.at_stake is None else finding.at_stake
    current = replace(episode, rule_version=night.rule.version, at_stake=at_stake)
    if current.phase is Phase.PENDING:
        return _pending(replace(current, severity=finding.severity), night)
    if night.hold is not None:
        return _held(current, night.hold)
    if (step := night.step()) is not None and current.step is not None and step > current.step:
        return _ended(current, night, f"the deadline moved: {days(finding.countdown)} left")
    worst = max(current.severity, finding.severity, key=SEVERITIES.index)
    return _going_on(replace(current, severity=worst), night, worse=worst != current.severity)


def _pending(episode: Episode, night: _Night) -> Step:
    rule, finding = night.rule, night.finding
    held = timedelta(days=night.days_open(episode))
    if held < rule.hold:
        return silence(episode, Reason.TOO_SHORT, f"held for {days(held.days)} of {_span(rule.hold)}")
    if rule.countdown is not None and night.step() is None:
        left = "the days left are unknown" if finding.countdown is None else f"{days(finding.countdown)} left"
        return silence(episode, Reason.TOO_EARLY, left)
    if night.hold is not None:
        return _held(episode, night.hold)
    fired = replace(episode, phase=Phase.FIRING, fired_at=night.now)
    if night.step() is not None:
        return _counted_down(fired, night)
    return night.tell(fired, Reason.FIRED, "fired", f"held for {days(held.days)}" if rule.hold else "it holds")


def _held(episode: Episode, hold: Hold) -> Step:
    return silence(episode, Reason.INHIBITED if hold.by is HoldBy.INHIBITED else Reason.HELD, hold.detail)


def _going_on(episode: Episode, night: _Night, *, worse: bool) -> Step:
    if episode.phase is Phase.CLOSED:
        return silence(episode, Reason.CLOSED, f"closed as {word(episode.outcome)} by {episode.closed_by}")
    if episode.phase is Phase.SNOOZED:
        return _snoozed(episode, night)
    if not episode.announced and night.rule.mode is Mode.LIVE:
        return _announced(episode, night)
    if night.new_step(episode) is not None:
        return _counted_down(episode, night)
    if worse:
        return night.tell(episode, Reason.WORSENED, f"worsened-{episode.severity}", f"now {episode.severity}")
    return _still(episode, night)


def _snoozed(episode: Episode, night: _Night) -> Step:
    until = episode.snoozed_until
    if until is not None and night.finding.as_of < until:
        why = f": {episode.snooze_reason}" if episode.snooze_reason else ""
        return silence(episode, Reason.SNOOZED, f"snoozed until {until} by {episode.snoozed_by}{why}")
    awake = replace(
        episode, phase=Phase.FIRING, fired_at=night.now, escalated_at=None, claimed_by=None, claimed_at=None
    )
    if night.new_step(episode) is not None:
        return _counted_down(awake, night)
    return night.tell(
        awake, Reason.WOKE, f"woke-{night.finding.as_of}", f"it was snoozed until {until}, and still holds"
    )


def _announced(episode: Episode, night: _Night) -> Step:
    """Say what a rule in shadow mode kept to itself: it is live now."""
    current = replace(episode, fired_at=night.now)
    if night.step() is not None:
        return _counted_down(current, night)
    detail = f"it has held for {days(night.days_open(episode))}; the rule is live now"
    return night.tell(current, Reason.FIRED, "fired", detail)


def _counted_down(episode: Episode, night: _Night) -> Step:
    step, left = night.step(), days(night.finding.countdown)
    return night.tell(replace(episode, step=step), Reason.COUNTED_DOWN, f"step-{step}", f"{left} left")


def _still(episode: Episode, night: _Night) -> Step:
    if episode.phase is Phase.CLAIMED:
        return silence(episode, Reason.TAKEN, f"claimed by {episode.claimed_by}")
    repeat, today = night.rule.repeat, _day(night.now)
    if repeat is None or episode.notified_at is None:
        return silence(episode, Reason.ALREADY_SAID, "")
    # By the calendar: a night's run that starts some seconds earlier than the last would be a day late for ever.
    quiet = today - _day(episode.notified_at)
    if quiet < repeat:
        return silence(episode, Reason.ALREADY_SAID, f"said {days(quiet.days)} ago")
    return night.tell(episode, Reason.REPEATED, f"repeat-{today}", f"said {days(quiet.days)} ago")


def _ended(episode: Episode, night: _Night, detail: str) -> Step:
    resolved = replace(episode, phase=Phase.RESOLVED, resolved_at=night.now)
    if episode.phase is Phase.PENDING:
        return silence(resolved, Reason.NOT_HOLDING, detail)
    if episode.phase is Phase.CLOSED:
        return silence(resolved, Reason.CLOSED, detail)  # its messages say already what became of it
    return said(night.seen(resolved), Reason.RESOLVED, "resolved", detail, night.now)


def said(episode: Episode, reason: Reason, transition: str, detail: str, now: datetime) -> Step:
    """Make the step of an episode that says something now."""
    spoken = replace(episode, notified_at=now)
    return Step(episode=spoken, notify=True, reason=reason, transition=transition, detail=detail)


def silence(episode: Episode | None, reason: Reason, detail: str) -> Step:
    """Make a step that says nothing, and why."""
    return Step(episode=episode, notify=False, reason=reason, transition="", detail=detail)


def word(outcome: Outcome | None) -> str:
    """Write an outcome as people do: `false alarm`."""
    return str(outcome).replace("_", " ")


def days(count: int | None) -> str:
    """Count days in words."""
    return "1 day" if count == 1 else f"{count} days"


def _span(duration: timedelta) -> str:
    hours = duration // timedelta(hours=1)
    return f"{hours} hours" if hours % 24 else days(duration.days)


def _day(moment: datetime) -> date:
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
