"""What the CRMs let a person see, as those who ask in Slack are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.desk.asking import ClosedError, MustAskError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from connectors.base import AccountAccess, Readable


@dataclass(frozen=True, slots=True)
class CrmAccess:
    """What at least one of the CRMs lets a person read. What none of them speaks for, nobody sees."""

    crms: Sequence[AccountAccess]

    def kept(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        """Return what may be read, from memory. Raises MustAskError, ClosedError."""
        answers = [crm.kept(email, account_ids) for crm in self.crms]
        known = [answer for answer in answers if answer is not None]
        if len(known) < len(answers):
            raise MustAskError
        return _joined(known)

    def asked(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        """Return what may be read, asking where that is not known. Raises ClosedError."""
        return _joined([crm.readable(email, account_ids) for crm in self.crms])


def _joined(answers: Sequence[Readable]) -> frozenset[str]:
    reasons = [answer.closed for answer in answers if answer.closed is not None]
    if len(reasons) == len(answers):
        raise ClosedError("; ".join(_once(reasons)))
    return frozenset[str]().union(*(answer.account_ids for answer in answers))


def _once(reasons: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(reasons)
