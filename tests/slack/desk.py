"""A store and a wording of ten lines each, and the app on them, served to a stand-in Slack."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from bot.core.episodes import Episode, Outcome, Phase, Reason, Step
from bot.desk.account import AccountCommand
from bot.desk.asking import Asker
from bot.desk.commands import Commands
from bot.desk.lookup import Lookup
from bot.desk.why import WhyCommand
from bot.messages.message import Button, Buttons, Headline, Message
from bot.messages.views.acts import Alert
from bot.messages.why.card import Asked
from bot.sandbox.slack import UNLIMITED, SlackUser, SlackWorld, serving_slack
from bot.slack.acting import acting
from bot.slack.app import make_app
from bot.slack.channels import Channels
from bot.slack.client import SlackAccess
from bot.slack.commanding import commanding
from bot.slack.floor import Floor
from bot.slack.serve import serve_http, serve_socket_mode
from bot.state.acts import UnknownEpisodeError
from bot.state.keys import name_key
from bot.state.rows import AccountView

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from concurrent.futures import Executor

    from slack_bolt import App
    from slack_sdk import WebClient

    from bot.messages.speech import Speech
    from bot.slack.app import Room

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACME = AccountView("001A", "Acme & Sons", "acme.com", None, None, None, date(2026, 2, 28), {}, ())
ALERT = Message(
    "churn_risk",
    "Acme uses 41 % of its seats",
    (Headline("Acme uses 41 % of its seats"), Buttons((Button("Claim", "claim", "e1", style="primary"),))),
)


def said(view: AccountView, _speech: Speech) -> Message:
    """Say no more than what was given."""
    return Message("answer", f"{view.name} as of {view.as_of}", (Headline(view.name),))


@dataclass(frozen=True)
class Why:
    """An answer to why that repeats the question."""

    view: AccountView | None
    source: str
    rule: str | None
    subject: str = ""
    answers: tuple[Any, ...] = (None,)
    only: None = None

    @property
    def asked(self) -> Asked:
        return Asked(self.view.name if self.view else self.source, NOW.date(), None, None, "")

    def message(self, speech: Speech) -> Message:
        name = self.asked.name
        return Message("answer", f"why {name}: {self.rule}", (Headline(name),))


class Inquiry:
    """Knows no reasons."""

    def account(self, view: AccountView, only: str | None) -> Why:
        return Why(view, "", only, answers=())

    def source(self, name: str, only: str | None) -> Why | None:
        return Why(None, name, only, answers=())


RULES = ("near-limit", "licence-underuse", "overage")


def commands_on(store: Store) -> Commands:
    """Return the words that tests type."""
    lookup = Lookup(store)
    account = AccountCommand(lookup, lambda view, speech: store.told or said(view, speech))
    return Commands(account, (WhyCommand(lookup, lambda _command: Inquiry(), RULES, ("salesforce",)),))


@dataclass
class Askers:
    """Knows everybody, and lets them see everything."""

    asker: Asker = field(default_factory=Asker)

    def kept(self, user: str) -> Asker:
        return replace(self.asker, user=user)

    asked = kept


@dataclass
class Store:
    """Two accounts, and episodes of which the first claim wins."""

    accounts: tuple[AccountView, ...] = (ACME,)
    claimed: dict[str, str] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    acts: list[tuple[str, str, str]] = field(default_factory=list)
    wakes: int = 0
    broken: Exception | None = None
    told: Message | None = None
    """What is said of every account; None: its name."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find_account(self, text: str) -> AccountView | None:
        if self.broken:
            raise self.broken
        return next((one for one in self.accounts if text in {one.account_id, one.name, one.domain}), None)

    def could_mean(self, text: str) -> Sequence[tuple[int, AccountView]]:
        found = self.find_account(text)
        return [(0, found)] if found is not None else []

    def account(self, account_id: str) -> AccountView | None:
        return next((one for one in self.accounts if one.account_id == account_id), None)

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        return [(one.account_id, one.name) for one in self.accounts[:limit]]

    def named(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        found = {name_key(one.name): (one.account_id,) for one in self.accounts}
        return {key: ids for key, ids in found.items() if key in keys}

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        if self.broken:
            raise self.broken
        if not episode_id.startswith("e"):
            raise UnknownEpisodeError(f"there is no episode {episode_id}")
        with self.lock:
            first = episode_id not in self.claimed
            winner = self.claimed.setdefault(episode_id, user)
        phase = Phase.RESOLVED if episode_id in self.resolved else Phase.CLAIMED
        return step(winner, phase, notify=first and phase is Phase.CLAIMED, now=now)

    def snooze_episode(self, episode_id: str, user: str, until: date, reason: str | None, now: datetime) -> Step:
        self.acts.append((episode_id, user, f"snooze {until}{f': {reason}' if reason else ''}"))
        return self._done(episode_id, now)

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, reason: str | None, now: datetime) -> Step:
        self.acts.append((episode_id, user, f"close {outcome}{f': {reason}' if reason else ''}"))
        return self._done(episode_id, now)

    def today(self, now: datetime) -> date:
        return now.date()

    def alert(self, episode_id: str) -> Alert | None:
        return Alert(episode_id, "licence-underuse", "churn_risk") if episode_id.startswith("e") else None

    def _done(self, episode_id: str, now: datetime) -> Step:
        if not episode_id.startswith("e"):
            raise UnknownEpisodeError(f"there is no episode {episode_id}")
        taken = step(None, Phase.SNOOZED, notify=True, now=now)
        return taken if episode_id not in self.resolved else replace(taken, notify=False, detail="it has ended")

    def wake(self) -> None:
        self.wakes += 1


def step(claimed_by: str | None, phase: Phase, *, notify: bool, now: datetime = NOW) -> Step:
    """Make the step of a claim."""
    episode = Episode(
        episode_id="e1",
        rule="licence-underuse",
        rule_version="1",
        subject="001A",
        phase=phase,
        opened_on=date(2026, 2, 1),
        fired_at=now,
        notified_at=now,
        step=None,
        claimed_by=claimed_by,
        claimed_at=now,
        resolved_at=None,
        severity="high",
        at_stake=None,
    )
    return Step(episode, notify=notify, reason=Reason.CLAIMED, transition="claimed", detail="")


def new_world(**options: Any) -> SlackWorld:  # noqa: ANN401 - whatever the world takes
    """Make a workspace of two people and one channel."""
    users = (SlackUser("U1", "Ada Byron", "ada@example.com"), SlackUser("U2", "Bo Diddley", "bo@example.com"))
    return SlackWorld(users, ("#cs-risk",), **{"limits": UNLIMITED, **options})


def new_app(
    world: SlackWorld,
    store: Store,
    askers: Any = None,  # noqa: ANN401 - real ones or a fake
    rooms: Sequence[Room] | None = None,
    shared: Sequence[str] = (),
) -> App:
    """Make the app that talks to this workspace.

    `rooms`: instead of the commands and the buttons. `shared`: channels that another company may read.
    """

    known: Any = askers or (lambda _client: Askers())

    def floor(client: WebClient, executor: Executor) -> Floor:
        return Floor(
            command="/headroom",
            client=client,
            askers=known(client),
            channels=Channels(client, shared=shared),
            commands=commands_on(store),
            clock=lambda: NOW,
            wake=store.wake,
            executor=executor,
        )

    return make_app(access_of(world), rooms or (commanding, acting(store)), floor)


def access_of(world: SlackWorld) -> SlackAccess:
    """How the app reaches this workspace."""
    return SlackAccess(world.bot_token, world.signing_secret, base_url=f"{world.address}/api/")


@contextmanager
def serving_app(
    world: SlackWorld,
    store: Store,
    mode: str = "socket",
    askers: Any = None,  # noqa: ANN401 - as above
    rooms: Sequence[Room] | None = None,
    shared: Sequence[str] = (),
) -> Iterator[App]:
    """Serve workspace and app, by WebSocket or by signed HTTP, until the block ends."""
    with serving_slack(world):
        app = new_app(world, store, askers, rooms, shared)
        if mode == "socket":
            serving: Any = serve_socket_mode(app, world.app_token)
            assert world.sockets.wait(1)
        else:
            serving = serve_http(app, access_of(world), port=0)
            world.request_url = f"http://127.0.0.1:{serving.port}/slack/events"
        try:
            yield app
        finally:
            serving.stop()
