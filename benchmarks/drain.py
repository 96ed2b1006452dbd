"""How fast the outbox drains: the share of what Slack permits, what a claim costs, and what the outbox costs itself.

    python benchmarks/drain.py --notices 10000 --json

The stand-in Slack counts as Slack does: a post a second and channel, 600 a minute in all, 50 updates a minute; what
comes too early is answered by 429. All clocks are one virtual clock, which the sender moves by sleeping: a call takes
no time. With `--seconds` a real run is added, in which each call takes 300 ms and the sender has its eight threads.
Permitted is the least time in which these limits let so many messages pass. `ratio_to_bare` is the processor's time
for a notice over that of a bare loop of posts, the stand-in's own in both.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import structlog

from benchmarks.measuring import show
from bot.core.addressing import PERSON
from bot.messages.message import Headline, Message, Text
from bot.sandbox.slack import SlackUser, SlackWorld, serving_slack
from bot.sandbox.slack_api import METHODS
from bot.sandbox.slack_state import Content
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess, web_client
from bot.slack.people import People
from bot.slack.policy import Policy
from bot.slack.sender import Sender, SlackTransport
from bot.state.keys import notice_id
from bot.state.rows import Act, Judgement, Notice, Person, Sent
from bot.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.state.store import Store

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CHANNELS = tuple(f"#channel-{number}" for number in range(20))
PEOPLE = tuple(f"005{number:03d}" for number in range(30))
LATENCY = 0.3
WORKERS = 8
OPEN_ROWS = (100, 1_000, 10_000)
CLAIMS = 50
MESSAGE = Message("churn_risk", "Acme uses 41 % of its licences", (Headline("Acme"), Text("Renewal on 30 June.")))


class VirtualClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Bench:
    """A store, a stand-in Slack and the way between them."""

    store: Store
    world: SlackWorld
    transport: SlackTransport
    clock: VirtualClock | None

    def sender(self, policy: Policy) -> Sender:
        if self.clock is None:
            return Sender(self.store, self.transport, policy)
        return Sender(self.store, self.transport, policy, self.clock.seconds, self.clock.sleep)

    def now(self) -> float:
        return self.clock.seconds() if self.clock else time.monotonic()


@contextmanager
def bench(clock: VirtualClock | None, latency: float = 0.0) -> Iterator[Bench]:
    """Put everything together, with the people of the CRM in Slack."""
    users = [SlackUser(f"U{person}", person, f"{person}@ours.example") for person in PEOPLE]
    world = SlackWorld(users, CHANNELS, latency=latency, clock=clock or _utc_now)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/headroom.db", clock) as store,
        serving_slack(world) as address,
    ):
        known = [Person(user.name, user.name, user.email, None, active=True, timezone=None) for user in users]
        store.commit(replace(_judgement(()), people=tuple(known)))
        client = web_client(SlackAccess(world.bot_token, base_url=f"{address}/api/"))
        channels = Channels(client, store.channel_of, clock=clock.seconds if clock else time.monotonic, meter=store)
        yield Bench(store, world, SlackTransport(client, People(store, client, store), channels, store), clock)


def _judgement(notices: Sequence[Notice]) -> Judgement:
    return Judgement(date(2026, 3, 1), START, (), (), (), (), tuple(notices), ())


def posts(count: int, destinations: Sequence[str], transition: str = "fired") -> list[Notice]:
    """Make notices, each about another account, in turn to each destination."""
    return [_notice(number, destinations[number % len(destinations)], transition) for number in range(count)]


def _notice(number: int, destination: str, transition: str) -> Notice:
    episode = f"episode-{number}"
    return Notice(
        notice_id=notice_id(episode, transition, destination, Act.POST),
        episode_id=episode,
        transition=transition,
        destination=destination,
        act=Act.POST,
        kind="churn_risk",
        subject=f"account-{number}",
        message=MESSAGE,
        created_at=START,
    )


def update_of(post: Notice) -> Notice:
    """Make a change of a post's message."""
    named = notice_id(post.episode_id, "resolved", post.destination, Act.UPDATE)
    return replace(post, notice_id=named, transition="resolved", act=Act.UPDATE, post_id=post.notice_id)


def one_channel(count: int, _: Bench) -> list[Notice]:
    return posts(count, CHANNELS[:1])


def channels_and_people(count: int, _: Bench) -> list[Notice]:
    return posts(count, [*CHANNELS, *(f"{PERSON}{person}" for person in PEOPLE)])


def posts_and_updates(count: int, on: Bench) -> list[Notice]:
    """Half of them change messages that stand there already."""
    old = posts(count // 2, CHANNELS, "old")
    on.store.commit(_judgement(old))
    while claimed := on.store.claim_notice(timedelta(minutes=2), pace=timedelta()):
        channel = on.world.rooms.find(claimed.notice.destination)
        placed = on.world.rooms.post(channel, Content("old"), "seed")
        on.store.mark_sent(claimed, Sent(channel.id, placed.ts), ago=timedelta(hours=1))
    new = posts(count - len(old), CHANNELS)
    return [notice for pair in zip(new, map(update_of, old), strict=False) for notice in pair]


def permitted_seconds(notices: Sequence[Notice]) -> float:
    """Return the least time in which Slack's limits let these pass: a burst of a minute's calls goes at once."""
    of_act = Counter(notice.act for notice in notices)
    longest = max(Counter(notice.destination for notice in notices if notice.act is Act.POST).values(), default=1)
    minutes = {
        Act.POST: METHODS["chat.postMessage"].per_minute,
        Act.UPDATE: METHODS["chat.update"].per_minute,
    }
    return max(longest - 1.0, *(60.0 * (math.ceil(of_act[act] / most) - 1) for act, most in minutes.items()))


def drained(on: Bench, notices: list[Notice], policy: Policy) -> dict[str, Any]:
    """Enqueue and drain; tell how long it took against what is permitted, and how often Slack said 429."""
    on.store.commit(_judgement(notices))
    before, began, real, cpu = Counter(on.world.throttled), on.now(), time.perf_counter(), time.process_time()
    done = on.sender(policy).drain()
    real, cpu = time.perf_counter() - real, time.process_time() - cpu
    last = max(entry.at for entry in on.world.journal if entry.via != "seed")
    took = (last - START.timestamp()) if on.clock else on.now() - began
    return {
        "notices": len(notices),
        "sent": done.sent,
        "seconds": round(took, 1),
        "permitted_seconds": permitted_seconds(notices),
        "share": round(permitted_seconds(notices) / max(took, 1e-9), 4),
        "rate_limited": sum((on.world.throttled - before).values()),
        "real_seconds": round(real, 2),
        "cpu_seconds": round(cpu, 2),
    }


def virtual(count: int) -> dict[str, dict[str, Any]]:
    """Drain each mixture on a virtual clock."""
    cases: dict[str, Callable[[int, Bench], list[Notice]]] = {
        "one_channel": one_channel,
        "channels_and_people": channels_and_people,
        "posts_and_updates": posts_and_updates,
    }
    results = {}
    for name, make in cases.items():
        with bench(VirtualClock()) as on:
            results[name] = drained(on, make(count, on), Policy())
    return results


def with_latency(seconds: int) -> dict[str, Any]:
    """Drain for some real seconds, each call taking as long as one of Slack's does."""
    with bench(None, LATENCY) as on:
        # One a second for each channel, which is less than the whole workspace's 600 a minute for a minute.
        return drained(on, posts(seconds * len(CHANNELS), CHANNELS), Policy(workers=WORKERS))


def bare_loop(count: int) -> float:
    """Return seconds of the processor for as many posts by the client alone, which remembers nothing."""
    clock = VirtualClock()
    with bench(clock) as on:
        client = web_client(SlackAccess(on.world.bot_token, base_url=f"{on.world.address}/api/"))
        began = time.process_time()
        for _ in range(count):
            client.chat_postMessage(channel=CHANNELS[0], text="Acme uses 41 % of its licences")
            clock.sleep(1.0)
        return time.process_time() - began


def seconds_a_claim(url: str, open_rows: int) -> dict[str, float]:
    """Return the median seconds of a claim that finds something and of one that finds nothing, among so many rows."""
    clock = VirtualClock()
    with open_store(url, clock) as store:
        store.commit(_judgement(posts(open_rows, [*CHANNELS, *(f"{PERSON}{person}" for person in PEOPLE)])))
        found, nothing = [], []
        for number in range(CLAIMS):
            began = time.perf_counter()
            claimed = store.claim_notice(timedelta(minutes=2))
            found.append(time.perf_counter() - began)
            assert claimed is not None
            store.mark_sent(claimed, Sent("C1", str(number)))
        while claimed := store.claim_notice(timedelta(minutes=2)):
            store.mark_sent(claimed, Sent("C1", "1"))
        for _ in range(CLAIMS):
            began = time.perf_counter()
            assert store.claim_notice(timedelta(minutes=2)) is None
            nothing.append(time.perf_counter() - began)
    return {"found": round(statistics.median(found), 6), "nothing_due": round(statistics.median(nothing), 6)}


def claims() -> dict[str, dict[str, dict[str, float]]]:
    """Measure claims on both databases; PostgreSQL where its test binaries are installed."""
    results: dict[str, dict[str, dict[str, float]]] = {"sqlite": {}}
    for rows in OPEN_ROWS:
        with tempfile.TemporaryDirectory() as folder:
            results["sqlite"][str(rows)] = seconds_a_claim(f"sqlite:///{folder}/headroom.db", rows)
    try:
        import psycopg  # noqa: PLC0415  # not everybody who runs this has it

        from tests.state.postgres import running_postgres  # noqa: PLC0415  # likewise
    except ModuleNotFoundError:
        return results
    results["postgresql"] = {}
    with running_postgres() as host:
        for rows in OPEN_ROWS:
            with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE rows_{rows}".encode())
            url = f"postgresql://postgres@/rows_{rows}?host={host}"
            results["postgresql"][str(rows)] = seconds_a_claim(url, rows)
    return results


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=0, help="of a real run with 300 ms a call; 0: none")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=_to_stderr())
    cases = virtual(asked.notices)
    bare = bare_loop(min(asked.notices, 2_000)) / min(asked.notices, 2_000)
    one = cases["one_channel"]
    result: dict[str, Any] = {
        "share_of_permitted": min(case["share"] for case in cases.values()),
        "rate_limited": sum(case["rate_limited"] for case in cases.values()),
        "ratio_to_bare": round(one["cpu_seconds"] / one["notices"] / bare, 2),
        "notices": asked.notices,
        "cases": cases,
        "seconds_a_claim": claims(),
    }
    if asked.seconds:
        result["with_latency"] = with_latency(asked.seconds)
    show(result, as_json=asked.json)


def _to_stderr() -> structlog.PrintLoggerFactory:
    return structlog.PrintLoggerFactory(sys.stderr)


if __name__ == "__main__":
    main()
