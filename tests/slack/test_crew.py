"""Several messages under way at once, each to another destination."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.slack.crew import Crew
from bot.slack.sender import DrainResult, Policy, Sender
from bot.state.rows import Status
from bot.state.store import open_store
from tests.slack.fakes import FakeTransport
from tests.state.samples import Clock, episode, notice, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.messages.message import Message
    from bot.state.rows import Sent
    from bot.state.store import Store

QUICK = Policy(pace=timedelta(), workers=4, patience=timedelta(seconds=1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """By the real clock: threads cannot share one that sleeping moves."""
    with open_store(f"sqlite:///{tmp_path}/headroom.db") as opened:
        yield opened


class Meeting(FakeTransport):
    """Every request waits until four are under way."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.gate = threading.Barrier(4)
        self.alone = threading.Lock()

    def post(
        self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
    ) -> Sent:
        self.gate.wait(10)
        with self.alone:
            return super().post(channel, message, notice_id, thread, broadcast=broadcast)


def test_four_destinations_are_served_at_once(store: Store) -> None:
    store.commit(said(*(notice(episode(f"s{number}"), f"#{number % 4}") for number in range(12))))
    transport = Meeting()
    assert Sender(store, transport, QUICK).drain() == DrainResult(12, 0, 0, 0)
    assert sorted(one.channel for one in transport.said) == sorted("0123" * 3)


def test_one_destination_is_served_in_order_whoever_is_free(store: Store) -> None:
    notices = [notice(episode(f"s{number}")) for number in range(8)]
    store.commit(said(*notices))
    transport = FakeTransport(Clock())
    assert Sender(store, transport, QUICK).drain() == DrainResult(8, 0, 0, 0)
    assert [one.notice_id for one in transport.said] == [one.notice_id for one in notices]


def test_what_comes_while_others_are_under_way_does_not_wait_for_them(store: Store) -> None:
    """Also for the serving loop, which takes only what is due."""
    held, arrived = threading.Event(), threading.Event()

    class Slow(FakeTransport):
        def post(
            self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
        ) -> Sent:
            if channel == "slow":
                store.commit(said(notice(episode("late"), "#quick")))
                arrived.wait(10)
                held.set()
            else:
                arrived.set()
            return super().post(channel, message, notice_id, thread, broadcast=broadcast)

    store.commit(said(notice(episode("first"), "#slow")))
    transport = Slow(Clock())
    assert Sender(store, transport, QUICK).drain(until_empty=False) == DrainResult(2, 0, 0, 0)
    assert [one.channel for one in transport.said] == ["quick", "slow"]
    assert held.is_set()


def test_a_fault_in_a_thread_ends_the_draining_and_the_others_finish(store: Store) -> None:
    finished = []

    class Broken(FakeTransport):
        def post(
            self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
        ) -> Sent:
            if channel == "broken":
                raise SystemExit(3)
            time.sleep(0.2)
            finished.append(channel)
            return super().post(channel, message, notice_id, thread, broadcast=broadcast)

    store.commit(said(notice(episode("a"), "#whole"), notice(episode("b"), "#broken")))
    with pytest.raises(SystemExit):
        Sender(store, Broken(Clock()), QUICK).drain()
    assert finished == ["whole"]
    assert [one.status for one in store.deliveries()] == [Status.SENT, Status.SENDING]


def test_a_stop_lets_what_is_under_way_finish(store: Store) -> None:
    class Stopping(FakeTransport):
        def post(
            self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
        ) -> Sent:
            sender.stop()
            time.sleep(0.1)
            return super().post(channel, message, notice_id, thread, broadcast=broadcast)

    transport = Stopping(Clock())
    sender = Sender(store, transport, Policy(workers=2))
    store.commit(said(*(notice(episode(f"s{number}"), f"#{number}") for number in range(9))))
    done = sender.drain()
    assert 1 <= done.sent <= 2
    assert done.sent + done.waiting == 9


def test_a_job_of_one_worker_is_done_there_and_then() -> None:
    done: list[int] = []

    def job() -> bool:
        done.append(threading.get_ident())
        return True

    with Crew(1, lambda: done.append(0)) as crew:
        crew.give(job)
        assert done == [threading.get_ident(), 0]
        assert not crew.busy()


class Gated(FakeTransport):
    """A request lasts until the outbox has been asked."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.gate = threading.Event()

    def post(
        self, channel: str, message: Message, notice_id: str, thread: str | None = None, *, broadcast: bool = False
    ) -> Sent:
        self.gate.wait(10)
        return super().post(channel, message, notice_id, thread, broadcast=broadcast)


def test_what_ends_while_the_outbox_is_asked_is_not_waited_for_until_its_lease_ends(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(said(notice(episode("s1"), "#one"), notice(episode("s2"), "#one")))
    transport, ask = Gated(), store.outlook

    def outlook(*arguments: object) -> object:
        told = ask(*arguments)  # type: ignore[arg-type]  # handed on as they come
        transport.gate.set()
        time.sleep(0.3)
        return told

    monkeypatch.setattr(store, "outlook", outlook)
    assert Sender(store, transport, QUICK).drain() == DrainResult(2, 0, 0, 0)
