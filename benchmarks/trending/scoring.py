"""One threshold a method, calibrated on half of the series and scored on the other.

An alarm is the first day on which a method's score reaches its threshold. A window's score is armed again once it has
been below for seven days. Headroom's detector arms itself: after an alarm it takes the new level for the usual one and
its evidence starts at 0 (`bot/core/trends/alarms.py`). What is planted is found by the first *new* alarm on its day or
later; an alarm before does not count for it, only as a false one where nothing was planted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from benchmarks.trending.loading import WARM_UP
from benchmarks.trending.planting import FOLLOWED, Planted, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

MOST_FALSE: Final = 1.0
"""Alarms a series-year where nothing was planted that a threshold may make on the half it is calibrated on."""
_ARMED_AFTER: Final = 7
_NOT_FOUND: Final = 10**6


class Method(Protocol):
    """A way to raise alarms, with one threshold."""

    name: str

    def thresholds(self, chunks: npt.NDArray[np.int64]) -> Floats:
        """Answer the thresholds to try on some chunks as they are, ascending."""

    def unplanted(self, threshold: float) -> Mask:
        """Alarms in every chunk as it is; [chunks, days]."""

    def planted(self, planted: Planted, copies: npt.NDArray[np.int64], threshold: float) -> Mask:
        """Alarms in some copies; [copies, days]."""


@dataclass(frozen=True, slots=True)
class Found:
    """Held-out results of one method."""

    false_alarms: float
    delays: npt.NDArray[np.int64]
    """[copies]: days from planting to the alarm."""
    scenario: npt.NDArray[np.int64]
    thresholds: tuple[float, ...]
    """One for each half it was calibrated on."""


def upcrossings(scores: Floats, threshold: float) -> Mask:
    """Tell new alarms of a score: at or over the threshold after seven days below it; [..., days]."""
    over = scores >= threshold
    recent = np.zeros(over.shape, bool)
    for back in range(1, _ARMED_AFTER + 1):
        recent[..., back:] |= over[..., :-back]
    return np.asarray(over & ~recent)


def halves(names: npt.NDArray[np.str_], chance: np.random.Generator) -> tuple[Mask, Mask]:
    """Split chunks in two by series, at random; of a single series both are all."""
    series = chance.permutation(np.unique(names))
    first = np.isin(names, series[: len(series) // 2])
    return (first, ~first) if first.any() else (~first, ~first)


def false_alarms(alarms: Mask, chunks: Mask) -> float:
    """False alarms a series-year in some chunks."""
    return float(alarms[chunks, WARM_UP:].sum() / chunks.sum())


def calibrate(method: Method, chunks: Mask, rate: float = MOST_FALSE) -> float:
    """Find the lowest threshold from which on every higher one makes at most `rate` false alarms a series-year."""
    kept: float | None = None
    for threshold in method.thresholds(np.flatnonzero(chunks))[::-1]:
        if false_alarms(method.unplanted(float(threshold)), chunks) > rate:
            break
        kept = float(threshold)
    return float("inf") if kept is None else kept


def held_out(method: Method, planted: Planted, split: tuple[Mask, Mask]) -> Found:
    """Calibrate on each half and score on the other; both together."""
    delays = np.full(len(planted.day), _NOT_FOUND)
    alarms, years, thresholds = 0.0, 0, []
    for calibrating, scoring in (split, split[::-1]):
        threshold = calibrate(method, calibrating)
        thresholds.append(threshold)
        alarms += false_alarms(method.unplanted(threshold), scoring) * scoring.sum()
        years += int(scoring.sum())
        copies = np.flatnonzero(scoring[planted.chunk])
        delays[copies] = _delays(method.planted(planted, copies, threshold), planted.day[copies])
    return Found(alarms / years, delays, planted.scenario, tuple(thresholds))


def _delays(alarms: Mask, day: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    new = alarms & (np.arange(alarms.shape[1]) >= day[:, None])
    return np.where(new.any(axis=1), new.argmax(axis=1) - day, _NOT_FOUND)


def figures(name: str, found: Found, percents: tuple[int, ...]) -> dict[str, Any]:
    """Sum up as the JSON has it; a median of over 60 days is null."""
    by = dict(_by_scenario(found, percents))
    medians = {scenario: float(np.median(delays)) for scenario, delays in by.items()}
    return {
        "name": name,
        "false_alarms": round(found.false_alarms, 3),
        "rm60": round(float(np.mean([np.minimum(delays, FOLLOWED).mean() for delays in by.values()])), 2),
        "found14": {scenario: round(float((delays <= 14).mean()), 3) for scenario, delays in by.items()},  # noqa: PLR2004
        "found28": {scenario: round(float((delays <= 28).mean()), 3) for scenario, delays in by.items()},  # noqa: PLR2004
        "median_delay": {scenario: days if days <= FOLLOWED else None for scenario, days in medians.items()},
        "thresholds": [round(threshold, 4) for threshold in found.thresholds],
    }


def _by_scenario(found: Found, percents: tuple[int, ...]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    for number, scenario in enumerate(scenarios(percents)):
        yield scenario, found.delays[found.scenario == number]
