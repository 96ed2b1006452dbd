"""Days on which a whole fleet goes missing: an outage of tracking or of the product, and no account's trend.

A day is an outage of a fleet where more than four in five of its series lie under half of their expectation, the
fleet's own factor left out. Counted are series that expect at least one event that day; five of them, and twenty
events together, are the least that can tell an outage from chance (five series of four events each lie under half
together once in 160,000 days). Consecutive days are one incident.

Its first four weeks count as unknown; what lasts longer is the fleet's new level, which the fleet's factor follows.
There is no reverse: a day on which everything doubles is taken out by that factor, while a day of zeros is not, as
zero times anything is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Fleets = npt.NDArray[np.int64]
    Counts = npt.NDArray[np.int64]

SHARE: Final = 0.8
"""Of the series of a fleet: more than so many are an incident."""
_LOW: Final = 0.5
_LEAST_EXPECTED: Final = 1.0
_LEAST_SERIES: Final = 5
_LEAST_EVENTS: Final = 20.0
_LONGEST_MASK: Final = 28


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of days on which a fleet went missing."""

    fleet: int
    first: int
    """Index of the first day."""
    last: int
    """Index of the last day, which counts."""
    share: float
    """Of the series judged, on the worst day."""
    series: int
    """Series under half of their expectation, on that day."""

    @property
    def days(self) -> int:
        """Length in days."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class OutageTally:
    """Series of each fleet that were judged, and that were low, by day; tallies of batches add up to that of all."""

    fleets: Fleets
    """[fleets], ascending."""
    judged: Counts
    """[fleets, days]."""
    low: Counts
    """[fleets, days]."""
    events: Floats
    """[fleets, days]: what the judged series expect together."""

    def __add__(self, other: OutageTally) -> OutageTally:
        """Add the tally of other series over the same days."""
        both = OutageTally(
            np.concatenate([self.fleets, other.fleets]),
            np.concatenate([self.judged, other.judged]),
            np.concatenate([self.low, other.low]),
            np.concatenate([self.events, other.events]),
        )
        return both.renamed(both.fleets)

    def renamed(self, fleets: Fleets) -> OutageTally:
        """Name each fleet anew; those of one name are added up."""
        names, codes = np.unique(fleets, return_inverse=True)

        def added(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            total = np.zeros((len(names), values.shape[1]), dtype=values.dtype)
            np.add.at(total, codes, values)
            return total

        return OutageTally(names, added(self.judged), added(self.low), added(self.events))

    def outages(self) -> npt.NDArray[np.bool_]:
        """Tell the outage days of each fleet; shape [fleets, days]."""
        enough = (self.judged >= _LEAST_SERIES) & (self.events >= _LEAST_EVENTS)
        return np.asarray(enough & (self.low > SHARE * self.judged))

    def incidents(self) -> tuple[Incident, ...]:
        """Name the incidents, by fleet and day."""
        return tuple(self._incidents())

    def masked(self, fleets: Fleets) -> npt.NDArray[np.bool_] | None:
        """Tell which days of series in these fleets count as unknown: [series, days], or None where none do."""
        masked = np.zeros(self.judged.shape, dtype=np.bool_)
        for incident in self._incidents():
            until = min(incident.last, incident.first + _LONGEST_MASK - 1)
            masked[np.searchsorted(self.fleets, incident.fleet), incident.first : until + 1] = True
        if not masked.any():
            return None
        places = np.minimum(np.searchsorted(self.fleets, fleets), len(self.fleets) - 1)
        rows = masked[places] & (self.fleets[places] == fleets)[:, None]
        return rows if rows.any() else None

    def _incidents(self) -> Iterator[Incident]:
        outages = np.pad(self.outages(), ((0, 0), (1, 1))).astype(np.int8)
        edges = np.diff(outages, axis=1)
        # Both lists are ordered by fleet and day, so that the n-th end belongs to the n-th beginning.
        for (row, first), (_, end) in zip(np.argwhere(edges == 1), np.argwhere(edges == -1), strict=True):
            share = self.low[row, first:end] / self.judged[row, first:end]
            worst = int(np.argmax(share))
            low = int(self.low[row, first + worst])
            yield Incident(int(self.fleets[row]), int(first), int(end) - 1, float(share[worst]), low)


def tally_outages(counts: Floats, base: Floats, fleets: Fleets) -> OutageTally:
    """Count the series of each fleet that are low on each day.

    `counts`: [series, days], NaN is unknown. `base`: [series, days], expected without the fleet's factor. `fleets`:
    [series].
    """
    ids, codes = np.unique(fleets, return_inverse=True)
    days = counts.shape[1]
    if not len(ids):
        nothing = np.zeros((0, days), dtype=np.int64)
        return OutageTally(ids, nothing, nothing, np.zeros((0, days)))
    judged = ~np.isnan(counts) & (base >= _LEAST_EXPECTED)  # an unknown expectation compares as false
    low = judged & (np.nan_to_num(counts) < _LOW * np.nan_to_num(base))
    order = np.argsort(codes, kind="stable")
    firsts = np.searchsorted(codes[order], np.arange(len(ids)))
    return OutageTally(
        ids,
        np.add.reduceat(judged[order], firsts, axis=0, dtype=np.int64),
        np.add.reduceat(low[order], firsts, axis=0, dtype=np.int64),
        np.add.reduceat(np.where(judged, base, 0.0)[order], firsts, axis=0),
    )
