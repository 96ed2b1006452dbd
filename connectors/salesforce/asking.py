"""Reading the answer of a small query whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.salesforce.rest import pages

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

    from connectors.salesforce.rest import Record


def ask(salesforce: Salesforce, source: str, doing: str, query: str, *, deleted: bool = False) -> list[Record]:
    """Return every record that a query answers, those in the recycle bin among them where `deleted` says so.

    Raises SourceError where not all of it arrives.
    """
    return [record for page in pages(salesforce, source, doing, query, deleted=deleted) for record in page]
