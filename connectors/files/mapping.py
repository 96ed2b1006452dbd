"""From chunks of cells to columns of the schema; what cannot be read is kept as a fault of its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from connectors.base import UnfitError
from connectors.files.chunk import Refusals
from connectors.files.headers import Slot, column_of, slots
from connectors.files.values import Raw, Value, is_blank
from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from connectors.base import Rejects
    from connectors.files.chunk import Chunk, Origin
    from connectors.files.tables import Tables

_REMEMBERED: Final = 65_536
"""Cells of one column whose value is kept: days and names repeat, and reading them is what takes time."""


@dataclass(slots=True)
class Mapped:
    """The rows of one chunk as columns of the schema, and what is wrong with some of them."""

    chunk: Chunk
    columns: Mapping[tuple[Table, str], list[Value]]
    faults: dict[int, list[UnfitError]] = field(default_factory=dict)
    """By row; a row without an entry is read."""

    def fault(self, row: int, reason: str, detail: str) -> None:
        """Note that a row is to be refused. The first reason is the one that is counted."""
        self.faults.setdefault(row, []).append(UnfitError(reason, detail))

    def good(self) -> Sequence[int]:
        """Return the rows without a fault."""
        rows = range(len(self.chunk.lines))
        return [row for row in rows if row not in self.faults] if self.faults else rows

    def yielding(self, table: Table) -> Sequence[int]:
        """Return the rows without a fault that hold a record of the table: nothing that it must have is blank."""
        rows = self.good()
        for (owner, name), column in self.columns.items():
            if owner == table and not SCHEMAS[table].field(name).nullable and None in column:
                rows = [row for row in rows if column[row] is not None]
        return rows

    def rows(self, table: Table, rows: Sequence[int]) -> pa.Table:
        """Return some rows of one table, with columns and types of its schema."""
        arrays = [self._array(table, field, rows) for field in SCHEMAS[table]]
        return pa.Table.from_arrays(arrays, schema=SCHEMAS[table])

    def _array(self, table: Table, field: pa.Field[Any], rows: Sequence[int]) -> pa.Array[Any]:
        column = self.columns.get((table, field.name))
        if column is None:
            column = [None] * len(rows)
        elif len(rows) < len(column):
            column = [column[row] for row in rows]
        array: pa.Array[Any] = pa.array(column, field.type)
        return array


class Mapper:
    """Reads the cells of chunks of one form into the fields that `tables` fill; `blanks` are texts for nothing."""

    def __init__(self, tables: Tables, blanks: frozenset[str] = frozenset()) -> None:
        self._readers = [(slot, _Reader(slot, blanks)) for slot in slots(tables)]

    def map(self, day: date, chunk: Chunk) -> Mapped:
        """Read a chunk; `day` is that of its snapshot."""
        columns: dict[tuple[Table, str], list[Value]] = {}
        mapped = Mapped(chunk, columns)
        for slot, reader in self._readers:
            if slot.source.is_constant:
                columns[slot.table, slot.name] = [slot.source.constant(day)] * len(chunk.lines)
            else:
                columns[slot.table, slot.name] = _column(mapped, slot, reader)
        return mapped


def count(origin: Origin, mapped: Mapped, rejects: Rejects) -> None:
    """Count each row of a chunk once: as read, or as refused for its faults."""
    refusals = Refusals(origin, rejects)
    for row, faults in sorted(mapped.faults.items()):
        detail = "; ".join(fault.detail for fault in faults)
        refusals.add(mapped.chunk.lines[row], faults[0].reason, detail, mapped.chunk.raw(row))
    rejects.count(len(mapped.chunk.lines) - len(mapped.faults))


def _column(mapped: Mapped, slot: Slot, reader: _Reader) -> list[Value]:
    chunk = mapped.chunk
    header = column_of(slot, chunk.headers)
    cells = [None] * len(chunk.lines) if header is None else chunk.cells[chunk.headers.index(header)]
    if (typed := slot.source.typed(cells)) is not None:
        return typed
    try:
        return list(map(reader.__getitem__, cells))
    except UnfitError:
        # Some cell has a fault: once more, slowly, to say which.
        return _column_with_faults(mapped, reader, cells, header or slot.source.column[0])


def _column_with_faults(mapped: Mapped, reader: _Reader, cells: Sequence[Raw], header: str) -> list[Value]:
    values: list[Value] = []
    for row, cell in enumerate(cells):
        try:
            values.append(reader[cell])
        except UnfitError as fault:
            values.append(None)
            mapped.fault(row, fault.reason, f"{header}: {fault.detail}")
    return values


class _Reader(dict[Raw, Value]):
    """Reads the cells of one column: `reader[cell]` is the value. Texts that it has read it remembers.

    Days and names repeat, and reading them is what takes time. Other cells are read anew: 1, 1.0 and True are equal
    as keys, and yet not the same cell. Raises UnfitError.
    """

    def __init__(self, slot: Slot, blanks: frozenset[str]) -> None:
        super().__init__()
        self._slot = slot
        self._blanks = blanks
        self._never_blank = slot.never_blank

    def __missing__(self, cell: Raw) -> Value:
        value = None if is_blank(cell, self._blanks) else self._slot.source.parse(cell)
        if value is None and self._never_blank:
            raise UnfitError("missing-value", "is blank")
        if isinstance(cell, str) and len(self) < _REMEMBERED:
            self[cell] = value
        return value
