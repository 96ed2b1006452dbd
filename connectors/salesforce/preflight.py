"""Checking a mapping against the org before anything is read: every object described once, every fault at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simple_salesforce.exceptions import SalesforceResourceNotFound

from connectors.base import SourceError, SourceSettingsError
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.soql import select
from connectors.settings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.mapping import Alternative, Condition, Mapped, TableMapping
    from connectors.schema import Table

_POLYMORPHIC: Final = "Name"
"""The object whose fields a relationship to several objects offers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for one table, and how its columns are filled from the answer."""

    table: Table
    source: str
    """The object, as the org spells it."""
    key: str
    columns: Mapping[str, tuple[Alternative, ...]]
    """Only alternatives that this org can answer; paths as the org spells them."""
    query: str


class MissingFieldError(LookupError):
    """A field, relationship or object that the org does not have, or does not show to the user who asks."""


@dataclass(slots=True)
class Describer:
    """The org's description of its objects, asked for once an object."""

    source: str
    salesforce: Salesforce
    _known: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    _all: list[str] | None = None

    def describe(self, name: str) -> dict[str, Any]:
        """Return the description of an object. Raises MissingFieldError where there is none of that name."""
        key = name.casefold()
        if key not in self._known:
            self._known[key] = self._ask(name)
        found = self._known[key]
        if found is None:
            near = did_you_mean(name, self._every_object())
            raise MissingFieldError(f"the org has no object '{name}', or its user may not see it{near}")
        return found

    def path(self, start: str, path: str) -> tuple[str, dict[str, Any]]:
        """Follow a path from an object; return it as the org spells it, and the description of its field.

        Raises MissingFieldError naming the object at which the path breaks and the nearest name that it has.
        """
        *relationships, last = path.split(".")
        here, spelled = self.describe(start), []
        for step in relationships:
            reference = _named(here, "relationshipName", step, "relationship", path)
            targets = reference["referenceTo"]
            here = self.describe(targets[0] if len(targets) == 1 else _POLYMORPHIC)
            spelled.append(reference["relationshipName"])
        final = _named(here, "name", last, "field", path)
        return ".".join([*spelled, final["name"]]), final

    def _ask(self, name: str) -> dict[str, Any] | None:
        with as_source_errors(self.source, f"describing {name}"):
            try:
                described = self.salesforce.restful(f"sobjects/{name}/describe")
            except SalesforceResourceNotFound:
                return None
        if not isinstance(described, dict) or not isinstance(described.get("fields"), list):
            raise SourceError(self.source, f"describing {name}: the answer is no description of an object")
        return described

    def _every_object(self) -> list[str]:
        if self._all is None:
            with as_source_errors(self.source, "listing the org's objects"):
                try:
                    listed = self.salesforce.describe() or {}
                except SalesforceResourceNotFound as error:
                    version = self.salesforce.sf_version
                    raise SourceSettingsError(self.source, f"the org does not know api_version '{version}'") from error
            self._all = [entry["name"] for entry in listed.get("sobjects", ())]
        return self._all


def _named(described: Mapping[str, Any], attribute: str, name: str, noun: str, path: str) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = {
        entry[attribute].casefold(): entry for entry in described["fields"] if entry.get(attribute)
    }
    if found := fields.get(name.casefold()):
        return found
    near = did_you_mean(name, [entry[attribute] for entry in fields.values()])
    within = f" (in '{path}')" if path != name else ""
    raise MissingFieldError(f"{described['name']} has no {noun} '{name}'{within}, or the user may not see it{near}")


def make_plans(source: str, mapped: Mapped, describer: Describer) -> list[Plan]:
    """Fit a mapping to the org, leaving out optional fields that it does not have.

    Raises SourceSettingsError with every object and field that is missing.
    """
    faults: list[str] = []
    plans = [_plan(table, spec, describer, faults) for table, spec in mapped.tables().items()]
    if faults:
        raise SourceSettingsError(source, "the mapping does not fit the org:\n" + "\n".join(dict.fromkeys(faults)))
    return [plan for plan in plans if plan is not None]


def _plan(table: Table, spec: TableMapping, describer: Describer, faults: list[str]) -> Plan | None:
    try:
        source = describer.describe(spec.object)["name"]
    except MissingFieldError as error:
        faults.append(f"{table}: {error}")
        return None
    fitting = _Fitting(describer, source, faults)
    key = fitting.path(f"{table}.key", spec.key)
    where = [fitting.condition(f"{table}.where", condition) for condition in spec.where]
    columns = {name: tuple(fitting.column(f"{table}.{name}", given)) for name, given in spec.map.items()}
    paths = [path for column in columns.values() for alternative in column for path in alternative.paths]
    return Plan(table, source, key, columns, select(["Id", key, *paths], source, where))


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Replaces the paths of one table by the org's own spelling, and notes what is missing."""

    describer: Describer
    source: str
    faults: list[str]

    def path(self, place: str, path: str) -> str:
        try:
            return self.describer.path(self.source, path)[0]
        except MissingFieldError as error:
            self.faults.append(f"{place}: {error}")
            return path

    def condition(self, place: str, condition: Condition) -> Condition:
        try:
            spelled, described = self.describer.path(self.source, condition.field)
        except MissingFieldError as error:
            self.faults.append(f"{place}: {error}")
            return condition
        if not described.get("filterable", True):
            self.faults.append(f"{place}: '{spelled}' cannot be filtered by; Salesforce does not allow it")
        return condition.model_copy(update={"field": spelled})

    def column(self, place: str, alternatives: tuple[Alternative, ...]) -> Iterator[Alternative]:
        for alternative in alternatives:
            try:
                yield self._spelled(alternative)
            except MissingFieldError as error:
                if not alternative.optional:
                    self.faults.append(f"{place}: {error}")
                elif alternative.default is not None:
                    yield alternative.model_copy(
                        update={"field": None, "date": None, "minus_days": None, "value": alternative.default}
                    )

    def _spelled(self, alternative: Alternative) -> Alternative:
        spelled = {
            name: self.describer.path(self.source, path)[0]
            for name in ("field", "date", "minus_days")
            if isinstance(path := getattr(alternative, name), str)
        }
        return alternative.model_copy(update=spelled)
