"""The records of a stand-in org, and what describe says of them: types and relationships, read off the records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Record = dict[str, Any]

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_TO_USERS: Final = frozenset({"OwnerId", "ManagerId", "CreatedById", "LastModifiedById"})
_TEXTS: Final = frozenset({"string", "email", "url", "picklist", "textarea", "phone"})
_NUMBERS: Final = frozenset({"double", "int", "currency", "percent"})
_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object. `target` is the object that a reference leads to, under the name `relationship`."""

    name: str
    type: str
    target: str | None = None
    relationship: str | None = None

    @property
    def comparable_as(self) -> str:
        """How the field compares: text, id, number, boolean, date or datetime."""
        if self.type in _TEXTS:
            return "text"
        return "number" if self.type in _NUMBERS else {"reference": "id"}.get(self.type, self.type)

    def describe(self) -> dict[str, object]:
        """Return the field as describe shows it."""
        return {
            "name": self.name,
            "label": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name.removesuffix("__c").replace("_", " ")),
            "type": self.type,
            "soapType": _SOAP_TYPES.get(self.type, "xsd:double" if self.type in _NUMBERS else "xsd:string"),
            "length": {"id": 18, "reference": 18}.get(self.type, 255 if self.type in _TEXTS else 0),
            "custom": self.name.endswith("__c"),
            "calculated": False,
            "filterable": self.type != "textarea",
            "sortable": self.type != "textarea",
            "nillable": self.type not in {"id", "boolean"},
            "createable": self.type != "id",
            "updateable": self.type != "id",
            "nameField": self.name == "Name",
            "picklistValues": [],
            "referenceTo": [self.target] if self.target else [],
            "relationshipName": self.relationship,
        }


@dataclass(slots=True)
class SObject:
    """One object: its fields by name and by relationship, in any case, and its records."""

    name: str
    fields: dict[str, Field]
    records: list[Record]
    relationships: dict[str, Field] = field(init=False)
    by_id: dict[str, Record] = field(init=False)

    def __post_init__(self) -> None:
        """Index fields and records."""
        self.relationships = {f.relationship.casefold(): f for f in self.fields.values() if f.relationship}
        self.by_id = {record["Id"]: record for record in self.records}

    def field(self, name: str) -> Field | None:
        """Return a field by its name, in whatever case."""
        return self.fields.get(name.casefold())

    def summary(self, version: str) -> dict[str, object]:
        """Return the object as the list of all objects shows it."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        return {
            "name": self.name,
            "label": self.name,
            "labelPlural": f"{self.name}s",
            "keyPrefix": self.records[0]["Id"][:3] if self.records else None,
            "custom": self.name.endswith("__c"),
            "queryable": True,
            "retrieveable": True,
            "createable": True,
            "updateable": True,
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
        }

    def describe(self, version: str) -> dict[str, object]:
        """Return the object as its describe shows it."""
        return {**self.summary(version), "fields": [one.describe() for one in self.fields.values()]}


class Org:
    """Objects and their records.

    `types` declares fields that no record tells of: `{"Account": {"CSM__c": "reference:User", "NPS__c": "double"}}`.
    Raises ValueError for a record without an Id, or for two with the same.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[Mapping[str, object]]],
        types: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        declared = types or {}
        names = list(dict.fromkeys([*records, *declared]))
        homes = _homes(records)
        self._objects: dict[str, SObject] = {}
        for name in names:
            rows = records.get(name, ())
            fields = _fields(name, rows, declared.get(name, {}), names, homes)
            written = [{one.name: _written(row.get(one.name), one) for one in fields.values()} for row in rows]
            self._objects[name.casefold()] = SObject(name, fields, written)

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
        return self._objects[reference.target.casefold()].by_id.get(record[reference.name])


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
    objects: Iterable[str],
    homes: Mapping[str, str],
) -> dict[str, Field]:
    every = dict.fromkeys(["Id", *(key for row in rows for key in row), *declared])
    fields = {}
    for key in every:
        values = [row[key] for row in rows if row.get(key) is not None]
        kind = declared.get(key) or _kind(key, values, name, objects, homes)
        fields[key.casefold()] = _field(key, kind)
    return fields


def _field(key: str, kind: str) -> Field:
    word, _, target = kind.partition(":")
    if not target:
        return Field(key, word)
    relationship = f"{key[:-3]}__r" if key.endswith("__c") else key.removesuffix("Id")
    return Field(key, word, target, relationship)


def _kind(key: str, values: Sequence[object], owner: str, objects: Iterable[str], homes: Mapping[str, str]) -> str:
    if key == "Id":
        return "id"
    targets = {homes.get(value) if isinstance(value, str) else None for value in values}
    if len(targets) == 1 and (target := targets.pop()) is not None:
        return f"reference:{target}"
    if target := _target_by_name(key, owner, objects):
        return f"reference:{target}"
    return _plain_kind(key, values)


def _target_by_name(key: str, owner: str, objects: Iterable[str]) -> str | None:
    if key in _TO_USERS and "User" in objects:
        return "User"
    if key == "ParentId":
        return owner
    bare = key.removesuffix("Id")
    return bare if bare != key and bare in objects else None


def _plain_kind(key: str, values: Sequence[object]) -> str:
    if not values:
        return "date" if key.endswith("Date") else "string"
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if not any(isinstance(value, bool) for value in values) and all(
        isinstance(value, int | float | Decimal) for value in values
    ):
        return "int" if all(isinstance(value, int) for value in values) else "double"
    if all(isinstance(value, datetime) or _DATETIME.fullmatch(str(value)) for value in values):
        return "datetime"
    if all(isinstance(value, date) or _DATE.fullmatch(str(value)) for value in values):
        return "date"
    return {"Email": "email", "Website": "url"}.get(key, "string")


def _written(value: object, of: Field) -> object:
    """Return a value as Salesforce's JSON writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and of.type in {"double", "currency", "percent"}:
        return float(value)
    return None if value == "" else value
