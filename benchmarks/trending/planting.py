"""Changes planted into measured series: falls by binomial thinning, rises by events doubled at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.trending.loading import DAYS, WARM_UP

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

RAMP: Final = 28
FOLLOWED: Final = 60
"""Days that a change is followed for; none is planted so late that fewer are left."""
FALLS: Final = (20, 30, 50)
RISES: Final = (30, 50, 100)


@dataclass(frozen=True, slots=True)
class Planted:
    """Copies of chunks, each with one change."""

    counts: Floats
    """[copies, DAYS]."""
    chunk: npt.NDArray[np.int64]
    """[copies]: row of the chunk."""
    day: npt.NDArray[np.int64]
    """[copies]: first day of the change."""
    scenario: npt.NDArray[np.int64]
    """[copies]: index among `scenarios`."""


def scenarios(percents: tuple[int, ...]) -> list[str]:
    """Name the scenarios: a step and a ramp of each size."""
    return [f"{form}{percent}" for form in ("step", "ramp") for percent in percents]


def plant(counts: Floats, percents: tuple[int, ...], copies: int, chance: np.random.Generator, *, up: bool) -> Planted:
    """Plant each scenario at `copies` random scored days of each chunk."""
    chunks, names = np.arange(len(counts)), scenarios(percents)
    made: list[tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
    for _ in range(copies):
        day = chance.integers(WARM_UP, DAYS - FOLLOWED + 1, size=len(counts))
        for scenario in range(len(names)):
            share = _share(day, percents[scenario % len(percents)] / 100, ramp=scenario >= len(percents))
            made.append((_changed(counts, share, chance, up=up), chunks, day, np.full(len(counts), scenario)))
    table, chunk, days, scenario_of = zip(*made, strict=True)
    return Planted(*(np.concatenate(part) for part in (table, chunk, days, scenario_of)))


def thinned(counts: Floats, level: float, chance: np.random.Generator) -> Floats:
    """Keep each event at random, so that a median day of each row has `level` of them; rows below stay as they are."""
    known = ~np.isnan(counts)
    usual = np.array([np.median(row[there]) if there.any() else 0.0 for row, there in zip(counts, known, strict=True)])
    keep = np.minimum(1.0, level / np.maximum(usual, level))
    return _binomial(counts, np.broadcast_to(keep[:, None], counts.shape), chance)


def with_gap(counts: Floats, days: int, chance: np.random.Generator) -> Floats:
    """Make `days` days in a row of the scored part missing, at a random place of each row."""
    begin = chance.integers(WARM_UP, DAYS - days, size=(len(counts), 1))
    day = np.arange(DAYS)
    return np.where((day >= begin) & (day < begin + days), np.nan, counts)


def _share(day: npt.NDArray[np.int64], size: float, *, ramp: bool) -> Floats:
    since = np.arange(DAYS) - day[:, None]
    part = np.clip((since + 1) / RAMP, 0.0, 1.0) if ramp else np.where(since >= 0, 1.0, 0.0)
    return size * part


def _changed(counts: Floats, share: Floats, chance: np.random.Generator, *, up: bool) -> Floats:
    return counts + _binomial(counts, share, chance) if up else _binomial(counts, 1 - share, chance)


def _binomial(counts: Floats, share: Floats, chance: np.random.Generator) -> Floats:
    drawn = chance.binomial(np.rint(np.nan_to_num(counts)).astype(np.int64), share)
    return np.where(np.isnan(counts), np.nan, drawn)
