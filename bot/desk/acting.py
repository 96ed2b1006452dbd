"""What people do with alerts, from wherever they do it: each act through the core, and told in every message."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bot.core import acts
from bot.messages.revise import revised
from bot.messages.views.acts import Alert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from bot.core.episode import Episode, Outcome, Step
    from bot.messages.message import Message
    from bot.state.rows import Notice


class Store(Protocol):
    """What of the state store is needed to act."""

    def episode(self, episode_id: str) -> Episode | None:
        """Return one episode, open or not."""

    def act_on_episode(
        self,
        episode_id: str,
        actor: tuple[str, datetime],
        act: Callable[[Episode], Step],
        render: Callable[[Episode, Notice], Message],
    ) -> Step:
        """Let a user act on an episode, write the audit, and enqueue an update of each of its messages."""


@dataclass(frozen=True, slots=True)
class TaskMade:
    """What became of a task that somebody wanted in the CRM."""

    url: str | None = None
    """Where it stands, where that is known."""
    had: bool = False
    """Whether it stood there already."""
    claimed: bool = False
    """Whether the person took the alert on by it."""
    problem: str | None = None
    """Why there is none, in words."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Acts on episodes in the name of a person. Every method raises UnknownEpisodeError where there is none."""

    store: Store
    zone: str = "UTC"
    """IANA name of the company's time zone: whose day today is."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Kind of each rule, by its name."""

    def today(self, now: datetime) -> date:
        """Return which day it is for the company."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def episode(self, episode_id: str) -> Episode | None:
        """Return an episode as it is now."""
        return self.store.episode(episode_id)

    def alert(self, episode_id: str) -> Alert | None:
        """Return what a modal about an episode may say to whoever pressed."""
        episode = self.store.episode(episode_id)
        return Alert(episode_id, episode.rule, self.kinds.get(episode.rule, "")) if episode is not None else None

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        """Let a person take an episode on; the first one wins."""
        return self._act(episode_id, (user, now), partial(acts.claim, user=user, now=now))

    def snooze_episode(self, episode_id: str, user: str, until: date, reason: str | None, now: datetime) -> Step:
        """Silence an episode until a day of the company."""
        today = self.today(now)
        return self._act(episode_id, (user, now), lambda episode: acts.snooze(episode, user, until, reason, now, today))

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, reason: str | None, now: datetime) -> Step:
        """Say what became of an episode; the first one wins."""
        return self._act(episode_id, (user, now), lambda episode: acts.close(episode, user, outcome, reason, now))

    def _act(self, episode_id: str, actor: tuple[str, datetime], act: Callable[[Episode], Step]) -> Step:
        def render(episode: Episode, notice: Notice) -> Message:
            return revised(notice.message, episode)

        return self.store.act_on_episode(episode_id, actor, act, render)
