"""A mapping says which object and fields of an org become our tables: data, never code.

lines:
  object: OrderItem
  where: [{field: Order.Status, op: "!=", value: Draft}]
  key: Id
  map:
    account_id: Order.AccountId                          # a field, by its path through relationships
    start: [ServiceDate, Order.EffectiveDate]            # the first that is filled
    currency: {field: CurrencyIsoCode, optional: true, default: USD}
    price_period: {value: year}                          # a constant
    notice_date: {date: Order.Contract.EndDate, minus_days: Order.Contract.OwnerExpirationNotice}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from connectors.schema import KEYS, SCHEMAS, Table
from connectors.settings import did_you_mean

_NAME: Final = r"[A-Za-z][A-Za-z0-9]*(?:_{1,2}[A-Za-z0-9]+)*"
_OBJECT: Final = re.compile(_NAME)
_PATH: Final = re.compile(rf"{_NAME}(?:\.{_NAME}){{0,5}}")


def _object_name(text: str) -> str:
    if not _OBJECT.fullmatch(text):
        raise ValueError(f"'{text}' is no API name of an object; write it like Order or SBQQ__Subscription__c")
    return text


def _field_path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError(f"'{text}' is no API name of a field; write it like EndDate or Order.Contract.EndDate")
    return text


ObjectName = Annotated[str, AfterValidator(_object_name)]
"""API name of an object, like `Order` or `SBQQ__Subscription__c`. Nothing else can reach a query as a name."""
FieldPath = Annotated[str, AfterValidator(_field_path)]
"""API name of a field, reached through up to five relationships: `Order.Contract.EndDate`."""

Scalar = bool | int | float | datetime | date | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Condition(_Strict):
    """One comparison that a record must meet; all conditions of a table must hold."""

    field: FieldPath
    op: Literal["=", "!=", "<", "<=", ">", ">=", "like", "in", "not in"] = "="
    value: Scalar | tuple[Scalar, ...] | None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        several = isinstance(self.value, tuple)
        if several != (self.op in {"in", "not in"}):
            raise ValueError(f"'{self.op}' takes {'one value' if several else 'a list of values'}")
        if self.value == ():
            raise ValueError(f"'{self.op}' takes a list with something in it")
        if self.op == "like" and not isinstance(self.value, str):
            raise ValueError("'like' takes a text with % and _ as wildcards")
        for value in self.value if isinstance(self.value, tuple) else (self.value,):
            _check_literal(value)
        return self


def _check_literal(value: Scalar | None) -> None:
    if isinstance(value, float) and not float("-inf") < value < float("inf"):
        raise ValueError("a number must be finite")
    if isinstance(value, datetime) and value.tzinfo is None:
        # simple-salesforce would read it in the timezone of the machine, whichever that is.
        raise ValueError("a moment needs its zone, like 2026-01-31T00:00:00Z")


class Alternative(_Strict):
    """One way to fill a column: a field, a constant, or a date less some days."""

    field: FieldPath | None = None
    value: Scalar | None = None
    date: FieldPath | None = None
    minus_days: FieldPath | int | None = None
    optional: bool = False
    """Whether an org without this field is all right: the column is then filled by the next alternative."""
    default: Scalar | None = None
    """Taken where the field is empty, or missing and optional."""
    convert: Literal["domain", "percent"] | None = Field(default=None, alias="as")
    """`domain`: a web address becomes its bare host. `percent`: 15 becomes 0.15."""
    values: Mapping[str, Scalar] | None = None
    """What the words of a picklist mean to us: `{Monthly: month}`; words that are not listed stay as they are."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("field", "value", "date") if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError("name one of: field, value (a constant), date (with minus_days)")
        if (self.date is None) != (self.minus_days is None):
            raise ValueError("date and minus_days belong together")
        if self.field is None and (self.convert or self.values):
            raise ValueError("'as' and 'values' need a field")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that this alternative reads."""
        return tuple(path for path in (self.field, self.date, self.minus_days) if isinstance(path, str))


def _as_alternatives(given: object) -> object:
    if isinstance(given, str | Mapping | Alternative):
        given = [given]
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return [{"field": one} if isinstance(one, str) else one for one in given]
    raise ValueError("write a field like 'Order.EndDate', a mapping like {value: year}, or a list of these")


Column = Annotated[tuple[Alternative, ...], BeforeValidator(_as_alternatives), Field(min_length=1)]
"""The alternatives of one column, in the order in which they are tried."""


def _as_several(given: object) -> object:
    return [given] if isinstance(given, Mapping) else given


class TableMapping(_Strict):
    """One of our tables, as one object of the org holds it."""

    object: ObjectName
    where: Annotated[tuple[Condition, ...], BeforeValidator(_as_several)] = ()
    key: FieldPath = "Id"
    """The field that names a record."""
    map: Mapping[str, Column]

    def paths(self) -> Iterator[str]:
        """Every field that is read or compared, as written."""
        yield "Id"
        yield self.key
        for alternatives in self.map.values():
            for alternative in alternatives:
                yield from alternative.paths


_TABLES: Final[Mapping[str, Table]] = MappingProxyType({str(table): table for table in KEYS})


class Mapped(_Strict):
    """A whole mapping: one entry a table; a table that is not named is not read."""

    accounts: TableMapping | None = None
    people: TableMapping | None = None
    lines: TableMapping | None = None

    @field_validator("accounts", "people", "lines", mode="after")
    @classmethod
    def _columns_exist(cls, given: TableMapping | None, info: Any) -> TableMapping | None:  # noqa: ANN401 - pydantic's
        if given is not None and (faults := list(_column_faults(_TABLES[info.field_name], given))):
            raise ValueError("; ".join(faults))
        return given

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.tables():
            raise ValueError(f"names no table; known are {', '.join(_TABLES)}")
        return self

    def tables(self) -> dict[Table, TableMapping]:
        """Return the tables that are mapped, in the order in which they are read."""
        every = {table: getattr(self, name) for name, table in _TABLES.items()}
        return {table: mapped for table, mapped in every.items() if mapped is not None}


def _column_faults(table: Table, given: TableMapping) -> Iterator[str]:
    schema, key = SCHEMAS[table], KEYS[table]
    known = [name for name in schema.names if name != key]
    for name in given.map:
        if name == key:
            yield f"column '{key}' is filled by 'key'; take it out of 'map'"
        elif name not in known:
            yield f"unknown column '{name}'{did_you_mean(name, known)}"
    for name in known:
        if not schema.field(name).nullable and name not in given.map:
            yield f"column '{name}' is required; map it to a field or a constant"
