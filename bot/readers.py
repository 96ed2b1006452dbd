"""What people may see of the accounts that they only subscribed to. In doubt nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.desk.asking import ClosedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.sights import CrmAccess
    from bot.state.rows import Person

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CrmReaders:
    """Asks the CRMs. Without any that can tell, everybody sees everything, as in Slack."""

    access: CrmAccess | None

    def __call__(self, person: Person, account_ids: Collection[str]) -> frozenset[str]:
        """Return which of some accounts a person may see; none where that cannot be told. Raises nothing."""
        if self.access is None:
            return frozenset(account_ids)
        try:
            return self.access.asked(person.email or "", account_ids)
        except ClosedError as error:
            _log.warning("nothing shown beside one's own accounts", person=person.person_id, reason=str(error))
            return frozenset()
