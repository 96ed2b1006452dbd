"""What people do with an episode: claim it, snooze it, close it; and what is done where nobody does. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episode import Episode, Outcome, Phase, Reason, Step
from bot.core.episodes import said, silence, word

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.core.verdicts import Rule

SNOOZE_MOST: Final = timedelta(days=366)
"""Nothing is silent for longer than until the same day of the next year."""

_TOO_EARLY = "it has not fired yet: there is nothing to {}"


def claim(episode: Episode, user: str, now: datetime) -> Step:
    """Somebody takes the episode on; the first one wins. `user` is a Slack user id."""
    if episode.phase is Phase.RESOLVED:
        return silence(episode, Reason.ENDED, "it has ended: there is nothing left to take on")
    if episode.phase is Phase.CLOSED:
        return silence(episode, Reason.CLOSED, f"{episode.closed_by} has closed it")
    if episode.phase is Phase.CLAIMED:
        since = "" if episode.claimed_at is None else f" since {episode.claimed_at:%Y-%m-%d %H:%M}"
        return silence(episode, Reason.TAKEN, f"{episode.claimed_by} has had it{since}")
    if episode.phase is Phase.PENDING:
        return silence(episode, Reason.TOO_SHORT, _TOO_EARLY.format("take on"))
    taken = replace(_acted(episode), phase=Phase.CLAIMED, claimed_by=user, claimed_at=now)
    return said(taken, Reason.CLAIMED, _once("claimed", episode, now), f"claimed by {user}", now)


def snooze(
    episode: Episode, user: str, until: date, reason: str | None, now: datetime, today: date | None = None
) -> Step:
    """Silence an episode until a day after today, at most a year; snoozed already, it gets the new day.

    `today`: the day that it is where the person is; by default the day of `now`.
    """
    if episode.phase is Phase.PENDING:
        return silence(episode, Reason.TOO_SHORT, _TOO_EARLY.format("snooze"))
    if episode.phase is Phase.RESOLVED:
        return silence(episode, Reason.ENDED, "it has ended: there is nothing left to snooze")
    if episode.phase is Phase.CLOSED:
        return silence(episode, Reason.CLOSED, f"{episode.closed_by} has closed it: it is silent already")
    if (fault := snooze_fault(until, today or now.date())) is not None:
        return silence(episode, Reason.REFUSED, fault)
    asleep = replace(
        _acted(episode), phase=Phase.SNOOZED, snoozed_until=until, snoozed_by=user, snooze_reason=reason or None
    )
    return said(asleep, Reason.SNOOZED, _once("snoozed", episode, now), f"snoozed until {until} by {user}", now)


def snooze_fault(until: date, today: date) -> str | None:
    """Say why nothing can be snoozed until a day; None where it can."""
    if until <= today:
        return f"{until} does not lie ahead"
    if until > today + SNOOZE_MOST:
        return f"{until} is more than a year away"
    return None


def close(episode: Episode, user: str, outcome: Outcome, reason: str | None, now: datetime) -> Step:
    """Say what became of an episode; the first one wins. One that has ended by itself may be given its outcome."""
    if episode.phase is Phase.PENDING:
        return silence(episode, Reason.TOO_SHORT, _TOO_EARLY.format("close"))
    if episode.outcome is not None:
        return silence(episode, Reason.CLOSED, f"{episode.closed_by} has closed it as {word(episode.outcome)}")
    if episode.fired_at is None:
        return silence(episode, Reason.ENDED, "it ended before it fired")
    ended = episode.phase is Phase.RESOLVED
    closed = replace(
        _acted(episode),
        phase=Phase.RESOLVED if ended else Phase.CLOSED,
        outcome=outcome,
        closed_by=user,
        closed_at=now,
        close_reason=reason or None,
    )
    return said(closed, Reason.CLOSED, f"closed-{outcome}", f"closed as {word(outcome)} by {user}", now)


def escalate(episode: Episode, rule: Rule, waited: timedelta, now: datetime) -> Step:
    """Turn to the owner's manager where nobody has claimed an episode in time.

    `waited`: how much working time of the owner has passed since it fired or woke.
    """
    if rule.escalate is None or episode.phase is not Phase.FIRING or not episode.announced:
        return silence(episode, Reason.REFUSED, "there is nothing to escalate")
    if episode.escalated_at is not None:
        return silence(episode, Reason.ALREADY_SAID, "the manager has been told")
    if waited < rule.escalate:
        return silence(episode, Reason.WAITING, f"{_hours(waited)} of {_hours(rule.escalate)} have passed")
    told = replace(_acted(episode), escalated_at=now)
    detail = f"nobody has claimed it for {_hours(waited)} of working time"
    return said(told, Reason.ESCALATED, _once("escalated", episode, now), detail, now)


def _acted(episode: Episode) -> Episode:
    return replace(episode, acts=episode.acts + 1)


def _once(transition: str, episode: Episode, now: datetime) -> str:
    """Name what may happen again to an episode that was snoozed: each time is another thing to say."""
    return transition if episode.snoozed_until is None else f"{transition}@{now:%Y-%m-%dT%H:%M:%S}"


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return "1 hour" if hours == 1 else f"{hours:.0f} hours"
