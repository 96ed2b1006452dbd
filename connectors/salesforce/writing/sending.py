"""Sending rows: 200 a request, each with a result of its own; what is locked is tried again without the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from connectors.base import SourceError
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.ids import in_portions
from connectors.salesforce.writing.comparing import AT_A_TIME
from connectors.salesforce.writing.targets import TASK
from connectors.writeback import RowRefusal, Written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.http import Patience
    from connectors.writeback import Differences, RowChange

_COLLECTIONS: Final = "composite/sobjects"
_LOCKED: Final = "UNABLE_TO_LOCK_ROW"
_NO_CODE: Final = "UNKNOWN"


@dataclass(slots=True)
class Sending:
    """One way of the differences into the org. Rows of one object go together, and of no other."""

    source: str
    salesforce: Salesforce
    patience: Patience
    task_key: str | None
    """The external id of Task."""
    _done: list[RowChange] = field(default_factory=list)
    _refused: list[RowRefusal] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def send(self, differences: Differences) -> Written:
        """Write everything; what breaks it off is told, with what was left."""
        problem = None
        try:
            for kind in dict.fromkeys(change.object for change in differences.changes):
                rows = [change for change in differences.changes if change.object == kind]
                for portion in in_portions(rows, AT_A_TIME):
                    self._portion(kind, portion)
        except SourceError as error:
            problem = error.problem
        settled = {(one.object, one.key) for one in self._done} | {(one.object, one.key) for one in self._refused}
        left = tuple(change for change in differences.changes if (change.object, change.key) not in settled)
        refused = (*differences.refused, *self._refused)
        return Written(self.source, tuple(self._done), refused, left, problem, dict(self._ids))

    def _portion(self, kind: str, rows: Sequence[RowChange]) -> None:
        for attempt in range(1, self.patience.attempts + 1):
            locked = self._attempt(kind, rows)
            if not locked:
                return
            if attempt == self.patience.attempts:
                self._refused += locked.values()
                return
            rows = [row for row in rows if row.key in locked]
            self.patience.sleep(self.patience.wait(attempt))

    def _attempt(self, kind: str, rows: Sequence[RowChange]) -> dict[str, RowRefusal]:
        """Send some rows and keep their results; return those that were locked, by key."""
        locked = {}
        for row, result in zip(rows, self._results(kind, rows), strict=True):
            if result["success"] is True:
                self._done.append(row)
                if row.object == TASK and isinstance(result.get("id"), str):
                    self._ids[row.key] = result["id"]
                continue
            refusal = _refusal(row, result)
            if refusal.code == _LOCKED:
                locked[row.key] = refusal
            else:
                self._refused.append(refusal)
        return locked

    def _results(self, kind: str, rows: Sequence[RowChange]) -> list[dict[str, Any]]:
        doing = f"writing {kind}"
        path = f"{_COLLECTIONS}/{TASK}/{self.task_key}" if kind == TASK else _COLLECTIONS
        body = {"allOrNone": False, "records": [self._record(row) for row in rows]}
        with as_source_errors(self.source, doing):
            answer = self.salesforce.restful(path, method="PATCH", json=body)
        if not isinstance(answer, list) or len(answer) != len(rows) or not all(map(_is_result, answer)):
            raise SourceError(self.source, f"{doing}: the answer does not tell what became of {len(rows)} rows")
        return answer

    def _record(self, row: RowChange) -> dict[str, object]:
        # A task is known by its external id: sent twice, it is made once.
        named = {self.task_key: row.key} if row.object == TASK and self.task_key else {"id": row.key}
        return {"attributes": {"type": row.object}, **named, **{one.field: one.new for one in row.fields}}


def _is_result(given: object) -> bool:
    return isinstance(given, dict) and isinstance(given.get("success"), bool)


def _refusal(row: RowChange, result: Mapping[str, Any]) -> RowRefusal:
    errors = [error for error in result.get("errors") or () if isinstance(error, dict)]
    code = str(errors[0].get("statusCode") or _NO_CODE) if errors else _NO_CODE
    told = "; ".join(str(error.get("message") or error.get("statusCode")) for error in errors)
    fields = tuple(str(name) for error in errors for name in error.get("fields") or ())
    problem = " ".join(told.split()) or "Salesforce does not say why"
    return RowRefusal(row.object, row.key, row.account_id, row.account, code, problem, fields)
