"""What holds for the life of every episode."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.episodes import Episode, Phase, Step, advance, claim
from bot.core.verdicts import SEVERITIES
from tests.core.timelines import AT_ONCE, COUNTDOWN, finding, night

if TYPE_CHECKING:
    from bot.core.verdicts import Rule

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 20),  # days since the last moment
        st.sampled_from(["hold", "hold", "hold", "between", "clear", "unknown", "known-clear", "claim-U1", "claim-U2"]),
        st.sampled_from(SEVERITIES),
        st.none() | st.integers(-5, 140),
    ),
    max_size=40,
)
ANY_RULE = st.builds(
    lambda hold, repeat, countdown: dataclasses.replace(
        COUNTDOWN if countdown else AT_ONCE,
        hold=timedelta(days=hold),
        repeat=None if repeat is None else timedelta(days=repeat),
    ),
    st.integers(0, 5),
    st.none() | st.integers(1, 10),
    st.booleans(),
)


def lives(events: list[tuple[int, str, str, int | None]], rule: Rule) -> list[tuple[Episode | None, str, Step]]:
    """Live through events: the episode before each, what happened, and the step."""
    episode: Episode | None = None
    day, told = 0, []
    for days, what, severity, left in events:
        day += days
        if what.startswith("claim-"):
            if episode is None:
                continue
            step = claim(episode, what.removeprefix("claim-"), night(day))
        else:
            step = advance(episode, finding(day, what, severity=severity, left=left), rule, night(day))
        told.append((episode, what, step))
        episode = step.episode
    return told


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_nothing_is_said_twice_in_one_episode(events: list[tuple[int, str, str, int | None]], rule: Rule) -> None:
    said = [
        (step.episode.episode_id, step.transition) for _, _, step in lives(events, rule) if step.notify and step.episode
    ]
    assert len(said) == len(set(said))


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_unknown_changes_nothing(events: list[tuple[int, str, str, int | None]], rule: Rule) -> None:
    for before, what, step in lives(events, rule):
        if what == "unknown":
            assert not step.notify
            assert step.episode == before or (before is not None and before.phase is Phase.RESOLVED)


@settings(max_examples=200, deadline=None)
@given(EVENTS, ANY_RULE)
def test_steps_keep_the_order_of_a_life(events: list[tuple[int, str, str, int | None]], rule: Rule) -> None:
    for before, _, step in lives(events, rule):
        assert step.notify == bool(step.transition)
        if step.transition == "resolved":
            assert before is not None
            assert before.phase in {Phase.FIRING, Phase.CLAIMED}
            assert before.fired_at is not None
        if step.notify:
            assert step.episode is not None
            assert step.episode.fired_at is not None
            assert step.episode.notified_at is not None
        if before is not None and step.episode is not None and before.episode_id == step.episode.episode_id:
            order = list(Phase)
            assert order.index(step.episode.phase) >= order.index(before.phase)
            assert step.episode.opened_on == before.opened_on


@settings(max_examples=100, deadline=None)
@given(EVENTS, ANY_RULE)
def test_the_same_life_is_told_in_the_same_way(events: list[tuple[int, str, str, int | None]], rule: Rule) -> None:
    assert lives(events, rule) == lives(events, rule)


@settings(max_examples=100, deadline=None)
@given(EVENTS, ANY_RULE)
def test_any_judgement_repeated_at_once_is_silent(events: list[tuple[int, str, str, int | None]], rule: Rule) -> None:
    doubled = [event for first in events for event in (first, (0, *first[1:]))]
    told = lives(doubled, rule)
    for (_, what, first), (_, _, second) in zip(told[::2], told[1::2], strict=False):
        if not what.startswith("claim-") and first.episode is not None and first.episode.phase is not Phase.RESOLVED:
            assert not second.notify
            assert second.episode == first.episode
