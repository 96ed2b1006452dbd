"""The sender on a real store, with a transport in memory and a clock that the sender itself moves."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.errors import DeliveryError, UnclearError
from bot.messages.message import Note, Text
from bot.slack.calls import RefusedError, SlackAuthError, UnknownAnswerError
from bot.slack.people import UnreachableError
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Act, Status
from bot.state.store import open_store
from tests.slack.fakes import FakeTransport
from tests.state.samples import DANA, START, Clock, episode, judgement, notice, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.message import Message
    from bot.state.store import Store

RESET = UnclearError("connection reset")
REFUSED_CONNECTION = DeliveryError("connection refused", permanent=False)
TOO_MANY = DeliveryError("429", permanent=False, retry_after=30.0)
ARCHIVED = RefusedError("chat.postMessage", "is_archived")
BAD_BLOCKS = RefusedError("chat.postMessage", "invalid_blocks")
FALLBACK = "this is the fallback channel"
NO_SLACK = UnreachableError("Dana Reyes", "who is not in Slack")


@pytest.fixture
def transport(clock: Clock) -> FakeTransport:
    return FakeTransport(clock)


@pytest.fixture
def sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    return new_sender(store, transport, clock)


def new_sender(store: Store, transport: FakeTransport, clock: Clock) -> Sender:
    return Sender(store, transport, Policy(fallback="#ops"), clock.monotonic, clock.sleep)


def heard(transport: FakeTransport, channel: str) -> list[str]:
    return [text for one in transport.said if one.channel == channel for text in one.texts]


def notes(message: Message) -> list[str]:
    return [part for block in message.blocks if isinstance(block, Note) for part in block.parts]


class TestTheStraightWay:
    def test_everything_is_said_once(self, store: Store, sender: Sender, transport: FakeTransport) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"), "#b"), notice(episode("c"), "person:005A")))
        assert sender.drain() == DrainResult(sent=3, failed=0, uncertain=0, waiting=0)
        assert [one.channel for one in transport.said] == ["cs-risk", "b", "005A"]
        assert sender.drain() == DrainResult(0, 0, 0, 0)

    def test_a_channel_gets_one_message_a_second(self, store: Store, sender: Sender, transport: FakeTransport) -> None:
        store.commit(said(*(notice(episode(f"s{number}"), f"#{number % 2}") for number in range(8))))
        sender.drain()
        for channel in ("0", "1"):
            times = [one.at for one in transport.said if one.channel == channel]
            assert len(times) == 4
            assert min(later - earlier for earlier, later in pairwise(times)) >= timedelta(seconds=1)
        # Two channels side by side take no longer than one.
        assert transport.said[-1].at - START < timedelta(seconds=5)

    def test_two_names_of_one_channel_share_its_second(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.aliases = {"#cs": "C1", "C1": "C1"}
        store.commit(said(notice(episode("a"), "#cs"), notice(episode("b"), "C1")))
        sender.drain()
        first, second = transport.said
        assert second.at - first.at >= timedelta(seconds=1)

    def test_an_update_changes_the_message_that_was_posted(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        store.commit(said(notice(episode())))
        store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed"),)))
        assert sender.drain().sent == 2
        (only,) = transport.said
        assert only.texts == ["Acme uses 41 % of its licences", "claimed"]

    def test_without_waiting_only_what_is_due_is_sent(self, store: Store, sender: Sender, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        assert sender.drain(until_empty=False) == DrainResult(sent=1, failed=0, uncertain=0, waiting=1)
        assert clock.time == START

    def test_a_stopped_sender_sends_nothing_more(self, store: Store, sender: Sender) -> None:
        store.commit(said(notice(episode())))
        sender.stop()
        assert sender.drain().waiting == 1


class TestWhatCertainlyDidNotArrive:
    def test_slack_is_not_asked_before_the_time_it_named(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        """A 429 is for the method: other channels wait too."""
        transport.script["a"] = [TOO_MANY]
        store.commit(said(notice(episode("a"), "#a"), notice(episode("b"), "#b")))
        assert sender.drain() == DrainResult(2, 0, 0, 0)
        assert [(at - START, channel) for at, _, channel in transport.attempts] == [
            (timedelta(0), "a"),
            (timedelta(seconds=30), "a"),
            (timedelta(seconds=30), "b"),
        ]

    def test_a_refused_connection_is_tried_again_later_and_later(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [REFUSED_CONNECTION] * 4
        store.commit(said(notice(episode())))
        assert sender.drain().sent == 1
        assert [(at - START).total_seconds() for at, _, _ in transport.attempts] == [0, 1, 3, 7, 15]
        assert transport.looks == []

    def test_slack_being_away_loses_nothing(
        self, store: Store, sender: Sender, transport: FakeTransport, clock: Clock
    ) -> None:
        transport.script["cs-risk"] = [REFUSED_CONNECTION] * 20
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=0, failed=0, uncertain=0, waiting=1)
        transport.script["cs-risk"] = []
        clock.forward(hours=1)
        assert sender.drain().sent == 1

    def test_a_wrong_token_ends_the_draining_and_fails_no_notice(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["a"] = [SlackAuthError("chat.postMessage", "token_revoked")]
        store.commit(said(notice(episode("a"), "#a"), notice(episode("b"), "#b")))
        with pytest.raises(SlackAuthError, match="token_revoked"):
            sender.drain()
        assert [one.status for one in store.deliveries()] == [Status.PENDING, Status.PENDING]
        assert sender.drain() == DrainResult(2, 0, 0, 0)


class TestWhatSlackRefuses:
    def test_a_refused_message_goes_to_the_fallback_channel_and_says_whom_it_was_meant_for(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [ARCHIVED]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)
        (only,) = transport.said
        assert only.channel == "ops"
        told = "Meant for #cs-risk: chat.postMessage: Slack refused it (is_archived)"
        assert notes(only.message)[0] == f"{told}; {FALLBACK}"
        assert transport.forgotten == ["#cs-risk"]

    def test_somebody_who_is_not_in_slack_is_named(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.unreachable["person:005A"] = NO_SLACK
        store.commit(replace(said(notice(episode(), "person:005A")), people=(DANA,)))
        sender.drain()
        assert notes(transport.said[0].message)[0] == f"Meant for Dana Reyes, who is not in Slack; {FALLBACK}"
        assert transport.forgotten == []

    def test_a_name_in_the_note_can_ping_nobody(self, store: Store, sender: Sender, transport: FakeTransport) -> None:
        transport.unreachable["person:005A"] = UnreachableError("<!channel>", "who is not in Slack")
        store.commit(replace(said(notice(episode(), "person:005A")), people=(replace(DANA, name="<!channel>"),)))
        sender.drain()
        assert notes(transport.said[0].message)[0] == f"Meant for &lt;!channel&gt;, who is not in Slack; {FALLBACK}"

    def test_an_update_in_the_fallback_channel_still_says_whom_it_is_meant_for(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.unreachable["person:005A"] = NO_SLACK
        store.commit(replace(said(notice(episode(), "person:005A")), people=(DANA,)))
        sender.drain()
        store.commit(judgement(notices=(notice(episode(), "person:005A", "claimed", Act.UPDATE, "claimed"),)))
        sender.drain()
        assert notes(transport.said[0].message)[0] == "Meant for Dana Reyes"
        assert transport.said[0].texts[-1] == "claimed"

    def test_a_refusal_of_the_fallback_channel_is_the_end(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script.update({"cs-risk": [ARCHIVED], "ops": [ARCHIVED]})
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=0, failed=2, uncertain=0, waiting=0)
        assert [line.verb for line in store.audit("Acme")] == ["undeliverable", "undeliverable"]

    def test_a_refused_update_is_not_said_elsewhere(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        store.commit(said(notice(episode())))
        sender.drain()
        transport.script["cs-risk"] = [RefusedError("chat.update", "message_not_found")]
        store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE),)))
        assert sender.drain() == DrainResult(sent=0, failed=1, uncertain=0, waiting=0)
        assert len(transport.said) == 1

    def test_a_card_that_slack_refuses_is_said_in_short(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [BAD_BLOCKS]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        (only,) = transport.said
        assert only.message.blocks[0] == Text("Acme uses 41 % of its licences")

    def test_a_summary_that_is_refused_too_goes_to_the_fallback_channel(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [BAD_BLOCKS, BAD_BLOCKS]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(1, 1, 0, 0)
        assert transport.said[0].channel == "ops"


class TestWhatNobodyKnows:
    def test_what_arrived_unclearly_is_found_and_not_said_again(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [(RESET, "arrived")]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        assert len(transport.attempts) == 1
        assert [at - START for at in transport.looks] == [timedelta(seconds=20)]
        (sent,) = store.sent_messages()
        assert sent.sent is not None
        assert sent.sent.ts == "ts-1"

    def test_what_is_absent_from_three_readings_is_said_again(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [RESET]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        assert [(at - START).total_seconds() for at in transport.looks] == [20, 30, 40]
        assert [(at - START).total_seconds() for at, _, _ in transport.attempts] == [0, 40]

    def test_an_unforeseen_error_counts_as_unclear(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [(ValueError("a bug"), "arrived")]
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        assert len(transport.said) == 1

    def test_a_word_that_slack_repeats_without_posting_is_a_refusal(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [UnknownAnswerError("unknown answer (new_word)")] * 3
        store.commit(said(notice(episode())))
        assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)
        assert [one.channel for one in transport.said] == ["ops"]

    def test_a_history_that_cannot_be_read_leaves_it_open_and_holds_up_no_other_episode(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        transport.script["cs-risk"] = [RESET]
        transport.unreadable = [DeliveryError("missing_scope", permanent=True)] * 9
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        assert sender.drain() == DrainResult(sent=1, failed=0, uncertain=1, waiting=0)

    def test_an_unclear_update_is_repeated_and_not_looked_for(
        self, store: Store, sender: Sender, transport: FakeTransport
    ) -> None:
        store.commit(said(notice(episode())))
        sender.drain()
        transport.script["cs-risk"] = [(RESET, "arrived")]
        store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed"),)))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        assert transport.said[0].texts == ["Acme uses 41 % of its licences", "claimed", "claimed"]
        assert transport.looks == []

    def test_a_sender_that_dies_while_posting_leaves_a_message_that_the_next_one_finds(
        self, store: Store, transport: FakeTransport, clock: Clock
    ) -> None:
        transport.script["cs-risk"] = [(KeyboardInterrupt(), "arrived")]
        store.commit(said(notice(episode())))
        with pytest.raises(KeyboardInterrupt):
            new_sender(store, transport, clock).drain()
        assert [one.status for one in store.deliveries()] == [Status.SENDING]
        assert new_sender(store, transport, clock).drain(until_empty=False).waiting == 1
        clock.forward(minutes=2)
        assert new_sender(store, transport, clock).drain() == DrainResult(1, 0, 0, 0)
        assert len(transport.attempts) == 1

    def test_a_sender_that_died_before_posting_to_nobody_takes_the_fallback(
        self, store: Store, sender: Sender, transport: FakeTransport, clock: Clock
    ) -> None:
        store.commit(said(notice(episode(), "person:005A")))
        store.claim_notice(timedelta(minutes=2))
        clock.forward(minutes=2)
        transport.unreachable["person:005A"] = NO_SLACK
        assert sender.drain() == DrainResult(sent=1, failed=1, uncertain=0, waiting=0)

    def test_a_sender_that_slept_through_its_lease_does_not_post(
        self, store: Store, transport: FakeTransport, clock: Clock
    ) -> None:
        class Slow(FakeTransport):
            def resolve(self, destination: str) -> str:
                if not self.attempts and clock.time == START:
                    clock.forward(minutes=5)
                return super().resolve(destination)

        slow = Slow(clock)
        store.commit(said(notice(episode())))
        assert new_sender(store, slow, clock).drain().sent == 1
        assert len(slow.attempts) == 1

    def test_nor_does_one_that_was_stopped_while_a_picture_was_drawn(
        self, store: Store, transport: FakeTransport, clock: Clock
    ) -> None:
        class Slow(FakeTransport):
            def ways(self, message: Message) -> Iterator[Message]:
                if clock.time == START:
                    clock.forward(minutes=5)
                yield message

        slow = Slow(clock)
        store.commit(said(notice(episode())))
        assert new_sender(store, slow, clock).drain().sent == 1
        assert len(slow.attempts) == 1
        (delivery,) = store.deliveries()
        assert delivery.attempts == 2, "the first claim was given back without a request"

    def test_blocks_that_are_refused_are_tried_in_the_next_way_and_nothing_else_is(
        self, store: Store, transport: FakeTransport, clock: Clock
    ) -> None:
        class Two(FakeTransport):
            def ways(self, message: Message) -> Iterator[Message]:
                yield replace(message, summary="with a picture")
                yield replace(message, summary="in words")

        two = Two(clock)
        two.script["cs-risk"] = [BAD_BLOCKS]
        store.commit(said(notice(episode())))
        assert new_sender(store, two, clock).drain().sent == 1
        assert heard(two, "cs-risk") == ["in words"]


@contextmanager
def fresh_store(migrated: Path, clock: Clock) -> Iterator[Store]:
    """An empty store that does not wait for the disk: many are made."""
    with TemporaryDirectory() as folder:
        copy = shutil.copy(migrated, Path(folder) / "headroom.db")
        with open_store(f"sqlite:///{copy}", clock) as store:
            event.listen(store._engine, "connect", lambda one, _: one.execute("PRAGMA synchronous = OFF"))
            store._engine.dispose()
            yield store


OUTCOMES = st.sampled_from([None, None, TOO_MANY, REFUSED_CONNECTION, RESET, (RESET, "arrived"), BAD_BLOCKS, ARCHIVED])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=6), st.lists(OUTCOMES, max_size=12))
def test_whatever_happens_everything_is_said_exactly_once(
    migrated: Path, wanted: list[tuple[str, bool]], outcomes: list[object]
) -> None:
    clock = Clock()
    transport = FakeTransport(clock)
    for place, outcome in enumerate(outcomes):
        transport.script["ab"[place % 2]].append(outcome)
    with fresh_store(migrated, clock) as store:
        posts = [notice(episode(f"s{number}"), f"#{channel}") for number, (channel, _) in enumerate(wanted)]
        updates = [
            notice(episode(post.subject), post.destination, "claimed", Act.UPDATE, "claimed")
            for post, (_, claimed) in zip(posts, wanted, strict=True)
            if claimed
        ]
        store.commit(said(*posts))
        store.commit(judgement(notices=tuple(updates)))
        left = new_sender(store, transport, clock).drain()
        while left.uncertain or left.waiting:
            assert clock.time < START + timedelta(hours=2), left
            clock.forward(minutes=10)
            left = new_sender(store, transport, clock).drain()
        ids = [one.notice_id for one in transport.said]
        assert len(ids) == len(set(ids)) == len(posts)
        # What was claimed is shown so, unless Slack refused the change itself.
        refused = {one.notice.post_id for one in store.deliveries(Status.FAILED)}
        claimed = {one.notice.post_id for one in store.deliveries() if one.notice.act is Act.UPDATE}
        for one in transport.said:
            assert one.texts[-1] == "claimed" or one.notice_id in refused or one.notice_id not in claimed
