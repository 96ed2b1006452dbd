"""What goes into the forecast and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"
Whole: TypeAlias = "NDArray[np.int64]"


class Forecastable(StrEnum):
    """Whether there is a forecast."""

    OK = "ok"
    TOO_LITTLE_HISTORY = "too little history"
    UNKNOWN = "unknown"
    """Use, capacity or the days left are unknown, or no day is covered."""


@dataclass(frozen=True, slots=True)
class Draws:
    """What contract lines draw from what was contracted: one row a line, NaN is unknown.

    Raises ValueError, naming all of them, where shapes differ or a value cannot be.
    """

    counts: Floats
    """[lines, days] use of each day; the last column is as-of. Below 0 is a correction: no use on that day."""
    used: Floats
    """[lines] use so far in the period or term, up to `known_to`; may be more than the counts show."""
    capacity: Floats
    """[lines] contracted for the period or term."""
    days_left: Floats
    """[lines] days after as-of until the end of the period or term; 0 ends on as-of."""
    known_to: Floats
    """[lines] column of the last covered day; NaN where there is none. The days after it are forecast, and counted."""
    elapsed: Floats | None = None
    """[lines] days of the period or term so far, as-of included: what was before is history and not counted.

    NaN, and all where this is None: longer than the columns tell of.
    """

    def __post_init__(self) -> None:
        if self.counts.ndim != 2:  # noqa: PLR2004  # lines and days
            raise ValueError(f"counts: shape {self.counts.shape}; wanted [lines, days]")
        lines, days = self.counts.shape
        faults = [
            f"{name}: shape {column.shape}; wanted ({lines},), one value a row of counts"
            for name, column in self._columns().items()
            if column.shape != (lines,)
        ]
        if days == 0:
            faults.append("counts: no days; wanted one column a day, the last one as-of")
        if (self.known_to >= days).any():
            faults.append(f"known_to: beyond the last column, {days - 1}, which is as-of")
        if faults:
            raise ValueError("; ".join(faults))

    def __len__(self) -> int:
        return len(self.counts)

    def rows(self, part: slice) -> Draws:
        """Lines of a part."""
        return Draws(self.counts[part], **{name: column[part] for name, column in self._columns().items()})

    def days_so_far(self) -> Floats:
        """[lines] days of the period or term up to as-of; inf where it is longer than the columns tell of."""
        return np.full(len(self), np.inf) if self.elapsed is None else np.nan_to_num(self.elapsed, nan=np.inf)

    def _columns(self) -> dict[str, Floats]:
        columns = {
            "used": self.used,
            "capacity": self.capacity,
            "days_left": self.days_left,
            "known_to": self.known_to,
        }
        return columns if self.elapsed is None else columns | {"elapsed": self.elapsed}


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The forecast of each line, in the order of the draws; all NaN where `verdict` is not ok.

    Intervals hold the outcome in four of five cases; low <= middle <= high. `run_out` counts days after as-of.
    """

    run_out: Floats
    """Days after as-of until use reaches capacity: 0 and less is as-of and before, NaN not within the horizon."""
    run_out_low: Floats
    """The earliest such day; inf where even the highest use does not get there within the horizon."""
    run_out_high: Floats
    """The latest; inf where it may never be."""
    end_use: Floats
    """Use of the whole period or term by its end; this and the rest NaN where the end is too far away."""
    end_use_low: Floats
    end_use_high: Floats
    end_utilization: Floats
    """End use / capacity; NaN where nothing was contracted."""
    end_utilization_low: Floats
    end_utilization_high: Floats
    overage: Floats
    """End use beyond capacity, at least 0."""
    overage_low: Floats
    overage_high: Floats
    overage_mean: Floats
    """Mean over all outcomes, which is more than `overage` where it is open whether there will be any."""
    probability_over: Floats
    """That use exceeds capacity by the end, 0 to 1."""
    level: Floats
    """Use a day at present, weekdays evened out."""
    level_end: Floats
    """Use a day around the end of the period or term."""
    basis: Floats
    """Known days since the first use, on which all of this rests."""
    verdict: NDArray[np.str_]
    """Values of `Forecastable`."""
