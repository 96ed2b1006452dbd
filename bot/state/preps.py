"""Whose renewal comes up, and what was said to prepare it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from bot.state import codec
from bot.state.enqueue import enqueue
from bot.state.rows import Act
from bot.state.succession import in_groups
from bot.state.tables import ACCOUNTS, NOTICES, SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import date

    from sqlalchemy import Connection

    from bot.state.rows import AccountView, Notice

    Span = tuple[date, date]

_AT_ONCE = 500


class PrepStore(ABC):
    """Every method is one transaction."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]: ...

    def judged_on(self) -> date | None:
        """Return the day that the accounts are as of; None before the first night."""
        with self._reading() as connection:
            day: date | None = connection.scalar(select(SNAPSHOT.c.as_of))
            return day

    def accounts_with_deadline(self, spans: Sequence[Span], of_band: tuple[str, Span]) -> tuple[AccountView, ...]:
        """Return the accounts whose deadline lies in one of some spans, the nearest first.

        A span is its first and last day. `of_band`: a band of health, and where the deadlines of its accounts lie.
        """
        band, of_its_own = of_band
        within = or_(
            *(ACCOUNTS.c.deadline_on.between(*span) for span in spans),
            and_(ACCOUNTS.c.health_band == band, ACCOUNTS.c.deadline_on.between(*of_its_own)),
        )
        wanted = select(ACCOUNTS).where(within).order_by(ACCOUNTS.c.deadline_on, ACCOUNTS.c.account_id)
        with self._reading() as connection:
            return tuple(codec.account_from_row(row) for row in connection.execute(wanted).mappings())

    def posted_of(self, episode_ids: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return what was posted about some episodes, whoever to: episode and transition."""
        columns = (NOTICES.c.episode_id, NOTICES.c.transition)
        with self._reading() as connection:
            return frozenset(
                (row.episode_id, row.transition)
                for some in in_groups(episode_ids, _AT_ONCE)
                for row in connection.execute(
                    select(*columns).where(NOTICES.c.act == Act.POST.value, NOTICES.c.episode_id.in_(some))
                )
            )

    def say(self, notices: Sequence[Notice]) -> tuple[Notice, ...]:
        """Put notices into the outbox, all or none; return those that are new under their key."""
        with self._writing() as connection:
            return enqueue(connection, notices)
