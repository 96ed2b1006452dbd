"""What a person is told by itself on one day, and what waits in the digest."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attention import Alert, ranked, spread
from bot.core.verdicts import SEVERITIES

BIG = Alert("big", "person:P1", "high", 100_000.0)
SMALL = Alert("small", "person:P1", "high", 10_000.0)
GRAVE = Alert("grave", "person:P1", "critical", 100.0)


def order(*alerts: Alert) -> list[str]:
    return [alert.key for alert in ranked(alerts, alerts)]


def test_within_the_budget_everything_is_said_by_itself() -> None:
    decided = spread([BIG, SMALL], {}, 2)
    assert decided.alone == {"big", "small"}
    assert decided.digests == {}


def test_beyond_the_budget_what_matters_least_goes_into_the_digest() -> None:
    decided = spread([SMALL, BIG], {}, 1)
    assert decided.alone == {"big"}
    assert decided.digests == {"person:P1": (SMALL,)}


def test_what_was_said_today_takes_up_room() -> None:
    assert spread([BIG], {"person:P1": 10}, 10).digests == {"person:P1": (BIG,)}
    assert spread([BIG], {"person:P2": 10}, 10).alone == {"big"}


def test_each_person_has_a_budget_of_their_own() -> None:
    other = Alert("other", "person:P2", "low", 1.0)
    assert spread([BIG, other], {}, 1).alone == {"big", "other"}


def test_what_is_critical_passes_and_takes_up_room() -> None:
    decided = spread([BIG, GRAVE, SMALL], {}, 2)
    assert decided.alone == {"grave", "big"}
    assert spread([GRAVE], {"person:P1": 99}, 10).alone == {"grave"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # one level of severity outweighs less than double the money
        (Alert("a", "p", "high", 60_000.0), Alert("b", "p", "medium", 100_000.0)),
        (Alert("a", "p", "medium", 100_000.0), Alert("b", "p", "high", 40_000.0)),
        # the nearer deadline, at the same money
        (Alert("a", "p", "high", 100.0, 7.0), Alert("b", "p", "high", 100.0, 120.0)),
        (Alert("a", "p", "high", 100.0, 120.0), Alert("b", "p", "high", 100.0)),
        # on the last day twice as urgent as without one
        (Alert("a", "p", "high", 51.0, 0.0), Alert("b", "p", "high", 100.0)),
        (Alert("a", "p", "high", 100.0), Alert("b", "p", "high", 49.0, 0.0)),
        # a deadline that has passed is as near as one can be
        (Alert("a", "p", "high", 101.0, -5.0), Alert("b", "p", "high", 100.0, 0.0)),
        # nothing at stake comes last
        (Alert("a", "p", "low", 1.0), Alert("b", "p", "critical", 0.0)),
    ],
)
def test_rank_is_at_stake_times_urgency(first: Alert, second: Alert) -> None:
    assert order(second, first) == ["a", "b"]


def test_unknown_at_stake_counts_as_the_median_of_what_is_known() -> None:
    unknown = Alert("unknown", "p", "high")
    known = [Alert(str(stake), "p", "high", float(stake)) for stake in (10, 30, 1000)]
    assert order(unknown, *known) == ["1000", "30", "unknown", "10"]  # as 30; of equals by key
    assert order(unknown, Alert("grave", "p", "critical")) == ["grave", "unknown"]


ALERTS = st.lists(
    st.builds(
        Alert,
        st.uuids().map(str),
        st.sampled_from(["person:P1", "person:P2"]),
        st.sampled_from(SEVERITIES),
        st.none() | st.floats(0, 1e9),
        st.none() | st.floats(-30, 400),
    ),
    unique_by=lambda alert: alert.key,
)


@settings(deadline=None)
@given(ALERTS, st.dictionaries(st.sampled_from(["person:P1", "person:P2"]), st.integers(0, 12)), st.integers(1, 12))
def test_nothing_is_lost_and_nobody_is_told_too_much(alerts: list[Alert], spoken: dict[str, int], most: int) -> None:
    decided = spread(alerts, spoken, most)
    digested = [alert for some in decided.digests.values() for alert in some]
    assert sorted([*decided.alone, *(alert.key for alert in digested)]) == sorted(alert.key for alert in alerts)
    alone = [alert for alert in alerts if alert.key in decided.alone]
    for person, count in Counter(alert.person for alert in alone if not alert.always).items():
        always = sum(alert.always for alert in alone if alert.person == person)
        assert count <= max(most - spoken.get(person, 0) - always, 0)
    assert not any(alert.always for alert in digested)


@settings(deadline=None)
@given(ALERTS, st.integers(1, 12))
def test_nothing_in_a_digest_matters_more_than_what_was_said(alerts: list[Alert], most: int) -> None:
    decided = spread(alerts, {}, most)
    for person, some in decided.digests.items():
        own = [alert for alert in alerts if alert.person == person]
        places = {alert.key: place for place, alert in enumerate(ranked(own, own))}
        said = [alert for alert in own if alert.key in decided.alone and not alert.always]
        assert max((places[alert.key] for alert in said), default=-1) < min(places[alert.key] for alert in some)
