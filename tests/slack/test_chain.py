"""Whom to tell when the one who is meant cannot be reached: the chain, and the fallback channel at its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.messages.message import Note
from bot.slack.calls import RefusedError
from bot.slack.people import UnreachableError
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Act, Person, Status
from tests.slack.fakes import FakeTransport
from tests.state.samples import ACME, episode, judgement, notice, said

if TYPE_CHECKING:
    from bot.state.rows import Notice
    from bot.state.store import Store
    from tests.slack.fakes import Said
    from tests.state.samples import Clock

ANA = Person("A", "Ana Ruiz", "ana@ours.example", "M", active=True, timezone=None)
CARLA = Person("C", "Carla Lopez", "carla@ours.example", "M", active=False, timezone=None)
MONA = Person("M", "Mona Berg", "mona@ours.example", None, active=True, timezone=None)
OWNER, CSM, MANAGER = "person:A", "person:C", "person:M"
NOT_IN_SLACK = UnreachableError("Ana Ruiz", "who is not in Slack")
INACTIVE = UnreachableError("Carla Lopez", "who is no longer active in the CRM")
AWAY = UnreachableError("Mona Berg", "who is not in Slack")


@pytest.fixture
def transport(clock: Clock) -> FakeTransport:
    return FakeTransport(clock, unreachable={OWNER: NOT_IN_SLACK})


@pytest.fixture
def sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    view = replace(ACME, account_id="Acme", owner_id="A", csm_id="C")
    store.commit(judgement(accounts=(view,), people=(ANA, CARLA, MONA)))
    return Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)


def alert(destination: str = OWNER, chain: tuple[str, ...] = (CSM, MANAGER)) -> Notice:
    return replace(notice(episode(), destination), chain=chain)


def note(one: Said) -> str:
    return next(part for block in one.message.blocks if isinstance(block, Note) for part in block.parts)


def test_the_csm_hears_what_the_owner_cannot(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert()))
    assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)
    (only,) = transport.said
    assert (only.channel, note(only)) == ("C", "Meant for Ana Ruiz, who is not in Slack; you are the CSM")


def test_it_is_told_in_the_language_of_the_message_and_found_again_whatever_its_words(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    german = alert()
    store.commit(said(replace(german, message=replace(german.message, language="de"))))
    transport.unreachable[CSM] = INACTIVE
    sender.drain()
    (only,) = transport.said
    assert note(only) == (
        "Eigentlich für Ana Ruiz, nicht in Slack; dann für Carla Lopez, im CRM nicht mehr aktiv; "
        "du bist die Führungskraft"
    )
    assert sum(isinstance(block, Note) and block.about == "meant_for" for block in only.message.blocks) == 1


def test_then_the_manager_and_is_told_of_both(store: Store, sender: Sender, transport: FakeTransport) -> None:
    transport.unreachable[CSM] = INACTIVE
    store.commit(said(alert()))
    assert sender.drain() == DrainResult(sent=1, failed=2, uncertain=0, waiting=0)
    (only,) = transport.said
    assert only.channel == "M"
    assert note(only) == (
        "Meant for Ana Ruiz, who is not in Slack; then for Carla Lopez, who is no longer active in the CRM; "
        "you are the manager"
    )


def test_and_at_its_end_the_fallback_channel(store: Store, sender: Sender, transport: FakeTransport) -> None:
    transport.unreachable |= {CSM: INACTIVE, MANAGER: AWAY}
    store.commit(said(alert()))
    assert sender.drain() == DrainResult(sent=1, failed=3, uncertain=0, waiting=0)
    (only,) = transport.said
    assert only.channel == "ops"
    assert note(only).endswith("then for Mona Berg, who is not in Slack; this is the fallback channel")
    assert note(only).startswith("Meant for Ana Ruiz, who is not in Slack; then for Carla Lopez")


def test_an_update_follows_to_whoever_was_told(store: Store, sender: Sender, transport: FakeTransport) -> None:
    transport.unreachable[CSM] = INACTIVE
    store.commit(said(alert()))
    sender.drain()
    store.commit(judgement(notices=(notice(episode(), OWNER, "claimed", Act.UPDATE, "claimed"),)))
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    (only,) = transport.said
    assert (only.channel, only.texts[-1], note(only)) == ("M", "claimed", "Meant for Ana Ruiz")


def test_an_update_that_was_there_before_follows_too(store: Store, sender: Sender, transport: FakeTransport) -> None:
    transport.unreachable |= {CSM: INACTIVE, MANAGER: AWAY}
    store.commit(said(alert()))
    store.commit(judgement(notices=(notice(episode(), OWNER, "claimed", Act.UPDATE, "claimed"),)))
    assert sender.drain() == DrainResult(sent=2, failed=3, uncertain=0, waiting=0)
    assert [one.texts[-1] for one in transport.said] == ["claimed"]


def test_nobody_is_told_twice(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert(chain=(OWNER, CSM, CSM, OWNER))))
    sender.drain()
    assert [one.channel for one in transport.said] == ["C"]


def test_a_csm_who_gets_the_alert_anyhow_gets_it_once(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert(), alert(CSM, ())))
    assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)
    assert [one.channel for one in transport.said] == ["C"]
    store.commit(judgement(notices=(notice(episode(), OWNER, "claimed", Act.UPDATE, "claimed"),)))
    sender.drain()
    assert transport.said[0].texts[-1] == "claimed"


@pytest.mark.parametrize("order", [1, -1])
def test_two_who_stand_in_for_each_other_and_are_both_away_are_told_of_once_in_the_fallback_channel(
    store: Store, sender: Sender, transport: FakeTransport, order: int
) -> None:
    transport.unreachable[CSM] = INACTIVE
    both = [alert(OWNER, (CSM,)), alert(CSM, (OWNER,))]
    store.commit(said(*both[::order]))
    assert sender.drain() == DrainResult(sent=1, failed=2, uncertain=0, waiting=0)
    assert [one.channel for one in transport.said] == ["ops"]
    assert len(store.deliveries()) == 3


def test_without_a_fallback_channel_the_end_of_the_chain_is_the_end(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    transport.unreachable[CSM] = INACTIVE
    store.commit(said(alert(chain=(CSM,))))
    done = Sender(store, transport, Policy(), clock.monotonic, clock.sleep).drain()
    assert done == DrainResult(sent=0, failed=2, uncertain=0, waiting=0)
    assert [one.status for one in store.deliveries()] == [Status.FAILED, Status.FAILED]
    assert {line.verb for line in store.audit("Acme")} == {"undeliverable"}


def test_a_direct_message_that_slack_refuses_walks_the_chain(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    transport.unreachable = {}
    transport.script["A"] = [RefusedError("chat.postMessage", "messages_tab_disabled")]
    store.commit(said(alert()))
    sender.drain()
    (only,) = transport.said
    assert only.channel == "C"
    assert note(only) == (
        "Meant for Ana Ruiz: chat.postMessage: Slack refused it (messages_tab_disabled); you are the CSM"
    )


def test_what_is_wrong_with_the_message_itself_walks_no_chain(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    transport.unreachable = {}
    transport.script["A"] = [RefusedError("chat.postMessage", "invalid_blocks")] * 2
    store.commit(said(alert()))
    sender.drain()
    assert [one.channel for one in transport.said] == ["ops"]


def test_a_stand_in_does_not_wait_for_the_quiet_hours_of_the_one_who_is_away(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    later = clock() + (alert().created_at - alert().created_at)
    store.commit(said(replace(alert(), not_before=later)))
    sender.drain()
    assert [one.notice.not_before for one in store.deliveries()] == [None, None]


def test_a_name_in_the_second_note_can_ping_nobody(store: Store, sender: Sender, transport: FakeTransport) -> None:
    transport.unreachable[CSM] = UnreachableError("<!here>", "who is not in Slack")
    store.commit(judgement(people=(ANA, replace(CARLA, name="<!here>"), MONA)))
    store.commit(said(alert()))
    sender.drain()
    assert "then for &lt;!here&gt;, who is not in Slack; you are the manager" in note(transport.said[0])
