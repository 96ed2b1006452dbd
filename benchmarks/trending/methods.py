"""The two kinds of methods that are scored: Headroom's detector, and a score with a threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.trending.loading import WARM_UP
from benchmarks.trending.peers import PELT_EVERY, Table
from benchmarks.trending.planting import FOLLOWED
from benchmarks.trending.scoring import upcrossings
from bot.core.trends.alarms import fall_alarms, rise_alarms
from bot.core.trends.expectation import expect
from bot.core.trends.settings import Detection

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from benchmarks.trending.loading import Chunks
    from benchmarks.trending.planting import Planted

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_TRIED: Final = np.geomspace(2.0, 60.0, 70)
_QUANTILES: Final = 300


class Headroom:
    """The product's detector; its threshold is that of `Detection`."""

    def __init__(
        self,
        name: str,
        counts: Floats,
        others: tuple[Floats, ...] | None,
        masked: Mask | None,
        *,
        rising: bool = False,
    ) -> None:
        """Take the chunks, the other series of each one's fleet (None: without fleet) and masked days."""
        self.name = name
        self._rising = rising
        self._masked = np.zeros(counts.shape, bool) if masked is None else masked
        self._counts = counts
        self._fleet = np.zeros_like(counts) if others is None else _fleet(others, self._masked)
        self._known: dict[float, Mask] = {}

    def thresholds(self, chunks: npt.NDArray[np.int64]) -> Floats:  # noqa: ARG002
        """Answer the same thresholds for whatever chunks."""
        return _TRIED

    def unplanted(self, threshold: float) -> Mask:
        """Alarms in every chunk as it is."""
        if threshold not in self._known:
            self._known[threshold] = self.alarms(self._counts, np.arange(len(self._counts)), threshold)
        return self._known[threshold]

    def planted(self, planted: Planted, copies: npt.NDArray[np.int64], threshold: float) -> Mask:
        """Alarms in some copies."""
        return self.alarms(planted.counts[copies], planted.chunk[copies], threshold)

    def alarms(self, counts: Floats, chunk: npt.NDArray[np.int64], threshold: float) -> Mask:
        """Alarms in copies of chunks."""
        counts = np.where(self._masked[chunk], np.nan, counts)
        if np.isinf(threshold):
            return np.zeros(counts.shape, bool)
        settings = Detection()
        if self._rising:
            return rise_alarms(counts, self._fleet[chunk], replace(settings, rise_threshold=threshold))
        return fall_alarms(counts, self._fleet[chunk], replace(settings, fall_threshold=threshold))


def _fleet(others: tuple[Floats, ...], masked: Mask) -> Floats:
    """Factor of each chunk's fleet: of the others alone, so that it is the same whatever is planted."""
    rows, fleets, ignored = [], [], []
    for chunk, fleet in enumerate(others):
        members = np.concatenate([np.full((1, fleet.shape[1]), np.nan), fleet])
        rows.append(members)
        fleets.append(np.full(len(members), chunk))
        ignored.append(np.broadcast_to(masked[chunk], members.shape))
    fleet_of = np.concatenate(fleets)
    expected = expect(np.concatenate(rows), fleet_of, np.concatenate(ignored), Detection())
    return expected.fleet[np.unique(fleet_of, return_index=True)[1]]


class Scored:
    """A method with a score a day."""

    def __init__(self, name: str, score: Callable[[Table], Floats], chunks: Chunks) -> None:
        """Score the chunks as they are."""
        self.name = name
        self._score, self._chunks = score, chunks
        self._plain = score(Table(chunks.counts, chunks.first, np.ones(chunks.counts.shape, bool)))
        self._planted: tuple[Planted, Floats] | None = None

    def thresholds(self, chunks: npt.NDArray[np.int64]) -> Floats:
        """Answer quantiles of the scores of these chunks, the denser the higher."""
        scores = self._plain[chunks, WARM_UP:]
        shares = 1 - np.geomspace(1e-5, 0.5, _QUANTILES)
        return np.unique(np.quantile(scores[np.isfinite(scores)], shares))

    def unplanted(self, threshold: float) -> Mask:
        """Alarms in every chunk as it is."""
        return upcrossings(self._plain, threshold)

    def planted(self, planted: Planted, copies: npt.NDArray[np.int64], threshold: float) -> Mask:
        """Alarms in some copies."""
        if self._planted is None or self._planted[0] is not planted:
            self._planted = planted, self._scores(planted)
        return upcrossings(self._planted[1][copies], threshold)

    def _scores(self, planted: Planted) -> Floats:
        since = np.arange(planted.counts.shape[1]) - planted.day[:, None]
        first = tuple(self._chunks.first[chunk] for chunk in planted.chunk)
        # A look every few days has to have been made before the planted one, too.
        scores = self._score(Table(planted.counts, first, (since >= -PELT_EVERY) & (since <= FOLLOWED)))
        # Before anything was planted, a copy is its chunk.
        return np.where(since >= 0, scores, self._plain[planted.chunk])
