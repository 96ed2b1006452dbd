"""The sweep: what was said anew because it was nowhere to be seen may turn up after all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import DeliveryError, UnclearError
from bot.slack.calls import SlackAuthError
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Act, Sent
from tests.slack.fakes import FakeTransport, Said
from tests.state.samples import LEASE, episode, judgement, message, notice, said

if TYPE_CHECKING:
    from bot.state.store import Store
    from tests.state.samples import Clock

RESET = UnclearError("connection reset")
NO_SCOPE = DeliveryError("a message in cs-risk cannot be removed: missing_scope", permanent=True)


@pytest.fixture
def transport(clock: Clock) -> FakeTransport:
    return FakeTransport(clock)


@pytest.fixture
def sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    return new_sender(store, transport, clock)


def new_sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    return Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)


def late(transport: FakeTransport, clock: Clock, thread: str | None = None) -> None:
    """Let a message that was sent first turn up before the one that was sent anew."""
    first = Said("cs-risk", notice(episode()).notice_id, clock(), ["late"], message("late"), "ts-0", thread)
    transport.said.insert(0, first)


def said_twice(store: Store, sender: Sender, transport: FakeTransport, clock: Clock) -> None:
    transport.script["cs-risk"] = [RESET]
    store.commit(said(notice(episode())))
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    late(transport, clock)


def place(store: Store) -> Sent | None:
    return store.deliveries()[0].sent


def test_of_two_the_later_one_is_removed_and_the_earlier_one_changed_from_then_on(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    clock.forward(minutes=10)
    assert sender.drain() == DrainResult(0, 0, 0, 0)
    assert [one.ts for one in transport.said] == ["ts-0"]
    assert place(store) == Sent("cs-risk", "ts-0")
    store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed"),)))
    sender.drain()
    assert [one.texts for one in transport.said] == [["late", "claimed"]]


def test_a_run_does_not_wait_for_the_sweep(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    before = clock()
    said_twice(store, sender, transport, clock)
    assert clock() - before < timedelta(minutes=2)
    assert store.next_due() is None


def test_it_is_looked_for_twice_and_then_no_more(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    transport.script["cs-risk"] = [RESET]
    store.commit(said(notice(episode())))
    sender.drain()
    sent_at = clock()
    transport.looks.clear()
    while clock() < sent_at + timedelta(hours=4):
        sender.drain(until_empty=False)
        clock.forward(minutes=10)
    assert [at - sent_at for at in transport.looks] == [timedelta(minutes=10), timedelta(hours=2)]


def test_what_turns_up_between_the_two_looks_is_found_by_the_second(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    transport.script["cs-risk"] = [RESET]
    store.commit(said(notice(episode())))
    sender.drain()
    clock.forward(minutes=10)
    sender.drain()
    late(transport, clock)
    clock.forward(hours=2)
    sender.drain()
    assert [one.ts for one in transport.said] == ["ts-0"]


def test_of_two_unclear_attempts_one_is_found_and_the_other_looked_for_later(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    transport.script["cs-risk"] = [RESET, (RESET, "arrived")]
    store.commit(said(notice(episode())))
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    transport.looks.clear()
    late(transport, clock)
    clock.forward(minutes=9)
    sender.drain()
    assert transport.looks == []
    clock.forward(minutes=1)
    sender.drain()
    assert [one.ts for one in transport.said] == ["ts-0"]


def test_what_was_said_without_any_doubt_is_not_looked_for(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    transport.script["cs-risk"] = [DeliveryError("429", permanent=False, retry_after=5.0)]
    store.commit(said(notice(episode())))
    sender.drain()
    clock.forward(days=1)
    sender.drain()
    assert transport.looks == []


def test_the_earlier_one_is_brought_to_the_present_state(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed"),)))
    sender.drain()
    assert [one.texts[-1] for one in transport.said] == ["late", "claimed"]
    clock.forward(minutes=10)
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    assert [(one.ts, one.texts) for one in transport.said] == [("ts-0", ["late", "claimed"])]


def test_found_twice_at_the_first_look_it_is_swept_at_once(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """A worker that was stopped right before its request and went on long after its lease."""
    store.commit(said(notice(episode())))
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    for text in ("late", "later"):
        transport.said.append(
            Said("cs-risk", claimed.notice.notice_id, clock(), [text], message(text), transport.next_ts())
        )
    clock.forward(minutes=2)
    assert sender.drain() == DrainResult(1, 0, 0, 0)
    assert [one.texts for one in transport.said] == [["late"]]
    assert place(store) == Sent("cs-risk", "ts-1")


def test_in_threads_too(store: Store, sender: Sender, transport: FakeTransport, clock: Clock) -> None:
    store.commit(said(notice(episode(rule="renewal"))))
    sender.drain()
    transport.script["cs-risk"] = [RESET]
    store.commit(said(notice(episode())))
    sender.drain()
    late(transport, clock, thread="ts-1")
    clock.forward(minutes=10)
    sender.drain()
    assert [(one.ts, one.thread) for one in transport.said] == [("ts-0", "ts-1"), ("ts-1", None)]


def test_a_message_that_somebody_removed_is_left_at_that(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    transport.said.clear()
    clock.forward(minutes=10)
    assert sender.drain() == DrainResult(0, 0, 0, 0)
    assert not [act for _, act, _ in transport.attempts if act == "delete"]


def test_where_it_may_not_be_removed_it_is_left_and_said_once(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    said_twice(store, sender, transport, clock)
    transport.undeletable = NO_SCOPE
    for _ in range(3):
        clock.forward(hours=1)
        sender.drain()
    assert len(transport.said) == 2
    assert len([act for _, act, _ in transport.attempts if act == "delete"]) == 2
    assert capsys.readouterr().out.count("are left as they are") == 1
    # Changes reach the earlier one all the same.
    assert place(store) == Sent("cs-risk", "ts-0")


def test_slack_being_away_puts_the_sweep_off(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    transport.unreadable = [DeliveryError("connection refused", permanent=False)]
    clock.forward(minutes=10)
    sender.drain()
    assert len(transport.said) == 2
    clock.forward(minutes=1)
    sender.drain()
    assert len(transport.said) == 1


def test_a_wrong_token_ends_the_draining_and_the_sweep_is_done_later(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    transport.unreadable = [SlackAuthError("conversations.history", "token_revoked")]
    clock.forward(minutes=10)
    with pytest.raises(SlackAuthError):
        sender.drain()
    sender.drain()
    assert len(transport.said) == 1


def test_a_worker_that_dies_after_adopting_leaves_the_removal_to_the_next(
    store: Store, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, new_sender(store, transport, clock), transport, clock)
    clock.forward(minutes=10)
    transport.undeletable = KeyboardInterrupt()  # type: ignore[assignment]  # nothing catches it, as if it were killed
    with pytest.raises(KeyboardInterrupt):
        new_sender(store, transport, clock).drain()
    transport.undeletable = None
    assert new_sender(store, transport, clock).drain(until_empty=False).sent == 0
    assert len(transport.said) == 2
    clock.forward(minutes=2)
    new_sender(store, transport, clock).drain()
    assert [one.ts for one in transport.said] == ["ts-0"]


def test_two_replicas_sweep_once(store: Store, sender: Sender, transport: FakeTransport, clock: Clock) -> None:
    said_twice(store, sender, transport, clock)
    clock.forward(minutes=10)
    first = store.claim_sweep(LEASE)
    assert first is not None
    assert store.claim_sweep(LEASE) is None
    clock.forward(minutes=2)
    second = store.claim_sweep(LEASE)
    assert second is not None
    assert not store.adopt(first, Sent("cs-risk", "ts-0"))
    assert not store.finish_sweep(first, (timedelta(minutes=10),))
    assert not store.postpone_sweep(first, 5.0)
    assert store.adopt(second, Sent("cs-risk", "ts-0"))
    assert store.finish_sweep(second, (timedelta(minutes=10),))
    assert store.claim_sweep(LEASE) is None


def test_the_place_does_not_change_under_a_change_that_is_under_way(
    store: Store, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    said_twice(store, sender, transport, clock)
    update = notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed")
    store.commit(judgement(notices=(update,)))
    changing = store.claim_notice(timedelta(hours=1))
    assert changing is not None
    clock.forward(minutes=10)
    sender.drain(until_empty=False)
    assert place(store) == Sent("cs-risk", "ts-2")
    store.mark_sent(changing, transport.update(Sent("cs-risk", "ts-2"), update.message, notice(episode()).notice_id))
    clock.forward(seconds=5)
    sender.drain()
    assert [(one.ts, one.texts) for one in transport.said] == [("ts-0", ["late", "claimed"])]


def test_a_word_that_slack_says_after_two_clear_refusals_is_not_hopeless(store: Store, clock: Clock) -> None:
    """Only what was looked for and not found is known not to have arrived."""
    store.commit(said(replace(notice(episode()))))
    for _ in range(2):
        claimed = store.claim_notice(LEASE)
        assert claimed is not None
        store.mark_retry(claimed, clock(), "429")
    third = store.claim_notice(LEASE)
    assert third is not None
    assert (third.attempts, third.again) == (3, False)
