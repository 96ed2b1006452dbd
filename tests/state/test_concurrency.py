"""Several workers on one store: threads with connections of their own, and processes that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from bot.state import outbox
from bot.state.engine import OUTBOX_LOCK, lock
from bot.state.judgements import StaleJudgementError
from bot.state.rows import Sent
from bot.state.store import open_store
from tests.state.samples import ACME, LEASE, START, account, episode, judgement, message, notice, said, take_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.state.store import Store
    from tests.state.samples import Clock

ROOT = Path(__file__).parents[2]
WORKERS = 6
_T = TypeVar("_T")


def at_once(work: Callable[[int], _T]) -> list[_T]:
    """Let every worker begin at the same moment."""
    barrier = threading.Barrier(WORKERS)

    def begin(number: int) -> _T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(begin, range(WORKERS)))


def test_one_of_many_workers_claims_a_tick(store: Store) -> None:
    for day in range(5):
        moment = START + timedelta(days=day)
        won = at_once(lambda number, moment=moment: store.claim_tick("night", moment, f"w{number}", LEASE))  # type: ignore[misc]  # mypy does not see the default
        assert sum(won) == 1


def test_no_notice_is_handed_out_twice(store: Store) -> None:
    store.commit(said(*(notice(episode(f"s{number}"), f"#c{number % 10}") for number in range(30))))
    taken: list[str] = []

    def work(_: int) -> None:
        while (claimed := store.claim_notice(LEASE, pace=timedelta(0))) is not None:
            taken.append(claimed.notice.notice_id)
            assert store.mark_sent(claimed, Sent("C", str(len(taken))))

    at_once(work)
    assert len(taken) == len(set(taken)) == 30


def test_no_two_notices_of_one_destination_are_under_way_at_once(store: Store) -> None:
    store.commit(said(*(notice(episode(f"s{number}"), "#one") for number in range(10))))
    claims = at_once(lambda _: store.claim_notice(LEASE))
    assert len([one for one in claims if one is not None]) == 1


def test_who_waited_for_its_turn_goes_by_what_time_it_is_then(store: Store, clock: Clock) -> None:
    store.commit(said(notice(episode("a")), notice(episode("b"))))
    first = store.claim_notice(LEASE)
    assert first is not None
    with ThreadPoolExecutor(1) as pool:
        with store._writing() as connection:
            lock(connection, OUTBOX_LOCK)
            waiting = pool.submit(store.claim_notice, LEASE)
            threading.Event().wait(0.3)
            outbox.mark_sent(connection, first, Sent("C1", "1.1"), outbox.Moments(clock.time, clock.time, None))
            clock.forward(seconds=1)
        claimed = waiting.result(10)
    assert claimed is not None, "its rest is over by now"
    assert claimed.notice.subject == "b"


def test_one_of_many_claims_an_episode(store: Store) -> None:
    store.commit(said(notice(episode())))
    steps = at_once(
        lambda number: take_on(store, episode().episode_id, f"U{number}", START, lambda _e, _n: message("claimed"))
    )
    assert [step.notify for step in steps].count(True) == 1
    assert len({step.episode.claimed_by for step in steps if step.episode}) == 1
    assert len(store.deliveries()) == 2


def test_one_open_episode_holds_against_judgements_at_the_same_time(store: Store) -> None:
    def work(number: int) -> bool:
        mine = episode(episode_id=f"e{number}")
        try:
            store.commit(judgement(episodes=(mine,), notices=(notice(mine),)))
        except StaleJudgementError:
            return False
        return True

    assert at_once(work).count(True) == 1
    assert len(store.open_episodes()) == len(store.deliveries()) == 1


def test_names_are_right_while_the_snapshot_changes(store: Store) -> None:
    store.commit(judgement(accounts=(ACME,)))

    def work(number: int) -> set[int]:
        if number:
            return {len(store.names()) for _ in range(20)}
        for _ in range(5):
            store.commit(judgement(accounts=(ACME, account(1, "Bcme"))))
            store.commit(judgement(accounts=(ACME,)))
        return set()

    assert set().union(*at_once(work)) <= {1, 2}
    assert len(store.names()) == 1


_CRASH = """
import os, signal, sys
from datetime import timedelta
from bot.state.store import open_store
store = open_store(sys.argv[1])
claimed = store.claim_notice(timedelta(seconds=0.5))
print(claimed.notice.notice_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_that_is_killed_while_sending_leaves_the_notice_uncertain(url: str) -> None:
    with open_store(url) as store:
        store.commit(said(notice(episode())))
        command = [sys.executable, "-c", _CRASH, url]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert done.stdout.decode().strip() == notice(episode()).notice_id
        deadline = time.monotonic() + 10
        while not store.uncertain() and time.monotonic() < deadline:
            assert store.claim_notice(LEASE) is None
            time.sleep(0.05)
        assert [one.notice.notice_id for one in store.uncertain()] == [notice(episode()).notice_id]


@pytest.mark.parametrize("size", [3_000])
def test_a_night_is_stored_while_others_read_and_claim(url: str, size: int) -> None:
    """A long transaction of one writer must make nobody fail, only wait."""
    with open_store(url) as store:
        night = judgement(accounts=tuple(account(number, f"Company {number}") for number in range(size)))

        def work(number: int) -> datetime:
            if number:
                store.claim_tick("night", datetime.now(UTC), f"w{number}", LEASE)
                store.find_account("Company 7")
            else:
                store.commit(night)
            return store.now()

        at_once(work)
        assert len(store.names()) == size
