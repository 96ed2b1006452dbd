"""Names of connectors and where they live. A new source is one file and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from connectors.base import Places, Source

SOURCES: Final[Mapping[str, str]] = {
    "salesforce": "connectors.salesforce",
    "files": "connectors.files",
    "posthog": "connectors.usage.posthog",
}


class Connector(Protocol):
    """What a connector's module offers."""

    Settings: type[BaseModel]
    """Its part of the settings: one entry of `sources`, without `name` and `type`."""

    def open_source(self, name: str, settings: BaseModel, places: Places) -> Source:
        """Make the source; opens no connection yet."""


def connector(kind: str) -> Connector:
    """Import the connector of this type, and only this one. Raises KeyError for an unknown type."""
    return cast("Connector", import_module(SOURCES[kind]))
