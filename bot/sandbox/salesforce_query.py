"""Running a parsed query on the records of a stand-in org, with Salesforce's refusals."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from bot.sandbox.salesforce_ids import LONG, SHORT
from bot.sandbox.soql import (
    Comparison,
    Condition,
    Junction,
    Literal,
    LiteralKind,
    Name,
    Negation,
    Query,
    SoqlError,
    like_pattern,
    located,
    unescaped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.sandbox.salesforce_fields import Field
    from bot.sandbox.salesforce_org import Org, Record, SObject

_REFERENCE: Final = "Please reference your WSDL or the describe call for the appropriate names."
_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WRITTEN_AS: Final = {
    LiteralKind.STRING: {"text", "id"},
    LiteralKind.NUMBER: {"number"},
    LiteralKind.BOOLEAN: {"boolean"},
    LiteralKind.DATE: {"date"},
    LiteralKind.DATETIME: {"datetime"},
}


@dataclass(frozen=True, slots=True)
class Path:
    """A field reached through references."""

    references: tuple[Field, ...]
    field: Field

    def value(self, org: Org, record: Record) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return the field's value for a record; None where a parent is missing."""
        here: Record | None = record
        for reference in self.references:
            here = org.parent(reference, here)
        return None if here is None else here[self.field.name]

    @property
    def name(self) -> str:
        """The path as Bulk's columns are headed: `Order.AccountId`."""
        steps = [reference.relationship or reference.name for reference in self.references]
        return ".".join([*steps, self.field.name])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query yields: the records that match, and how to write them. `paths` is None for COUNT()."""

    org: Org
    source: SObject
    paths: tuple[Path, ...] | None
    matches: tuple[Record, ...]

    def written(self, start: int, stop: int, version: str) -> list[dict[str, object]]:
        """Return some of the records as a page of the query shows them."""
        return [self._written(record, version) for record in self.matches[start:stop]]

    def _written(self, record: Record, version: str) -> dict[str, object]:
        shown = attributes_of(self.source, record, version)
        for path in self.paths or ():
            self._place(shown, record, path, version)
        return shown

    def _place(self, shown: dict[str, Any], record: Record, path: Path, version: str) -> None:
        for reference in path.references:
            parent = self.org.parent(reference, record)
            name = reference.relationship or reference.name
            target = self.org.get(reference.target or "")
            if parent is None or target is None:
                shown[name] = None
                return
            record, shown = parent, shown.setdefault(name, attributes_of(target, parent, version))
        shown[path.field.name] = record[path.field.name]


def attributes_of(source: SObject, record: Record, version: str) -> dict[str, Any]:
    """Return what every record in an answer begins with: its type and address."""
    url = f"/services/data/v{version}/sobjects/{source.name}/{record['Id']}"
    return {"attributes": {"type": source.name, "url": url}}


def run(query: Query, org: Org, *, deleted: bool = False) -> Answer:
    """Run a query; with `deleted`, on the recycle bin too, as queryAll does.

    Raises SoqlError where it names what the org does not have, or compares what cannot be compared.
    """
    source = org.get(query.source.text)
    if source is None:
        problem = (
            f"sObject type '{query.source.text}' is not supported. If you are attempting to use a custom object, "
            f"be sure to append the '__c' after the entity name. {_REFERENCE}"
        )
        raise SoqlError("INVALID_TYPE", located(query.text, query.source.offset, problem))
    runner = _Runner(query.text, org, source)
    paths = None if query.fields is None else runner.selected(query.fields)
    keep = runner.condition(query.where) if query.where else lambda _: True
    matches = [record for record in (source.every_record if deleted else source.records) if keep(record)]
    for ordering in reversed(query.order):
        matches = runner.ordered(matches, ordering.field, ordering.descending, ordering.nulls_last)
    stop = None if query.limit is None else query.offset + query.limit
    return Answer(org, source, paths, tuple(matches[query.offset : stop]))


@dataclass(frozen=True, slots=True)
class _Runner:
    text: str
    org: Org
    source: SObject

    def selected(self, names: Sequence[Name]) -> tuple[Path, ...]:
        seen: set[Path] = set()
        for name in names:
            path = self.path(name)
            if path in seen:
                raise SoqlError("INVALID_FIELD", f"duplicate field selected: {path.field.name}")
            seen.add(path)
        return tuple(self.path(name) for name in names)

    def path(self, name: Name) -> Path:
        *steps, last = name.text.split(".")
        if steps and steps[0].casefold() == self.source.name.casefold() and not self._is_relationship(steps[0]):
            steps = steps[1:]  # SOQL allows the object's own name in front
        here, references = self.source, []
        for step in steps:
            reference = here.relationships.get(step.casefold())
            if reference is None:
                self._refuse(name, _no_relationship(step))
            references.append(reference)
            here = self.org.get(reference.target or "") or here
        found = here.field(last)
        if found is None:
            self._refuse(name, _no_column(last, here.name))
        return Path(tuple(references), found)

    def _is_relationship(self, step: str) -> bool:
        return step.casefold() in self.source.relationships

    def _refuse(self, name: Name, problem: str) -> NoReturn:
        raise SoqlError("INVALID_FIELD", located(self.text, name.offset, problem))

    def condition(self, given: Condition) -> Callable[[Record], bool]:
        if isinstance(given, Comparison):
            return self._comparison(given)
        if isinstance(given, Negation):
            inner = self.condition(given.part)
            return lambda record: not inner(record)
        return self._junction(given)

    def _junction(self, given: Junction) -> Callable[[Record], bool]:
        parts = [self.condition(part) for part in given.parts]
        join = all if given.word == "and" else any
        return lambda record: join(part(record) for part in parts)

    def _comparison(self, given: Comparison) -> Callable[[Record], bool]:
        path = self.path(given.field)
        kind = path.field.comparable_as
        self._check(given, path.field)
        test = _like(given.values[0]) if given.op == "like" else _test(given, kind)
        return lambda record: test(_comparable(path.value(self.org, record), kind))

    def _check(self, given: Comparison, of: Field) -> None:
        kind = of.comparable_as
        if not of.filterable:
            self._refuse(given.field, f"field '{of.name}' can not be filtered in a query call")
        if (given.op == "like" and kind != "text") or (given.op in _ORDERED and kind == "boolean"):
            self._refuse_operator(given, kind)
        for literal in given.values:
            if literal.kind is LiteralKind.NULL:
                if given.op in _ORDERED:
                    self._refuse_operator(given, "null")
            elif kind not in _WRITTEN_AS[literal.kind]:
                self._refuse(given.field, _wrong_type(of.name, kind))

    def _refuse_operator(self, given: Comparison, kind: str) -> None:
        problem = f"invalid operator on {kind} field"
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", located(self.text, given.field.offset, problem))

    def ordered(self, records: Sequence[Record], name: Name, descending: bool, nulls_last: bool) -> list[Record]:  # noqa: FBT001 - both come from one clause
        path = self.path(name)
        kind = path.field.comparable_as
        if not path.field.filterable:
            self._refuse(name, f"field '{path.field.name}' can not be sorted in a query call")
        filled: list[tuple[Any, Record]] = []
        empty: list[tuple[Any, Record]] = []
        for record in records:
            value = _comparable(path.value(self.org, record), kind)
            (empty if value is None else filled).append((value, record))
        filled.sort(key=lambda pair: pair[0], reverse=descending)
        both = [*filled, *empty] if nulls_last else [*empty, *filled]
        return [record for _, record in both]


def _test(given: Comparison, kind: str) -> Callable[[Any], bool]:
    values = [_meant(literal, kind) for literal in given.values]
    if given.op in {"=", "in"}:
        return lambda value: value in values
    if given.op in {"!=", "not in"}:
        return lambda value: value not in values
    compare = _ORDERED[given.op]
    return lambda value: value is not None and compare(value, values[0])


def _like(literal: Literal) -> Callable[[Any], bool]:
    pattern = like_pattern(literal.text)
    return lambda value: value is not None and pattern.fullmatch(value) is not None


def _meant(literal: Literal, kind: str) -> Any:  # noqa: ANN401 - whatever the field's kind compares as
    if literal.kind is LiteralKind.NULL:
        return None
    if literal.kind is LiteralKind.STRING:
        return _comparable(unescaped(literal.text), kind)
    if literal.kind is LiteralKind.NUMBER:
        return float(literal.text)
    if literal.kind is LiteralKind.BOOLEAN:
        return literal.text == "true"
    return _comparable(literal.text, kind)


def _comparable(value: Any, kind: str) -> Any:  # noqa: ANN401 - likewise
    if value is None:
        return None
    if kind == "text":
        return str(value).casefold()  # SOQL compares texts without regard to case
    if kind == "id":
        # The last three of eighteen characters repeat the case of the others.
        return value[:SHORT] if len(value) == LONG else value
    if kind == "datetime":
        return datetime.fromisoformat(value)
    return value


def _no_column(name: str, entity: str) -> str:
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        f"the '__c' after the custom field name. {_REFERENCE}"
    )


def _no_relationship(name: str) -> str:
    return (
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, "
        f"be sure to append the '__r' after the custom relationship name. {_REFERENCE}"
    )


def _wrong_type(name: str, kind: str) -> str:
    wanted, quotes = {"text": ("string", True), "id": ("id", True), "number": ("double", False)}.get(
        kind, (kind, False)
    )
    should = "should be enclosed in quotes" if quotes else "should not be enclosed in quotes"
    return f"value of filter criterion for field '{name}' must be of type {wanted} and {should}"
