"""How a query is answered: over REST where it is small, as a Bulk job where it is large or REST gives up on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from connectors.salesforce import rest
from connectors.salesforce.failures import QueryTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pyarrow as pa
    from simple_salesforce.api import Salesforce

    from connectors.salesforce.bulk import Bulk
    from connectors.salesforce.plans import Query

_LONGEST_ADDRESS: Final = 16_000
"""Salesforce refuses addresses of more than 16,384 bytes; a Bulk job takes its query in the body."""
_SHORTEST_SPAN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads what queries answer, as tables with the fields that they ask for. `source` is whose errors it raises."""

    salesforce: Salesforce
    bulk: Bulk
    source: str
    page_size: int
    bulk_above: int | None
    """Records above which a query becomes a Bulk job; None: never."""

    def read(self, query: Query, changed: tuple[datetime, datetime] | None = None) -> Iterator[pa.Table]:
        """Yield the answer, page by page; `changed`: only records that changed from the one moment on to the other.

        A span in which Salesforce gives up is halved: records at its middle may then come twice. Raises SourceError.
        """
        soql = query.text(changed)
        if self._large(query, soql, changed):
            yield from self.bulk.read(query, soql)
            return
        pages = self._rest(query, soql)
        try:
            first = next(pages)
        except QueryTimeoutError:
            halves = _halves(changed)
            if halves is None and self.bulk_above is None:
                raise
            # A Bulk job reads large objects in chunks of its own.
            smaller = (self.read(query, half) for half in halves) if halves else [self.bulk.read(query, soql)]
            yield from chain.from_iterable(smaller)
            return
        yield first
        yield from pages

    def _large(self, query: Query, soql: str, changed: tuple[datetime, datetime] | None) -> bool:
        if self.bulk_above is None:
            return False
        if len(quote(soql)) > _LONGEST_ADDRESS:
            return True
        try:
            total = rest.count(self.salesforce, self.source, query.source, query.count(changed), deleted=query.deleted)
        except QueryTimeoutError:
            return changed is None
        return total > self.bulk_above

    def _rest(self, query: Query, soql: str) -> Iterator[pa.Table]:
        doing = f"reading {query.source}"
        pages = rest.pages(self.salesforce, self.source, doing, soql, size=self.page_size, deleted=query.deleted)
        return (rest.table(query, records) for records in pages)


def _halves(changed: tuple[datetime, datetime] | None) -> list[tuple[datetime, datetime]] | None:
    if changed is None or changed[1] - changed[0] <= _SHORTEST_SPAN:
        return None
    middle = changed[0] + (changed[1] - changed[0]) / 2
    return [(changed[0], middle), (middle, changed[1])]
