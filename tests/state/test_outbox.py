"""The way of a notice through the outbox: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.state import turns
from bot.state.rows import Act, Backlog, Sent, Status
from bot.state.tables import NOTICES
from tests.state.samples import LEASE, START, episode, judgement, message, notice, said

if TYPE_CHECKING:
    from bot.state.rows import Claimed, Notice
    from bot.state.store import Store
    from tests.state.samples import Clock

HERE = Sent("C1", "1700000000.000100")
OWN_TABLES = {"SCAN places", "SCAN heads"}
SPACING = timedelta(seconds=10)


def claim(store: Store) -> Claimed:
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    return claimed


def send(store: Store, where: Sent = HERE) -> Notice:
    claimed = claim(store)
    assert store.mark_sent(claimed, where)
    return claimed.notice


def statuses(store: Store) -> list[str]:
    return [one.status.value for one in store.deliveries()]


class TestClaiming:
    def test_a_notice_comes_back_as_it_went_in(self, store: Store) -> None:
        post = notice(episode())
        store.commit(said(post))
        claimed = claim(store)
        assert claimed.notice == post
        assert (claimed.fence, claimed.attempts, claimed.first_tried_at) == (1, 1, START)

    def test_sending_is_committed_before_the_notice_is_handed_out(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        claim(store)
        assert statuses(store) == ["sending"]
        assert store.claim_notice(LEASE) is None

    def test_the_oldest_comes_first(self, store: Store, clock: Clock) -> None:
        posts = [notice(episode(name), f"#{name}") for name in ("zeta", "acme", "orion")]
        for post in posts:
            store.commit(said(post))
        assert [send(store).subject for _ in posts] == ["zeta", "acme", "orion"]

    def test_one_destination_gets_one_at_a_time_in_order(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b")), notice(episode("c"), "#other")))
        first, other = claim(store), claim(store)
        assert [first.notice.subject, other.notice.subject] == ["a", "c"]
        assert store.claim_notice(LEASE) is None
        store.mark_sent(first, HERE)
        clock.forward(seconds=1)
        assert claim(store).notice.subject == "b"

    def test_a_destination_rests_for_a_second(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        send(store)
        clock.forward(seconds=0.999)
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=0.001)
        assert send(store).subject == "b"

    def test_a_clock_that_is_set_back_does_not_stop_a_destination(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        send(store)
        clock.forward(hours=-1)
        assert send(store).subject == "b"

    def test_what_another_worker_noted_a_moment_after_now_was_asked_for_counts(
        self, store: Store, clock: Clock
    ) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        send(store)
        clock.forward(seconds=-0.1)
        assert store.claim_notice(LEASE) is None

    def test_what_is_to_wait_holds_up_what_comes_after_it_at_its_destination_only(
        self, store: Store, clock: Clock
    ) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b")), notice(episode("c"), "#other")))
        store.mark_retry(claim(store), START + timedelta(seconds=30), "429")
        assert send(store).subject == "c"
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=30)
        assert send(store).subject == "a"

    def test_while_slack_takes_no_posts_nobody_posts(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"), "#other")))
        store.hold(Act.POST, START + timedelta(seconds=30))
        store.hold(Act.POST, START + timedelta(seconds=5))
        clock.forward(seconds=29)
        assert store.claim_notice(LEASE) is None
        assert store.next_due() == START + timedelta(seconds=30)
        clock.forward(seconds=1)
        assert claim(store).notice.subject == "a"

    def test_the_backlog_counts_what_is_left(self, store: Store) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"), "#b"), notice(episode("c"), "#c")))
        send(store)
        store.mark_uncertain(claim(store), START, "reset")
        claim(store)
        assert store.backlog() == Backlog(waiting=1, uncertain=1)

    def test_what_is_due_next_is_known(self, store: Store) -> None:
        assert store.next_due() is None
        store.commit(said(notice(episode())))
        assert store.next_due() == START
        claimed = claim(store)
        assert store.next_due() == START + LEASE
        store.mark_uncertain(claimed, START + SPACING, "reset")
        assert store.next_due() == START + SPACING

    def test_indices_of_what_is_open_serve_the_claim(self, store: Store) -> None:
        """Sent notices pile up over the years, and others wait: the claim must read neither."""
        with store._reading() as connection:
            if connection.dialect.name != "sqlite":
                return  # PostgreSQL plans by the size of the table; SQLite's plan shows what the indices allow
            plan = [
                row.detail
                for query in (turns._HEADS, turns._READY, turns._SETTLING, turns._LATER)
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {_plain(query, connection)}")
            ]
        read_whole = {step for step in plan if step.startswith("SCAN") and step not in OWN_TABLES}
        # That index holds the updates that may go at once, and the first of them is taken.
        assert read_whole == {"SCAN n USING INDEX ix_notices_ready"}
        assert not [step for step in plan if "TEMP B-TREE" in step]


def _plain(query: sa.TextualSelect, connection: sa.Connection) -> str:
    return str(query.compile(connection.engine)).replace("?", "''")


class TestFence:
    def late(self, store: Store, clock: Clock) -> Claimed:
        store.commit(said(notice(episode())))
        claimed = claim(store)
        clock.forward(minutes=2)
        assert store.claim_notice(LEASE) is None
        return claimed

    def test_a_post_whose_lease_ran_out_is_uncertain_and_not_handed_out(self, store: Store, clock: Clock) -> None:
        self.late(store, clock)
        assert statuses(store) == ["uncertain"]

    def test_a_late_worker_changes_nothing_and_is_told(self, store: Store, clock: Clock) -> None:
        claimed = self.late(store, clock)
        assert not store.mark_sent(claimed, HERE)
        assert not store.mark_retry(claimed, START, "429")
        assert not store.mark_uncertain(claimed, START, "reset")
        assert not store.mark_failed(claimed, "is_archived", replace(notice(episode()), destination="#ops"))
        assert statuses(store) == ["uncertain"]

    def test_a_worker_in_time_marks_once(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        claimed = claim(store)
        assert store.mark_sent(claimed, HERE)
        assert not store.mark_sent(claimed, Sent("C2", "2"))
        (sent,) = store.sent_messages()
        assert (sent.sent, sent.sent_at, store.channel_of("#cs-risk")) == (HERE, START, "C1")


class TestUncertain:
    def unclear(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        store.mark_uncertain(claim(store), START + SPACING, "reset")

    def look(self, store: Store, found: Sent | None) -> Status | None:
        claimed = store.claim_uncertain(LEASE)
        assert claimed is not None
        return store.resolve_uncertain(claimed, found, reads=3, spacing=SPACING)

    def test_it_is_let_settle_first(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        assert store.claim_uncertain(LEASE) is None
        clock.forward(seconds=10)
        assert store.claim_uncertain(LEASE) is not None

    def test_one_worker_looks_at_a_time(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        clock.forward(seconds=10)
        first = store.claim_uncertain(LEASE)
        assert first is not None
        assert store.claim_uncertain(LEASE) is None
        clock.forward(minutes=2)
        second = store.claim_uncertain(LEASE)
        assert second is not None
        assert store.resolve_uncertain(first, None, 1, SPACING) is None
        assert store.resolve_uncertain(second, HERE, 1, SPACING) is Status.SENT

    def test_what_is_found_is_sent(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        clock.forward(seconds=10)
        assert self.look(store, HERE) is Status.SENT
        assert store.sent_messages()[0].sent == HERE

    def test_what_is_absent_three_times_is_sent_anew(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        answers = []
        for _ in range(3):
            clock.forward(seconds=10)
            answers.append(self.look(store, None))
        assert answers == [Status.UNCERTAIN, Status.UNCERTAIN, Status.PENDING]
        again = claim(store)
        assert (again.attempts, again.first_tried_at) == (2, START)

    def test_a_later_failure_starts_the_count_anew(self, store: Store, clock: Clock) -> None:
        self.test_what_is_absent_three_times_is_sent_anew(store, clock)
        clock.forward(minutes=2)
        store.claim_notice(LEASE)
        assert self.look(store, None) is Status.UNCERTAIN

    def test_a_history_that_cannot_be_read_says_nothing(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        clock.forward(seconds=10)
        claimed = store.claim_uncertain(LEASE)
        assert claimed is not None
        assert store.postpone_uncertain(claimed, START + timedelta(seconds=40), "ratelimited")
        assert store.claim_uncertain(LEASE) is None
        clock.forward(seconds=30)
        assert [self.look(store, None) for _ in range(1)] == [Status.UNCERTAIN]

    def test_the_end_of_an_episode_waits_for_its_beginning(self, store: Store, clock: Clock) -> None:
        self.unclear(store)
        store.commit(said(notice(episode(), transition="resolved"), notice(episode("b"))))
        clock.forward(seconds=5)
        assert claim(store).notice.subject == "b"
        assert store.claim_notice(LEASE) is None


class TestUpdates:
    def update(self, transition: str = "claimed", destination: str = "#cs-risk") -> Notice:
        return notice(episode(), destination, transition, Act.UPDATE, f"now {transition}")

    def test_an_update_waits_for_its_post_and_knows_its_place(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode())))
        store.commit(judgement(notices=(self.update(),)))
        post = claim(store)
        assert store.claim_notice(LEASE) is None
        store.mark_sent(post, HERE)
        clock.forward(seconds=1)
        update = claim(store)
        assert (update.notice.act, update.channel, update.ts) == (Act.UPDATE, HERE.channel, HERE.ts)
        assert update.notice.post_id == post.notice.notice_id

    def test_an_update_that_waits_holds_nothing_up(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode())))
        store.commit(judgement(notices=(self.update(),)))
        store.mark_uncertain(claim(store), START + timedelta(hours=1), "reset")
        store.commit(said(notice(episode("b"))))
        # What nobody knows the fate of may have arrived: the channel rests after it.
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=1)
        assert send(store).subject == "b"

    def test_only_the_newest_update_of_a_message_is_said(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode())))
        send(store)
        store.commit(judgement(notices=(self.update("claimed"), self.update("worse"), self.update("resolved"))))
        clock.forward(seconds=1)
        assert send(store).transition == "resolved"
        assert statuses(store) == ["sent", "superseded", "superseded", "sent"]
        clock.forward(seconds=1)
        assert store.claim_notice(LEASE) is None

    def test_an_update_whose_sender_died_is_repeated(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode())))
        send(store)
        store.commit(judgement(notices=(self.update(),)))
        clock.forward(seconds=1)
        claim(store)
        clock.forward(minutes=2)
        assert claim(store).attempts == 2

    def test_a_newer_update_waits_while_an_unclear_one_settles(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode())))
        send(store)
        store.commit(judgement(notices=(self.update("claimed"),)))
        clock.forward(seconds=1)
        store.mark_retry(claim(store), START + timedelta(seconds=20), "reset")
        store.commit(judgement(notices=(self.update("resolved"),)))
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=20)
        assert send(store).transition == "resolved"

    def test_an_update_is_of_the_newest_post_at_its_destination(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode()), notice(episode(), transition="repeat")))
        send(store)
        clock.forward(seconds=1)
        send(store, Sent("C1", "2"))
        store.commit(judgement(notices=(self.update(),)))
        clock.forward(seconds=1)
        assert claim(store).ts == "2"

    def test_an_update_of_nothing_fails_at_once(self, store: Store) -> None:
        store.commit(judgement(episodes=(episode(),), notices=(self.update(),)))
        (only,) = store.deliveries()
        assert (only.status, only.error) == (Status.FAILED, "there is no message that it could change")


class TestFailures:
    def test_a_fallback_takes_the_place_of_what_failed(self, store: Store) -> None:
        store.commit(said(notice(episode(), "person:005A")))
        instead = notice(episode(), "#ops", text="Meant for Dana")
        assert store.mark_failed(claim(store), "not in Slack", instead)
        failed, waiting = store.deliveries()
        assert (failed.status, failed.error) == (Status.FAILED, "not in Slack")
        assert (waiting.notice, waiting.status, waiting.meant_for) == (instead, Status.PENDING, "person:005A")
        (line,) = store.audit()
        assert (line.verb, line.subject, line.detail["fallback"]) == ("undeliverable", "Acme", "#ops")

    @pytest.mark.parametrize("early", [True, False], ids=["enqueued before", "enqueued after"])
    def test_updates_follow_to_the_fallback(self, store: Store, clock: Clock, early: bool) -> None:
        update = notice(episode(), "person:005A", "claimed", Act.UPDATE)
        store.commit(said(notice(episode(), "person:005A")))
        if early:
            store.commit(judgement(notices=(update,)))
        store.mark_failed(claim(store), "not in Slack", notice(episode(), "#ops"))
        if not early:
            store.commit(judgement(notices=(update,)))
        send(store, Sent("COPS", "5"))
        clock.forward(seconds=1)
        moved = claim(store)
        assert (moved.notice.act, moved.channel, moved.ts) == (Act.UPDATE, "COPS", "5")
        assert moved.meant_for == "person:005A"

    def test_a_fallback_that_says_it_already_speaks_for_both(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode(), "person:005A"), notice(episode(), "#ops")))
        store.mark_failed(claim(store), "not in Slack", notice(episode(), "#ops"))
        assert statuses(store) == ["failed", "pending"]
        send(store)
        store.commit(judgement(notices=(notice(episode(), "person:005A", "claimed", Act.UPDATE),)))
        clock.forward(seconds=1)
        assert claim(store).channel == HERE.channel

    def test_without_a_fallback_its_updates_fail_too(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE),)))
        store.mark_failed(claim(store), "is_archived")
        assert statuses(store) == ["failed", "failed"]
        assert store.next_due() is None

    def test_a_notice_may_be_put_in_other_words(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        store.mark_retry(claim(store), START, "invalid_blocks", message("in short"))
        assert claim(store).notice.message == message("in short")


class TestConstraints:
    @pytest.mark.parametrize(
        "values",
        [{"status": "sent"}, {"status": "sending"}, {"status": "lost"}, {"act": "delete"}],
        ids=["sent nowhere", "sending without a lease", "unknown status", "unknown act"],
    )
    def test_the_database_refuses_what_cannot_be(self, store: Store, values: dict[str, str]) -> None:
        store.commit(said(notice(episode())))
        with pytest.raises(sa.exc.IntegrityError), store._writing() as connection:
            connection.execute(sa.update(NOTICES).values(**values))
