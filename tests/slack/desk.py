"""A store and a wording of ten lines each, and the app on them, served to a stand-in Slack."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from bot.core.episodes import Episode, Outcome, Phase, Reason, Step
from bot.messages.message import Button, Buttons, Headline, Message, Text
from bot.sandbox.slack import UNLIMITED, SlackUser, SlackWorld, serving_slack
from bot.slack.app import make_app
from bot.slack.client import SlackAccess
from bot.slack.serve import serve_http, serve_socket_mode
from bot.state.acts import UnknownEpisodeError
from bot.state.rows import AccountView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_bolt import App

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACME = AccountView("001A", "Acme & Sons", "acme.com", None, None, None, date(2026, 2, 28), {}, ())
ALERT = Message(
    "churn_risk",
    "Acme uses 41 % of its seats",
    (Headline("Acme uses 41 % of its seats"), Buttons((Button("Claim", "claim", "e1", style="primary"),))),
)


class Wording:
    """Says no more than what it was given."""

    def answer(self, view: AccountView) -> Message:
        return Message("answer", f"{view.name} as of {view.as_of}", (Headline(view.name),))

    def not_found(self, text: str, suggestions: Sequence[tuple[str, str]]) -> Message:
        names = ", ".join(name for _, name in suggestions)
        return Message("answer", f"no {text}; near: {names}", (Text(f"no {text}; near: {names}"),))

    def rules(self) -> Sequence[str]:
        return ("near-limit", "licence-underuse", "overage")

    def sources(self) -> Sequence[str]:
        return ("salesforce",)

    def why(self, view: AccountView, rule: str | None) -> Message:
        return Message("answer", f"why {view.name}: {rule}", (Headline(view.name),))

    def why_source(self, name: str, rule: str | None) -> Message:
        return Message("answer", f"why {name}: {rule}", (Headline(name),))


@dataclass
class Store:
    """Two accounts, and episodes of which the first claim wins."""

    accounts: tuple[AccountView, ...] = (ACME,)
    claimed: dict[str, str] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    acts: list[tuple[str, str, str]] = field(default_factory=list)
    wakes: int = 0
    broken: Exception | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find_account(self, text: str) -> AccountView | None:
        if self.broken:
            raise self.broken
        return next((one for one in self.accounts if text in {one.account_id, one.name, one.domain}), None)

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        return [(one.account_id, one.name) for one in self.accounts[:limit]]

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

    def snooze_episode(self, episode_id: str, user: str, days: int, now: datetime) -> Step:
        self.acts.append((episode_id, user, f"snooze {days}"))
        return self._done(episode_id, now)

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, now: datetime) -> Step:
        self.acts.append((episode_id, user, f"close {outcome}"))
        return self._done(episode_id, now)

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


def new_app(world: SlackWorld, store: Store) -> App:
    """Make the app that talks to this workspace."""
    return make_app(access_of(world), store, store, Wording(), wake=store.wake, clock=lambda: NOW)


def access_of(world: SlackWorld) -> SlackAccess:
    """How the app reaches this workspace."""
    return SlackAccess(world.bot_token, world.signing_secret, base_url=f"{world.address}/api/")


@contextmanager
def serving_app(world: SlackWorld, store: Store, mode: str = "socket") -> Iterator[App]:
    """Serve workspace and app, by WebSocket or by signed HTTP, until the block ends."""
    with serving_slack(world):
        app = new_app(world, store)
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
