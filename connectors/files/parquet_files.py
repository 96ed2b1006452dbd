"""Parquet: typed columns, of which only those that are wanted are read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.base import SourceError
from connectors.files.chunk import ROWS, Chunk, to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from connectors.files.chunk import File
    from connectors.files.values import Raw


def header(file: File) -> tuple[str, ...]:
    """Return the names of the columns; what stands inside a struct has its names joined by dots."""
    with _opened(file) as parquet:
        return tuple(_flat(parquet.schema_arrow.empty_table()).column_names)


def chunks(file: File, wanted: Collection[str]) -> Iterator[Chunk]:
    """Yield the rows of a file with the wanted columns, numbered from 1."""
    with _opened(file) as parquet:
        read = 0
        for batch in parquet.iter_batches(batch_size=ROWS, columns=list(wanted) or None):
            table = _flat(pa.Table.from_batches([batch]))
            cells = [_cells(column) for column in table.columns]
            yield Chunk(tuple(table.column_names), cells, range(read + 1, read + 1 + table.num_rows))
            read += table.num_rows


@contextmanager
def _opened(file: File) -> Iterator[pq.ParquetFile]:
    try:
        with file.open() as raw, pq.ParquetFile(raw) as parquet:
            yield parquet
    except (OSError, pa.ArrowException) as error:
        raise SourceError(file.source, f"{file.shown}: cannot be read as Parquet: {error}") from error


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _cells(column: pa.ChunkedArray[Any]) -> list[Raw]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's moments end at microseconds; only the day is wanted.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values = column.to_pylist()
    if pa.types.is_nested(column.type):
        return [None if value is None else to_json(value) for value in values]
    return values
