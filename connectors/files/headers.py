"""Which column of a file a field is read from: by header, capitals, spaces and underscores aside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from connectors.schema import SCHEMAS, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.files.fields import FieldSource
    from connectors.files.tables import Tables


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of one table, and where its values come from."""

    table: Table
    name: str
    source: FieldSource

    @property
    def required(self) -> bool:
        """Whether a row without a value yields nothing for the table."""
        return not SCHEMAS[self.table].field(self.name).nullable

    @property
    def never_blank(self) -> bool:
        """Whether a blank cell makes the row unreadable."""
        return self.required if self.source.optional is None else not self.source.optional


def slots(tables: Tables) -> list[Slot]:
    """Return every field that the settings fill."""
    return [Slot(table.table, name, source) for table in tables.maps() for name, source in table.fields()]


def column_of(slot: Slot, headers: Sequence[str]) -> str | None:
    """Return the header that the field is read from: the first one wanted that is there, or None."""
    alike = {_alike(header): header for header in reversed(headers)}
    for wanted in slot.source.column:
        if wanted in headers:
            return wanted
        if (header := alike.get(_alike(wanted))) is not None:
            return header
    return None


def misfits(wanted: Sequence[Slot], headers: Sequence[str]) -> Iterator[str]:
    """Yield what keeps a file's headers from filling the fields, each with the nearest header."""
    times = Counter(map(_alike, headers))
    for slot in wanted:
        if slot.source.is_constant:
            continue
        header = column_of(slot, headers)
        if header is None and slot.source.optional is not True:
            yield f"{_wanted(slot)} is in no header{_nearest(slot, headers)}"
        elif header is not None and headers.count(header) > 1:
            yield f"{_wanted(slot)}: the header '{header}' stands {headers.count(header)} times; name them apart"
        elif header is not None and header not in slot.source.column and times[_alike(header)] > 1:
            yield f"{_wanted(slot)}: several headers are like it; write the one that is meant exactly"


def _alike(header: str) -> str:
    return re.sub(r"[\s_]+", "_", header.strip().casefold())


def _wanted(slot: Slot) -> str:
    return f"column {' or '.join(map(repr, slot.source.column))} for {slot.table}.{slot.name}"


def _nearest(slot: Slot, headers: Sequence[str]) -> str:
    alike = {_alike(header): header for header in headers}
    for wanted in slot.source.column:
        if near := get_close_matches(_alike(wanted), list(alike), n=1):
            return f"; nearest: '{alike[near[0]]}'"
    if len(headers) == 1:
        return f"; the only header is '{headers[0][:60]}': is `delimiter` right?"
    return f"; headers are {', '.join(repr(header) for header in headers if header)}"
