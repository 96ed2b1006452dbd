"""INSERT .. ON CONFLICT, in the words of the database that a connection is to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.elements import ColumnElement

    from bot.state.codec import Record

Insert = postgresql.Insert | sqlite.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """Return the INSERT of the connection's database: both know ON CONFLICT, in the same words."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Record],
    own: Mapping[str, ColumnElement[object]] | None = None,
    statement: Insert | None = None,
) -> None:
    """Insert rows, or change those that are there and differ. All rows have the same columns.

    `own` names columns that are not simply taken over: their expression may use `excluded` of `statement`, which
    then has to be handed in too.
    """
    if not rows:
        return
    statement = statement if statement is not None else insert(connection, table)
    key = [column.name for column in table.primary_key]
    taken = [name for name in rows[0] if name not in key and name not in (own or {})]
    values = {name: statement.excluded[name] for name in taken} | dict(own or {})
    # Rows that are as they were are not written again: on most nights that is most of them.
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
    # A list of rows goes through the driver's executemany; one statement of many VALUES takes twenty times as long.
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values, where=differs), rows)
