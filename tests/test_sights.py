"""What the CRMs let a person see, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bot.desk.asking import ClosedError, MustAskError
from bot.sights import CrmAccess
from connectors.base import Readable

if TYPE_CHECKING:
    from collections.abc import Collection

WANTED = ("A", "B", "C")


@dataclass
class Crm:
    """Answers as it was told to."""

    answer: Readable
    known: bool = True

    def readable(self, _email: str, account_ids: Collection[str]) -> Readable:
        assert tuple(account_ids) == WANTED
        return self.answer

    def kept(self, email: str, account_ids: Collection[str]) -> Readable | None:
        return self.readable(email, account_ids) if self.known else None


def test_what_one_of_two_lets_a_person_read_is_seen() -> None:
    access = CrmAccess((Crm(Readable(frozenset("A"))), Crm(Readable(frozenset("C")))))
    assert access.asked("x", WANTED) == access.kept("x", WANTED) == {"A", "C"}


def test_one_that_is_closed_hides_its_own_accounts_only() -> None:
    access = CrmAccess((Crm(Readable(closed="no such user")), Crm(Readable(frozenset("C")))))
    assert access.asked("x", WANTED) == {"C"}


def test_where_all_are_closed_the_reasons_are_said_once() -> None:
    access = CrmAccess((Crm(Readable(closed="no such user")), Crm(Readable(closed="no such user"))))
    with pytest.raises(ClosedError, match=r"^no such user$"):
        access.asked("x", WANTED)


def test_what_one_of_them_would_have_to_be_asked_for_is_not_told_from_memory() -> None:
    access = CrmAccess((Crm(Readable(frozenset("A"))), Crm(Readable(frozenset("C")), known=False)))
    with pytest.raises(MustAskError):
        access.kept("x", WANTED)
