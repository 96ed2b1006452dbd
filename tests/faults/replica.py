"""One replica of the product as a process: the night when it is due, and the sender, until there is nothing left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.app import access, open_house
from bot.house import NIGHT
from bot.jobs import Job, run_due
from bot.run import moment_of, run_night
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.people import People
from bot.slack.sender import Policy, Sender, SlackTransport
from tests.faults.hits import Hits
from tests.faults.rigged import RiggedStore, RiggedTicks, RiggedTransport, open_rigged, rig_connections
from tests.faults.standin import CLIENT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from slack_sdk import WebClient

    from bot.house import House
    from bot.load import Loaded
    from tests.faults.clock import FastClock
    from tests.faults.company import Scenario
    from tests.faults.hits import Trouble

_log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=20)
SETTLE: Final = timedelta(seconds=4)
READS: Final = 2
SPACING: Final = timedelta(seconds=4)
TICK_LEASE: Final = timedelta(seconds=30)
"""All of it in seconds of the run: proportions as in the product, which waits longer."""

PACE: Final = timedelta(seconds=3)
"""Slack wants one. But what a busy machine takes for a request counts twenty times in the run, and differs."""
WORKERS: Final = 3
"""Messages under way at once in one process."""

STOPPED_FOR: Final = LEASE + SETTLE + READS * SPACING + timedelta(seconds=12)
"""How long a stopped process sleeps: every lease has run out then, and whoever is awake has settled everything."""
_RENEW: Final = timedelta(seconds=0.3)
"""By the wall: a fifth of the tick's lease."""


@dataclass(frozen=True)
class Part:
    """What one replica needs to know."""

    name: str
    loaded: Loaded
    clock: FastClock
    scenario: Scenario
    trouble: Trouble
    folder: Path
    """Of the run: latches, and the company's files."""
    give_up: float
    """Seconds by the wall after which it leaves whatever is left."""
    restarted: bool = False
    """Whether it takes the place of one that died in the same night."""
    store: type[RiggedStore] = RiggedStore
    client: Callable[[WebClient], None] = field(default=lambda _: None)
    """What is done to the client after the transport has taken it."""


def be_replica(part: Part) -> int:
    """Work until the night is done and everything is delivered; return 0 then, 3 when it took too long."""
    until = time.monotonic() + part.give_up
    hits = Hits(part.trouble, part.folder, part.name)
    rig_connections(hits)
    url = part.loaded.settings.state_url()
    with open_rigged(url, part.clock.now, hits, part.store) as store, open_house(part.loaded) as house:
        ticks = RiggedTicks(store, TICK_LEASE, hits)
        night = _night(replace(house, store=store), part)
        sender = _sender(part, store, hits)
        while time.monotonic() < until:
            run_due([night], ticks, part.name, part.clock.now(), _RENEW)
            _deliver(sender)
            if _done(store, night.last_due(part.clock.now())):
                return 0
            part.clock.sleep(1)
    return 3


def _night(house: House, part: Part) -> Job:
    """Return the night job as `bot.run` makes it, by the run's clock."""
    zone = part.scenario.zone

    def work(scheduled_for: datetime) -> bool:
        return run_night(house, moment_of(zone, max(scheduled_for, part.clock.now()))).well

    return Job(NIGHT, part.scenario.at, zone, work)


def _sender(part: Part, store: RiggedStore, hits: Hits) -> Sender:
    """Return the sender as `bot.app` makes it, less patient and by the run's clock."""
    slack = part.loaded.settings.slack
    assert slack is not None
    client = web_client(access(slack))
    client.timeout = CLIENT_SECONDS  # type: ignore[assignment]  # urllib takes fractions
    people = People(store, client, store)
    channels = Channels(client, store.channel_of, slack.shared_channels, meter=store)
    transport = SlackTransport(client, people, channels, store)
    part.client(client)
    policy = Policy(
        slack.fallback, lease=LEASE, settle=SETTLE, reads=READS, spacing=SPACING, pace=PACE, workers=WORKERS
    )
    return Sender(store, RiggedTransport(transport, hits), policy, part.clock.monotonic, part.clock.sleep)


def _deliver(sender: Sender) -> None:
    try:
        sender.drain(until_empty=False)
    except Exception:  # noqa: BLE001  # as the product's loop does: the sender must outlive whatever it was
        _log.exception("sending failed")


def _done(store: RiggedStore, due: datetime) -> bool:
    tick, left = store.last_finished(NIGHT), store.backlog()
    return tick is not None and tick.scheduled_for >= due and not left.waiting and not left.uncertain


def loaded_for(loaded: Loaded, folder: Path, data: Path, state: str, api_url: str) -> Loaded:
    """Return what was loaded once, for another company folder, state and Slack: loading takes half a second."""
    slack = loaded.settings.slack
    assert slack is not None
    here = slack.model_copy(update={"api_url": api_url})
    settings = loaded.settings.model_copy(update={"data": data, "state": state, "slack": here})
    return replace(loaded, settings=settings, folder=folder)
