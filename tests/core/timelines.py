"""Lives of episodes as timelines.

A timeline is a list of moments: a day, what the judgement found, and (where it matters) the severity or days left.
`hold` when is true; `between` when is false, clear as well; `clear` clear is true; `unknown` both are unknown;
`known-clear` when is unknown, clear is true. After it may stand: a severity; `30-left`; `by-source`, `by-fleet` or
`by-inhibited`, a hold of that kind; `shadow`, the rule's mode on that day (live otherwise).
People: `claim-U1`; `snooze-U1 9d`, until the ninth day; `close-U1 lost`, with that outcome; and, when so many hours of
the owner's work have passed, `escalate 16h`.
What is expected is all that was said: the day, the transition and the detail.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

from bot.core.acts import claim, close, escalate, snooze
from bot.core.episodes import Episode, Outcome, Step, advance
from bot.core.verdicts import SEVERITIES, Finding, Hold, HoldBy, Mode, Rule, Scope, Truth

START = date(2026, 1, 1)
RULE = Rule(
    name="licence-underuse",
    kind="churn_risk",
    scope=Scope.ACCOUNT,
    when="licence_utilization < 0.5",
    clear="licence_utilization >= 0.6",
    hold=timedelta(days=14),
    repeat=timedelta(days=30),
    countdown=None,
    steps=(),
    severity="'medium'",
    at_stake="arr",
    to=("owner",),
    template="churn_risk",
    mode=Mode.LIVE,
    version="v1",
)
AT_ONCE = dataclasses.replace(RULE, hold=timedelta(0), repeat=None)
COUNTDOWN = dataclasses.replace(AT_ONCE, countdown="days_to_deadline", steps=(120, 90, 60, 30, 7))
ESCALATING = dataclasses.replace(AT_ONCE, escalate=timedelta(hours=16))
RULES = {"underuse": RULE, "at once": AT_ONCE, "countdown": COUNTDOWN, "escalating": ESCALATING}

FOUND = {
    "hold": (Truth.TRUE, Truth.FALSE),
    "between": (Truth.FALSE, Truth.FALSE),
    "clear": (Truth.FALSE, Truth.TRUE),
    "unknown": (Truth.UNKNOWN, Truth.UNKNOWN),
    "known-clear": (Truth.UNKNOWN, Truth.TRUE),
}


def finding(
    day: int, found: str, *, severity: str = "medium", left: int | None = None, stake: float | None = 1.0
) -> Finding:
    holds, clears = FOUND[found]
    return Finding(
        rule=RULE.name,
        subject="001A",
        as_of=START + timedelta(days=day),
        holds=holds,
        clears=clears,
        severity=severity,
        at_stake=stake,
        countdown=left,
        evidence=(),
    )


def night(day: int) -> datetime:
    """The judgement of a day runs in the night after it."""
    return datetime(2026, 1, 2, 5, tzinfo=UTC) + timedelta(days=day)


def moment(text: str, episode: Episode | None, rule: Rule) -> Step:
    words = text.split()
    day, what, more = int(words[0].removesuffix("d")), words[1], words[2:]
    if what not in FOUND:
        assert episode is not None
        return act(episode, what, more, rule, day)
    severity = next((word for word in more if word in SEVERITIES), "medium")
    left = next((int(word.removesuffix("-left")) for word in more if word.endswith("-left")), None)
    kind = next((word.removeprefix("by-") for word in more if word.startswith("by-")), None)
    hold = Hold(HoldBy(kind), f"held by {kind}") if kind else None
    rule = dataclasses.replace(rule, mode=Mode.SHADOW if "shadow" in more else Mode.LIVE)
    return advance(episode, finding(day, what, severity=severity, left=left), rule, night(day), hold)


def act(episode: Episode, what: str, more: list[str], rule: Rule, day: int) -> Step:
    """What people do, and what is done where they do nothing."""
    verb, _, user = what.partition("-")
    match verb:
        case "claim":
            return claim(episode, user, night(day))
        case "snooze":
            until = START + timedelta(days=int(more[0].removesuffix("d")))
            return snooze(episode, user, until, " ".join(more[1:]) or None, night(day))
        case "close":
            return close(episode, user, Outcome(more[0]), " ".join(more[1:]) or None, night(day))
        case "escalate":
            return escalate(episode, rule, timedelta(hours=int(more[0].removesuffix("h"))), night(day))
    raise AssertionError(f"no timeline knows the word {what}")


def tell(timeline: str, rule: Rule) -> str:
    """Live through a timeline and tell all that was said."""
    episode, said = None, []
    for text in timeline.split(", "):
        step = moment(text, episode, rule)
        episode = step.episode
        if step.notify:
            said.append(f"{text.split()[0]} {step.transition}: {step.detail}")
    return "; ".join(said)
