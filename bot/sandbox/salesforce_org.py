"""The records of a stand-in org, and what happens to them: created, changed, deleted, erased, merged.

A record is never changed in place: a query that has run keeps the records as they were.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.salesforce_fields import Field, declared_field, kind_of
from bot.sandbox.salesforce_ids import lengthened, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Record = dict[str, Any]

_OLD: Final = "2020-01-01T00:00:00.000+0000"
"""Stamp of records that came without one."""
_STAMPS: Final = {"CreatedDate": "datetime", "SystemModstamp": "datetime"}
_UNDELETABLE: Final = frozenset({"User"})
"""Objects whose records Salesforce only deactivates: they have no IsDeleted."""


@dataclass(slots=True)
class SObject:
    """One object: its fields by name and by relationship, in any case, and its records, deleted ones among them."""

    name: str
    fields: dict[str, Field]
    by_id: dict[str, Record]
    relationships: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        """Index the relationships."""
        self.relationships = {f.relationship.casefold(): f for f in self.fields.values() if f.relationship}

    @property
    def records(self) -> list[Record]:
        """Every record that is not in the recycle bin."""
        return [record for record in list(self.by_id.values()) if not record.get("IsDeleted")]

    @property
    def every_record(self) -> list[Record]:
        """Every record, those in the recycle bin among them."""
        return list(self.by_id.values())

    def field(self, name: str) -> Field | None:
        """Return a field by its name, in whatever case."""
        return self.fields.get(name.casefold())

    def find(self, identity: str) -> Record | None:
        """Return the record of an Id of fifteen or eighteen characters, unless it is deleted."""
        record = self.by_id.get(lengthened(identity))
        return None if record is None or record.get("IsDeleted") else record

    def summary(self, version: str) -> dict[str, object]:
        """Return the object as the list of all objects shows it."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        deletable = self.name not in _UNDELETABLE
        return {
            "name": self.name,
            "label": self.name,
            "labelPlural": f"{self.name}s",
            "keyPrefix": next((identity[:3] for identity in self.by_id), new_id(self.name, 0)[:3]),
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "deprecatedAndHidden": False,
            "queryable": True,
            "retrieveable": True,
            "replicateable": True,
            "createable": True,
            "updateable": True,
            "deletable": deletable,
            "undeletable": deletable,
            "mergeable": self.name == "Account",
            "activateable": False,
            "feedEnabled": False,
            "layoutable": True,
            "searchable": True,
            "triggerable": True,
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
        }

    def describe(self, version: str) -> dict[str, object]:
        """Return the object as its describe shows it."""
        fields = [one.describe() for one in self.fields.values()]
        return {**self.summary(version), "childRelationships": [], "recordTypeInfos": [], "fields": fields}


class Org:
    """Objects and their records; safe to be used by several threads.

    `types` declares fields that no record tells of, in the kinds of `declared_field`:
    `{"Account": {"CSM__c": "reference:User", "NPS__c": "double", "Margin__c": "formula:double"}}`.
    `clock` stamps what is created and changed from now on; records that come without a stamp get one of long ago.
    Raises ValueError for a record without an Id, or for two with the same.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[Mapping[str, object]]],
        types: Mapping[str, Mapping[str, str]] | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        declared = types or {}
        names = list(dict.fromkeys([*records, *declared]))
        homes = _homes(records)
        self.lock = threading.RLock()
        self.revision = 0
        """Number of changes so far."""
        self._clock = clock or (lambda: datetime.now(UTC))
        self._made = 0
        self._objects: dict[str, SObject] = {}
        for name in names:
            rows = records.get(name, ())
            fields = _fields(name, rows, declared.get(name, {}), names, homes)
            written = (_completed(row, fields) for row in rows)
            self._objects[name.casefold()] = SObject(name, fields, {row["Id"]: row for row in written})

    def get(self, name: str) -> SObject | None:
        """Return an object by its name, in whatever case."""
        return self._objects.get(name.casefold())

    def objects(self) -> list[SObject]:
        """Return every object."""
        return list(self._objects.values())

    def parent(self, reference: Field, record: Record | None) -> Record | None:
        """Return the record that a reference of another one leads to."""
        if record is None or reference.target is None or record[reference.name] is None:
            return None
        target = self._objects.get(reference.target.casefold())
        return None if target is None else target.by_id.get(record[reference.name])

    def now(self) -> str:
        """Return the time of the org's clock, as records carry it."""
        return str(Field("SystemModstamp", "datetime").written(self._clock()))

    def put(self, name: str, record: Mapping[str, object]) -> str:
        """Create a record, stamped now where it names no stamps, and return its Id; a new one where it names none.

        Raises ValueError for an unknown object, an unknown field, or an Id that is taken.
        """
        with self.lock:
            sobject = self._object(name)
            given = _by_field(sobject, record)
            identity = str(given.get("Id") or self._new_id(sobject))
            if identity in sobject.by_id:
                raise ValueError(f"{name}: there is a record {identity} already; use change()")
            now = self.now()
            stamps = {key: now for key in (*_STAMPS, "LastModifiedDate") if sobject.field(key)}
            sobject.by_id[identity] = _completed({**stamps, **given, "Id": identity}, sobject.fields)
            self.revision += 1
            return identity

    def change(self, name: str, identity: str, values: Mapping[str, object], *, stamped: bool = True) -> None:
        """Give a record new values. `stamped=False` leaves its stamps alone, as the change of a formula does.

        Raises ValueError for an unknown object or field, and for a record that is not there.
        """
        with self.lock:
            sobject = self._object(name)
            given = _by_field(sobject, values)
            self._replace(sobject, self._live(sobject, identity), given, stamped=stamped)

    def delete(self, name: str, identity: str) -> None:
        """Put a record into the recycle bin: only queryAll sees it. Raises ValueError where that cannot be."""
        with self.lock:
            sobject = self._object(name)
            if sobject.name in _UNDELETABLE:
                raise ValueError(f"{name}: Salesforce deletes no such record; set IsActive to False")
            self._replace(sobject, self._live(sobject, identity), {"IsDeleted": True})

    def erase(self, name: str, identity: str) -> None:
        """Delete a record for good, also from the recycle bin. Raises ValueError where there is none."""
        with self.lock:
            sobject = self._object(name)
            if sobject.by_id.pop(lengthened(identity), None) is None:
                raise ValueError(f"{name}: no record {identity}")
            self.revision += 1

    def merge(self, winner: str, loser: str) -> None:
        """Merge two accounts: what refers to the loser refers to the winner, the loser is deleted and names it.

        Raises ValueError where one of them is not there, or both are the same.
        """
        with self.lock:
            accounts = self._object("Account")
            kept, lost = self._live(accounts, winner), self._live(accounts, loser)
            if kept is lost:
                raise ValueError(f"Account: {winner} cannot be merged with itself")
            for sobject in self.objects():
                self._refer(sobject, lost["Id"], kept["Id"])
            # Read again: an account whose parent the loser was is another record now.
            self._replace(accounts, accounts.by_id[kept["Id"]], {})
            self._replace(accounts, accounts.by_id[lost["Id"]], {"IsDeleted": True, "MasterRecordId": kept["Id"]})

    def _refer(self, sobject: SObject, old: str, new: str) -> None:
        references = [one.name for one in sobject.fields.values() if one.target == "Account"]
        for record in sobject.every_record:
            values = {name: new for name in references if record[name] == old and record["Id"] != new}
            if values:
                self._replace(sobject, record, values)

    def _replace(self, sobject: SObject, record: Record, values: Mapping[str, object], *, stamped: bool = True) -> None:
        stamps = [key for key in ("SystemModstamp", "LastModifiedDate") if stamped and sobject.field(key)]
        now = self.now()
        sobject.by_id[record["Id"]] = {**record, **dict.fromkeys(stamps, now), **values}
        self.revision += 1

    def _object(self, name: str) -> SObject:
        sobject = self.get(name)
        if sobject is None:
            raise ValueError(f"{name}: the org has no such object; it has {', '.join(o.name for o in self.objects())}")
        return sobject

    @staticmethod
    def _live(sobject: SObject, identity: str) -> Record:
        record = sobject.find(identity)
        if record is None:
            raise ValueError(f"{sobject.name}: no record {identity}")
        return record

    def _new_id(self, sobject: SObject) -> str:
        while True:
            self._made += 1
            identity = new_id(sobject.name, 900_000_000_000 + self._made)
            if identity not in sobject.by_id:
                return identity


def _homes(records: Mapping[str, Sequence[Mapping[str, object]]]) -> dict[str, str]:
    homes: dict[str, str] = {}
    for name, rows in records.items():
        for row in rows:
            identity = row.get("Id")
            if not isinstance(identity, str) or identity in homes:
                raise ValueError(f"{name}: every record needs an Id of its own, here: {identity!r}")
            homes[identity] = name
    return homes


def _fields(
    name: str,
    rows: Sequence[Mapping[str, object]],
    declared: Mapping[str, str],
    objects: Sequence[str],
    homes: Mapping[str, str],
) -> dict[str, Field]:
    every = dict.fromkeys(["Id", *(key for row in rows for key in row), *declared])
    fields = {}
    for key in every:
        kind = declared.get(key) or _system_kinds(name).get(key)
        if kind is None:
            values = [row[key] for row in rows if row.get(key) is not None]
            kind = kind_of(key, values, name, objects, homes)
        fields[key.casefold()] = declared_field(key, kind)
    for key, kind in _system_kinds(name).items():
        fields.setdefault(key.casefold(), declared_field(key, kind))
    return fields


def _system_kinds(name: str) -> dict[str, str]:
    deleted = {} if name in _UNDELETABLE else {"IsDeleted": "boolean"}
    merged = {"MasterRecordId": "reference:Account"} if name == "Account" else {}
    return {**deleted, **merged, **_STAMPS}


def _completed(row: Mapping[str, object], fields: Mapping[str, Field]) -> Record:
    """Return a record with every field of its object, as the org keeps it: no boolean and no stamp is empty."""
    record: Record = {}
    for one in fields.values():
        value = row.get(one.name)
        # Most values are texts: those of half a million records are let through without a call.
        record[one.name] = value if isinstance(value, str) and value else one.written(value)
    record["CreatedDate"] = record["CreatedDate"] or _OLD
    record["SystemModstamp"] = record["SystemModstamp"] or record["CreatedDate"]
    return record


def _by_field(sobject: SObject, values: Mapping[str, object]) -> Record:
    found = {key: sobject.field(key) for key in values}
    unknown = [key for key, one in found.items() if one is None]
    if unknown:
        raise ValueError(f"{sobject.name}: no field {', '.join(unknown)}; declare it in `types`")
    return {one.name: one.written(values[key]) for key, one in found.items() if one is not None}
