"""Takes a source's batches as they come, checks them, and lays them down in the staging folder."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from bot.facts import spans
from connectors.base import SourceError
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from bot.facts.spans import Span
    from connectors.base import Batch

SNAPSHOTS: Final = (Table.PEOPLE, Table.ACCOUNTS, Table.LINES)
"""Tables that are kept as they stood on a day."""


class Gathered:
    """The batches of one write, on disk but for the coverage; a context manager that closes its files."""

    def __init__(self, source: str, folder: Path) -> None:
        self.rows: Counter[Table] = Counter()
        self.coverage: list[Span] = []
        self.usage = folder / "usage.parquet"
        self.snapshots: dict[tuple[Table, date], Path] = {}
        self._source = source
        self._folder = folder
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        # The file of usage exists even where a source delivers none: a window without rows is a fact as well.
        self._writer(self.usage, Table.USAGE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, batch: Batch) -> None:
        """Keep a batch. Raises SourceError where it has not the columns, types and values that its table wants."""
        rows = conformed(self._source, batch)
        if batch.table is Table.COVERAGE:
            self._cover(rows)
        elif batch.table is Table.USAGE:
            self._writer(self.usage, batch.table).write_table(rows)
        else:
            path = self._folder / f"{batch.table}-{batch.day}.parquet"
            self.snapshots[batch.table, batch.day] = path
            self._writer(path, batch.table).write_table(rows)
        self.rows[batch.table] += rows.num_rows

    def _cover(self, rows: pa.Table) -> None:
        new = spans.from_rows(rows)
        for span in new:
            if span.first > span.last:
                raise SourceError(self._source, f"coverage ends before it begins: {span.first} to {span.last}")
        self.coverage.extend(new)

    def _writer(self, path: Path, table: Table) -> pq.ParquetWriter:
        if path not in self._writers:
            self._writers[path] = self._open.enter_context(open_writer(path, table))
        return self._writers[path]


def open_writer(path: Path, table: Table) -> pq.ParquetWriter:
    """Open a Parquet file for rows of this table."""
    return pq.ParquetWriter(path, SCHEMAS[table], compression="zstd", use_dictionary=True)


def conformed(source: str, batch: Batch) -> pa.Table:
    """Return the rows in the order of columns of their schema. Raises SourceError naming every fault."""
    schema, rows = SCHEMAS[batch.table], batch.rows
    faults = [f"column '{name}' is not known" for name in rows.schema.names if name not in schema.names]
    for field in schema:
        faults.extend(_faults(field, rows))
    if faults:
        raise SourceError(source, f"a batch of {batch.table} does not fit its schema: {'; '.join(faults)}")
    return pa.Table.from_arrays([rows.column(name) for name in schema.names], schema=schema)


def _faults(field: pa.Field[pa.DataType], rows: pa.Table) -> list[str]:
    places = rows.schema.get_all_field_indices(field.name)
    if len(places) != 1:
        return [f"column '{field.name}' is {'missing' if not places else 'there twice'}"]
    column = rows.column(places[0])
    if column.type != field.type:
        return [f"column '{field.name}' is {column.type}, must be {field.type}"]
    if not field.nullable and column.null_count:
        return [f"column '{field.name}' must not be empty, but is in {column.null_count} rows"]
    return []
