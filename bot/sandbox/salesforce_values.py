"""What a stand-in org takes into its fields, and what it says of what it does not take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.sandbox.salesforce_http import RefusedError
from bot.sandbox.salesforce_ids import lengthened

if TYPE_CHECKING:
    from bot.sandbox.salesforce_fields import Field
    from bot.sandbox.salesforce_org import Org, Record, SObject

_NOT_FIELDS: Final = frozenset({"attributes", "id"})
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


class RowError(Exception):
    """One record is refused, and the others are not."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields


def known_fields(sobject: SObject, record: Record) -> None:
    """Refuse the whole request where a record names a field that the object lacks, or a value of another kind."""
    for name, value in record.items():
        if name.casefold() in _NOT_FIELDS:
            continue
        of = sobject.field(name)
        if of is None:
            problem = f"No such column '{name}' on sobject of type {sobject.name}"
            raise RefusedError(400, "INVALID_FIELD", problem)
        if value is not None and not _is_of_kind(value, of):
            shown = type(value).__name__
            problem = f"Cannot deserialize instance of {of.type} from value {value!r} of type {shown} (field {of.name})"
            raise RefusedError(400, "JSON_PARSER_ERROR", problem)


def _is_of_kind(value: object, of: Field) -> bool:
    kind = of.comparable_as
    if kind == "number":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole if of.type == "int" else isinstance(value, int | float))
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "date":
        return isinstance(value, str) and _DATE.fullmatch(value) is not None
    if kind == "datetime":
        return isinstance(value, str) and _DATETIME.fullmatch(value) is not None
    return isinstance(value, str)


def cleaned(org: Org, sobject: SObject, record: Record, *, creating: bool) -> Record:
    """Return the values of a record as the org keeps them. Raises RowError for what it refuses."""
    given = {name: value for name, value in record.items() if name.casefold() not in _NOT_FIELDS}
    fields = {name: of for name in given if (of := sobject.field(name)) is not None}
    locked = tuple(of.name for of in fields.values() if not of.writable)
    if locked:
        verb = "create" if creating else "update"
        problem = (
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set."
        )
        raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", f"{problem} ({verb})", locked)
    return {of.name: _kept(org, of, given[name]) for name, of in fields.items()}


def _kept(org: Org, of: Field, value: object) -> object:
    if isinstance(value, str) and of.comparable_as == "text":
        return _text(of, value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_range(of, value)
    if isinstance(value, str) and of.target is not None:
        return _reference(org, of, value)
    if value is None and of.type == "boolean":
        raise RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{of.name}: value not of required type: null", (of.name,))
    return value


def _text(of: Field, value: str) -> str | None:
    length = int(str(of.describe()["length"]))
    if length and len(value) > length:
        problem = f"{of.name}: data value too large: {value[:40]} (max length={length})"
        raise RowError("STRING_TOO_LONG", problem, (of.name,))
    return value or None


def _check_range(of: Field, value: float) -> None:
    told = of.describe()
    precision, scale, digits = (int(str(told[key])) for key in ("precision", "scale", "digits"))
    whole = digits or precision - scale
    if whole and abs(value) >= 10**whole:
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", f"{of.name}: value outside of valid range", (of.name,))


def _reference(org: Org, of: Field, value: str) -> str:
    target = org.get(of.target or "")
    found = target.find(value) if target is not None else None
    if target is not None and found is None:
        deleted = lengthened(value) in target.by_id
        code = "ENTITY_IS_DELETED" if deleted else "INVALID_CROSS_REFERENCE_KEY"
        raise RowError(code, "entity is deleted" if deleted else "invalid cross reference id", (of.name,))
    return str(found["Id"]) if found else value
