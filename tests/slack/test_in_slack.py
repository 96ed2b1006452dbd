"""The sender with the real client against the stand-in Slack: threads, the sweep, and Slack's rates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.errors import DeliveryError
from bot.sandbox.slack import UNLIMITED, Fault, Outcome, RateLimits, SlackUser, SlackWorld
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.people import People
from bot.slack.sender import DrainResult, Policy, Sender
from bot.slack.transport import SlackTransport
from bot.state.rows import Act, Person, Sent
from tests.sandbox.slack_server import Server, slack_server
from tests.state.samples import START, episode, judgement, message, notice, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.state.store import Store
    from tests.state.samples import Clock

CHANNELS = ("#cs-risk", "#ops")
STAFF = tuple(SlackUser(f"U{number}", f"Person {number}", f"p{number}@ours.example") for number in range(60))
CRM = tuple(Person(user.id, user.name, user.email, None, active=True, timezone=None) for user in STAFF)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with slack_server() as server:
        yield server


@pytest.fixture
def world(server: Server, clock: Clock) -> SlackWorld:
    return shown(server, SlackWorld(STAFF, CHANNELS, clock=clock, limits=UNLIMITED))


def shown(server: Server, world: SlackWorld) -> SlackWorld:
    server.show(world)
    return world


def transport_to(world: SlackWorld, store: Store, clock: Clock) -> SlackTransport:
    client = web_client(SlackAccess(world.bot_token, base_url=f"{world.address}/api/"))
    channels = Channels(client, store.channel_of, clock=clock.monotonic, meter=store)
    return SlackTransport(client, People(store, client, store), channels, store)


def sender_to(world: SlackWorld, store: Store, clock: Clock) -> Sender:
    return Sender(store, transport_to(world, store, clock), Policy(fallback="#ops"), clock.monotonic, clock.sleep)


def ids(world: SlackWorld) -> list[str]:
    return [one.content.metadata["event_payload"]["id"] for one in world.said("#cs-risk") if one.content.metadata]


class TestThreads:
    def test_an_answer_stands_in_the_thread_and_is_found_there(
        self, world: SlackWorld, store: Store, clock: Clock
    ) -> None:
        transport = transport_to(world, store, clock)
        channel = transport.resolve("#cs-risk")
        root = transport.post(channel, message(), "n-1")
        answer = transport.post(channel, message(), "n-2", root.ts)
        shouted = transport.post(channel, message(), "n-3", root.ts, broadcast=True)
        assert [one.content.thread_ts for one in world.said("#cs-risk")] == [None, root.ts, root.ts]
        assert transport.find(channel, "n-2", START, root.ts) == (answer,)
        assert transport.find(channel, "n-2", START) == ()
        assert transport.find(channel, "n-3", START) == transport.find(channel, "n-3", START, root.ts) == (shouted,)

    def test_in_a_thread_that_is_not_there_nothing_is(self, world: SlackWorld, store: Store, clock: Clock) -> None:
        transport = transport_to(world, store, clock)
        assert transport.find(transport.resolve("#cs-risk"), "n-1", START, "1700000000.000100") == ()

    def test_a_root_that_was_removed_is_followed_by_a_new_one(
        self, world: SlackWorld, store: Store, clock: Clock
    ) -> None:
        sender = sender_to(world, store, clock)
        store.commit(said(notice(episode(rule="a"))))
        sender.drain()
        (root,) = world.said("#cs-risk")
        transport_to(world, store, clock).delete(Sent(root.channel, root.ts))
        store.commit(said(notice(episode(rule="b")), notice(episode(rule="c"))))
        assert sender.drain() == DrainResult(2, 0, 0, 0)
        new, answer = world.said("#cs-risk")
        assert (new.content.thread_ts, answer.content.thread_ts) == (None, new.ts)

    @pytest.mark.parametrize("outcome", [Outcome.CLOSE, Outcome.RESET, Outcome.GARBAGE, Outcome.SERVER_ERROR])
    def test_an_answer_that_arrived_unclearly_is_said_once(
        self, world: SlackWorld, store: Store, clock: Clock, outcome: Outcome
    ) -> None:
        sender = sender_to(world, store, clock)
        store.commit(said(notice(episode(rule="a"))))
        sender.drain()
        world.faults.next(Fault(outcome, accepted=True))
        store.commit(said(notice(episode(rule="b"))))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        assert ids(world) == [notice(episode(rule=rule)).notice_id for rule in "ab"]


class TestTheSweep:
    def test_a_message_that_history_shows_too_late_is_there_once_in_the_end(
        self, world: SlackWorld, store: Store, clock: Clock
    ) -> None:
        """Late history: accepted, and nowhere to be seen while the sender looks."""
        sender = sender_to(world, store, clock)
        world.faults.next(Fault(Outcome.CLOSE, accepted=True))
        store.commit(said(notice(episode())))
        sender.drain(until_empty=False)
        (first,) = world.said("#cs-risk")
        hidden = world.rooms._messages.pop((first.channel, first.ts))
        assert sender.drain() == DrainResult(1, 0, 0, 0)
        world.rooms._messages = {(hidden.channel, hidden.ts): hidden, **world.rooms._messages}
        assert len(ids(world)) == 2
        clock.forward(minutes=10)
        sender.drain()
        assert [one.ts for one in world.said("#cs-risk")] == [first.ts]
        store.commit(judgement(notices=(notice(episode(), transition="claimed", act=Act.UPDATE, text="claimed"),)))
        sender.drain()
        assert [one.content.text for one in world.said("#cs-risk")] == ["claimed"]

    def test_what_is_gone_already_need_not_be_removed(self, world: SlackWorld, store: Store, clock: Clock) -> None:
        transport = transport_to(world, store, clock)
        sent = transport.post(transport.resolve("#cs-risk"), message(), "n-1")
        transport.delete(sent)
        transport.delete(sent)
        assert world.said("#cs-risk") == []

    def test_without_the_scope_it_is_told_and_not_a_fault_of_the_token(
        self, server: Server, store: Store, clock: Clock
    ) -> None:
        world = shown(server, SlackWorld(STAFF, CHANNELS, clock=clock, limits=UNLIMITED))
        transport = transport_to(world, store, clock)
        sent = transport.post(transport.resolve("#cs-risk"), message(), "n-1")
        world.scopes = frozenset()
        with pytest.raises(DeliveryError, match=r"cannot be removed.*add the scope 'chat:write'") as raised:
            transport.delete(sent)
        assert raised.value.permanent


class TestRates:
    def drained(self, world: SlackWorld, store: Store, clock: Clock) -> float:
        assert sender_to(world, store, clock).drain().waiting == 0
        assert world.throttled == {}
        return (clock() - START).total_seconds()

    def test_sixty_new_people_are_looked_up_no_faster_than_slack_permits(
        self, server: Server, store: Store, clock: Clock
    ) -> None:
        """Fifty look-ups in the first minute, the other ten after it; nobody hears a 429."""
        world = shown(server, SlackWorld(STAFF, CHANNELS, clock=clock))
        store.commit(judgement(people=CRM))
        store.commit(said(*(notice(episode(f"s{one.person_id}"), f"person:{one.person_id}") for one in CRM)))
        assert 61 <= self.drained(world, store, clock) < 65
        assert len([entry for entry in world.journal if entry.kind == "post"]) == 60

    def test_twenty_five_channels_are_found_in_one_list(self, server: Server, store: Store, clock: Clock) -> None:
        """Of lists Slack permits twenty a minute."""
        names = [f"#team-{number}" for number in range(25)]
        world = shown(server, SlackWorld((), names, clock=clock))
        store.commit(said(*(notice(episode(f"s{name}"), name) for name in names)))
        assert self.drained(world, store, clock) < 1

    def test_a_burst_of_changes_goes_at_once_and_the_rest_a_minute_later(
        self, server: Server, store: Store, clock: Clock
    ) -> None:
        world = shown(server, SlackWorld((), [f"#{number}" for number in range(60)], clock=clock))
        posts = [notice(episode(f"s{number}"), f"#{number}") for number in range(60)]
        store.commit(said(*posts))
        self.drained(world, store, clock)
        updates = [notice(episode(post.subject), post.destination, "claimed", Act.UPDATE) for post in posts]
        store.commit(judgement(notices=tuple(updates)))
        before = clock()
        self.drained(world, store, clock)
        times = [entry.at - before.timestamp() for entry in world.journal if entry.kind == "update"]
        assert len([at for at in times if at < 1]) == 50
        assert [at for at in times if at >= 1] == pytest.approx([61.0] * 10, abs=0.5)

    def test_two_replicas_keep_to_one_rate(self, server: Server, store: Store, clock: Clock) -> None:
        world = shown(server, SlackWorld((), ["#a", "#b"], clock=clock))
        store.commit(said(*(notice(episode(f"s{number}"), f"#{'ab'[number % 2]}") for number in range(10))))
        replicas = [sender_to(world, store, clock) for _ in range(2)]
        while store.backlog().waiting:
            for replica in replicas:
                replica.drain(until_empty=False)
            clock.forward(seconds=0.1)
        assert world.throttled == {}
        assert (clock() - START).total_seconds() < 5

    def test_a_stricter_workspace_is_obeyed(self, server: Server, store: Store, clock: Clock) -> None:
        """Slack does not say how many posts it takes in all: its 429 does."""
        limits = RateLimits(posts_per_second=0.25)
        world = shown(server, SlackWorld((), ["#a"], clock=clock, limits=limits))
        store.commit(said(*(notice(episode(f"s{number}"), "#a") for number in range(4))))
        assert sender_to(world, store, clock).drain() == DrainResult(4, 0, 0, 0)
        texts = [json.dumps(entry.metadata) for entry in world.journal]
        assert len(texts) == len(set(texts)) == 4
