"""Values as Salesforce writes them, column by column, as our types; what cannot be read is noted by its row.

Fast ways are tried for the whole column; where one fails, each different value is looked at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.addresses import host_of
from connectors.base import UnfitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Array: TypeAlias = "pa.Array[Any]"

_DAY_LENGTH: Final = len("2026-01-31")
_FLAGS: Final = {"true": True, "false": False}
# A moment in UTC, as REST (`+0000`) and Bulk (`Z`) write it.
_MOMENT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+0000|\+00:00)$"
_SPACE: Final = 0x20
_VISIBLE: Final = np.uint8(_SPACE + 1)
_NOT_ASCII: Final = 0x80


@dataclass(slots=True)
class Values:
    """A column: its values, NULL where there is none, and the rows whose value could not be read."""

    array: Array
    faults: dict[int, UnfitError] = field(default_factory=dict)

    def or_else(self, other: Values) -> Values:
        """Return these values, and the other ones where these are empty but could be read."""
        late = {row: unfit for row, unfit in other.faults.items() if row not in self.faults}
        if late:
            empty = pc.is_null(self.array)
            late = {row: unfit for row, unfit in late.items() if empty[row].as_py()}
        return Values(pc.coalesce(self.array, other.array), {**self.faults, **late})


def by_value(column: Array, convert: Callable[[Any], object], kind: pa.DataType) -> Values:
    """Convert each different value once. `convert` may answer None, or raise UnfitError."""
    encoded = column.dictionary_encode()
    made: list[object] = []
    unfit: dict[int, UnfitError] = {}
    for number, value in enumerate(encoded.dictionary.to_pylist()):
        try:
            made.append(convert(value))
        except UnfitError as error:
            unfit[number] = error
            made.append(None)
    indices = encoded.indices
    values = pa.array(made, kind).take(indices)
    if not unfit:
        return Values(values)
    rows = np.asarray(indices.fill_null(-1))
    return Values(values, {int(row): unfit[int(rows[row])] for row in np.flatnonzero(np.isin(rows, list(unfit)))})


def texts(column: Array) -> Values:
    """Texts without space around them; one of nothing but space is none."""
    if column.type != pa.string():
        return by_value(column, _text, pa.string())
    if not _may_need_trimming(column):
        return Values(column)  # an answer has no empty texts: where nothing is said, it is NULL
    plain: Any = pc.utf8_trim_whitespace(column)
    empty: Any = pc.equal(plain, pa.scalar(""))
    return Values(pc.if_else(empty, None, plain) if pc.any(empty).as_py() else plain)


def _may_need_trimming(column: Array) -> bool:
    """Look for space at all, then at the first and last byte of every text: trimming takes ten times as long."""
    _, offsets, data = column.buffers()
    if data is None or offsets is None or not len(column):
        return False
    ends = np.frombuffer(memoryview(offsets), np.int32, len(column) + 1, 4 * column.offset)
    bytes_ = np.frombuffer(memoryview(data), np.uint8)
    # Bytes wrap around: space and all that is not ASCII come out above the visible characters.
    if not np.any(bytes_[ends[0] : ends[-1]] - _VISIBLE > _NOT_ASCII - _VISIBLE - 1):
        return False
    first, after = ends[:-1], ends[1:]
    filled = after > first
    edges = np.concatenate([bytes_[first[filled]], bytes_[after[filled] - 1]])
    return bool(np.any((edges <= _SPACE) | (edges >= _NOT_ASCII)))


def numbers(column: Array) -> Values:
    """Finite numbers."""
    try:
        made = column if column.type == pa.float64() else pc.cast(column, pa.float64())
        if pc.all(pc.is_finite(made), min_count=0).as_py():
            return Values(made)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        pass
    return by_value(column, _number, pa.float64())


def days(column: Array) -> Values:
    """Calendar days; a moment counts for the day that it falls on in UTC, which is how Salesforce writes it."""
    if column.type == pa.date32():
        return Values(column)
    try:
        if column.type == pa.string() and pc.all(pc.match_substring_regex(column, _MOMENT), min_count=0).as_py():
            column = pc.utf8_slice_codeunits(column, 0, _DAY_LENGTH)
        return Values(pc.cast(column, pa.date32()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return by_value(column, _day, pa.date32())


def flags(column: Array) -> Values:
    """Yes and no."""
    return Values(column) if column.type == pa.bool_() else by_value(column, _flag, pa.bool_())


def words(known: frozenset[str]) -> Callable[[Array], Values]:
    """Return what reads one of a few words, whatever its case."""

    def word(value: object) -> str:
        said = str(value).strip().casefold()
        if said not in known:
            raise UnfitError("value-unknown", f"'{value}' is none of {', '.join(sorted(known))}; map it with 'values'")
        return said

    return lambda column: by_value(column, word, pa.string())


def translated(column: Array, meanings: Mapping[str, object]) -> Array:
    """Replace the words of a picklist; those that are not listed stay as they are."""
    return by_value(column, lambda value: _plain(meanings.get(value, value)) or None, pa.string()).array


def shares(column: Array) -> Values:
    """Percents as shares: 15 becomes 0.15."""
    found = numbers(column)
    return Values(pc.divide(found.array, 100.0), found.faults)


def domains(column: Array) -> Values:
    """Web addresses as people type them, reduced to their hosts."""
    return by_value(column, bare_domain, pa.string())


CONVERSIONS: Final[dict[pa.DataType, Callable[[Array], Values]]] = {
    pa.string(): texts,
    pa.float64(): numbers,
    pa.date32(): days,
    pa.bool_(): flags,
}


def bare_domain(value: object) -> str | None:
    """Reduce a web address as people type it to its host: `https://www.Acme.com/de` becomes `acme.com`.

    None where it holds no host with a dot in it, like "n/a".
    """
    host = host_of(str(value)) or ""
    return host if "." in host else None


def constant(value: object, kind: pa.DataType, read: Callable[[Array], Values]) -> pa.Scalar[Any]:
    """Return a constant of the settings as a value of a column. Raises UnfitError where it is none."""
    if kind == pa.date32() and isinstance(value, date) and not isinstance(value, datetime):
        return pa.scalar(value, pa.date32())
    found = read(pa.array([_plain(value)], pa.string()))
    for unfit in found.faults.values():
        raise unfit
    made: pa.Scalar[Any] = found.array[0]
    return made


def _plain(value: object) -> str | None:
    # JSON's words, not Python's: a checkbox in a text column reads "true".
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) or value is None else json.dumps(value)


def as_text(value: object) -> str | None:
    """Return a value of a JSON answer as the text that a CSV answer would hold; an empty one is none."""
    return _plain(value) or None


def _text(value: object) -> str | None:
    return (_plain(value) or "").strip() or None


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not isfinite(number):
        raise UnfitError("number-unreadable", f"'{value}' is no number")
    return number


def _day(value: object) -> date:
    text = str(value)
    try:
        if len(text) == _DAY_LENGTH:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnfitError("date-unreadable", f"'{text}' is no date like 2026-01-31") from error
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def _flag(value: object) -> bool:
    known = _FLAGS.get(str(value).strip().casefold())
    if known is None:
        raise UnfitError("value-unknown", f"'{value}' is neither true nor false; map it with 'values'")
    return known
