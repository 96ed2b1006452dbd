"""A mapping says which objects and fields of an org become our tables: data, never code.

lines:
  object: OrderItem
  where: [{field: Order.Status, op: "!=", value: Draft}]
  key: Id
  map:
    account_id: Order.AccountId                          # a field, by its path through relationships
    start: [ServiceDate, Order.EffectiveDate]            # the first that is filled
    end: [EndDate, {date: ServiceDate, plus_months: 12}] # the last day of a term
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

import pyarrow as pa
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
    """One way to fill a column: a field, a constant, or a date less some days or on by a term."""

    field: FieldPath | None = None
    value: Scalar | None = None
    date: FieldPath | None = None
    minus_days: FieldPath | int | None = None
    plus_months: FieldPath | int | None = None
    """The last day of a term of so many months: 12 from 2026-01-01 is 2026-12-31."""
    link: Literal[True] | None = None
    """The address of the record itself, where people open it."""
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
        ways = [way for way in ("field", "value", "date", "link") if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError("name one of: field, value (a constant), date (with minus_days or plus_months), link")
        moves = sum(way is not None for way in (self.minus_days, self.plus_months))
        if moves != (self.date is not None):
            raise ValueError("date and one of minus_days and plus_months belong together")
        if self.field is None and (self.convert or self.values):
            raise ValueError("'as' and 'values' need a field")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields that this alternative reads."""
        named = (self.field, self.date, self.minus_days, self.plus_months)
        return tuple(path for path in named if isinstance(path, str))


def _as_alternatives(given: object) -> object:
    if isinstance(given, str | Mapping | Alternative):
        given = [given]
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return [{"field": one} if isinstance(one, str) else one for one in given]
    raise ValueError("write a field like 'Order.EndDate', a mapping like {value: year}, or a list of these")


Column = Annotated[tuple[Alternative, ...], BeforeValidator(_as_alternatives), Field(min_length=1)]
"""The alternatives of one column, in the order in which they are tried."""


def _as_several(given: object) -> object:
    return [given] if isinstance(given, Mapping | BaseModel) else given


Where = Annotated[tuple[Condition, ...], BeforeValidator(_as_several)]


class Beside(_Strict):
    """Another object that tells something of the same records: its rows by the record that they belong to.

    One of `map`, `count` and `collect`. What it tells counts where the record itself leaves the column empty.
    """

    object: ObjectName
    of: FieldPath
    """The field that names the record."""
    where: Where = ()
    map: Mapping[str, Column] = Field(default_factory=dict)
    """Columns, filled from one of its rows: the first by `first`."""
    first: FieldPath | None = None
    """Of several rows the one counts whose value here is the lowest; rows without one come last."""
    count: str | None = None
    """A column that tells how many rows there are; none is 0."""
    collect: Mapping[str, FieldPath] = Field(default_factory=dict)
    """A column that holds the values of a field of all rows, parted by spaces."""
    deleted: bool = False
    """Whether what lies in the recycle bin is read, too."""
    optional: bool = False
    """Whether an org without this object or its fields is all right: its columns then stay unknown."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("map", "count", "collect") if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError("name one of: map, count, collect")
        if (self.first is not None) != bool(self.map):
            raise ValueError("'map' wants 'first': the field by which one of several rows is chosen")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it fills."""
        return (*self.map, *([self.count] if self.count else ()), *self.collect)


class TableMapping(_Strict):
    """One of our tables, as one object of the org holds it."""

    object: ObjectName
    where: Where = ()
    key: FieldPath = "Id"
    """The field that names a record."""
    map: Mapping[str, Column]
    also: Annotated[tuple[Beside, ...], BeforeValidator(_as_several)] = ()
    """Other objects that tell more of the same records, found by their Id."""


_TABLES: Final[Mapping[str, Table]] = MappingProxyType({str(table): table for table in KEYS})


class Mapped(_Strict):
    """A whole mapping: a table that is not named is not read. Lines may stand in several objects."""

    include: str | None = None
    """Another mapping, by its name or file; the tables that are not named here are taken from there."""
    accounts: TableMapping | None = None
    people: TableMapping | None = None
    lines: Annotated[tuple[TableMapping, ...], BeforeValidator(_as_several)] = ()

    @field_validator("accounts", "people", "lines", mode="after")
    @classmethod
    def _columns_exist(cls, given: Any, info: Any) -> Any:  # noqa: ANN401 - pydantic's
        table = _TABLES[info.field_name]
        several = given if isinstance(given, tuple) else (given,)
        if faults := [fault for one in several if one is not None for fault in _column_faults(table, one)]:
            raise ValueError("; ".join(faults))
        return given

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.tables() and self.include is None:
            raise ValueError(f"names no table; known are {', '.join(_TABLES)}")
        return self

    def over(self, base: Mapped) -> Mapped:
        """Return this mapping with the tables of another one where it names none."""
        mine = {name: given for name in _TABLES if (given := getattr(self, name))}
        return base.model_copy(update={**mine, "include": None})

    def tables(self) -> list[tuple[str, Table, TableMapping]]:
        """Return what is mapped in the order in which it is read: its place in the mapping, table and mapping."""
        found = [(name, _TABLES[name], given) for name in ("accounts", "people") if (given := getattr(self, name))]
        numbered = len(self.lines) > 1
        places = (f"lines[{number}]" if numbered else "lines" for number in range(len(self.lines)))
        return [*found, *((place, Table.LINES, given) for place, given in zip(places, self.lines, strict=True))]


def _column_faults(table: Table, given: TableMapping) -> Iterator[str]:
    schema, key = SCHEMAS[table], KEYS[table]
    known = [name for name in schema.names if name != key]
    for name in (*given.map, *(column for beside in given.also for column in beside.columns)):
        if name == key:
            yield f"column '{key}' is filled by 'key'; take it out of 'map'"
        elif name not in known:
            yield f"unknown column '{name}'{did_you_mean(name, known)}"
    for name in known:
        if not schema.field(name).nullable and name not in given.map:
            yield f"column '{name}' is required; map it to a field or a constant"
    for beside in given.also:
        yield from _beside_faults(schema, beside)


def _beside_faults(schema: pa.Schema, beside: Beside) -> Iterator[str]:
    wanted: list[tuple[str, pa.DataType, str]] = [(name, pa.string(), "a text") for name in beside.collect]
    if beside.count:
        wanted.append((beside.count, pa.float64(), "a number"))
    for name, kind, words in wanted:
        if name in schema.names and schema.field(name).type != kind:
            yield f"column '{name}' is not {words}: '{beside.object}' cannot fill it so"
