"""Somebody acts on an episode: the first one wins, and every message of the episode is to show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.state import codec
from bot.state.engine import StateError
from bot.state.enqueue import enqueue
from bot.state.judgements import append_audit, store_episodes
from bot.state.keys import notice_id
from bot.state.rows import Act, Audit, Notice, Status
from bot.state.tables import EPISODES, NOTICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.core.episodes import Episode, Step
    from bot.messages.message import Message


class UnknownEpisodeError(StateError):
    """There is no episode of that id."""


def act_on_episode(
    connection: Connection,
    episode_id: str,
    actor: tuple[str, datetime],
    act: Callable[[Episode], Step],
    render: Callable[[Episode, Notice], Message],
) -> Step:
    """Let a user act on an episode and enqueue an update of each of its messages.

    `actor`: a Slack user id, and when. `act` decides, on the episode as it is now: nobody else can act meanwhile.
    `render` writes a message anew. Raises UnknownEpisodeError.
    """
    user, now = actor
    before = locked(connection, episode_id)
    if before is None:
        raise UnknownEpisodeError(f"there is no episode {episode_id}")
    step = act(before)
    if step.episode is None or step.episode == before:
        return step
    store_episodes(connection, [step.episode])
    if step.notify:
        enqueue(connection, list(_updates(connection, step, now, render)))
    append_audit(connection, [audit_line(step, before, user, now)])
    return step


def locked(connection: Connection, episode_id: str) -> Episode | None:
    """Return an episode that nobody else can change until the transaction ends."""
    wanted = select(EPISODES).where(EPISODES.c.episode_id == episode_id).with_for_update()
    row = connection.execute(wanted).mappings().first()
    return codec.episode_from_row(row) if row else None


def audit_line(step: Step, before: Episode, actor: str, now: datetime) -> Audit:
    """Write down what somebody did with an episode."""
    detail = {
        "rule": before.rule,
        "version": before.rule_version,
        "episode": before.episode_id,
        "transition": step.transition,
        "reason": step.detail,
    }
    return Audit(now, actor, step.transition.partition("@")[0], before.subject, detail)


def _updates(
    connection: Connection, step: Step, now: datetime, render: Callable[[Episode, Notice], Message]
) -> Iterator[Notice]:
    assert step.episode is not None, "an act is on an episode"
    seen: set[str] = set()
    for post in _posts(connection, step.episode.episode_id):
        # The newest message at a destination carries the plain key; older ones name the post that they change.
        transition = f"{step.transition}:{post.transition}" if post.destination in seen else step.transition
        seen.add(post.destination)
        yield Notice(
            notice_id=notice_id(post.episode_id, transition, post.destination, Act.UPDATE),
            episode_id=post.episode_id,
            transition=transition,
            destination=post.destination,
            act=Act.UPDATE,
            kind=post.kind,
            subject=post.subject,
            message=render(step.episode, post),
            created_at=now,
            post_id=post.notice_id,
        )


def _posts(connection: Connection, episode_id: str) -> Sequence[Notice]:
    posts = select(NOTICES).where(
        NOTICES.c.episode_id == episode_id, NOTICES.c.act == Act.POST.value, NOTICES.c.status != Status.FAILED.value
    )
    rows = connection.execute(posts.order_by(NOTICES.c.seq.desc())).mappings()
    return [codec.notice_from_row(row) for row in rows]
