"""Names of connectors and where they live. A new source is one file and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from connectors.base import Source

SOURCES: Final[Mapping[str, str]] = {
    "salesforce": "connectors.salesforce",
    "files": "connectors.files",
    "posthog": "connectors.usage.posthog",
}


class Connector(Protocol):
    """What a connector's module offers."""

    Settings: type[BaseModel]
    """Its part of the settings: one entry of `sources`, without `name` and `type`."""

    def open_source(self, name: str, settings: BaseModel, folder: Path) -> Source:
        """Make the source; opens no connection yet. Relative paths are relative to `folder`."""


def connector(kind: str) -> Connector:
    """Import the connector of this type, and only this one. Raises KeyError for an unknown type."""
    return cast("Connector", import_module(SOURCES[kind]))
