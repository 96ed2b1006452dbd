"""Ids of records: fifteen characters that count, or eighteen of which the last three repeat the case of the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ID: Final = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
_COUNTED: Final = 15
_Item = TypeVar("_Item")


def is_record_id(text: str) -> bool:
    """Tell whether a text has the form of an Id; others would make Salesforce refuse a whole query."""
    return _ID.fullmatch(text) is not None


def counted(identity: str) -> str:
    """Return the part of an Id by which two of them are the same record."""
    return identity[:_COUNTED]


def in_portions(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Yield the items in their order, at most `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
