"""Names of connectors and where they live. A new source is one file and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from connectors.base import AccountAccess, Places, Source
    from connectors.writeback import CrmWriter, Form

SOURCES: Final[Mapping[str, str]] = {
    "salesforce": "connectors.salesforce",
    "files": "connectors.files",
    "posthog": "connectors.usage.posthog",
    "mixpanel": "connectors.usage.mixpanel",
    "amplitude": "connectors.usage.amplitude",
    "pendo": "connectors.usage.pendo",
    "warehouse": "connectors.usage.warehouse",
}


class Connector(Protocol):
    """What a connector's module offers. Beside it a CRM may offer `open_access` and `open_writer`, see below."""

    Settings: type[BaseModel]
    """Its part of the settings: one entry of `sources`, without `name` and `type`."""

    def open_source(self, name: str, settings: BaseModel, places: Places) -> Source:
        """Make the source; opens no connection yet."""


def connector(kind: str) -> Connector:
    """Import the connector of this type, and only this one. Raises KeyError for an unknown type."""
    return cast("Connector", import_module(SOURCES[kind]))


def open_access(kind: str, name: str, settings: BaseModel, places: Places) -> AccountAccess | None:
    """Return who tells which accounts a person may see, or None where the source cannot tell."""
    opening = getattr(connector(kind), "open_access", None)
    return cast("AccountAccess | None", opening(name, settings, places)) if opening else None


def open_writer(
    kind: str, name: str, settings: BaseModel, places: Places, forms: Mapping[str, Form]
) -> CrmWriter | None:
    """Return who writes measures back into the source, or None where it takes none, or its settings want none.

    `forms` tells what kind of value each measure is.
    """
    opening = getattr(connector(kind), "open_writer", None)
    return cast("CrmWriter | None", opening(name, settings, places, forms)) if opening else None
