"""What the state store is asked: episodes, notices, sources, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.core.episodes import Phase
from bot.state import codec
from bot.state.rows import Status
from bot.state.succession import all_names
from bot.state.tables import AUDIT, EPISODES, NOTICES, RULE_VERSIONS, SOURCES, STANDINGS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from bot.core.episodes import Episode
    from bot.state.rows import Audit, Delivery, RuleVersion, SourceState, Standing


def open_episodes(connection: Connection) -> dict[tuple[str, str], Episode]:
    """Return every episode that is not resolved, by rule and subject."""
    found = _episodes(connection, select(EPISODES).where(EPISODES.c.phase != Phase.RESOLVED.value))
    return {(episode.rule, episode.subject): episode for episode in found}


def episode(connection: Connection, episode_id: str) -> Episode | None:
    """Return one episode, open or not."""
    found = _episodes(connection, select(EPISODES).where(EPISODES.c.episode_id == episode_id))
    return found[0] if found else None


def episodes_of(connection: Connection, subject: str) -> tuple[Episode, ...]:
    """Return every episode of a subject, newest first."""
    wanted = select(EPISODES).where(EPISODES.c.subject == subject)
    return _episodes(connection, wanted.order_by(EPISODES.c.opened_on.desc(), EPISODES.c.rule))


def _episodes(connection: Connection, wanted: Select[tuple[object, ...]]) -> tuple[Episode, ...]:
    return tuple(codec.episode_from_row(row) for row in connection.execute(wanted).mappings())


def deliveries(connection: Connection, status: Status | None, episode_id: str | None) -> tuple[Delivery, ...]:
    """Return notices and how far they came, in the order in which they were enqueued."""
    wanted = select(NOTICES).order_by(NOTICES.c.seq)
    if status is not None:
        wanted = wanted.where(NOTICES.c.status == status.value)
    if episode_id is not None:
        wanted = wanted.where(NOTICES.c.episode_id == episode_id)
    return tuple(codec.delivery_from_row(row) for row in connection.execute(wanted).mappings())


def channel_of(connection: Connection, destination: str) -> str | None:
    """Return the channel that the last message to a destination went to."""
    sent = select(NOTICES.c.channel).where(NOTICES.c.destination == destination, NOTICES.c.status == Status.SENT.value)
    sent = sent.where(NOTICES.c.sent_at.is_not(None))
    channel: str | None = connection.scalar(sent.order_by(NOTICES.c.sent_at.desc()).limit(1))
    return channel


def standings(connection: Connection, subject: str | None) -> tuple[Standing, ...]:
    """Return how the rules stand with a subject, or with all, after the last night; by rule and subject."""
    wanted = select(STANDINGS).order_by(STANDINGS.c.rule, STANDINGS.c.subject)
    if subject is not None:
        wanted = wanted.where(STANDINGS.c.subject == subject)
    return tuple(codec.standing_from_row(row) for row in connection.execute(wanted).mappings())


def rule_versions(connection: Connection, name: str | None) -> tuple[RuleVersion, ...]:
    """Return the versions of a rule, or of all, that were judged so far, newest first."""
    wanted = select(RULE_VERSIONS).order_by(RULE_VERSIONS.c.first_seen.desc(), RULE_VERSIONS.c.name)
    if name is not None:
        wanted = wanted.where(RULE_VERSIONS.c.name == name)
    return tuple(codec.rule_version_from_row(row) for row in connection.execute(wanted).mappings())


def sources(connection: Connection) -> tuple[SourceState, ...]:
    """Return how the last reading of each source went, by name."""
    rows = connection.execute(select(SOURCES).order_by(SOURCES.c.name)).mappings()
    return tuple(codec.source_from_row(row) for row in rows)


def audit(
    connection: Connection, subject: str | None, limit: int | None, since: datetime | None = None
) -> tuple[Audit, ...]:
    """Return the last lines of the audit, of one subject or of all, newest first; none from before `since`.

    Those of an account that lives on in the subject are its, too.
    """
    wanted = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(AUDIT.c.subject.in_(all_names(connection, [subject])))
    if since is not None:
        wanted = wanted.where(AUDIT.c.at >= since)
    return tuple(codec.audit_from_row(row) for row in connection.execute(wanted).mappings())
