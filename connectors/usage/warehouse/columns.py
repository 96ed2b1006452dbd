"""Which columns of an answer are which fields of the schema: by name, and every fault at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from connectors.files.tables import AccountsMap, LinesMap, PeopleMap, TableMap, Tables, UsageMap
from connectors.schema import SCHEMAS, Table
from connectors.settings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAPS: Final[Mapping[Table, type[TableMap]]] = {
    Table.ACCOUNTS: AccountsMap,
    Table.PEOPLE: PeopleMap,
    Table.LINES: LinesMap,
    Table.USAGE: UsageMap,
}


def misnamed(table: Table, columns: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the columns of an answer: unknown, missing or twice there. Case does not count."""
    names = [column.casefold() for column in columns]
    known = SCHEMAS[table].names
    for name, times in Counter(names).items():
        if name not in known:
            yield f"column '{name}' is none of {table}{did_you_mean(name, known)}; known are {', '.join(known)}"
        elif times > 1:
            yield f"column '{name}' is there {times} times"
    for field in SCHEMAS[table]:
        if not field.nullable and field.name not in names:
            yield f"column '{field.name}' of {table} is missing; select it, or write `... AS {field.name}`"


def mapping(table: Table, columns: Sequence[str], timezone: str | None) -> Tables:
    """Return how cells of these columns are read: each into the field of its name."""
    names = [column.casefold() for column in columns]
    origins = {name: _origin(table, name, timezone) for name in names}
    return Tables.model_validate({table: _MAPS[table].model_validate(origins)})


def _origin(table: Table, name: str, timezone: str | None) -> dict[str, Any]:
    is_day = pa.types.is_date(SCHEMAS[table].field(name).type)
    return {"column": name, "timezone": timezone} if is_day else {"column": name}
