"""Accounts of the latest snapshot, as people ask for them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process
from sqlalchemy import select

from bot.state import codec
from bot.state.keys import domain_key, id_forms, name_key
from bot.state.tables import ACCOUNTS, SNAPSHOT

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select
    from sqlalchemy.sql.elements import ColumnElement

    from bot.state.rows import AccountView

_TWO: Final = 2


def find_account(connection: Connection, text: str) -> AccountView | None:
    """Find the one account of an id (15 or 18 characters), external id, domain or name, in this order.

    None where nothing fits, and where two accounts fit equally well: nothing is guessed.
    """
    text = text.strip()
    domain = domain_key(text)
    asked: list[ColumnElement[bool]] = [
        ACCOUNTS.c.account_id.in_(id_forms(text)),
        ACCOUNTS.c.external_id == text,
        ACCOUNTS.c.name_key == name_key(text),
    ]
    if domain is not None:
        asked.insert(2, ACCOUNTS.c.domain_key == domain)
    for condition in asked:
        rows = connection.execute(_first_two(condition)).mappings().all()
        if rows:
            return codec.account_from_row(rows[0]) if len(rows) == 1 else None
    return None


def _first_two(condition: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(ACCOUNTS).where(condition).limit(_TWO)


def account(connection: Connection, account_id: str) -> AccountView | None:
    """Return the account of exactly this id."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id)).mappings().first()
    return codec.account_from_row(row) if row else None


def accounts(connection: Connection) -> tuple[AccountView, ...]:
    """Return every account of the snapshot, by name."""
    rows = connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name_key, ACCOUNTS.c.account_id)).mappings()
    return tuple(codec.account_from_row(row) for row in rows)


@dataclass(frozen=True, slots=True)
class _Names:
    version: int
    ids: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]


class Names:
    """Names of all accounts in memory, read anew when the snapshot has changed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held = _Names(-1, (), (), ())
        self._reading = threading.Lock()

    def all(self, connection: Connection) -> list[tuple[str, str]]:
        """Return id and name of every account, by name."""
        held = self._current(connection)
        return list(zip(held.ids, held.names, strict=True))

    def suggest(self, connection: Connection, text: str, limit: int) -> list[tuple[str, str]]:
        """Return id and name of the accounts whose names come nearest to what was typed, nearest first."""
        held = self._current(connection)
        near = process.extract(name_key(text), held.keys, scorer=fuzz.WRatio, limit=limit)
        return [(held.ids[place], held.names[place]) for _, _, place in near]

    def _current(self, connection: Connection) -> _Names:
        version = connection.scalar(select(SNAPSHOT.c.version)) or 0
        if self._held.version != version:
            with self._reading:
                if self._held.version != version:
                    self._held = _read_names(connection, version)
        return self._held


def _read_names(connection: Connection, version: int) -> _Names:
    wanted = select(ACCOUNTS.c.account_id, ACCOUNTS.c.name, ACCOUNTS.c.name_key)
    rows = connection.execute(wanted.order_by(ACCOUNTS.c.name_key, ACCOUNTS.c.account_id)).all()
    return _Names(
        version,
        tuple(row.account_id for row in rows),
        tuple(row.name for row in rows),
        tuple(row.name_key for row in rows),
    )
