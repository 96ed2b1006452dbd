"""Days counted on from other days: the last day to give notice, the last day of a term."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from connectors.base import UnfitError
from connectors.salesforce.conversions import Values

if TYPE_CHECKING:
    from collections.abc import Callable

    Days = np.ndarray[Any, np.dtype[np.datetime64]]
    Counts = np.ndarray[Any, np.dtype[np.int64]]

_FIRST: Final = np.datetime64(date.min, "D")
_LAST: Final = np.datetime64(date.max, "D")
_FAR: Final = 10_000_000
"""More days or months than any date is away from another: numbers beyond it would overflow."""


def minus_days(ends: Values, days: Values) -> Values:
    """Return each day less so many days; a part of a day does not count."""
    return _moved(ends, days, lambda end, less: end - less, "days before")


def last_days(starts: Values, months: Values) -> Values:
    """Return the last day of a term of so many months from each day: 12 from 2026-01-01 is 2026-12-31."""
    return _moved(starts, months, _last_days, "months after")


def _last_days(starts: Days, months: Counts) -> Days:
    first = starts.astype("M8[M]")
    month = first + months
    # The 31st of a month that has none is its last day: a term from 31 January for a month ends on 27 February.
    length = (month + 1).astype("M8[D]") - month.astype("M8[D]")
    last: Days = month.astype("M8[D]") + np.minimum(starts - first.astype("M8[D]"), length - 1) - 1
    return last


def _moved(days: Values, by: Values, move: Callable[[Days, Counts], Days], said: str) -> Values:
    faults = {**by.faults, **days.faults}
    empty = np.asarray(days.array.is_null()) | np.asarray(by.array.is_null())
    start = np.asarray(days.array.cast(pa.int32()).fill_null(0)).astype("M8[D]")
    counts = np.trunc(np.asarray(by.array.fill_null(0.0)))
    moved = move(start, np.clip(counts, -_FAR, _FAR).astype(np.int64))
    beyond = ~empty & ((moved < _FIRST) | (moved > _LAST))
    for row in np.flatnonzero(beyond):
        problem = f"{by.array[int(row)].as_py():g} {said} {days.array[int(row)].as_py()} is no date"
        faults.setdefault(int(row), UnfitError("number-unreadable", problem))
    return Values(
        pa.array(moved.astype(np.int64).astype(np.int32), pa.int32(), mask=empty | beyond).cast(pa.date32()), faults
    )
