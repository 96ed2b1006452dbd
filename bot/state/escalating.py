"""Alerts that nobody has claimed, and the manager who is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from bot.core.episodes import Phase
from bot.state import codec
from bot.state.acts import act_on_episode
from bot.state.enqueue import enqueue
from bot.state.tables import EPISODES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message
    from bot.state.rows import Notice

_ACTOR = "headroom"


def unclaimed(connection: Connection, rules: Collection[str]) -> tuple[Episode, ...]:
    """Return the episodes of some rules that fire, that people were told of, and that nobody was turned to for."""
    # Written as the partial index of open episodes is, so that it serves: ended ones pile up over the years.
    wanted = select(EPISODES).where(text("phase <> 'resolved'"), EPISODES.c.rule.in_(sorted(rules)))
    wanted = wanted.where(
        EPISODES.c.phase == Phase.FIRING.value, EPISODES.c.announced, EPISODES.c.escalated_at.is_(None)
    )
    rows = connection.execute(wanted.order_by(EPISODES.c.fired_at, EPISODES.c.episode_id)).mappings()
    return tuple(map(codec.episode_from_row, rows))


def escalate(
    connection: Connection,
    episode_id: str,
    now: datetime,
    act: Callable[[Episode], Step],
    render: Callable[[Episode, Notice], Message],
    card: Callable[[Step], Notice],
) -> Step:
    """Escalate an episode if `act` decides so on it as it is now; `card` is what the manager is told.

    `render` writes the messages anew that stand already. Raises UnknownEpisodeError.
    """
    step = act_on_episode(connection, episode_id, (_ACTOR, now), act, render)
    if step.notify:
        enqueue(connection, [card(step)])
    return step
