"""Reading the answer of a small query whole; raises SourceError where not all of it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import SourceError
from connectors.salesforce.failures import as_source_errors

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce


def ask(salesforce: Salesforce, source: str, doing: str, query: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    """Return every record that a query answers, those in the recycle bin among them where `deleted` says so."""
    records: list[dict[str, Any]] = []
    with as_source_errors(source, doing):
        page = salesforce.query(query, include_deleted=deleted)
    while True:
        portion = _records(page, source, doing)
        records += portion
        if page["done"] is True:
            break
        with as_source_errors(source, doing):
            page = salesforce.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    if len(records) != page["totalSize"]:
        raise SourceError(source, f"{doing}: {len(records):,} of {page['totalSize']:,} records arrived")
    return records


def _records(page: object, source: str, doing: str) -> list[dict[str, Any]]:
    if isinstance(page, dict) and isinstance(page.get("records"), list) and isinstance(page.get("totalSize"), int):
        records: list[dict[str, Any]] = page["records"]
        # A page without records that names a next one could go on for ever.
        if page.get("done") is True or (isinstance(page.get("nextRecordsUrl"), str) and records):
            return records
    raise SourceError(source, f"{doing}: the answer is no page of a query's result")
