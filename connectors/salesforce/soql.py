"""Writing a query: names that were checked against describe, values that are escaped, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simple_salesforce.format import format_soql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from connectors.salesforce.mapping import Condition


@dataclass(frozen=True, slots=True)
class Changed:
    """Records of which something changed within a time: from `since` on, before `until`."""

    stamps: tuple[str, ...]
    """Fields of which one has to lie within: the record's own stamp and those of its parents."""
    since: datetime
    until: datetime


def select(fields: Iterable[str], source: str, conditions: Sequence[Condition], changed: Changed | None = None) -> str:
    """Return a SELECT over one object.

    `fields`, `source` and the fields of `conditions` are API names as describe spells them; a field that is named
    twice, in whatever case, is asked for once, because Salesforce refuses it otherwise.
    """
    once: dict[str, str] = {}
    for name in fields:
        once.setdefault(name.casefold(), name)
    return f"SELECT {', '.join(once.values())} FROM {source}{_where(conditions, changed)}"  # noqa: S608 - names only, and checked ones


def count(source: str, conditions: Sequence[Condition], changed: Changed | None = None) -> str:
    """Return a query for the number of records that `select` would answer."""
    return f"SELECT COUNT() FROM {source}{_where(conditions, changed)}"  # noqa: S608 - likewise


def _where(conditions: Sequence[Condition], changed: Changed | None) -> str:
    parts = [*map(_comparison, conditions), *_within(changed)]
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _comparison(condition: Condition) -> str:
    # `{}` alone is escaped by simple-salesforce; any format specification after it would let quotes through.
    return f"{condition.field} {condition.op.upper()} {format_soql('{}', condition.value)}"


def _within(changed: Changed | None) -> Iterator[str]:
    if changed is None:
        return
    since, until = (format_soql("{}", moment) for moment in (changed.since, changed.until))
    spans = [f"({stamp} >= {since} AND {stamp} < {until})" for stamp in changed.stamps]
    yield spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})"
