"""Queries over the REST API: page by page, each as a table of the fields that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from connectors.base import SourceError
from connectors.salesforce.conversions import Array, as_text
from connectors.salesforce.failures import as_source_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.plans import Asked, Query

Record = dict[str, Any]

_NO_RECORD: Final[Record] = {}


def count(salesforce: Salesforce, source: str, object_name: str, soql: str, *, deleted: bool = False) -> int:
    """Return how many records a COUNT() counts."""
    doing = f"counting {object_name}"
    with as_source_errors(source, doing):
        answer = salesforce.query(soql, include_deleted=deleted)
    if not isinstance(answer, dict) or not isinstance(answer.get("totalSize"), int):
        raise SourceError(source, f"{doing}: the answer holds no number")
    total: int = answer["totalSize"]
    return total


def pages(
    salesforce: Salesforce, source: str, doing: str, soql: str, *, size: int | None = None, deleted: bool = False
) -> Iterator[list[Record]]:
    """Yield the records that a query answers, page by page, at most `size` at a time.

    Raises SourceError where fewer arrive than were announced.
    """
    options = {"Sforce-Query-Options": f"batchSize={size}"} if size else {}
    with as_source_errors(source, doing):
        page = salesforce.query(soql, include_deleted=deleted, headers=options)
    received, announced = 0, page.get("totalSize") if isinstance(page, dict) else None
    while True:
        records = _records(page, source, doing)
        received += len(records)
        yield records
        if page["done"]:
            break
        with as_source_errors(source, doing):
            page = salesforce.query_more(page["nextRecordsUrl"], identifier_is_url=True, headers=options)
    if received != announced:
        raise SourceError(source, f"{doing}: {received:,} of {announced:,} records arrived; read again")


def _records(page: object, source: str, doing: str) -> list[Record]:
    if isinstance(page, dict) and isinstance(page.get("records"), list) and isinstance(page.get("totalSize"), int):
        records: list[Record] = page["records"]
        following = page.get("nextRecordsUrl")
        # A page without records that names a next one could go on for ever.
        if page.get("done") is True or (isinstance(following, str) and records):
            return records
    raise SourceError(source, f"{doing}: the answer is no page of a query's result")


def table(query: Query, records: Sequence[Record]) -> pa.Table:
    """Return records as a table with the query's fields, of the types that it wants or, where they fit not, texts."""
    arrays = [_array(asked, records) for asked in query.fields]
    return pa.Table.from_arrays(arrays, names=[asked.path for asked in query.fields])


def _array(asked: Asked, records: Sequence[Record]) -> Array:
    values = _values(asked.path, records)
    if asked.kind == pa.float64():
        if not any(isinstance(value, bool | str) for value in values):
            return pa.array(values, pa.float64())
    elif asked.kind == pa.bool_():
        if all(value is None or isinstance(value, bool) for value in values):
            return pa.array(values, pa.bool_())
    elif asked.kind == pa.date32():
        try:
            return pa.array([as_text(value) for value in values], pa.string()).cast(pa.date32())
        except pa.ArrowInvalid:
            pass
    return pa.array([as_text(value) for value in values], pa.string())


def _values(path: str, records: Sequence[Record]) -> list[Any]:
    *parents, last = path.split(".")
    if not parents:
        return [record.get(last) for record in records]
    found = []
    for record in records:
        here: Record = record
        for parent in parents:
            here = here.get(parent) or _NO_RECORD
        found.append(here.get(last))
    return found
