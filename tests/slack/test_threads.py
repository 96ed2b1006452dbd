"""One thread an account: later verdicts answer in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import UnclearError
from bot.slack.calls import RefusedError
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Act, Status
from tests.slack.fakes import FakeTransport
from tests.state.samples import episode, judgement, notice, said

if TYPE_CHECKING:
    from bot.state.rows import Notice
    from bot.state.store import Store
    from tests.state.samples import Clock

RESET = UnclearError("connection reset")


@pytest.fixture
def transport(clock: Clock) -> FakeTransport:
    return FakeTransport(clock)


@pytest.fixture
def sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    return Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)


def threads(transport: FakeTransport) -> list[tuple[str, str | None]]:
    return [(one.ts, one.thread) for one in transport.said]


def alert(rule: str, subject: str = "Acme", destination: str = "#cs-risk", **changes: object) -> Notice:
    return replace(notice(episode(subject, rule), destination), **changes)  # type: ignore[arg-type]  # a test's own words


def test_what_comes_later_about_an_account_answers_in_its_thread(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    store.commit(said(alert("near-limit"), alert("renewal"), alert("cliff", "Orion")))
    sender.drain()
    assert threads(transport) == [("ts-1", None), ("ts-2", "ts-1"), ("ts-3", None)]


def test_the_thread_is_of_the_place_too(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert("near-limit", destination="#a"), alert("renewal", destination="#b")))
    sender.drain()
    assert [one.thread for one in transport.said] == [None, None]


def test_the_root_is_the_newest_message_that_is_no_answer(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """Thirty days after the first one a thread is left alone, and the next message opens another."""
    for rule, days in (("a", 0), ("b", 29), ("c", 1), ("d", 1)):
        clock.forward(days=days)
        store.commit(said(alert(rule)))
        sender.drain()
    assert threads(transport) == [("ts-1", None), ("ts-2", "ts-1"), ("ts-3", None), ("ts-4", "ts-3")]


def test_without_a_life_there_are_no_threads(store: Store, transport: FakeTransport, clock: Clock) -> None:
    store.commit(said(alert("near-limit"), alert("renewal")))
    Sender(store, transport, Policy(thread_life=timedelta()), clock.monotonic, clock.sleep).drain()
    assert [one.thread for one in transport.said] == [None, None]


@pytest.mark.parametrize("kind", ["digest", "operations"])
def test_a_digest_and_what_operations_are_told_stand_in_the_channel_itself(
    store: Store, sender: Sender, transport: FakeTransport, kind: str
) -> None:
    store.commit(said(alert("a", kind=kind), alert("b", kind=kind), alert("c"), alert("d", kind=kind)))
    sender.drain()
    assert [one.thread for one in transport.said] == [None, None, None, None]


def test_an_answer_may_be_shown_to_the_channel_too(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert("near-limit"), alert("cliff", broadcast=True)))
    sender.drain()
    assert [(one.thread, one.broadcast) for one in transport.said] == [(None, False), ("ts-1", True)]


def test_an_update_changes_an_answer_where_it_stands(store: Store, sender: Sender, transport: FakeTransport) -> None:
    store.commit(said(alert("near-limit"), alert("renewal")))
    sender.drain()
    store.commit(judgement(notices=(notice(episode("Acme", "renewal"), "#cs-risk", "claimed", Act.UPDATE, "taken"),)))
    sender.drain()
    assert [one.texts[1:] for one in transport.said] == [[], ["taken"]]


def test_while_the_first_message_is_unclear_the_account_waits_and_others_do_not(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    """Else there would be two roots."""
    transport.script["cs-risk"] = [(RESET, "arrived")]
    store.commit(said(alert("near-limit"), alert("renewal"), alert("cliff", "Orion")))
    assert sender.drain() == DrainResult(3, 0, 0, 0)
    orion, acme = transport.said[1], transport.said[2]
    assert (orion.notice_id, orion.thread) == (alert("cliff", "Orion").notice_id, None)
    assert (acme.notice_id, acme.thread) == (alert("renewal").notice_id, "ts-1")


def test_what_may_have_arrived_in_a_thread_is_looked_for_there_and_said_again_there(
    store: Store, sender: Sender, transport: FakeTransport
) -> None:
    transport.script["cs-risk"] = [None, (RESET, "arrived"), RESET]
    store.commit(said(alert("a"), alert("b"), alert("c")))
    assert sender.drain() == DrainResult(3, 0, 0, 0)
    assert threads(transport) == [("ts-1", None), ("ts-2", "ts-1"), ("ts-4", "ts-1")]


def test_a_retry_keeps_the_place_that_was_chosen(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """Where the first attempt was in the channel itself, the second one is: there it would be found."""
    transport.script["cs-risk"] = [RESET]
    store.commit(said(alert("a")))
    clock.forward(days=1)
    sender.drain(until_empty=False)
    clock.forward(seconds=20)
    sender.drain()
    assert threads(transport) == [("ts-2", None)]


@pytest.mark.parametrize("code", ["thread_not_found", "cannot_reply_to_message"])
def test_a_thread_that_was_removed_is_opened_anew(
    store: Store, sender: Sender, transport: FakeTransport, code: str
) -> None:
    transport.script["cs-risk"] = [None, RefusedError("chat.postMessage", code)]
    store.commit(said(alert("a"), alert("b"), alert("c")))
    assert sender.drain() == DrainResult(3, 0, 0, 0)
    assert threads(transport) == [("ts-1", None), ("ts-3", None), ("ts-4", "ts-3")]


def test_a_thread_in_a_channel_that_the_name_no_longer_means_is_left(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    store.commit(said(alert("a")))
    sender.drain()
    transport.aliases = {"#cs-risk": "C2"}
    clock.forward(days=1)
    store.commit(said(alert("b")))
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    assert [(one.channel, one.thread) for one in transport.said] == [("cs-risk", None), ("C2", None)]
    assert [one.status for one in store.deliveries()] == [Status.SENT, Status.SENT]
