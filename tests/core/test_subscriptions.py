"""Who hears an alert: those who are meant, who wants to, and who does not."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.addressing import Addressee
from bot.core.routing import Facts
from bot.core.subscriptions import OPERATIONS, Heard, Subscription, Verb, hearers

FALLBACK: Final = "#cs-ops"
DANA: Final = Addressee("person:P1", ("person:P2", "person:P3"))
RISK: Final = Addressee("#cs-risk")
CHURN: Final = Facts("churn_risk", "high", "unhappy", "Enterprise")


def subscribe(target: str, kind: str = "", segment: str = "") -> Subscription:
    return Subscription(target, Verb.SUBSCRIBE, kind, segment)


def mute(target: str, kind: str = "", segment: str = "") -> Subscription:
    return Subscription(target, Verb.MUTE, kind, segment)


def heard(*wishes: Subscription, meant: tuple[Addressee, ...] = (DANA, RISK), facts: Facts = CHURN) -> list[str]:
    return [one.destination for one in hearers(meant, facts, wishes, FALLBACK, lambda _: True).addressees]


# what is wished for, and whether it means a churn risk of an Enterprise account
MEANT: Final = [
    ("", "", True),
    ("churn_risk", "", True),
    ("upsell", "", False),
    ("", "enterprise", True),
    ("", "Enter*", True),
    ("churn_risk", "SMB", False),
    ("operations", "", False),
]


@pytest.mark.parametrize(("kind", "segment", "means"), MEANT)
def test_a_wish_means_alerts_of_its_kind_and_segment(kind: str, segment: str, means: bool) -> None:
    assert subscribe("#x", kind, segment).means(CHURN) is means


def test_a_segment_that_nobody_knows_is_in_no_wish_that_names_one() -> None:
    unknown = Facts("churn_risk", "high", "unhappy")
    assert subscribe("#x", "churn_risk").means(unknown)
    assert not subscribe("#x", "churn_risk", "*").means(unknown)


def test_alerts_about_headroom_itself_have_to_be_named() -> None:
    stale = Facts(OPERATIONS, "high", "source-stale")
    assert subscribe("#x", OPERATIONS).means(stale)
    assert not subscribe("#x").means(stale)


def test_who_subscribes_is_told_besides_and_nobody_twice() -> None:
    wishes = (subscribe("#cs-ent"), subscribe("#cs-ent", "churn_risk"), subscribe("#cs-risk"), subscribe("person:P1"))
    assert heard(*wishes) == ["person:P1", "#cs-risk", "#cs-ent"]


def test_who_mutes_is_left_out_and_the_others_are_not() -> None:
    assert heard(mute("person:P1", "churn_risk")) == ["#cs-risk"]
    assert heard(mute("person:P1", "upsell")) == ["person:P1", "#cs-risk"]


def test_of_one_destination_a_mute_goes_before_a_subscription() -> None:
    assert heard(subscribe("#cs-ent", "churn_risk", "Enterprise"), mute("#cs-ent")) == ["person:P1", "#cs-risk"]


def test_who_muted_it_stands_in_for_nobody() -> None:
    (first, _) = hearers((DANA, RISK), CHURN, [mute("person:P2")], FALLBACK, lambda _: True).addressees
    assert first == Addressee("person:P1", ("person:P3",))


def test_where_nobody_would_be_left_the_fallback_channel_hears_it_in_their_place() -> None:
    wishes = [mute("person:P1"), mute("#cs-risk"), mute(FALLBACK)]
    expected = Heard((Addressee(FALLBACK),), ("person:P1", "#cs-risk"))
    assert hearers((DANA, RISK), CHURN, wishes, FALLBACK, lambda _: True) == expected


def test_a_subscriber_who_may_not_see_the_account_does_not_hear_of_it() -> None:
    wishes = [mute("person:P1"), subscribe("person:P9")]
    found = hearers((DANA,), CHURN, wishes, FALLBACK, lambda one: one.target != "person:P9")
    assert found == Heard((Addressee(FALLBACK),), ("person:P1",))


def test_operations_alerts_to_the_fallback_channel_cannot_be_muted() -> None:
    stale = Facts(OPERATIONS, "high", "source-stale")
    wishes = (mute(FALLBACK, OPERATIONS), mute("#ops-too", OPERATIONS))
    assert heard(*wishes, meant=(Addressee(FALLBACK), Addressee("#ops-too")), facts=stale) == [FALLBACK]


TARGETS = st.sampled_from(["person:P1", "person:P2", "#cs-risk", FALLBACK, "#new"])
WISHES = st.lists(
    st.builds(
        Subscription,
        TARGETS,
        st.sampled_from(Verb),
        st.sampled_from(["", "churn_risk", "upsell", OPERATIONS]),
        st.sampled_from(["", "Enterprise", "SMB"]),
    )
)
FACTS = st.builds(
    Facts,
    st.sampled_from(["churn_risk", "upsell", OPERATIONS]),
    st.just("high"),
    st.just("r"),
    st.sampled_from([None, "Enterprise", "SMB"]),
)


@given(st.lists(st.builds(Addressee, TARGETS), min_size=1, unique_by=lambda one: one.destination), FACTS, WISHES)
def test_somebody_always_hears_an_alert_once_and_nobody_who_muted_it(
    meant: list[Addressee], facts: Facts, wishes: list[Subscription]
) -> None:
    found = hearers(meant, facts, wishes, FALLBACK, lambda _: True)
    destinations = [one.destination for one in found.addressees]
    assert destinations
    assert len(destinations) == len(set(destinations))
    muted = {one.target for one in wishes if one.verb is Verb.MUTE and one.means(facts)}
    assert not (set(destinations) - {FALLBACK}) & muted
    if FALLBACK in destinations and FALLBACK in muted:
        assert bool(found.silenced) or facts.kind == OPERATIONS
