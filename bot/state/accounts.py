"""Accounts of the latest snapshot, as people ask for them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, case, or_, select

from bot.core.near_names import NearNames
from bot.state import codec
from bot.state.keys import domain_key, id_forms, name_key
from bot.state.tables import ACCOUNTS, FORMER, SNAPSHOT

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Connection, Select
    from sqlalchemy.sql.elements import ColumnElement

    from bot.state.rows import AccountView

_TWO: Final = 2
MEANT_MOST: Final = 200
"""So many accounts of one name or domain are told apart by who may see them."""


def find_account(connection: Connection, text: str) -> AccountView | None:
    """Find the one account of an id (15 or 18 characters), external id, domain or name, in this order.

    The id of an account that was merged, or created again, is that of the one it lives on in. None where nothing fits,
    and where two accounts fit equally well: nothing is guessed.
    """
    rows = connection.execute(_FIND, _asked(text)).mappings().all()
    if not rows or (len(rows) == _TWO and rows[0]["way"] == rows[1]["way"]):
        return None
    return codec.account_from_row(rows[0])


def could_mean(connection: Connection, text: str) -> tuple[tuple[int, AccountView], ...]:
    """Return every account that `find_account` looks at, up to MEANT_MOST, each with the rank of what fits: best first.

    For whoever may see some of them alone: of those the one that fits best is meant.
    """
    rows = connection.execute(_FIND_ALL, _asked(text)).mappings()
    return tuple((row["way"], codec.account_from_row(row)) for row in rows)


def _asked(text: str) -> dict[str, Any]:
    text = text.strip()
    return {"ids": id_forms(text), "text": text, "domain": domain_key(text), "name": name_key(text)}


def _finding() -> Select[Any]:
    """Return one question for all ways of naming an account: somebody waits for the answer."""
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    ways: tuple[ColumnElement[bool], ...] = (
        ACCOUNTS.c.account_id.in_(ids),
        ACCOUNTS.c.account_id.in_(select(FORMER.c.account_id).where(FORMER.c.former_id.in_(ids))),
        ACCOUNTS.c.external_id == bindparam("text"),
        ACCOUNTS.c.domain_key == bindparam("domain"),
        ACCOUNTS.c.name_key == bindparam("name"),
    )
    way = case(*((condition, place) for place, condition in enumerate(ways))).label("way")
    return select(ACCOUNTS, way).where(or_(*ways)).order_by(way, ACCOUNTS.c.account_id)


# Made once: somebody waits.
_FIND: Final = _finding().limit(_TWO)
_FIND_ALL: Final = _finding().limit(MEANT_MOST)


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
        self._near = (-1, NearNames(()))
        self._reading = threading.Lock()
        self._indexing = threading.Lock()

    def all(self, connection: Connection) -> list[tuple[str, str]]:
        """Return id and name of every account, by name."""
        held = self._current(connection)
        return list(zip(held.ids, held.names, strict=True))

    def suggest(self, connection: Connection, text: str, limit: int) -> list[tuple[str, str]]:
        """Return id and name of the accounts whose names come nearest to what was typed, nearest first."""
        held = self._current(connection)
        near = self._index(held).nearest(name_key(text), limit)
        return [(held.ids[place], held.names[place]) for place in near]

    def _current(self, connection: Connection) -> _Names:
        version = connection.scalar(select(SNAPSHOT.c.version)) or 0
        if self._held.version != version:
            with self._reading:
                if self._held.version != version:
                    self._held = _read_names(connection, version)
        return self._held

    def _index(self, held: _Names) -> NearNames:
        # Another thread may have read newer names meanwhile: the index has to be that of those in hand.
        version, near = self._near
        if version == held.version:
            return near
        with self._indexing:
            version, near = self._near
            if version != held.version:
                near = NearNames(held.keys)
                self._near = (held.version, near)
        return near


def _read_names(connection: Connection, version: int) -> _Names:
    wanted = select(ACCOUNTS.c.name_key, ACCOUNTS.c.account_id, ACCOUNTS.c.name)
    # Sorted here: a database may have an alphabet of its own.
    rows = sorted(tuple(row) for row in connection.execute(wanted))
    return _Names(
        version,
        tuple(account_id for _, account_id, _ in rows),
        tuple(name for _, _, name in rows),
        tuple(key for key, _, _ in rows),
    )
