"""What was to be expected on each day, had nothing changed: the same weekday of past weeks, and the fleet's day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.trends.fleets import SEEDS, FleetDays, Tally, fleet_factors, log_ratios, whole_weights
from bot.core.trends.spread import Spread
from bot.core.trends.usual import usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from bot.core.trends.settings import Detection

    Floats = npt.NDArray[np.float64]
    Ids = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_BLOCK: Final = 128
"""Series worked on at a time: few enough that their tables stay in the processor's cache."""
_WIDE: Final = 8192
"""The same where the work goes through the days one by one: wide enough that a step costs more than its call."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Expectation of every day of every series; arrays of shape [series, days], a day's numbers next to each other."""

    values: Floats
    """Expected count, the fleet's movement included; NaN where too little is known."""
    variance: Floats
    """Of a day's count about its expectation: chance, and how far the series' weeks stray; NaN where `values` is."""
    fleet: Floats
    """Log factor of the fleet's other series that day against their own expectation: 0 as usual, 0 without others."""
    history: npt.NDArray[np.int32]
    """Days known up to and with this one."""


def expect(
    counts: Floats,
    fleets: Ids,
    ignored: Mask | None,
    settings: Detection,
    large: FleetDays | None = None,
) -> Expected:
    """Expect each day of each series from what was known before it, and from the fleet on that day.

    `counts`: [series, days], NaN is unknown. `fleets`: [series], the group each series is compared within.
    `ignored`: [series, days], true where a day counts as unknown (outage, holiday), or None. `large`: where series come
    in batches, the factors of fleets that do not fit in one (`FleetPass`); other fleets have to be whole here.
    """
    if large is None:
        first = FleetPass(fleets, counts.shape[1], settings)
        first.add(counts, fleets, ignored)
        large = first.large()
    known = _by_day(counts, ignored)
    base = _base(known, settings)
    return _expected(known, base, fleet_factors(known, base, fleets, large), settings)


def expect_given(counts: Floats, fleet: Floats, settings: Detection) -> Expected:
    """Expect each day where the fleet's log factors are known; [series, days]."""
    known = _by_day(counts, None)
    return _expected(known, _base(known, settings), np.ascontiguousarray(fleet.T), settings)


class FleetPass:
    """The first of two passes over series in batches: what the fleets too large for one batch do.

    first = FleetPass(fleets, days, settings)
    for rows in batches(fleets, 20_000):
        first.add(counts[rows], fleets[rows], None)
    large = first.large()
    for rows in batches(fleets, 20_000):
        expected = expect(counts[rows], fleets[rows], None, settings, large)
    """

    def __init__(self, fleets: Ids, days: int, settings: Detection) -> None:
        """Take the fleet of every series of all batches."""
        self._tally, self._settings = Tally(fleets, days), settings

    def add(self, counts: Floats, fleets: Ids, ignored: Mask | None) -> None:
        """Take in a batch, as `expect` does; free where no fleet is too large."""
        if not self._tally:
            return
        rows = self._tally.chosen(counts[:, :SEEDS], fleets)
        for some in np.array_split(rows, -(-len(rows) // _WIDE)):
            known = _by_day(counts[some], None if ignored is None else ignored[some])
            base = _base(known, self._settings)
            ratios = log_ratios(known, base)
            self._tally.add(ratios, whole_weights(ratios, base), fleets[some])

    def large(self) -> FleetDays:
        """Answer the factors, once every batch was added."""
        return self._tally.factors()


def _blocks(series: int) -> Iterator[slice]:
    return (slice(begin, begin + _BLOCK) for begin in range(0, series, _BLOCK))


def _by_day(counts: Floats, ignored: Mask | None) -> Floats:
    known = np.ascontiguousarray(counts.T)
    if ignored is not None:
        known[ignored.T] = np.nan
    return known


def _base(known: Floats, settings: Detection) -> Floats:
    base = np.empty_like(known)
    for block in _blocks(known.shape[1]):
        # Ordering is half the work in half the precision, which is a ten-millionth of a count.
        base[:, block] = usual(known[:, block].astype(np.float32), settings.nearest_week, settings.furthest_week)
    return base


def _expected(known: Floats, base: Floats, fleet: Floats, settings: Detection) -> Expected:
    values, variance = np.empty_like(known), np.empty_like(known)
    history = np.empty(known.shape, np.int32)
    for begin in range(0, known.shape[1], _WIDE):
        block = slice(begin, begin + _WIDE)
        width = min(_WIDE, known.shape[1] - begin)
        spread = Spread(width, settings)
        seen = np.zeros(width, np.int32)
        for day, counts in enumerate(known[:, block]):
            level = np.exp(fleet[day, block])
            level *= base[day, block]
            values[day, block] = level
            stray = spread.variance()
            stray *= level
            stray += 1
            stray *= level
            variance[day, block] = stray
            seen += ~np.isnan(counts)
            history[day, block] = seen
            spread.see(counts, level)
    return Expected(values.T, variance.T, fleet.T, history.T)
