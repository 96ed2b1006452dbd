"""What holds for the life of every episode."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.episodes import Episode, Phase, Reason, Step, advance
from bot.core.verdicts import SEVERITIES, Hold, HoldBy
from tests.core.timelines import AT_ONCE, COUNTDOWN, act, finding, night

if TYPE_CHECKING:
    from bot.core.verdicts import Rule

ACTS = ["claim-U1", "claim-U2", "snooze-U1 5d", "snooze-U1 90d", "close-U1 lost", "escalate 20h"]
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 20),  # days since the last moment
        st.sampled_from(["hold", "hold", "hold", "between", "clear", "unknown", "known-clear", *ACTS]),
        st.sampled_from(SEVERITIES),
        st.none() | st.integers(-5, 140),
        st.sampled_from([None, None, None, *HoldBy]),
    ),
    max_size=40,
)
ANY_RULE = st.builds(
    lambda hold, repeat, countdown: dataclasses.replace(
        COUNTDOWN if countdown else AT_ONCE,
        escalate=timedelta(hours=16),
        hold=timedelta(days=hold),
        repeat=None if repeat is None else timedelta(days=repeat),
    ),
    st.integers(0, 5),
    st.none() | st.integers(1, 10),
    st.booleans(),
)


Event = tuple[int, str, str, int | None, HoldBy | None]


def lives(events: list[Event], rule: Rule) -> list[tuple[Episode | None, Event, Step]]:
    """Live through events: the episode before each, what happened, and the step."""
    episode: Episode | None = None
    day, told = 0, []
    for event in events:
        days, what, severity, left, by = event
        day += days
        if what in ACTS:
            if episode is None:
                continue
            verb, *more = what.split()
            step = act(episode, verb, more, rule, day)
        else:
            found, hold = finding(day, what, severity=severity, left=left), Hold(by, "held") if by else None
            step = advance(episode, found, rule, night(day), hold)
        told.append((episode, event, step))
        episode = step.episode
    return told


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_nothing_is_said_twice_in_one_episode(events: list[Event], rule: Rule) -> None:
    said = [
        (step.episode.episode_id, step.transition) for _, _, step in lives(events, rule) if step.notify and step.episode
    ]
    assert len(said) == len(set(said))


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_unknown_changes_nothing(events: list[Event], rule: Rule) -> None:
    for before, (_, what, *_), step in lives(events, rule):
        if what == "unknown":
            assert not step.notify
            assert step.episode == before or (before is not None and before.phase is Phase.RESOLVED)


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_steps_keep_the_order_of_a_life(events: list[Event], rule: Rule) -> None:
    for before, _, step in lives(events, rule):
        assert step.notify == bool(step.transition)
        if step.transition == "resolved":
            assert before is not None
            assert before.phase in {Phase.FIRING, Phase.CLAIMED, Phase.SNOOZED}
            assert before.fired_at is not None
        if step.notify:
            assert step.episode is not None
            assert step.episode.fired_at is not None
            assert step.episode.notified_at is not None
        if before is not None and step.episode is not None and before.episode_id == step.episode.episode_id:
            woke = before.phase is Phase.SNOOZED and step.reason in {Reason.WOKE, Reason.COUNTED_DOWN, Reason.CLAIMED}
            order = list(Phase)
            assert woke or order.index(step.episode.phase) >= order.index(before.phase)
            assert step.episode.opened_on == before.opened_on


@settings(max_examples=100, deadline=None)
@given(EVENTS, ANY_RULE)
def test_the_same_life_is_told_in_the_same_way(events: list[Event], rule: Rule) -> None:
    assert lives(events, rule) == lives(events, rule)


@settings(max_examples=100, deadline=None)
@given(EVENTS, ANY_RULE)
def test_any_judgement_repeated_at_once_is_silent(events: list[Event], rule: Rule) -> None:
    doubled = [event for first in events for event in (first, (0, *first[1:]))]
    told = lives(doubled, rule)
    for (_, (_, what, *_), first), (_, _, second) in zip(told[::2], told[1::2], strict=False):
        if what not in ACTS and first.episode is not None and first.episode.phase is not Phase.RESOLVED:
            assert not second.notify
            assert second.episode == first.episode


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_what_is_held_says_nothing_but_its_end(events: list[Event], rule: Rule) -> None:
    for _, (_, what, _, _, by), step in lives(events, rule):
        if by is not None and what not in ACTS and step.notify:
            assert by is not HoldBy.SOURCE
            assert step.transition == "resolved"
