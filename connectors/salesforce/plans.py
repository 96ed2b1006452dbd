"""From a mapping to what is asked of one org: every name spelled as the org does, every fault at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from connectors.base import SourceSettingsError
from connectors.salesforce.describing import STAMP, MissingFieldError, has_stamp
from connectors.salesforce.soql import Changed, count, select
from connectors.schema import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from connectors.salesforce.describing import Describer, Found
    from connectors.salesforce.mapping import Alternative, Beside, Condition, Mapped, TableMapping
    from connectors.schema import Table

ID: Final = "Id"
_OWN: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(("double", "currency", "percent", "int", "long"), pa.float64()),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
"""Types of an org that are ours, too."""
_LINES_OF_TEXT: Final = frozenset({"textarea", "encryptedstring", "anyType", "address"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a query asks for."""

    path: str
    kind: pa.DataType
    """As what it is read: a text, unless both the org and all who want it agree on another type."""
    volatile: bool
    """Whether it may change without a stamp that moves."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of one object."""

    source: str
    """The object."""
    fields: tuple[Asked, ...]
    """The record's Id first."""
    where: tuple[Condition, ...]
    stamps: tuple[str, ...]
    """Stamps of which one moves when the record or a parent that is asked for changes; none: that cannot be told."""
    deleted: bool = False
    """Whether the recycle bin is asked, too."""
    fickle: bool = False
    """Whether the conditions rest on a formula: records then come and go without a stamp that moves."""
    multiline: bool = False
    """Whether a field may hold line breaks."""

    @property
    def schema(self) -> pa.Schema:
        """Columns of the answer."""
        return pa.schema([(asked.path, asked.kind) for asked in self.fields])

    def text(self, changed: tuple[datetime, datetime] | None = None) -> str:
        """Write it in SOQL; `changed`: only what changed from the one moment on and before the other."""
        return select([asked.path for asked in self.fields], self.source, self.where, self._span(changed))

    def count(self, changed: tuple[datetime, datetime] | None = None) -> str:
        """Write the question of how many records that are."""
        return count(self.source, self.where, self._span(changed))

    def _span(self, changed: tuple[datetime, datetime] | None) -> Changed | None:
        return Changed(self.stamps, *changed) if changed is not None else None


@dataclass(frozen=True, slots=True)
class BesidePlan:
    """What is asked of an object that tells more of the records of another one."""

    query: Query
    of: str
    columns: Mapping[str, tuple[Alternative, ...]]
    first: str | None
    count: str | None
    collect: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for one table, and how its columns are filled from the answer."""

    place: str
    """Where it stands in the mapping."""
    table: Table
    key: str
    columns: Mapping[str, tuple[Alternative, ...]]
    """Only alternatives that this org can answer; paths as the org spells them."""
    query: Query
    also: tuple[BesidePlan, ...] = ()


def make_plans(source: str, mapped: Mapped, describer: Describer) -> list[Plan]:
    """Fit a mapping to the org, leaving out optional fields that it does not have.

    Raises SourceSettingsError with every object and field that is missing.
    """
    faults: list[str] = []
    plans = [_plan(place, table, spec, describer, faults) for place, table, spec in mapped.tables()]
    if faults:
        raise SourceSettingsError(source, "the mapping does not fit the org:\n" + "\n".join(dict.fromkeys(faults)))
    return [plan for plan in plans if plan is not None]


def _plan(place: str, table: Table, spec: TableMapping, describer: Describer, faults: list[str]) -> Plan | None:
    fitting = _fitting(place, spec.object, describer, faults)
    if fitting is None:
        return None
    key = fitting.path("key", spec.key, pa.string())
    where = fitting.conditions(spec.where)
    columns = {name: tuple(fitting.column(table, name, given)) for name, given in spec.map.items()}
    also = [_beside(f"{place}.also[{number}]", table, one, describer, faults) for number, one in enumerate(spec.also)]
    return Plan(place, table, key, columns, fitting.query(where), tuple(one for one in also if one is not None))


def _beside(place: str, table: Table, spec: Beside, describer: Describer, faults: list[str]) -> BesidePlan | None:
    own: list[str] = []
    fitting = _fitting(place, spec.object, describer, own)
    plan = _beside_plan(table, spec, fitting) if fitting is not None else None
    if not own:
        return plan
    if not spec.optional:
        faults += own
    return None


def _beside_plan(table: Table, spec: Beside, fitting: _Fitting) -> BesidePlan:
    of = fitting.path("of", spec.of, pa.string())
    where = fitting.conditions(spec.where)
    columns = {name: tuple(fitting.column(table, name, given)) for name, given in spec.map.items()}
    first = fitting.path("first", spec.first, None) if spec.first else None
    collect = {name: fitting.path(name, path, pa.string()) for name, path in spec.collect.items()}
    return BesidePlan(fitting.query(where, deleted=spec.deleted), of, columns, first, spec.count, collect)


def _fitting(place: str, name: str, describer: Describer, faults: list[str]) -> _Fitting | None:
    try:
        described = describer.describe(name)
    except MissingFieldError as error:
        faults.append(f"{place}: {error}")
        return None
    return _Fitting(describer, described["name"], place, faults, followed=has_stamp(described))


@dataclass(slots=True)
class _Fitting:
    """Replaces the paths of one object by the org's own spelling, and notes what is missing and what is wanted."""

    describer: Describer
    source: str
    place: str
    faults: list[str]
    followed: bool
    _found: dict[str, Found] = field(default_factory=dict)
    _wanted: defaultdict[str, set[pa.DataType | None]] = field(default_factory=lambda: defaultdict(set))
    _tests: list[Found] = field(default_factory=list)

    def path(self, name: str, path: str, kind: pa.DataType | None) -> str:
        """Ask for a field as a type; None: as whatever the org has."""
        try:
            return self._ask(path, kind)
        except MissingFieldError as error:
            self.faults.append(f"{self.place}.{name}: {error}")
            return path

    def conditions(self, given: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(self._condition(condition) for condition in given)

    def column(self, table: Table, name: str, alternatives: tuple[Alternative, ...]) -> Iterator[Alternative]:
        kind = SCHEMAS[table].field(name).type
        for alternative in alternatives:
            try:
                yield self._spelled(alternative, kind)
            except MissingFieldError as error:
                if not alternative.optional:
                    self.faults.append(f"{self.place}.{name}: {error}")
                elif alternative.default is not None:
                    yield _constant(alternative)

    def query(self, where: tuple[Condition, ...], *, deleted: bool = False) -> Query:
        self._ask(ID, pa.string())
        paths = dict.fromkeys([ID, *self._found])
        fields = tuple(Asked(path, self._kind(path), self._found[path].volatile) for path in paths)
        parents = [stamp for found in (*self._found.values(), *self._tests) for stamp in found.stamps or ()]
        return Query(
            self.source,
            fields,
            where,
            tuple(dict.fromkeys([STAMP, *parents])) if self.followed else (),
            deleted,
            fickle=any(found.volatile for found in self._tests),
            multiline=any(_may_break(found) for found in self._found.values()),
        )

    def _ask(self, path: str, kind: pa.DataType | None) -> str:
        found = self.describer.path(self.source, path)
        self._found[found.path] = found
        self._wanted[found.path].add(kind)
        return found.path

    def _condition(self, condition: Condition) -> Condition:
        try:
            found = self.describer.path(self.source, condition.field)
        except MissingFieldError as error:
            self.faults.append(f"{self.place}.where: {error}")
            return condition
        if not found.described.get("filterable", True):
            self.faults.append(
                f"{self.place}.where: '{found.path}' cannot be filtered by; Salesforce does not allow it"
            )
        self._tests.append(found)
        return condition.model_copy(update={"field": found.path})

    def _spelled(self, given: Alternative, kind: pa.DataType) -> Alternative:
        as_text = given.values is not None or given.convert == "domain"
        kinds = {"field": pa.string() if as_text else kind, "date": pa.date32()}
        kinds |= dict.fromkeys(("minus_days", "plus_months"), pa.float64())
        paths = {name: path for name in kinds if isinstance(path := getattr(given, name), str)}
        # All of them are looked for before one is asked for: an alternative that falls out asks for nothing.
        for path in paths.values():
            self.describer.path(self.source, path)
        return given.model_copy(update={name: self._ask(path, kinds[name]) for name, path in paths.items()})

    def _kind(self, path: str) -> pa.DataType:
        given, wanted = self._found[path].type, self._wanted[path] - {None}
        own = _OWN.get(given, pa.string())
        return own if wanted <= {own} else pa.string()


def _constant(given: Alternative) -> Alternative:
    fields = dict.fromkeys(("field", "date", "minus_days", "plus_months", "link"))
    return given.model_copy(update={**fields, "value": given.default})


def _may_break(found: Found) -> bool:
    # A formula may join its text with line breaks; other texts are typed in one line.
    return found.type in _LINES_OF_TEXT or (bool(found.described.get("calculated")) and found.type == "string")
