"""Queries over Bulk API 2.0: a job, its pages of CSV read side by side straight into Arrow, and the job deleted.

The addresses are asked through the session: simple-salesforce waits five seconds before it first looks at a job, never
deletes one, and reads page after page.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

import pyarrow as pa
from pyarrow import csv

from connectors.base import SourceError, SourceSettingsError
from connectors.salesforce.failures import OURS_TO_MEND, as_source_errors, body_of, codes, told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import requests

    from connectors.salesforce.plans import Query
    from connectors.salesforce.session import SalesforceSession

PAGE_ROWS: Final = 50_000
"""Rows asked for at a time: some ten megabytes of text."""
_AT_ONCE: Final = 2
"""Pages read side by side: one arrives while another one is taken apart."""
_PARALLEL_SINCE: Final = 58.0
"""Version of the API that names the addresses of all pages."""
_FIRST_LOOK: Final = 0.1
_LONGEST_LOOK: Final = 30.0
_PATIENCE: Final = 4 * 3600.0
"""Salesforce gives up on a job of its own after some hours."""
_NO_MORE: Final = "null"
"""How the last locator is written."""
_GONE: Final = frozenset({200, 204, 404})
_OK: Final = range(200, 300)


@dataclass(slots=True)
class Bulk:
    """Runs queries as Bulk jobs of one org. `source` is whose errors it raises."""

    session: SalesforceSession
    source: str
    version: str
    page_rows: int = PAGE_ROWS
    _deleting: threading.Lock = field(default_factory=threading.Lock, init=False)

    def read(self, query: Query, soql: str) -> Iterator[pa.Table]:
        """Yield what a query answers, page by page, with the query's fields; a field that fits not its type as text.

        Raises SourceError where the job fails, or fewer records arrive than it has.
        """
        doing = f"reading {query.source} in bulk"
        with as_source_errors(self.source, doing), self._job(query, soql, doing) as job:
            expected = self._wait(job, doing)
            received = 0
            for page in self._pages(query, job, expected, doing):
                received += page.num_rows
                yield page
            if received != expected:
                raise SourceError(self.source, f"{doing}: {received:,} of {expected:,} records arrived; read again")

    @contextmanager
    def _job(self, query: Query, soql: str, doing: str) -> Iterator[str]:
        body = {"operation": "queryAll" if query.deleted else "query", "query": soql}
        answer = self._json("POST", self._address(), doing, json=body)
        job = self._address(str(answer.get("id")))
        try:
            yield job
        finally:
            self._delete(job)

    def _delete(self, job: str) -> None:
        """Take the job away, whatever became of it: what cannot be deleted yet is told to stop first."""
        with suppress(SourceError, OSError):
            if self.session.request("DELETE", job).status_code not in _GONE:
                self.session.request("PATCH", job, json={"state": "Aborted"})
                self.session.request("DELETE", job)

    def _wait(self, job: str, doing: str) -> int:
        """Wait until a job is done; return how many records it has."""
        patience, pause = self.session.patience, _FIRST_LOOK
        until = patience.clock() + _PATIENCE
        while (found := self._json("GET", job, doing)).get("state") != "JobComplete":
            if found.get("state") in {"Failed", "Aborted"}:
                raise self._failed(found, doing)
            if patience.clock() > until:
                raise SourceError(self.source, f"{doing}: the job was not done after {_PATIENCE / 3600:g} hours")
            patience.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_LOOK)
        return int(found.get("numberRecordsProcessed") or 0)

    def _failed(self, found: dict[str, Any], doing: str) -> SourceError:
        said = str(found.get("errorMessage") or "Salesforce does not say why")
        kind = SourceSettingsError if any(code in said for code in OURS_TO_MEND) else SourceError
        return kind(self.source, f"{doing}: the job {str(found.get('state')).lower()}: {said}")

    def _pages(self, query: Query, job: str, expected: int, doing: str) -> Iterator[pa.Table]:
        if float(self.version) >= _PARALLEL_SINCE and expected > self.page_rows:
            yield from self._side_by_side(query, job, doing)
        else:
            yield from self._one_by_one(query, job, doing)

    def _one_by_one(self, query: Query, job: str, doing: str) -> Iterator[pa.Table]:
        locator = None
        while locator != _NO_MORE:
            parameters = {"maxRecords": str(self.page_rows), **({"locator": locator} if locator else {})}
            answer = self._checked("GET", f"{job}/results", doing, params=parameters)
            yield self._table(query, answer, doing)
            following = answer.headers.get("Sforce-Locator", _NO_MORE)
            if following == locator:
                raise SourceError(self.source, f"{doing}: the same page is named as the next one")
            locator = following

    def _side_by_side(self, query: Query, job: str, doing: str) -> Iterator[pa.Table]:
        addresses = self._addresses(job, doing)

        def one(address: str) -> pa.Table:
            return self._table(query, self._checked("GET", address, doing), doing)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            under_way = deque(pool.submit(one, address) for address in islice(addresses, _AT_ONCE))
            try:
                while under_way:
                    page = under_way.popleft().result()
                    under_way.extend(pool.submit(one, address) for address in islice(addresses, 1))
                    yield page
            finally:
                for later in under_way:
                    later.cancel()

    def _addresses(self, job: str, doing: str) -> Iterator[str]:
        """Yield the addresses of a job's pages: Salesforce names a few at a time."""
        following: str | None = f"{job}/resultPages?maxRecords={self.page_rows}"
        while following:
            answer = self._json("GET", following, doing)
            for entry in answer.get("resultPages") or ():
                yield urljoin(job, str(entry.get("resultUrl") or entry.get("resultLink")))
            # Salesforce's page on it writes the one name in its table and the other in its example.
            link = answer.get("nextRecordsUrl") or answer.get("nextRecordUrl")
            following = urljoin(job, str(link)) if link and answer.get("done") is not True else None

    def _table(self, query: Query, answer: requests.Response, doing: str) -> pa.Table:
        found = _parsed(query, answer.content, self.source, doing)
        said = answer.headers.get("Sforce-NumberOfRecords", "")
        if said.isdecimal() and int(said) != found.num_rows:
            problem = f"{found.num_rows:,} of {int(said):,} records of a page arrived; read again"
            raise SourceError(self.source, f"{doing}: {problem}")
        return found

    def _json(self, method: str, url: str, doing: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - requests' own
        answer = body_of(self._checked(method, url, doing, **given).text)
        if not isinstance(answer, dict):
            raise SourceError(self.source, f"{doing}: the answer is none of a Bulk job: {told(answer)}")
        return answer

    def _checked(self, method: str, url: str, doing: str, **given: Any) -> requests.Response:  # noqa: ANN401 - likewise
        answer = self.session.request(method, url, **given)
        if answer.status_code not in _OK:
            body = body_of(answer.text)
            kind = SourceSettingsError if codes(body) & OURS_TO_MEND else SourceError
            raise kind(self.source, f"{doing}: Salesforce answers {answer.status_code}, {told(body)}")
        return answer

    def _address(self, job: str | None = None) -> str:
        jobs = f"{self.session.instance}/services/data/v{self.version}/jobs/query"
        return f"{jobs}/{job}" if job else jobs


def _parsed(query: Query, content: bytes, source: str, doing: str) -> pa.Table:
    """Return a page of CSV as a table; where a value fits not the type of its field, that page is all texts."""
    kinds = {asked.path: asked.kind for asked in query.fields}
    try:
        try:
            found = _csv(content, kinds, multiline=query.multiline)
        except pa.ArrowInvalid:
            found = _csv(content, dict.fromkeys(kinds, pa.string()), multiline=True)
    except pa.ArrowInvalid as error:
        raise SourceError(source, f"{doing}: a page is no CSV: {error}") from error
    if missing := [path for path in kinds if path not in found.column_names]:
        raise SourceError(source, f"{doing}: a page has no column {', '.join(missing)}")
    # In one piece: what looks at columns would join each of them.
    return found.select(list(kinds)).combine_chunks()


def _has_header(content: bytes, names: Collection[str]) -> bool:
    first = content[: content.find(b"\n") + 1 or len(content)].decode(errors="replace")
    return any(cell.strip(' "\r\n') in names for cell in first.split(","))


def _csv(content: bytes, kinds: dict[str, pa.DataType], *, multiline: bool) -> pa.Table:
    if not content or content.isspace():
        # Without a record there may be no header either.
        return pa.schema(list(kinds.items())).empty_table()
    # Pages after the first may come without a header: their columns are then in the order of the query.
    names = None if _has_header(content, kinds) else list(kinds)
    convert = csv.ConvertOptions(
        column_types=kinds,
        null_values=[""],
        strings_can_be_null=True,
        true_values=["true"],
        false_values=["false"],
    )
    parse = csv.ParseOptions(newlines_in_values=multiline)
    read = csv.ReadOptions(column_names=names)
    where_it_lies: Any = pa.BufferReader(content)  # a stream of Python's would be copied
    return csv.read_csv(where_it_lies, read_options=read, parse_options=parse, convert_options=convert)
