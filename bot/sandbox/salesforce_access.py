"""UserRecordAccess of a stand-in org: who may read which records, as a test sets it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from bot.sandbox.salesforce_ids import LONG, lengthened
from bot.sandbox.soql import Comparison, Junction, SoqlError, located, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.sandbox.salesforce_org import Org
    from bot.sandbox.soql import Condition, Query

OBJECT: Final = "UserRecordAccess"
_MOST: Final = 200
_RIGHTS: Final = (
    "HasAllAccess",
    "HasDeleteAccess",
    "HasEditAccess",
    "HasReadAccess",
    "HasTransferAccess",
)
_COLUMNS: Final = {name.casefold(): name for name in ("RecordId", "UserId", *_RIGHTS)}


@dataclass(slots=True)
class Sight:
    """Who may read what; everybody everything, until a test says otherwise. Safe between threads.

    Only reading is told apart: who may read may do everything else, too.
    """

    org: Org
    _seen: dict[str, frozenset[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def only(self, user: str, records: Iterable[str]) -> None:
        """Let a user read these records and no others."""
        with self._lock:
            self._seen[lengthened(user)] = frozenset(map(lengthened, records))

    def is_asked_by(self, query: Query) -> bool:
        """Tell whether a query is about access."""
        return query.source.text.casefold() == OBJECT.casefold()

    def answer(self, query: Query, version: str) -> list[dict[str, Any]]:
        """Return the records of a query's answer. Raises SoqlError for a query that Salesforce does not answer."""
        names = _selected(query)
        filters = dict(_filters(query, query.where))
        users, records = filters.get("userid", ()), filters.get("recordid", ())
        if len(users) != 1 or not records:
            _refuse(query, "UserRecordAccess can only be queried for one UserId and a list of RecordId")
        if len(records) > _MOST:
            raise SoqlError("EXCEEDED_ID_LIMIT", f"record limit reached. cannot ask for more than {_MOST} record ids")
        user = lengthened(users[0])
        known = [lengthened(one) for one in records if self._is_record(one)]
        return [self._row(user, record, names, version) for record in dict.fromkeys(known)]

    def _row(self, user: str, record: str, names: list[str], version: str) -> dict[str, Any]:
        reads = self._reads(user, record)
        values = {"RecordId": record, "UserId": user, **dict.fromkeys(_RIGHTS, reads)}
        url = f"/services/data/v{version}/sobjects/{OBJECT}/{record}"
        return {"attributes": {"type": OBJECT, "url": url}, **{name: values[name] for name in names}}

    def _reads(self, user: str, record: str) -> bool:
        with self._lock:
            seen = self._seen.get(user)
        users = self.org.get("User")
        there = users is not None and users.find(user) is not None
        return there and (seen is None or record in seen)

    def _is_record(self, identity: str) -> bool:
        return any(sobject.find(identity) is not None for sobject in self.org.objects())


def _selected(query: Query) -> list[str]:
    names = []
    for name in query.fields or ():
        column = _COLUMNS.get(name.text.casefold())
        if column is None:
            problem = f"No such column '{name.text}' on entity '{OBJECT}'."
            raise SoqlError("INVALID_FIELD", located(query.text, name.offset, problem))
        names.append(column)
    if "RecordId" not in names:
        raise SoqlError("INVALID_FIELD", "RecordId field must be selected")
    return names


def _filters(query: Query, where: Condition | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    parts = where.parts if isinstance(where, Junction) and where.word == "and" else (where,)
    for part in parts:
        if not isinstance(part, Comparison) or part.op not in {"=", "in"}:
            _refuse(query, "UserRecordAccess can only be filtered by UserId and RecordId, joined by AND")
        values = tuple(unescaped(literal.text) for literal in part.values)
        for value in values:
            if len(lengthened(value)) != LONG:
                problem = f"invalid ID field: {value}"
                raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", located(query.text, part.field.offset, problem))
        yield part.field.text.casefold(), values


def _refuse(query: Query, problem: str) -> NoReturn:
    raise SoqlError("MALFORMED_QUERY", located(query.text, query.source.offset, problem))
