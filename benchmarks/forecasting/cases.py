"""Series from a file, cut into cases: a history, what came after it, and the term that it stands in."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"

HORIZONS: Final = (7, 30, 90, 180)
FUTURE: Final = 365
STEP: Final = 28
"""Days between the origins of a series."""
LEAST_HISTORY: Final = 56
LEAST_VOLUME: Final = 1.0
"""Mean of the last 28 days before an origin; of less there is nothing to forecast."""
SHORT: Final = (56, 84, 120, 200, 300)
THINNED: Final = 5.0
ENOUGH_KNOWN: Final = 0.8
COLUMNS: Final = ("series", "source", "day", "count")


@dataclass(frozen=True)
class Cases:
    """All arrays have one row a case; days are columns, NaN is unknown."""

    series: NDArray[np.str_]
    history: Floats
    """The last column is the origin."""
    future: Floats
    """FUTURE days after it."""
    elapsed: NDArray[np.int64]
    """Days of the term so far, up to the origin."""
    lost: Floats
    """Use of the history that its last days do not show, where these were made incomplete."""

    def __len__(self) -> int:
        return len(self.series)

    def of(self, names: list[str]) -> Cases:
        """Cases of some series."""
        return self.where(np.isin(self.series, names))

    def where(self, chosen: NDArray[np.bool_]) -> Cases:
        return Cases(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})

    def used(self) -> Floats:
        """Use of the term so far, unknown days scaled."""
        days = self.history.shape[1]
        within = np.arange(days) >= days - self.elapsed[:, None]
        known = within & np.isfinite(self.history)
        total = np.where(known, self.history, 0.0).sum(axis=1)
        return np.asarray(total * self.elapsed / np.maximum(known.sum(axis=1), 1))

    def actual(self, days: int) -> Floats:
        """Use that came within so many days, that of incomplete days included; NaN where too little is known."""
        ahead = self.future[:, :days]
        known = np.isfinite(ahead).sum(axis=1)
        total = np.where(np.isfinite(ahead), ahead, 0.0).sum(axis=1) * days / np.maximum(known, 1)
        return np.asarray(np.where(known >= ENOUGH_KNOWN * days, total, np.nan) + self.lost)


def load(path: Path) -> dict[str, Floats]:
    """Daily counts of each series, from its first day on. Raises ValueError that names file, line and fault."""
    found: dict[str, dict[date, float]] = {}
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {', '.join(missing)}; wanted {', '.join(COLUMNS)}")
        for number, row in enumerate(rows, start=2):
            try:
                day, count = date.fromisoformat(row["day"]), float(row["count"] or "nan")
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from error
            if count < 0:
                raise ValueError(f"{path}:{number}: count {row['count']} is below 0")
            found.setdefault(row["series"], {})[day] = count
    return {name: _daily(counts) for name, counts in found.items()}


def _daily(counts: dict[date, float]) -> Floats:
    first = min(counts)
    daily = np.full((max(counts) - first).days + 1, np.nan)
    for day, count in counts.items():
        daily[(day - first).days] = count
    return daily


def cut(series: dict[str, Floats], history: int, seed: int) -> Cases:
    """Origins every STEP days from a drawn day on, with up to `history` days each.

    Raises ValueError where no series is long and busy enough.
    """
    chance = np.random.default_rng([seed, 1])
    names, pasts, futures, elapsed = [], [], [], []
    for name, counts in series.items():
        first = LEAST_HISTORY - 1 + int(chance.integers(STEP))
        for origin in range(first, len(counts) - HORIZONS[0], STEP):
            past = counts[max(0, origin + 1 - history) : origin + 1]
            term = int(chance.integers(30, 366))
            if not _usable(past):
                continue
            names.append(name)
            pasts.append(np.concatenate([np.full(history - len(past), np.nan), past]))
            after = counts[origin + 1 : origin + 1 + FUTURE]
            futures.append(np.concatenate([after, np.full(FUTURE - len(after), np.nan)]))
            elapsed.append(min(term, len(past)))
    if not names:
        raise ValueError(
            f"no series has {LEAST_HISTORY} days of history with a mean of {LEAST_VOLUME:g} a day and a week after it"
        )
    return Cases(
        np.array(names), np.array(pasts), np.array(futures), np.array(elapsed), np.zeros(len(names), dtype=np.float64)
    )


def _usable(past: Floats) -> bool:
    recent = past[-28:]
    known = np.isfinite(recent)
    if known.sum() < ENOUGH_KNOWN * len(recent) or recent[known].mean() < LEAST_VOLUME:
        return False
    started = past[int(np.flatnonzero(past > 0)[0]) :]
    return len(started) >= LEAST_HISTORY and bool(np.isfinite(started).mean() >= ENOUGH_KNOWN)


def shortened(cases: Cases, seed: int) -> Cases:
    """Histories cut to drawn lengths, as of young contracts."""
    chance = np.random.default_rng([seed, 2])
    lengths = chance.choice(SHORT, len(cases))
    days = cases.history.shape[1]
    history = np.where(np.arange(days) >= days - lengths[:, None], cases.history, np.nan)
    return replace(cases, history=history, elapsed=np.minimum(cases.elapsed, lengths))


def thinned(cases: Cases, seed: int) -> Cases:
    """Each count thinned binomially to a mean of THINNED a day over the last 84 days."""
    chance = np.random.default_rng([seed, 3])
    kept = np.minimum(1.0, THINNED / np.maximum(np.nanmean(cases.history[:, -84:], axis=1), 1e-9))[:, None]

    def thin(counts: Floats) -> Floats:
        known = np.isfinite(counts)
        drawn = chance.binomial(np.where(known, counts, 0.0).astype(np.int64), np.broadcast_to(kept, counts.shape))
        return np.where(known, drawn, np.nan)

    return replace(cases, history=thin(cases.history), future=thin(cases.future))


def incomplete(cases: Cases, seed: int) -> Cases:
    """Of the last one to three days a drawn share of 5 to 45 % shows, the less the later the day."""
    chance = np.random.default_rng([seed, 4])
    late = chance.integers(1, 4, len(cases))
    shares = np.sort(chance.uniform(0.05, 0.45, (len(cases), 3)), axis=1)[:, ::-1]
    shares = np.where(np.arange(3) >= 3 - late[:, None], shares, 1.0)
    history = cases.history.copy()
    history[:, -3:] = np.floor(history[:, -3:] * shares)
    lost = np.nansum(cases.history[:, -3:] - history[:, -3:], axis=1)
    return replace(cases, history=history, lost=lost)
