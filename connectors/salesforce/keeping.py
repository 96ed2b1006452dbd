"""The last whole answer to a query, kept on disk, so that a later reading asks for what changed.

What moves no stamp is asked for whole: formulas, and the ids of a query whose conditions rest on one. What was deleted,
or no longer meets the conditions, was touched and is not among what changed: it goes. Once a week all ids are compared,
which finds what was deleted for good. Where anything does not add up, everything is read anew.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.base import SourceError
from connectors.salesforce.plans import ID, Query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from connectors.salesforce.conversions import Array
    from connectors.salesforce.extracting import Extractor

LOOK_BACK: Final = timedelta(minutes=10)
"""Records that were written before a reading may show only after it: the last minutes are asked for again."""
_LOOK_AHEAD: Final = timedelta(minutes=1)
_COMPARED_EVERY: Final = timedelta(days=7)
_FORM: Final = "1"
"""Of what is kept: another form is read anew."""
_PORTION: Final = 50_000


@dataclass(frozen=True, slots=True)
class _State:
    """How far what is kept is up to date."""

    file: str
    until: datetime
    """Changes before this moment are in it, but for those that showed late."""
    compared: datetime
    """When all ids were last compared."""


@dataclass(slots=True)
class Keeper:
    """Reads a query whole, from what is kept and what changed. One keeper a query, one reading at a time."""

    source: str
    """Whose errors it raises."""
    folder: Path
    name: str
    above: int | None
    """Answers of fewer records are read anew each time: that takes no more calls. None: all of them are."""

    def read(self, query: Query, extractor: Extractor, now: datetime) -> Iterator[pa.Table]:
        """Yield the whole answer as it stands at `now`, by the org's clock; it is kept once the last page was taken.

        Raises SourceError where it cannot be read to the end; what was kept before then stays as it was.
        """
        state = self._state(query) if self.above is not None else None
        if state is None or not query.stamps:
            yield from self._anew(query, extractor, now)
            return
        update = self._update(query, extractor, state, now)
        if update is None:
            yield from self._anew(query, extractor, now)
        else:
            compared = now if update.compared else state.compared
            yield from self._kept(query, update.pages(self.folder / state.file), _State("", now, compared))

    def _anew(self, query: Query, extractor: Extractor, now: datetime) -> Iterator[pa.Table]:
        yield from self._kept(query, extractor.read(query), _State("", now, now))

    def _kept(self, query: Query, pages: Iterator[pa.Table], state: _State) -> Iterator[pa.Table]:
        """Hand pages on, and keep them in the end. Raises SourceError where a record came twice."""
        with _Writer(self.folder, self.name, query) as writer:
            for page in pages:
                writer.add(page)
                yield page
            if not writer.distinct():
                raise SourceError(self.source, f"reading {query.source}: a record arrived twice; read again")
            self._keep(writer, query, state)

    def _keep(self, writer: _Writer, query: Query, state: _State) -> None:
        place = self.folder / f"{self.name}.json"
        if not writer.fits or self.above is None or writer.rows <= self.above or not query.stamps:
            place.unlink(missing_ok=True)
            self._drop_all_but(None)
            return
        kept = {"file": writer.finish(), "until": state.until.isoformat(), "compared": state.compared.isoformat()}
        new = place.with_suffix(".json.new")
        new.write_text(json.dumps({**kept, "query": _digest(query)}))
        new.replace(place)
        self._drop_all_but(kept["file"])

    def _drop_all_but(self, kept: str | None) -> None:
        for old in self.folder.glob(f"{self.name}-*.parquet"):
            if old.name != kept:
                old.unlink(missing_ok=True)

    def _state(self, query: Query) -> _State | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads((self.folder / f"{self.name}.json").read_text())
            if kept["query"] == _digest(query) and (self.folder / kept["file"]).is_file():
                until, compared = (datetime.fromisoformat(kept[name]) for name in ("until", "compared"))
                return _State(kept["file"], until, compared)
        return None

    def _update(self, query: Query, extractor: Extractor, state: _State, now: datetime) -> _Update | None:
        """Ask for what changed; None where what is kept is not enough to go on from."""
        # Clocks are told by the second: what changed in this one is asked for, and asked for again the next time.
        span = (state.until - LOOK_BACK, now + _LOOK_AHEAD)
        changed = _together(query, extractor.read(query, span))
        touched = _ids(extractor.read(_touched(query), span))
        shifting = [asked for asked in query.fields if asked.volatile]
        compare = bool(shifting) or query.fickle or now - state.compared >= _COMPARED_EVERY
        whole = None
        if compare:
            fields = (query.fields[0], *(one for one in shifting if one.path != ID))
            small = replace(query, fields=fields)
            whole = _together(small, extractor.read(small))
        update = _Update(changed, touched, whole, compared=compare)
        return update if update.complete(self.folder / state.file) else None


@dataclass(frozen=True, slots=True)
class _Update:
    """What is new since an answer was kept."""

    changed: pa.Table
    touched: Array
    """Ids of what was changed or deleted, whether or not it meets the conditions."""
    whole: pa.Table | None
    """Of every record its Id and what moves no stamp."""
    compared: bool

    def complete(self, file: Path) -> bool:
        """Tell whether kept and changed records together are all that there are."""
        if self.whole is None:
            return True
        with suppress(pa.ArrowException, OSError):
            kept = _joined(pq.ParquetFile(file).read(columns=[ID]), ID)
            known: Any = pa.chunked_array([kept, _joined(self.changed, ID)])
            every: Any = self.whole.column(ID)
            return bool(pc.all(pc.is_in(every, value_set=known), min_count=0).as_py())
        return False

    def pages(self, file: Path) -> Iterator[pa.Table]:
        """Yield what was kept and is still true, then what changed."""
        for batch in pq.ParquetFile(file).iter_batches(_PORTION):
            page = self._true(pa.Table.from_batches([batch]))
            if page.num_rows:
                yield page
        changed = self._present(self.changed)
        yield self._fresh(changed)

    def _true(self, page: pa.Table) -> pa.Table:
        ids: Any = page.column(ID)
        page = page.filter(pc.invert(pc.is_in(ids, value_set=self.touched)))
        return self._fresh(self._present(page))

    def _present(self, page: pa.Table) -> pa.Table:
        if self.whole is None:
            return page
        ids: Any = page.column(ID)
        return page.filter(pc.is_in(ids, value_set=_joined(self.whole, ID)))

    def _fresh(self, page: pa.Table) -> pa.Table:
        """Return a page with the values of today in the columns that move no stamp."""
        if self.whole is None:
            return page
        ids: Any = page.column(ID)
        rows: Any = pc.index_in(ids, value_set=_joined(self.whole, ID))
        for name in self.whole.column_names:
            if name != ID:
                values = self.whole.column(name).take(rows)
                page = page.set_column(page.column_names.index(name), page.schema.field(name), values)
        return page


class _Writer:
    """Writes pages to a file that nobody reads yet; it is gone when the block ends, unless it was finished."""

    def __init__(self, folder: Path, name: str, query: Query) -> None:
        self.rows = 0
        self.fits = True
        """Whether every page had the types that the query wants: one of texts is not kept."""
        self._schema = query.schema
        self._folder, self._name = folder, name
        self._path = folder / f".{name}.new"
        self._ids: list[pa.ChunkedArray[Any]] = []
        self._aside = ThreadPoolExecutor(1)
        """Writes one page while the next one arrives."""
        self._writing: Future[None] | None = None
        self._file: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = pq.ParquetWriter(self._path, self._schema, compression="lz4", use_dictionary=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._aside.shutdown()
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def add(self, page: pa.Table) -> None:
        self.rows += page.num_rows
        self._ids.append(page.column(ID))
        self.fits = self.fits and page.schema.equals(self._schema)
        self._written()
        if self.fits and self._file is not None:
            self._writing = self._aside.submit(self._file.write_table, page)

    def _written(self) -> None:
        """Wait until the page before is written; raises where it could not be."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def distinct(self) -> bool:
        ids: Any = pa.chunked_array([chunk for column in self._ids for chunk in column.chunks], pa.string())
        return bool(pc.count_distinct(ids).as_py() == self.rows)

    def finish(self) -> str:
        assert self._file is not None
        self._written()
        self._file.close()
        self._file = None
        taken = {path.name for path in self._folder.glob(f"{self._name}-*.parquet")}
        name = next(one for number in range(len(taken) + 1) if (one := f"{self._name}-{number}.parquet") not in taken)
        self._path.replace(self._folder / name)
        return name


def _touched(query: Query) -> Query:
    """Return the question of what was changed or deleted, whether or not it meets the conditions."""
    return replace(query, fields=query.fields[:1], where=(), deleted=True)


def _together(query: Query, pages: Iterator[pa.Table]) -> pa.Table:
    """Return pages as one table, of a record that came twice only what came last."""
    found = pa.concat_tables([query.schema.empty_table(), *pages], promote_options="permissive").combine_chunks()
    ids = found.column(ID).to_pylist()
    last = {identity: row for row, identity in enumerate(ids)}
    return found if len(last) == len(ids) else found.take(pa.array(sorted(last.values()), pa.int64()))


def _ids(pages: Iterator[pa.Table]) -> Array:
    columns = [chunk for page in pages for chunk in page.column(ID).chunks]
    joined: Any = pa.chunked_array(columns, pa.string()).combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _joined(table: pa.Table, name: str) -> Array:
    column: Any = table.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _digest(query: Query) -> str:
    schema = [(asked.path, str(asked.kind), asked.volatile) for asked in query.fields]
    told = json.dumps([_FORM, query.text(), schema, query.stamps, query.deleted, query.fickle])
    return hashlib.sha256(told.encode()).hexdigest()
