"""Lives of episodes as timelines.

A timeline is a list of moments: a day, what the judgement found, and (where it matters) the severity or days left.
`hold` when is true; `between` when is false, clear as well; `clear` clear is true; `unknown` both are unknown;
`known-clear` when is unknown, clear is true; `claim-U1` somebody presses the button.
What is expected is all that was said: the day, the transition and the detail.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

from bot.core.episodes import Episode, Step, advance, claim
from bot.core.verdicts import SEVERITIES, Finding, Mode, Rule, Scope, Truth

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
RULES = {"underuse": RULE, "at once": AT_ONCE, "countdown": COUNTDOWN}

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
    if what.startswith("claim-"):
        assert episode is not None
        return claim(episode, what.removeprefix("claim-"), night(day))
    severity = next((word for word in more if word in SEVERITIES), "medium")
    left = next((int(word.removesuffix("-left")) for word in more if word.endswith("-left")), None)
    return advance(episode, finding(day, what, severity=severity, left=left), rule, night(day))


def tell(timeline: str, rule: Rule) -> str:
    """Live through a timeline and tell all that was said."""
    episode, said = None, []
    for text in timeline.split(", "):
        step = moment(text, episode, rule)
        episode = step.episode
        if step.notify:
            said.append(f"{text.split()[0]} {step.transition}: {step.detail}")
    return "; ".join(said)
