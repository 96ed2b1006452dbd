"""What people were told lately, and what of it stood in a digest only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from bot.core.addressing import PERSON
from bot.state import codec
from bot.state.rows import Act
from bot.state.succession import AT_ONCE, all_names, in_groups
from bot.state.tables import AUDIT, EPISODES, NOTICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping, Select

    from bot.state.rows import Audit

_PAGE: Final = 2_000
_AT_ONCE: Final = AT_ONCE
# A renewal brief is prepared long before, and has parts: it takes no place of an alert.
_UNCOUNTED: Final = frozenset({"operations", "digest", "brief"})
_DIGESTED: Final = "digested"


@dataclass(frozen=True, slots=True)
class Said:
    """One post to a person."""

    notice_id: str
    episode_id: str
    destination: str
    kind: str
    created_at: datetime

    @property
    def counts(self) -> bool:
        """Whether it takes up the person's attention for the day."""
        return self.kind not in _UNCOUNTED


def said_to_people(connection: Connection, since: datetime) -> tuple[Said, ...]:
    """Return every post to a person that was enqueued since a moment, newest first."""
    wanted = select(*(NOTICES.c[name] for name in ("seq", "act", *Said.__slots__)))
    rows = _newest(connection, wanted, since)
    return tuple(
        Said(**{name: row[name] for name in Said.__slots__})
        for row in rows
        if row["act"] == Act.POST and row["destination"].startswith(PERSON)
    )


def enqueued(connection: Connection, notice_ids: Collection[str]) -> frozenset[str]:
    """Return which of some notices stand in the outbox, however far they came."""
    return frozenset(
        found
        for some in in_groups(notice_ids, _AT_ONCE)
        for found in connection.scalars(select(NOTICES.c.notice_id).where(NOTICES.c.notice_id.in_(some)))
    )


def digested_of(connection: Connection, subjects: Collection[str]) -> frozenset[tuple[str, str, str]]:
    """Return what of some subjects ever went into digests: episode, transition and destination."""
    found = (
        codec.audit_from_row(row).detail
        for some in in_groups(all_names(connection, subjects), _AT_ONCE)
        for row in connection.execute(
            select(AUDIT).where(AUDIT.c.subject.in_(some), AUDIT.c.verb == _DIGESTED)
        ).mappings()
    )
    return frozenset((str(one["episode"]), str(one["transition"]), str(one["destination"])) for one in found)


def digested(connection: Connection, episode_id: str) -> tuple[Audit, ...]:
    """Return the lines of the audit for what of an episode stood in a digest only, oldest first."""
    subject = connection.scalar(select(EPISODES.c.subject).where(EPISODES.c.episode_id == episode_id))
    names = all_names(connection, [subject]) if subject is not None else set()
    lines = select(AUDIT).where(AUDIT.c.subject.in_(names), AUDIT.c.verb == _DIGESTED).order_by(AUDIT.c.seq)
    found = (codec.audit_from_row(row) for row in connection.execute(lines).mappings())
    return tuple(line for line in found if line.detail.get("episode") == episode_id)


def _newest(connection: Connection, wanted: Select[tuple[object, ...]], since: datetime) -> Iterator[RowMapping]:
    """Yield notices from the newest back, for as long as a page has any since a moment.

    There is no index by time, and the table grows for years; its numbers go with time, but for a few.
    """
    page = connection.execute(wanted.order_by(NOTICES.c.seq.desc()).limit(_PAGE)).mappings().all()
    while recent := [row for row in page if row["created_at"] >= since]:
        yield from recent
        older = wanted.where(NOTICES.c.seq < page[-1]["seq"])
        page = connection.execute(older.order_by(NOTICES.c.seq.desc()).limit(_PAGE)).mappings().all()
