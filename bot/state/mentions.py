"""Accounts whose names stand somewhere: many names are asked for at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from bot.state.tables import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

_AT_A_TIME: Final = 1_000


class MentionStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    def named(self, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the ids of the accounts of some names, by `bot.state.keys.name_key`; names of none are left out."""
        with self._reading() as connection:
            return named(connection, keys)


def named(connection: Connection, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the accounts of some folded names, by name."""
    found: dict[str, tuple[str, ...]] = {}
    wanted = select(ACCOUNTS.c.name_key, ACCOUNTS.c.account_id).order_by(ACCOUNTS.c.account_id)
    asked = list(dict.fromkeys(keys))
    for start in range(0, len(asked), _AT_A_TIME):
        some = asked[start : start + _AT_A_TIME]
        for key, account_id in connection.execute(wanted.where(ACCOUNTS.c.name_key.in_(some))):
            found[key] = (*found.get(key, ()), account_id)
    return found
