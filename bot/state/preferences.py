"""What people chose for themselves, by their Slack user id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, select, update

from bot.core.choices import kept, stored
from bot.core.preferences import NOTHING_CHOSEN
from bot.state import codec
from bot.state.tables import PEOPLE, PREFERENCES
from bot.state.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.core.preferences import Preferences

_log = structlog.get_logger(__name__)


def preferences(connection: Connection, user_id: str) -> Preferences:
    """Return what a Slack user chose; nothing chosen where they never did."""
    value = connection.scalar(select(PREFERENCES.c.value).where(PREFERENCES.c.user_id == user_id))
    return NOTHING_CHOSEN if value is None else _read(user_id, value)


def preferences_by_person(connection: Connection) -> dict[str, Preferences]:
    """Return what people of the CRM chose, by their id there; only those who chose anything and are known in Slack."""
    wanted = select(PEOPLE.c.person_id, PREFERENCES.c.user_id, PREFERENCES.c.value).join_from(
        PEOPLE, PREFERENCES, PEOPLE.c.slack_user_id == PREFERENCES.c.user_id
    )
    return {row.person_id: _read(row.user_id, row.value) for row in connection.execute(wanted)}


def choose(
    connection: Connection, user_id: str, change: Callable[[Preferences], Preferences], now: datetime
) -> Preferences:
    """Change what a Slack user chose and return it; whoever has chosen nothing any more has no row."""
    # Locked: of two changes at once the later one begins with what the earlier one left.
    held = select(PREFERENCES.c.value).where(PREFERENCES.c.user_id == user_id).with_for_update()
    value = connection.scalar(held)
    after = change(NOTHING_CHOSEN if value is None else _read(user_id, value))
    if after == NOTHING_CHOSEN:
        connection.execute(delete(PREFERENCES).where(PREFERENCES.c.user_id == user_id))
    else:
        row = {"user_id": user_id, "value": codec.to_json(stored(after)), "changed_at": now}
        upsert(connection, PREFERENCES, [row])
    return after


def recognise(connection: Connection, person_id: str, user_id: str) -> None:
    """Note which Slack user a person of the CRM is, where that is not known; where they are reached stays to be asked.

    Without it what somebody chose would hold only after their first message.
    """
    unknown = (PEOPLE.c.person_id == person_id) & PEOPLE.c.slack_user_id.is_(None)
    connection.execute(update(PEOPLE).where(unknown).values(slack_user_id=user_id))


def _read(user_id: str, value: str) -> Preferences:
    found, dropped = kept(codec.from_json(value))
    if dropped:
        # Written by another version, or by hand: the rest of what they chose still holds.
        _log.warning("preferences not understood", user=user_id, keys=", ".join(dropped))
    return found
