"""Wishes as both databases keep them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.subscriptions import Subscription, Verb
from bot.state.rows import SlackIdentity
from tests.state.samples import DANA, START, judgement

if TYPE_CHECKING:
    from bot.state.store import Store

RISKS = Subscription("#cs-ent", Verb.SUBSCRIBE, "churn_risk", "Enterprise", "U1")
LATER = START + timedelta(hours=1)


def test_a_wish_is_kept_once_with_who_and_when(store: Store) -> None:
    assert store.wish(RISKS, START).new
    assert not store.wish(replace(RISKS, by_user="U2"), LATER).new
    assert store.subscriptions() == (replace(RISKS, at=START),)


def test_wishes_of_one_destination_are_told_from_those_of_others(store: Store) -> None:
    other = Subscription("person:P1", Verb.MUTE)
    store.wish(RISKS, START)
    store.wish(other, START)
    assert store.subscriptions("person:P1") == (replace(other, at=START),)
    assert [one.target for one in store.subscriptions()] == ["#cs-ent", "person:P1"]


def test_exactly_the_contrary_ends_and_a_narrower_one_stays(store: Store) -> None:
    narrower = replace(RISKS.opposite(), segment="SMB")
    store.wish(narrower, START)
    store.wish(RISKS.opposite(), START)
    wished = store.wish(RISKS, LATER)
    assert wished.new
    assert wished.undone is not None
    assert wished.undone.key == RISKS.opposite().key
    assert [one.key for one in store.subscriptions()] == [narrower.key, RISKS.key]


def test_a_wish_ends_once(store: Store) -> None:
    store.wish(RISKS, START)
    assert store.unwish(RISKS, LATER)
    assert not store.unwish(RISKS, LATER)
    assert store.subscriptions() == ()


def test_every_change_is_in_the_audit_with_who_made_it(store: Store) -> None:
    store.wish(RISKS, START)
    store.wish(RISKS, START)  # held already: nothing to note
    store.unwish(replace(RISKS, by_user="U2"), LATER)
    store.wish(Subscription("#cs-ent", Verb.MUTE), LATER)
    lines = [(one.verb, one.actor, one.detail["segment"]) for one in reversed(store.audit("#cs-ent"))]
    assert lines == [("subscribe", "U1", "Enterprise"), ("unsubscribe", "U2", "Enterprise"), ("mute", "headroom", "")]


def test_who_was_seen_in_slack_is_known_and_what_was_looked_up_stays(store: Store) -> None:
    store.commit(judgement(people=(DANA, replace(DANA, person_id="005B", email="kim@ours.example"))))
    store.remember_slack("005B", SlackIdentity("U2", "D2", START))
    store.introduce("005A", "U1")
    store.introduce("005B", "U9")
    assert store.who_in_slack() == {"U1": "005A", "U2": "005B"}
    assert store.slack_identity("005A") is None  # where she is reached is still to be found out


def test_who_was_taken_for_a_slack_user_before_is_so_no_more_when_another_address_is_seen_there(store: Store) -> None:
    bo = replace(DANA, person_id="005B", email="bo@ours.example")
    twin = replace(DANA, person_id="005C", email="BO@ours.example")
    store.commit(judgement(people=(DANA, bo, twin)))
    for person_id in ("005A", "005C"):
        store.remember_slack(person_id, SlackIdentity("U1", "DU1", START))
    store.introduce("005B", "U1")
    assert store.who_in_slack() == {"U1": "005B"}
    assert store.slack_identity("005A") is None, "who is told what is Dana's is asked anew"
    assert store.slack_identity("005C") is not None, "the same address: the same person, twice in the CRM"
