"""So many calls a minute as Slack permits, counted for all replicas together."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.state.rows import Act, Sent
from tests.state.samples import LEASE, START, episode, judgement, notice, said
from tests.state.test_concurrency import at_once

if TYPE_CHECKING:
    from bot.state.store import Store
    from tests.state.samples import Clock

OPEN = "conversations.open"
MINUTE = timedelta(minutes=1)
LIMITS = {Act.POST: 3, Act.UPDATE: 2}


class TestMethods:
    def test_a_minutes_calls_may_come_at_once_and_no_more(self, store: Store) -> None:
        assert [store.take_call(OPEN, 3) for _ in range(4)] == [None, None, None, 61.0]

    def test_the_minute_slides(self, store: Store, clock: Clock) -> None:
        for _ in range(3):
            assert store.take_call(OPEN, 3) is None
            clock.forward(seconds=10)
        assert store.take_call(OPEN, 3) == 31.0
        clock.forward(seconds=31)
        assert store.take_call(OPEN, 3) is None
        assert store.take_call(OPEN, 3) == 10.0

    def test_each_method_has_its_own(self, store: Store) -> None:
        assert store.take_call(OPEN, 1) is None
        assert store.take_call("users.lookupByEmail", 1) is None

    def test_what_was_refused_is_not_counted(self, store: Store, clock: Clock) -> None:
        store.take_call(OPEN, 1)
        for _ in range(5):
            store.take_call(OPEN, 1)
        clock.forward(seconds=61)
        assert store.take_call(OPEN, 1) is None

    def test_what_slack_asks_for_counts_too(self, store: Store, clock: Clock) -> None:
        store.hold_calls(OPEN, 30)
        store.hold_calls(OPEN, 10)
        assert store.take_call(OPEN, 50) == 30.0
        clock.forward(seconds=30)
        assert store.take_call(OPEN, 50) is None

    def test_a_clock_that_is_set_back_holds_nothing_up(self, store: Store, clock: Clock) -> None:
        for _ in range(3):
            store.take_call(OPEN, 3)
        clock.forward(hours=-1)
        assert store.take_call(OPEN, 3) is None

    def test_a_limit_that_was_lowered_holds(self, store: Store, clock: Clock) -> None:
        for _ in range(5):
            store.take_call(OPEN, 5)
        clock.forward(seconds=61)
        assert [store.take_call(OPEN, 2) for _ in range(3)] == [None, None, 61.0]

    def test_many_workers_take_no_more_than_there_are(self, store: Store) -> None:
        taken = at_once(lambda _: [store.take_call(OPEN, 10) for _ in range(4)])
        assert [wait for waits in taken for wait in waits].count(None) == 10


_methods = (f"method-{number}" for number in itertools.count())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([0.0, 0.3, 1.0, 7.0, 20.0, 61.0]), max_size=25))
def test_no_sixty_seconds_ever_have_too_many(store: Store, clock: Clock, pauses: list[float]) -> None:
    method, made = next(_methods), []
    for pause in pauses:
        clock.forward(seconds=pause)
        if store.take_call(method, 4) is None:
            made.append(clock.time)
    for first in made:
        assert len([at for at in made if first <= at < first + MINUTE]) <= 4


class TestNotices:
    def claim(self, store: Store) -> str | None:
        claimed = store.claim_notice(LEASE, a_minute=LIMITS)
        if claimed is None:
            return None
        store.mark_sent(claimed, Sent("C1", f"1.{claimed.notice.subject}"))
        return claimed.notice.subject

    def test_the_workspace_takes_so_many_posts_a_minute(self, store: Store, clock: Clock) -> None:
        store.commit(said(*(notice(episode(f"s{number}"), f"#{number}") for number in range(5))))
        assert [self.claim(store) for _ in range(4)] == ["s0", "s1", "s2", None]
        assert store.next_due(a_minute=LIMITS) == START + timedelta(seconds=61)
        assert store.next_due() == START
        clock.forward(seconds=61)
        assert [self.claim(store) for _ in range(3)] == ["s3", "s4", None]

    def test_updates_have_a_limit_of_their_own_and_keep_no_channel_waiting(self, store: Store, clock: Clock) -> None:
        posts = [notice(episode(f"s{number}"), f"#{number}") for number in range(3)]
        store.commit(said(*posts))
        for _ in posts:
            self.claim(store)
        updates = [notice(episode(post.subject), post.destination, "claimed", Act.UPDATE) for post in posts]
        store.commit(judgement(notices=tuple(updates)))
        assert [self.claim(store) for _ in range(3)] == ["s0", "s1", None]
        clock.forward(seconds=61)
        store.commit(said(notice(episode("new"), "#0")))
        assert [self.claim(store) for _ in range(2)] == ["s2", "new"]

    def test_a_channel_rests_from_the_moment_at_which_the_message_arrived(self, store: Store, clock: Clock) -> None:
        """A call takes a third of a second: counted from its end a channel would get three messages in four seconds."""
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        first = store.claim_notice(LEASE)
        assert first is not None
        clock.forward(seconds=0.3)
        store.mark_sent(first, Sent("C1", "1"), ago=timedelta(seconds=0.2))
        assert store.next_due() == START + timedelta(seconds=1.1)
        clock.forward(seconds=0.79)
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=0.01)
        assert store.claim_notice(LEASE) is not None

    def test_what_may_have_arrived_counts(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        first = store.claim_notice(LEASE)
        assert first is not None
        store.mark_uncertain(first, START + timedelta(hours=1), "reset")
        assert store.claim_notice(LEASE) is None
        clock.forward(seconds=1)
        assert store.claim_notice(LEASE) is not None

    def test_posts_and_updates_of_one_channel_go_side_by_side(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a"))))
        self.claim(store)
        clock.forward(seconds=1)
        store.commit(said(notice(episode("b"))))
        store.commit(judgement(notices=(notice(episode("a"), transition="claimed", act=Act.UPDATE),)))
        claims = [store.claim_notice(LEASE), store.claim_notice(LEASE)]
        assert [one.notice.act for one in claims if one] == [Act.POST, Act.UPDATE]


class TestDeferral:
    MORNING = START + timedelta(hours=3)

    def test_a_deferred_notice_waits_and_lets_others_pass(self, store: Store, clock: Clock) -> None:
        store.commit(said(replace(notice(episode("a")), not_before=self.MORNING), notice(episode("b"))))
        first = store.claim_notice(LEASE)
        assert first is not None
        assert first.notice.subject == "b"
        store.mark_sent(first, Sent("C1", "1"))
        clock.forward(seconds=1)
        assert store.claim_notice(LEASE) is None
        assert store.next_due() == self.MORNING
        clock.time = self.MORNING
        second = store.claim_notice(LEASE)
        assert second is not None
        assert second.notice.subject == "a"

    def test_nothing_passes_an_earlier_one_of_its_own_episode(self, store: Store) -> None:
        fired = replace(notice(episode("a")), not_before=self.MORNING)
        store.commit(said(fired, notice(episode("a"), transition="worsened-high")))
        assert store.claim_notice(LEASE) is None
        assert store.next_due() == self.MORNING

    def test_once_due_they_come_in_the_order_in_which_they_were_said(self, store: Store, clock: Clock) -> None:
        store.commit(said(*(replace(notice(episode(name)), not_before=self.MORNING) for name in "abc")))
        clock.time = self.MORNING
        came = []
        while (claimed := store.claim_notice(LEASE)) is not None:
            came.append(claimed.notice.subject)
            store.mark_sent(claimed, Sent("C1", "1"))
            clock.forward(seconds=1)
        assert came == ["a", "b", "c"]

    def test_a_retry_still_holds_up_what_comes_after_it(self, store: Store, clock: Clock) -> None:
        store.commit(said(notice(episode("a")), notice(episode("b"))))
        claimed = store.claim_notice(LEASE)
        assert claimed is not None
        store.mark_retry(claimed, START + timedelta(seconds=30), "429")
        clock.forward(seconds=5)
        assert store.claim_notice(LEASE) is None

    def test_the_backlog_tells_what_is_deferred_and_the_changes_of_it(self, store: Store) -> None:
        store.commit(said(replace(notice(episode("a")), not_before=self.MORNING), notice(episode("b"))))
        store.commit(judgement(notices=(notice(episode("a"), transition="resolved", act=Act.UPDATE),)))
        left = store.backlog(timedelta(minutes=2))
        assert (left.waiting, left.uncertain, left.deferred) == (1, 0, 2)
        assert store.backlog(timedelta(hours=4)).deferred == 0

    def test_behind_deferred_ones_an_unclear_one_holds_up_its_account_only(self, store: Store, clock: Clock) -> None:
        store.commit(said(replace(notice(episode("a")), not_before=self.MORNING), notice(episode("b"))))
        unclear = store.claim_notice(LEASE)
        assert unclear is not None
        store.mark_uncertain(unclear, START + timedelta(hours=1), "reset")
        store.commit(said(notice(episode("b", "other")), notice(episode("c"))))
        clock.forward(seconds=1)
        claimed = store.claim_notice(LEASE)
        assert claimed is not None
        assert claimed.notice.subject == "c"


@pytest.mark.parametrize("open_rows", [200, 2_000])
def test_a_claim_reads_no_more_rows_however_many_wait(store: Store, open_rows: int) -> None:
    """Held by SQLite's own count of steps: time would depend on what else the machine does."""
    with store._reading() as connection:
        if connection.dialect.name != "sqlite":
            return
    store.commit(said(*(notice(episode(f"s{number}"), f"#{number % 20}") for number in range(open_rows))))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with store._reading() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(count, 100)
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    # Some 3,000 instructions for 20 destinations; reading every row would take ten times as many here as above.
    assert steps < 40
