"""People of the CRM, and who they are in Slack as last looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from bot.state import codec
from bot.state.rows import SlackIdentity
from bot.state.tables import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from bot.state.rows import Person


def person(connection: Connection, person_id: str) -> Person | None:
    """Return a person of the CRM."""
    row = connection.execute(select(PEOPLE).where(PEOPLE.c.person_id == person_id)).mappings().first()
    return codec.person_from_row(row) if row else None


def people(connection: Connection, ids: Collection[str] | None = None) -> dict[str, Person]:
    """Return everybody, or those of the ids who are known, by id."""
    wanted = select(PEOPLE) if ids is None else select(PEOPLE).where(PEOPLE.c.person_id.in_(ids))
    rows = connection.execute(wanted).mappings()
    return {row["person_id"]: codec.person_from_row(row) for row in rows}


def slack_identity(connection: Connection, person_id: str) -> SlackIdentity | None:
    """Return who a person is in Slack; None where that was never looked up, or the address changed since."""
    row = connection.execute(select(PEOPLE).where(PEOPLE.c.person_id == person_id)).mappings().first()
    if row is None or row["slack_checked_at"] is None:
        return None
    return SlackIdentity(row["slack_user_id"], row["slack_channel"], row["slack_checked_at"])


def person_in_slack(connection: Connection, user_id: str) -> Person | None:
    """Return the person of the CRM who was found to be this Slack user; of several who were, the first by id."""
    wanted = select(PEOPLE).where(PEOPLE.c.slack_user_id == user_id).order_by(PEOPLE.c.person_id).limit(1)
    row = connection.execute(wanted).mappings().first()
    return codec.person_from_row(row) if row else None


def person_of_email(connection: Connection, email: str) -> Person | None:
    """Return the active person with this address; None where there is none, or several: nobody is guessed."""
    wanted = select(PEOPLE).where(func.lower(PEOPLE.c.email) == email.strip().lower(), PEOPLE.c.active).limit(2)
    rows = connection.execute(wanted).mappings().all()
    return codec.person_from_row(rows[0]) if len(rows) == 1 else None


def remember_slack(connection: Connection, person_id: str, identity: SlackIdentity | None) -> None:
    """Keep what a look-up found; None forgets it."""
    values = {
        "slack_user_id": identity.user_id if identity else None,
        "slack_channel": identity.channel if identity else None,
        "slack_checked_at": identity.checked_at if identity else None,
    }
    connection.execute(update(PEOPLE).where(PEOPLE.c.person_id == person_id).values(values))
