"""Snoozed, closed, held, escalated, in shadow, as timelines: `tests/core/timelines.py` says how they are written."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from bot.core.acts import close, snooze
from bot.core.episodes import Episode, Outcome, Phase, Reason, Step, advance
from bot.core.verdicts import Evidence, Truth
from tests.core.timelines import AT_ONCE, ESCALATING, RULE, RULES, START, finding, moment, night, tell

SNOOZED_10 = "1d snoozed: snoozed until 2026-01-11 by U1"

TIMELINES = [
    # snoozed: silence until the day, then it fires anew
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 9d hold, 10d hold, 11d hold",
        f"0d fired: it holds; {SNOOZED_10}; 10d woke-2026-01-11: it was snoozed until 2026-01-11, and still holds",
    ),
    # a night was missed: it wakes late, not never
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 12d hold",
        f"0d fired: it holds; {SNOOZED_10}; 12d woke-2026-01-13: it was snoozed until 2026-01-11, and still holds",
    ),
    # it wakes where it is known to hold
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 10d unknown, 11d between, 12d hold",
        f"0d fired: it holds; {SNOOZED_10}; 12d woke-2026-01-13: it was snoozed until 2026-01-11, and still holds",
    ),
    # the end is said at once
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 5d clear",
        f"0d fired: it holds; {SNOOZED_10}; 5d resolved: after 5 days",
    ),
    # neither a rise nor the repeat interval wakes it; what it wakes with is the present severity
    (
        "underuse",
        "0d hold, 14d hold, 15d snooze-U1 60d, 20d hold critical, 50d hold, 60d hold, 61d hold critical",
        (
            "14d fired: held for 14 days; 15d snoozed: snoozed until 2026-03-02 by U1; "
            "60d woke-2026-03-02: it was snoozed until 2026-03-02, and still holds"
        ),
    ),
    # a step that was reached meanwhile is said on waking
    (
        "countdown",
        "0d hold 61-left, 1d snooze-U1 10d, 2d hold 59-left, 10d hold 51-left, 11d hold 50-left",
        f"0d step-90: 61 days left; {SNOOZED_10}; 10d step-60: 51 days left",
    ),
    # awake, it is nobody's: it can be claimed again, and repeats
    (
        "at once",
        "0d hold, 1d claim-U1, 1d snooze-U1 10d, 10d hold, 11d claim-U2, 12d hold",
        (
            f"0d fired: it holds; 1d claimed: claimed by U1; {SNOOZED_10}; "
            "10d woke-2026-01-11: it was snoozed until 2026-01-11, and still holds; "
            "11d claimed@2026-01-13T05:00:00: claimed by U2"
        ),
    ),
    # another day: the later word counts
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 2d snooze-U1 5d, 5d hold",
        (
            f"0d fired: it holds; {SNOOZED_10}; 2d snoozed@2026-01-04T05:00:00: snoozed until 2026-01-06 by U1; "
            "5d woke-2026-01-06: it was snoozed until 2026-01-06, and still holds"
        ),
    ),
    # closed: silence for as long as it holds, whatever the outcome, and a quiet end
    (
        "underuse",
        "0d hold, 14d hold, 15d close-U1 false_alarm, 16d hold critical, 50d hold, 60d clear",
        "14d fired: held for 14 days; 15d closed-false_alarm: closed as false alarm by U1",
    ),
    # when it was clear once, it may fire again
    (
        "at once",
        "0d hold, 1d close-U1 recovered, 2d clear, 3d hold",
        "0d fired: it holds; 1d closed-recovered: closed as recovered by U1; 3d fired: it holds",
    ),
    # the deadline of a closed renewal moves: the next countdown begins by itself
    (
        "countdown",
        "0d hold 7-left, 1d close-U1 renewed, 2d hold 119-left, 3d hold 118-left",
        "0d step-7: 7 days left; 1d closed-renewed: closed as renewed by U1; 3d step-120: 118 days left",
    ),
    # what has ended by itself may be given its outcome
    (
        "at once",
        "0d hold, 1d clear, 2d close-U1 expanded",
        "0d fired: it holds; 1d resolved: after 1 day; 2d closed-expanded: closed as expanded by U1",
    ),
    # the first one who closes wins
    (
        "at once",
        "0d hold, 1d close-U1 lost, 1d close-U2 renewed",
        "0d fired: it holds; 1d closed-lost: closed as lost by U1",
    ),
    # held back: it opens, and fires when it is let go; the days were counted all the while
    (
        "underuse",
        "0d hold by-source, 14d hold by-source, 20d hold",
        "20d fired: held for 20 days",
    ),
    ("at once", "0d hold by-fleet, 1d hold by-fleet, 2d hold", "2d fired: it holds"),
    ("at once", "0d hold by-inhibited, 1d hold by-inhibited", ""),
    # a fleet that falls was measured well again: nothing is left to say
    ("at once", "0d hold by-fleet, 1d clear by-fleet, 2d hold", "2d fired: it holds"),
    # one that fires already neither repeats nor worsens while it is held
    (
        "underuse",
        "0d hold, 14d hold, 44d hold by-fleet, 45d hold high by-inhibited, 46d hold high",
        "14d fired: held for 14 days; 46d worsened-high: now high",
    ),
    # data in doubt end nothing
    (
        "at once",
        "0d hold, 1d clear by-source, 2d clear",
        "0d fired: it holds; 2d resolved: after 2 days",
    ),
    # a hold for another reason does not keep it from ending
    ("at once", "0d hold, 1d clear by-inhibited", "0d fired: it holds; 1d resolved: after 1 day"),
    # nor does a hold wake what is snoozed
    (
        "at once",
        "0d hold, 1d snooze-U1 10d, 10d hold by-source, 12d hold",
        f"0d fired: it holds; {SNOOZED_10}; 12d woke-2026-01-13: it was snoozed until 2026-01-11, and still holds",
    ),
    # in shadow the same life goes on unheard; once live, what still holds is said, once
    (
        "at once",
        "0d hold shadow, 1d hold shadow, 2d hold, 3d hold",
        "0d fired: it holds; 2d fired: it has held for 2 days; the rule is live now",
    ),
    (
        "at once",
        "0d hold shadow, 1d clear shadow, 2d hold",
        "0d fired: it holds; 1d resolved: after 1 day; 2d fired: it holds",
    ),
    (
        "countdown",
        "0d hold 61-left shadow, 1d hold 60-left, 2d hold 59-left",
        "0d step-90: 61 days left; 1d step-60: 60 days left",
    ),
    (
        "countdown",
        "0d hold 61-left shadow, 1d hold 61-left, 2d hold 60-left",
        "0d step-90: 61 days left; 1d step-90: 61 days left; 2d step-60: 60 days left",
    ),
    # to the manager after so much time, once; never where somebody claimed it
    (
        "escalating",
        "0d hold, 1d escalate 15h, 1d escalate 16h, 2d escalate 40h",
        "0d fired: it holds; 1d escalated: nobody has claimed it for 16 hours of working time",
    ),
    ("escalating", "0d hold, 1d claim-U1, 2d escalate 40h", "0d fired: it holds; 1d claimed: claimed by U1"),
    ("escalating", "0d hold shadow, 2d escalate 40h", "0d fired: it holds"),
    ("at once", "0d hold, 2d escalate 400h", "0d fired: it holds"),
    # awake again, it may be escalated again
    (
        "escalating",
        "0d hold, 1d escalate 16h, 1d snooze-U1 10d, 10d hold, 12d escalate 16h",
        (
            "0d fired: it holds; 1d escalated: nobody has claimed it for 16 hours of working time; "
            f"{SNOOZED_10}; 10d woke-2026-01-11: it was snoozed until 2026-01-11, and still holds; "
            "12d escalated@2026-01-14T05:00:00: nobody has claimed it for 16 hours of working time"
        ),
    ),
]


@pytest.mark.parametrize(("rule", "timeline", "said"), TIMELINES)
def test_timelines(rule: str, timeline: str, said: str) -> None:
    assert tell(timeline, RULES[rule]) == said


def live(*moments: str) -> Step:
    """The last step of a timeline."""
    episode, step = None, None
    for text in moments:
        step = moment(text, episode, AT_ONCE)
        episode = step.episode
    assert step is not None
    return step


@pytest.mark.parametrize(
    ("moments", "reason", "detail"),
    [
        (["0d hold by-source"], Reason.HELD, "held by source"),
        (["0d hold by-fleet"], Reason.HELD, "held by fleet"),
        (["0d hold by-inhibited"], Reason.INHIBITED, "held by inhibited"),
        (["0d clear by-source"], Reason.NOT_HOLDING, ""),
        (
            ["0d hold", "0d snooze-U1 9d waiting for their budget", "1d hold"],
            Reason.SNOOZED,
            "snoozed until 2026-01-10 by U1: waiting for their budget",
        ),
        (["0d hold", "1d snooze-U1 2d"], Reason.REFUSED, "2026-01-03 does not lie ahead"),
        (["0d hold", "0d close-U1 lost", "1d hold"], Reason.CLOSED, "closed as lost by U1"),
        (["0d hold", "0d close-U1 lost", "1d claim-U2"], Reason.CLOSED, "U1 has closed it"),
        (["0d hold", "0d close-U1 lost", "1d snooze-U2 9d"], Reason.CLOSED, "U1 has closed it: it is silent already"),
        (["0d hold", "0d close-U1 lost", "1d close-U2 renewed"], Reason.CLOSED, "U1 has closed it as lost"),
        (["0d hold by-fleet", "0d snooze-U1 9d"], Reason.TOO_SHORT, "it has not fired yet: there is nothing to snooze"),
        (["0d hold by-fleet", "0d close-U1 lost"], Reason.TOO_SHORT, "it has not fired yet: there is nothing to close"),
        (["0d hold by-fleet", "1d clear", "1d close-U1 lost"], Reason.ENDED, "it ended before it fired"),
        (["0d hold", "1d clear", "1d snooze-U1 9d"], Reason.ENDED, "it has ended: there is nothing left to snooze"),
        (["0d hold", "1d escalate 900h"], Reason.REFUSED, "there is nothing to escalate"),
    ],
)
def test_silence_has_its_reason(moments: list[str], reason: Reason, detail: str) -> None:
    step = live(*moments)
    assert (step.notify, step.transition, step.reason, step.detail) == (False, "", reason, detail)


def test_waiting_for_a_claim_says_how_long_yet() -> None:
    step = moment("1d escalate 3h", moment("0d hold", None, ESCALATING).episode, ESCALATING)
    assert (step.reason, step.detail) == (Reason.WAITING, "3 hours of 16 hours have passed")


def test_snoozing_keeps_who_and_why_and_closing_the_outcome() -> None:
    fired = live("0d hold").episode
    assert fired is not None
    asleep = snooze(fired, "U1", START + timedelta(days=9), "holidays", night(1)).episode
    assert asleep is not None
    assert (asleep.phase, asleep.snoozed_by, asleep.snooze_reason) == (Phase.SNOOZED, "U1", "holidays")
    closed = close(asleep, "U2", Outcome.RENEWED, "signed", night(2)).episode
    assert closed is not None
    assert (closed.phase, closed.outcome, closed.closed_by) == (Phase.CLOSED, Outcome.RENEWED, "U2")
    assert (closed.closed_at, closed.close_reason) == (night(2), "signed")
    ended = moment("3d clear", closed, AT_ONCE).episode
    assert ended is not None
    assert (ended.phase, ended.outcome, ended.resolved_at) == (Phase.RESOLVED, Outcome.RENEWED, night(3))


def test_every_act_counts_as_one() -> None:
    """The state store tells by it that a judgement began before an act."""
    acts = [live("0d hold", *more).episode for more in ((), ("0d claim-U1",), ("0d claim-U1", "0d snooze-U1 9d"))]
    assert [episode.acts for episode in acts if episode] == [0, 1, 2]


def test_an_episode_keeps_what_it_saw_when_it_last_spoke() -> None:
    seen = (Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),)),)
    later = (Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.44),)),)
    fired = _seen(None, 0, seen)
    quiet = _seen(fired, 1, later)
    assert (quiet.evidence, quiet.evidence_on) == (seen, START)
    repeating = dataclasses.replace(AT_ONCE, repeat=timedelta(days=2))
    again = advance(quiet, dataclasses.replace(finding(2, "hold"), evidence=later), repeating, night(2)).episode
    assert again is not None
    assert (again.evidence, again.evidence_on) == (later, START + timedelta(days=2))


def _seen(episode: Episode | None, day: int, evidence: tuple[Evidence, ...]) -> Episode:
    after = advance(episode, dataclasses.replace(finding(day, "hold"), evidence=evidence), AT_ONCE, night(day)).episode
    assert after is not None
    return after


def test_pending_is_not_announced_and_shadow_announces_nothing() -> None:
    held = moment("0d hold", None, RULE).episode
    shadow = moment("0d hold shadow", None, AT_ONCE).episode
    heard = moment("1d hold", shadow, AT_ONCE).episode
    assert held is not None
    assert shadow is not None
    assert heard is not None
    assert (held.announced, shadow.announced, heard.announced) == (False, False, True)
