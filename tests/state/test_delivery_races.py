"""A post that is delivered, given up or moved while somebody changes its message: no change is lost on the way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.state import enqueue as enqueueing
from bot.state.rows import Act, Sent, Status
from tests.state.samples import LEASE, episode, judgement, notice, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.rows import Claimed
    from bot.state.store import Store
    from tests.state.samples import Clock

UPDATE = notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed")
HERE = Sent("C1", "1.1")


def under_way(store: Store) -> Claimed:
    store.commit(said(notice(episode())))
    claimed = store.claim_notice(LEASE)
    assert claimed is not None
    return claimed


def meanwhile(store: Store, mark: Callable[[], object]) -> None:
    """Mark a notice after the change has been written, and before it is committed."""
    written, tied = threading.Event(), enqueueing._tie

    def slow(*arguments: object) -> None:
        tied(*arguments)  # type: ignore[arg-type]  # handed through as they come
        written.set()
        # The other one is given time to get in between; with SQLite it has to wait for the end of this transaction.
        threading.Event().wait(0.3)

    def change() -> None:
        enqueueing._tie = slow  # type: ignore[assignment]  # the same, with a pause
        try:
            store.commit(judgement(notices=(UPDATE,)))
        finally:
            enqueueing._tie = tied

    with ThreadPoolExecutor(2) as pool:
        changing = pool.submit(change)
        assert written.wait(10)
        marking = pool.submit(mark)
        changing.result(10)
        assert marking.result(10)


def test_a_change_of_a_post_that_is_delivered_meanwhile_reaches_it(store: Store, clock: Clock) -> None:
    claimed = under_way(store)
    meanwhile(store, lambda: store.mark_sent(claimed, HERE))
    update = store.claim_notice(LEASE)
    assert update is not None
    assert (update.notice.act, update.channel, update.ts) == (Act.UPDATE, HERE.channel, HERE.ts)


def test_a_change_of_a_post_that_is_given_up_meanwhile_goes_to_what_stands_in_for_it(
    store: Store, clock: Clock
) -> None:
    claimed = under_way(store)
    meanwhile(store, lambda: store.mark_failed(claimed, "is_archived", notice(episode(), "#ops")))
    instead = store.claim_notice(LEASE)
    assert instead is not None
    store.mark_sent(instead, Sent("C9", "9.9"))
    update = store.claim_notice(LEASE)
    assert update is not None
    assert (update.notice.act, update.channel, update.ts) == (Act.UPDATE, "C9", "9.9")


def test_a_change_of_a_post_that_is_given_up_for_good_meanwhile_ends_with_it(store: Store) -> None:
    claimed = under_way(store)
    meanwhile(store, lambda: store.mark_failed(claimed, "is_archived"))
    assert [one.status for one in store.deliveries()] == [Status.FAILED, Status.FAILED]
    assert store.next_due() is None


@pytest.mark.parametrize("first", ["the change", "the delivery"])
def test_in_either_order_one_after_the_other(store: Store, first: str) -> None:
    claimed = under_way(store)
    if first == "the change":
        store.commit(judgement(notices=(UPDATE,)))
        assert store.claim_notice(LEASE) is None
    store.mark_sent(claimed, HERE)
    if first == "the delivery":
        store.commit(judgement(notices=(UPDATE,)))
    update = store.claim_notice(LEASE)
    assert update is not None
    assert update.ts == HERE.ts
