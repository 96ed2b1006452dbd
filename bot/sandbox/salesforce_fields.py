"""Fields of a stand-in org: their types, what describe says of them, and how their values are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_TO_USERS: Final = frozenset({"OwnerId", "ManagerId", "CreatedById", "LastModifiedById"})
_TEXTS: Final = frozenset({"string", "email", "url", "picklist", "multipicklist", "textarea", "phone"})
_NUMBERS: Final = frozenset({"double", "int", "currency", "percent"})
_FRACTIONS: Final = frozenset({"double", "currency", "percent"})
COMPOUND: Final = frozenset({"address", "location"})
"""Types that consist of other fields: Bulk refuses them."""
_TYPES: Final = _TEXTS | _NUMBERS | COMPOUND | {"id", "reference", "boolean", "date", "datetime", "base64"}
_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "location": "urn:location",
    "base64": "xsd:base64Binary",
}
_LENGTHS: Final = {"id": 18, "reference": 18, "textarea": 32_000, "email": 80, "phone": 40}
_KEPT_BY_THE_SYSTEM: Final = frozenset(
    {"Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    | {"MasterRecordId"}
)
_ALWAYS_FILLED: Final = _KEPT_BY_THE_SYSTEM - {"MasterRecordId"} | {"OwnerId"}
_SAME_FOR_ALL: Final[dict[str, object]] = {
    "autoNumber": False,
    "calculatedFormula": None,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "namePointing": False,
    "picklistValues": [],
    "relationshipOrder": None,
    "restrictedPicklist": False,
    "writeRequiresMasterRead": False,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object. `target` is the object that a reference leads to, under the name `relationship`."""

    name: str
    type: str
    target: str | None = None
    relationship: str | None = None
    calculated: bool = False
    external: bool = False

    @property
    def comparable_as(self) -> str:
        """How the field compares: text, id, number, boolean, date or datetime; compound ones do not."""
        if self.type in _TEXTS:
            return "text"
        return "number" if self.type in _NUMBERS else {"reference": "id"}.get(self.type, self.type)

    @property
    def filterable(self) -> bool:
        """Whether a query may name it in WHERE and ORDER BY."""
        return self.type not in {"textarea", "base64"} | COMPOUND

    @property
    def writable(self) -> bool:
        """Whether a client may give it a value."""
        return not self.calculated and self.name not in _KEPT_BY_THE_SYSTEM and self.type not in COMPOUND

    def describe(self) -> dict[str, object]:
        """Return the field as describe shows it."""
        return {"name": self.name, "type": self.type, **self._form(), **self._use(), **_SAME_FOR_ALL}

    def _form(self) -> dict[str, object]:
        """Return what describe says of the field's values."""
        length = 80 if self.name == "Name" else _LENGTHS.get(self.type, 255 if self.type in _TEXTS else 0)
        return {
            "label": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name.removesuffix("__c").replace("_", " ")),
            "soapType": _SOAP_TYPES.get(self.type, "xsd:double" if self.type in _NUMBERS else "xsd:string"),
            "length": length,
            "byteLength": length if self.type in {"id", "reference"} else length * 3,
            "precision": 18 if self.type in _FRACTIONS else 0,
            "scale": 2 if self.type in _FRACTIONS else 0,
            "digits": 9 if self.type == "int" else 0,
            "defaultValue": False if self.type == "boolean" and self.writable else None,
            "referenceTo": [self.target] if self.target else [],
            "relationshipName": self.relationship,
        }

    def _use(self) -> dict[str, object]:
        """Return what describe says may be done with the field."""
        filled = self.name in _ALWAYS_FILLED or self.type == "boolean"
        return {
            "custom": self.name.endswith("__c"),
            "calculated": self.calculated,
            "filterable": self.filterable,
            "sortable": self.filterable,
            "groupable": self.filterable and not self.calculated and self.type not in _FRACTIONS | {"datetime"},
            "nillable": not filled,
            "createable": self.writable,
            "updateable": self.writable,
            "defaultedOnCreate": filled or self.name == "Name",
            "externalId": self.external,
            "unique": self.external,
            "idLookup": self.external or self.name in {"Id", "Name"},
            "nameField": self.name == "Name",
        }

    def written(self, value: object) -> object:
        """Return a value as Salesforce's JSON writes it: moments in UTC without fractions, no empty text or boolean."""
        if value is None:
            return False if self.type == "boolean" else None
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, int | float | Decimal) and self.type in _FRACTIONS:
            return float(value)
        return None if value == "" else value


def declared_field(name: str, kind: str) -> Field:
    """Return the field that a declaration means.

    A kind is a type (`double`, `date`, `picklist`...), `reference:User`, or one of these with `formula:` (computed by
    the org: changes without a stamp, cannot be written) or `externalid:` (unique, upserts find it) in front.
    Raises ValueError for any other.
    """
    word, _, rest = kind.partition(":")
    calculated, external = word == "formula", word == "externalid"
    if calculated or external:
        word, _, rest = rest.partition(":")
    if word not in _TYPES or bool(rest) != (word == "reference"):
        raise ValueError(f"{name}: '{kind}' is no kind of field; take one of {', '.join(sorted(_TYPES))}")
    if not rest:
        return Field(name, word, calculated=calculated, external=external)
    relationship = f"{name[:-3]}__r" if name.endswith("__c") else name.removesuffix("Id")
    return Field(name, word, rest, relationship, calculated, external)


def kind_of(key: str, values: Sequence[object], owner: str, objects: Iterable[str], homes: Mapping[str, str]) -> str:
    """Return the kind of a field, read off its values; `homes` tells each Id's object.

    A field whose values are all Ids of one object is a reference to it; without values its name has to tell.
    """
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
