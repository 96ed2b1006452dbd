"""How much of a contract line will be wanted in the coming term: a distribution, out of the forecast's own errors.

The forecast of `bot.core.forecasting` gives the expected use of every day to come and, from the series' own past, how
far such forecasts are off. What lies between two days ahead is off by more than what lies before the second of them: a
running total is nearly known at its beginning. With E1 and E2 the expected totals up to both days, and e1 and e2 the
logarithms by which they are off at some level of probability, the use between them is off by

    e = e2 + max(e2 - e1, 0) * E1 / (E2 - E1)

which is what is left of the second total when both are off at the same level, to the first order. The same level
everywhere: a customer who uses more than expected in spring does so in autumn.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.forecasting.draws import Draws
from bot.core.forecasting.outlook import outlook
from bot.core.forecasting.settings import ForecastSettings
from bot.core.forecasting.spread import bounds, quantile
from bot.core.forecasting.weeks import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.forecasting.draws import Floats
    from bot.core.forecasting.outlook import Outlook

OUTCOMES: Final = 199
"""Equally likely outcomes that stand for a distribution: half a percent each."""
LEVELS: Final = tuple((number + 0.5) / OUTCOMES for number in range(OUTCOMES))
ACTIVE_DAYS: Final = 28
"""Length of the window in which a licence counts as used, see `bot.core.catalogue`."""

_FORECAST: Final = ForecastSettings()
_WEEK_AHEAD: Final = np.array([float(WEEK)])


def _sizes() -> Floats:
    """Return the errors at LEVELS in units of the bounds, which are the same however far ahead."""
    low, high = (float(bound[0]) for bound in bounds(_WEEK_AHEAD, _FORECAST.widths))
    errors = np.array([float(quantile(level, _WEEK_AHEAD, _FORECAST.widths)[0]) for level in LEVELS])
    return np.asarray(np.where(errors < 0, errors / -low, errors / high))


_SIZES: Final = _sizes()
_FURTHEST: Final = 1_830
"""Days ahead beyond which nothing is forecast: five years."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days ahead of as-of, both included; 1 is the day after."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise ValueError(f"days ahead from {self.first} to {self.last}; wanted 1 <= first <= last")

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Demand:
    """A distribution of what will be wanted."""

    outcomes: tuple[float, ...]
    """Equally likely ones, rising, at least one."""
    basis_days: int
    """Known days since the first use, on which all of it rests."""

    def quantile(self, share: float) -> float:
        """Return what is enough with this probability, 0 to 1; straight between the outcomes, level beyond them."""
        place = share * len(self.outcomes) - 0.5
        low = min(max(int(np.floor(place)), 0), len(self.outcomes) - 1)
        high = min(low + 1, len(self.outcomes) - 1)
        part = min(max(place - low, 0.0), 1.0)
        return self.outcomes[low] + (self.outcomes[high] - self.outcomes[low]) * part

    def covered_by(self, quantity: float) -> float:
        """Return the probability, 0 to 1, with which a quantity is enough."""
        return bisect.bisect_right(self.outcomes, quantity) / len(self.outcomes)

    @property
    def middle(self) -> float:
        """Return the median."""
        return self.quantile(0.5)


@dataclass(frozen=True, slots=True)
class History:
    """What was used a day, up to as-of."""

    counts: Floats
    """[days]; NaN is unknown, the last one is as-of."""

    def known_to(self) -> int | None:
        """Return the place of the last known day; None where none is."""
        known = np.flatnonzero(np.isfinite(self.counts))
        return int(known[-1]) if known.size else None


class Ahead:
    """The way of one series from as-of on, and how far off it may be."""

    def __init__(self, history: History, furthest: int) -> None:
        """Look as far as `furthest` days ahead, at most five years. Raises ValueError without a known day."""
        known_to = history.known_to()
        if known_to is None:
            raise ValueError("no day of the history is known")
        row = np.array([0.0])
        draws = Draws(history.counts[None, :], row, row + 1, row + furthest, row + known_to)
        self._seen: Outlook = outlook(draws, min(furthest, _FURTHEST), _FORECAST)
        self._late = int(self._seen.ahead[0])
        self.basis_days = int(self._seen.basis[0])

    def expected(self, span: Span) -> float:
        """Return the expected use of a span."""
        return self._total(span.last) - self._total(span.first - 1)

    def outcomes(self, span: Span) -> Floats:
        """Return the use of a span at each of LEVELS, rising."""
        expected = max(self.expected(span), 0.0)
        offset = float(self._seen.spread.offset[0]) * span.days / WEEK
        moved = (expected + offset) * np.exp(self._errors(span, expected)) - offset
        return np.asarray(np.maximum(moved, 0.0))

    def _errors(self, span: Span, expected: float) -> Floats:
        before = max(self._total(span.first - 1), 0.0)
        first, last = self._error_sizes(span.first - 1), self._error_sizes(span.last)
        weight = before / expected if expected > 0 else 0.0
        outward = np.maximum(np.abs(last) - np.abs(first), 0.0) * np.sign(last)
        return np.asarray(last + outward * weight)

    def _error_sizes(self, day: int) -> Floats:
        ahead = np.array([float(day + self._late)])
        if ahead[0] <= 0:
            return np.zeros(OUTCOMES)
        low, high = (float(bound[0]) for bound in bounds(ahead, _FORECAST.widths))
        return np.where(_SIZES < 0, -low, high) * _SIZES * float(self._seen.spread.typical(ahead)[0])

    def _total(self, day: int) -> float:
        return float(self._seen.total(np.array([float(day + self._late)]))[0])


def drawn(history: History, spans: Sequence[Span]) -> Demand:
    """Return what is drawn in a span, whichever of `spans` it is: the periods of a term, or the one term.

    What is enough with a probability is so over all periods together, for each of which overage is paid by itself.
    Raises ValueError without a known day, or without a span.
    """
    if not spans:
        raise ValueError("no span of days ahead; wanted at least one")
    ahead = Ahead(history, spans[-1].last)
    pooled = np.sort(np.concatenate([ahead.outcomes(span) for span in spans]))
    return Demand(_thinned(pooled), ahead.basis_days)


def peak_users(history: History, active: float, term: Span) -> Demand:
    """Return the most users that are active within 28 days, of all such windows of a term.

    `active`: those of the last 28 known days, which the history of users a day carries forward: windows grow and shrink
    as the days of use do. Raises ValueError without a known day, or where those 28 days show no use.
    """
    known = history.counts[np.isfinite(history.counts)][-ACTIVE_DAYS:]
    level = float(known.mean()) if known.size else 0.0
    if level <= 0:
        raise ValueError("nobody was active on the last 28 known days")
    ahead = Ahead(history, term.last)
    windows = [ahead.outcomes(span) / (level * span.days) for span in _windows(term)]
    return Demand(tuple((np.max(windows, axis=0) * active).tolist()), ahead.basis_days)


def _windows(term: Span) -> Iterable[Span]:
    """Return 28-day windows one after the other; the last ones overlap so that each is whole."""
    if term.days <= ACTIVE_DAYS:
        return [term]
    firsts = [*range(term.first, term.last - ACTIVE_DAYS + 2, ACTIVE_DAYS), term.last - ACTIVE_DAYS + 1]
    return [Span(first, first + ACTIVE_DAYS - 1) for first in dict.fromkeys(firsts)]


def _thinned(rising: Floats) -> tuple[float, ...]:
    """Return OUTCOMES equally likely values of a rising list: the middle one of each equal part."""
    places = np.floor((np.arange(OUTCOMES) + 0.5) / OUTCOMES * len(rising)).astype(np.int64)
    return tuple(rising[np.minimum(places, len(rising) - 1)].tolist())
