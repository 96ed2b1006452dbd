"""Accounts that live on in others: what was said of them goes on under the new id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from bot.state import codec
from bot.state.rows import Audit
from bot.state.tables import AUDIT, EPISODES, NOTICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

AT_ONCE: Final = 500
"""Parameters of one statement."""
MOVED: Final = "moved"
"""Verb of the audit's line under the new id; its detail has the former one."""


def moved(connection: Connection, heirs: Mapping[str, str]) -> dict[str, str]:
    """Return those of the former accounts that anything was ever said of, and who they are now."""
    if not heirs:
        return {}
    subjects = set(connection.scalars(select(EPISODES.c.subject).distinct()))
    return {former: heir for former, heir in heirs.items() if former in subjects and former != heir}


def succeed(connection: Connection, heirs: Mapping[str, str], now: datetime) -> None:
    """Bring episodes that are over, and messages, under the new ids: threads and answers go on there.

    Open episodes are brought there by the judgement. The audit stays as it was written, with a line that says so.
    """
    for former, heir in sorted(heirs.items()):
        for table in (EPISODES, NOTICES):
            connection.execute(update(table).where(table.c.subject == former).values(subject=heir))
        line = Audit(now, "headroom", MOVED, heir, {"former": former})
        connection.execute(insert(AUDIT), [codec.audit_to_row(line)])


def all_names(connection: Connection, subjects: Collection[str]) -> set[str]:
    """Return some subjects and the ids that were theirs before: lines of the audit stand under those."""
    names, new = set(subjects), set(subjects)
    while new:
        found = {
            str(codec.audit_from_row(row).detail["former"])
            for some in in_groups(new)
            for row in connection.execute(
                select(AUDIT).where(AUDIT.c.subject.in_(some), AUDIT.c.verb == MOVED)
            ).mappings()
        }
        new = found - names
        names |= new
    return names


def in_groups(texts: Collection[str], at_once: int = AT_ONCE) -> Iterator[list[str]]:
    """Yield texts in lists that a database takes as parameters."""
    every = sorted(texts)
    for start in range(0, len(every), at_once):
        yield every[start : start + at_once]
