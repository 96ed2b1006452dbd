"""What an org says of its objects, and the paths of a mapping followed through it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simple_salesforce.exceptions import SalesforceResourceNotFound

from connectors.base import SourceError, SourceSettingsError
from connectors.salesforce.failures import as_source_errors
from connectors.settings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simple_salesforce.api import Salesforce

_POLYMORPHIC: Final = "Name"
"""The object whose fields a relationship to several objects offers."""
STAMP: Final = "SystemModstamp"
"""The field that moves with every change of a record, but not with those of its formulas and parents."""


class MissingFieldError(LookupError):
    """A field, relationship or object that the org does not have, or does not show to the user who asks."""


@dataclass(frozen=True, slots=True)
class Found:
    """A field at the end of its path."""

    path: str
    """As the org spells it."""
    described: Mapping[str, Any]
    stamps: tuple[str, ...] | None
    """Paths of the stamps of the parents on the way; None where one of them has none."""

    @property
    def type(self) -> str:
        """The type that the org gives it; a text where it gives none."""
        return str(self.described.get("type", "string"))

    @property
    def volatile(self) -> bool:
        """Whether it may change without any stamp that moves: a formula, or behind a parent without a stamp."""
        return self.stamps is None or bool(self.described.get("calculated"))


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

    def path(self, start: str, path: str) -> Found:
        """Follow a path from an object to its field.

        Raises MissingFieldError naming the object at which the path breaks and the nearest name that it has.
        """
        *relationships, last = path.split(".")
        here, spelled = self.describe(start), list[str]()
        stamps: tuple[str, ...] | None = ()
        for step in relationships:
            reference = _named(here, "relationshipName", step, "relationship", path)
            targets = reference["referenceTo"]
            here = self.describe(targets[0] if len(targets) == 1 else _POLYMORPHIC)
            spelled.append(reference["relationshipName"])
            stamps = (*stamps, ".".join([*spelled, STAMP])) if stamps is not None and has_stamp(here) else None
        final = _named(here, "name", last, "field", path)
        return Found(".".join([*spelled, final["name"]]), final, stamps)

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


def has_stamp(described: Mapping[str, Any]) -> bool:
    """Tell whether an object's changes can be followed by its stamp."""
    return any(entry["name"] == STAMP and entry.get("filterable", True) for entry in described["fields"])


def _named(described: Mapping[str, Any], attribute: str, name: str, noun: str, path: str) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = {
        entry[attribute].casefold(): entry for entry in described["fields"] if entry.get(attribute)
    }
    if found := fields.get(name.casefold()):
        return found
    near = did_you_mean(name, [entry[attribute] for entry in fields.values()])
    within = f" (in '{path}')" if path != name else ""
    raise MissingFieldError(f"{described['name']} has no {noun} '{name}'{within}, or the user may not see it{near}")
