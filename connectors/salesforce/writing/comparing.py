"""What differs between what ought to stand in the org and what stands there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simple_salesforce.format import format_soql

from connectors.salesforce.asking import ask
from connectors.salesforce.ids import counted, in_portions, is_record_id
from connectors.salesforce.writing.targets import ACCOUNT, CURRENCY, TASK
from connectors.writeback import Differences, FieldChange, Form, RowChange, RowRefusal, Todo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.writing.targets import Targets, TaskTarget
    from connectors.salesforce.writing.values import Target
    from connectors.writeback import AccountValues

AT_A_TIME: Final = 200
"""Records in one query, which keeps its address below Salesforce's 16,384 bytes, and in one request that writes."""
NOT_AN_ID: Final = "NOT_AN_ID"
NOT_FOUND: Final = "NOT_FOUND"
CURRENCY_DIFFERS: Final = "CURRENCY_DIFFERS"


@dataclass(slots=True)
class Comparison:
    """Compares with one org, and keeps what it finds."""

    source: str
    salesforce: Salesforce
    targets: Targets
    clear_unknown: bool
    _changes: list[RowChange] = field(default_factory=list)
    _refused: list[RowRefusal] = field(default_factory=list)
    _had: list[Todo] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)
    _unchanged: int = 0

    def differences(self) -> Differences:
        """Return what was found so far."""
        had = tuple(self._had)
        unchanged = self._unchanged + len(had)
        return Differences(self.source, tuple(self._changes), unchanged, tuple(self._refused), had, dict(self._ids))

    def accounts(self, accounts: Iterable[AccountValues]) -> None:
        """Compare the fields of accounts. Raises SourceError where the org cannot be read."""
        if not self.targets.accounts:
            return
        known: dict[str, AccountValues] = {}
        for account in accounts:
            if is_record_id(account.account_id):
                known.setdefault(counted(account.account_id), account)
            else:
                self._refuse(ACCOUNT, account.account_id, account, NOT_AN_ID, "is no Id of a Salesforce record")
        for portion in in_portions(list(known), AT_A_TIME):
            standing = self._standing([known[key].account_id for key in portion])
            for key in portion:
                self._account(known[key], standing.get(key))

    def _standing(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        names = [target.name for target in self.targets.accounts if target.name != CURRENCY]
        names = ["Id", *names, *([CURRENCY] if self.targets.currencies else [])]
        # Names only, as describe spells them; the ids are escaped.
        query = f"SELECT {', '.join(names)} FROM {ACCOUNT} WHERE Id IN {format_soql('{}', list(ids))}"  # noqa: S608 - see above
        found = ask(self.salesforce, self.source, "reading what stands in Account", query)
        return {counted(record["Id"]): record for record in found}

    def _account(self, account: AccountValues, record: Mapping[str, Any] | None) -> None:
        if record is None:
            problem = "the org has no such account, or its user may not see it"
            self._refuse(ACCOUNT, account.account_id, account, NOT_FOUND, problem)
            return
        changes = []
        for target in self.targets.accounts:
            change = self._field(target, account, record)
            if change is None:
                continue
            if target.type == "currency" and self._foreign(account, record, target):
                continue
            changes.append(change)
        if changes:
            row = RowChange(ACCOUNT, record["Id"], account.account_id, account.name, tuple(changes))
            self._changes.append(row)
        else:
            self._unchanged += 1

    def _field(self, target: Target, account: AccountValues, record: Mapping[str, Any]) -> FieldChange | None:
        new = target.taken(account.values.get(target.measure))
        if new is None and not (self.clear_unknown and target.nillable):
            return None
        old = target.standing(record.get(target.name))
        return None if old == new else FieldChange(target.name, old, new)

    def _foreign(self, account: AccountValues, record: Mapping[str, Any], target: Target) -> bool:
        """Tell, and keep, that an amount is in another currency than the one that its field would show it in."""
        theirs = record.get(CURRENCY)
        if target.form is not Form.MONEY or theirs is None or account.currency in {None, theirs}:
            return False
        problem = f"{target.measure} is in {account.currency}, and Salesforce would show it in the account's {theirs}"
        self._refuse(ACCOUNT, record["Id"], account, CURRENCY_DIFFERS, problem, (target.name,))
        return True

    def todos(self, todos: Iterable[Todo], subject: str) -> None:
        """Find the todos that the org has never had. Raises SourceError where the org cannot be read."""
        target = self.targets.task
        if target is None:
            return
        wanted: dict[str, Todo] = {}
        for todo in todos:
            if is_record_id(todo.account_id):
                wanted.setdefault(todo.key, todo)
            else:
                self._refuse(TASK, todo.key, todo, NOT_AN_ID, f"'{todo.account_id}' is no Id of a Salesforce record")
        for portion in in_portions(list(wanted), AT_A_TIME):
            had = self._keys_had(target, portion)
            self._had += [wanted[key] for key in portion if key in had]
            new = (wanted[key] for key in portion if key not in had)
            self._changes += [_new_task(todo, target, subject) for todo in new]

    def _keys_had(self, target: TaskTarget, keys: Sequence[str]) -> set[str]:
        """Return the keys of tasks that are there, or were and somebody deleted them: they are not to come back."""
        name = target.external_id
        query = f"SELECT Id, IsDeleted, {name} FROM {TASK} WHERE {name} IN {format_soql('{}', list(keys))}"  # noqa: S608 - as above
        found = ask(self.salesforce, self.source, "reading what stands in Task", query, deleted=True)
        by_case = {key.casefold(): key for key in keys}
        had = {by_case[key]: record for record in found if (key := str(record[name]).casefold()) in by_case}
        self._ids |= {key: str(record["Id"]) for key, record in had.items() if not record.get("IsDeleted")}
        return set(had)

    def _refuse(
        self, kind: str, key: str, about: AccountValues | Todo, code: str, problem: str, fields: tuple[str, ...] = ()
    ) -> None:
        name = about.account if isinstance(about, Todo) else about.name
        self._refused.append(RowRefusal(kind, key, about.account_id, name, code, problem, fields))


def _new_task(todo: Todo, target: TaskTarget, subject: str) -> RowChange:
    values: dict[str, str | float | bool] = {
        "Subject": _cut(" ".join(subject.format_map(todo.words).split()), target.lengths.get("Subject", 0)),
        "WhatId": todo.account_id,
        "Description": _cut(todo.description, target.lengths.get("Description", 0)),
        **({"OwnerId": todo.owner_id} if todo.owner_id and is_record_id(todo.owner_id) else {}),
        **target.constants,
    }
    changes = tuple(FieldChange(name, None, value) for name, value in values.items())
    return RowChange(TASK, todo.key, todo.account_id, todo.account, changes)


def _cut(text: str, length: int) -> str:
    return text if not length or len(text) <= length else f"{text[: length - 1]}…"
