"""Salesforce: accounts, people and contract lines over the REST API, by a mapping that is data."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.salesforce.library import find_mapping
from connectors.salesforce.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from connectors.base import AccountAccess, Places, Source
    from connectors.writeback import CrmWriter, Form

__all__ = ["Settings", "open_access", "open_source", "open_writer"]


def open_source(name: str, settings: BaseModel, places: Places) -> Source:
    """Make the source; opens no connection yet.

    Raises SourceSettingsError where the mapping cannot be found or has faults.
    """
    # simple-salesforce loads an XML stack: a quarter of a second that reading settings need not take.
    from connectors.salesforce.reader import SalesforceSource  # noqa: PLC0415

    ours = cast("Settings", settings)
    return SalesforceSource(
        name, ours, find_mapping(name, ours.mapping, places.settings), _certificates(ours, places), places.keep
    )


def open_access(name: str, settings: BaseModel, places: Places) -> AccountAccess | None:
    """Return who tells which accounts a person may see; opens no connection yet."""
    # As above.
    from connectors.salesforce.access import Access  # noqa: PLC0415

    ours = cast("Settings", settings)
    return Access(name, ours, _certificates(ours, places))


def open_writer(name: str, settings: BaseModel, places: Places, forms: Mapping[str, Form]) -> CrmWriter | None:
    """Return who writes measures back, or None where the settings do not say `writeback`; opens no connection yet.

    `forms` tells what kind of value each measure is.
    """
    ours = cast("Settings", settings)
    if ours.writeback is None:
        return None
    # As above.
    from connectors.salesforce.writing.writer import SalesforceWriter  # noqa: PLC0415

    return SalesforceWriter(name, ours, ours.writeback, forms, _certificates(ours, places))


def _certificates(settings: Settings, places: Places) -> Path | None:
    return places.settings / settings.ca_bundle if settings.ca_bundle else None
