"""One day's files taken together: records that stand once, and records that many rows tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.schema import KEYS, SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from connectors.files.chunk import Origin
    from connectors.files.mapping import Mapped
    from connectors.files.values import Value

MERGED = (Table.PEOPLE, Table.ACCOUNTS)
"""Tables whose records many rows may tell of; the others stand in one row each."""


class Snapshot:
    """What the rows of one day say together, whichever files or queries they come from."""

    def __init__(self) -> None:
        self._merged: dict[Table, dict[Value, dict[str, Value]]] = {table: {} for table in MERGED}
        self._places: dict[Hashable, str] = {}

    def refuse_repeated(self, origin: Origin, mapped: Mapped, what: str, keys: Sequence[Hashable]) -> None:
        """Note a fault for each sound row whose key was there before in this snapshot; None is no key."""
        for row in mapped.good():
            if (key := keys[row]) is None:
                continue
            place = origin.place(mapped.chunk.lines[row])
            first = self._places.setdefault((what, key), place)
            if first != place:
                mapped.fault(row, "duplicate-key", f"{what} stands already at {first}, which is kept")

    def merge(self, mapped: Mapped) -> None:
        """Take in the accounts and people of a chunk. What is written last wins; a blank never erases."""
        for table, records in self._merged.items():
            columns = {name: column for (owner, name), column in mapped.columns.items() if owner == table}
            if not columns:
                continue
            keys = columns[KEYS[table]]
            for row in mapped.yielding(table):
                record = records.setdefault(keys[row], {})
                record.update({name: value for name, column in columns.items() if (value := column[row]) is not None})

    def records(self, table: Table) -> pa.Table:
        """Return the accounts or people of this day."""
        return pa.Table.from_pylist(list(self._merged[table].values()), SCHEMAS[table])
