"""The part of the state store that is one person's: what they chose for themselves, and what their Home shows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from bot.state import home, preferences

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from sqlalchemy import Connection

    from bot.core.episodes import Episode
    from bot.core.holdings import Holding, Scope
    from bot.core.preferences import Preferences
    from bot.state.rows import AccountView


class PersonalStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    def preferences(self, user_id: str) -> Preferences:
        """Return what a Slack user chose; nothing chosen where they never did."""
        with self._reading() as connection:
            return preferences.preferences(connection, user_id)

    def preferences_by_person(self) -> dict[str, Preferences]:
        """Return what people of the CRM chose, by their id there; only those who chose and are known in Slack."""
        with self._reading() as connection:
            return preferences.preferences_by_person(connection)

    def choose(
        self,
        user_id: str,
        change: Callable[[Preferences], Preferences],
        now: datetime,
        person_id: str | None = None,
    ) -> Preferences:
        """Change what a Slack user chose, and return it. What `change` raises changes nothing.

        `person_id`: who that is in the CRM, where known.
        """
        with self._writing() as connection:
            if person_id is not None:
                preferences.recognise(connection, person_id, user_id)
            return preferences.choose(connection, user_id, change, now)

    def holdings(self, scope: Scope, limit: int) -> list[Holding]:
        """Return accounts, what has most at stake first; those without an alert by their ARR."""
        with self._reading() as connection:
            return home.holdings(connection, scope, limit)

    def coming_up(self, scope: Scope, since: date, until: date, limit: int) -> list[Holding]:
        """Return accounts whose deadline lies between two days, both included; the nearest first."""
        with self._reading() as connection:
            return home.coming_up(connection, scope, since, until, limit)

    def open_alerts(self, scope: Scope, limit: int) -> list[Episode]:
        """Return the open alerts of accounts of which people were told, what has most at stake first."""
        with self._reading() as connection:
            return home.open_alerts(connection, scope, limit)

    def views(self, account_ids: Collection[str]) -> dict[str, AccountView]:
        """Return some accounts by their ids, whole: for a page of them, not for a list of all."""
        with self._reading() as connection:
            return home.views(connection, account_ids)

    def has_accounts(self, people: Collection[str]) -> bool:
        """Tell whether somebody is the owner or CSM of any account."""
        with self._reading() as connection:
            return home.has_any(connection, people)

    def segments(self) -> tuple[str, ...]:
        """Return every segment that an account has, by name."""
        with self._reading() as connection:
            return tuple(home.segments(connection))
