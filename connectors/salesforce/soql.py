"""Writing a query: names that were checked against describe, values that are escaped, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simple_salesforce.format import format_soql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.salesforce.mapping import Condition


def select(fields: Iterable[str], source: str, conditions: Sequence[Condition]) -> str:
    """Return a SELECT over one object.

    `fields`, `source` and the fields of `conditions` are API names as describe spells them; a field that is named
    twice, in whatever case, is asked for once, because Salesforce refuses it otherwise.
    """
    once: dict[str, str] = {}
    for name in fields:
        once.setdefault(name.casefold(), name)
    query = f"SELECT {', '.join(once.values())} FROM {source}"  # noqa: S608 - names only, and checked ones
    if conditions:
        query += " WHERE " + " AND ".join(map(_comparison, conditions))
    return query


def _comparison(condition: Condition) -> str:
    # `{}` alone is escaped by simple-salesforce; any format specification after it would let quotes through.
    return f"{condition.field} {condition.op.upper()} {format_soql('{}', condition.value)}"
