"""Rows that may stand once in a snapshot: which of several is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.schema import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.files.chunk import File
    from connectors.files.mapping import Mapped
    from connectors.files.settings import Unique
    from connectors.files.values import Value

    Place = tuple[str, int]
    Key = tuple[Value, ...]


def losers(rule: Unique, chunks: Iterable[tuple[File, Mapped]]) -> dict[Place, str]:
    """Return the rows that are not kept, by file and line, each with the words for why.

    Only rows without a fault compete: a broken row cannot push out a sound one. Equal ranks leave the first.
    """
    kept: dict[Key, tuple[Value, Place]] = {}
    lost: dict[Place, Key] = {}
    for file, mapped in chunks:
        keys = [mapped.columns[_slot(name)] for name in rule.by]
        ranks = _ranks(rule, mapped)
        for row in mapped.good():
            key, place = tuple(column[row] for column in keys), (file.shown, mapped.chunk.lines[row])
            if None in key:
                continue
            if (best := kept.get(key)) is None:
                kept[key] = (ranks[row], place)
            elif _beats(rule, ranks[row], best[0]):
                kept[key] = (ranks[row], place)
                lost[best[1]] = key
            else:
                lost[place] = key
    return {place: _why(rule, key, kept[key][1]) for place, key in lost.items()}


def _slot(name: str) -> tuple[Table, str]:
    table, field = name.split(".")
    return Table(table), field


def _ranks(rule: Unique, mapped: Mapped) -> Sequence[Value]:
    name = rule.highest or rule.lowest
    return mapped.columns[_slot(name)] if name else [None] * len(mapped.chunk.lines)


def _beats(rule: Unique, new: Value, old: Value) -> bool:
    if rule.keep is not None:
        return rule.keep == "last"
    if new is None or old is None:
        return old is None and new is not None
    # Values of one field are of one type.
    return bool(new > old if rule.highest else new < old)  # type: ignore[operator]


def _why(rule: Unique, key: Key, kept: Place) -> str:
    way = f"highest {rule.highest}" if rule.highest else f"lowest {rule.lowest}" if rule.lowest else rule.keep
    names = ", ".join(f"{name} {value}" for name, value in zip(rule.by, key, strict=True))
    return f"{names} stands also at {kept[0]}:{kept[1]}, which is kept ({way})"
