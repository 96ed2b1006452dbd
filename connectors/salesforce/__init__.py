"""Salesforce: accounts, people and contract lines over the REST API, by a mapping that is data."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.salesforce.library import find_mapping
from connectors.salesforce.settings import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from connectors.base import Places, Source

__all__ = ["Settings", "open_source"]


def open_source(name: str, settings: BaseModel, places: Places) -> Source:
    """Make the source; opens no connection yet.

    Raises SourceSettingsError where the mapping cannot be found or has faults.
    """
    # simple-salesforce loads an XML stack: a quarter of a second that reading settings need not take.
    from connectors.salesforce.reader import SalesforceSource  # noqa: PLC0415

    ours, folder = cast("Settings", settings), places.settings
    certificates = folder / ours.ca_bundle if ours.ca_bundle else None
    return SalesforceSource(name, ours, find_mapping(name, ours.mapping, folder), certificates)
