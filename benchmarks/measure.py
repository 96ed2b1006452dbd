"""What the trend detector costs, how it grows with the accounts, and the memory it takes.

    python benchmarks/measure.py --accounts 1000000 --json

Counts are drawn for one batch of accounts after the other, as an engine would hand them over, and go through both
passes: what the large fleets do, then expectation, falls and rises. Drawing them is not timed. The pass that the
detector is compared with is one `np.log` over the same cells.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.measuring import exponent, in_fresh_process, peak_mb, show
from bot.core.trends.expectation import FleetPass, expect
from bot.core.trends.falls import falls
from bot.core.trends.fleets import batches
from bot.core.trends.rises import rises
from bot.core.trends.settings import Detection

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DAYS: Final = 400
_BATCH: Final = 8192
_GROWTH: Final = 4
_TEMPLATES: Final = 1024
"""Accounts that are drawn; a batch is made of them, each at a volume of its own."""


class Accounts:
    """Made-up accounts: some active every day, some on working days only, a few that fall."""

    def __init__(self, accounts: int, fleet_size: int) -> None:
        chance = np.random.default_rng(20260331)
        self.fleets = np.arange(accounts) // fleet_size
        week = np.where(np.arange(DAYS) % 7 < 5, 1.0, chance.uniform(0.1, 1.0, (_TEMPLATES, 1)))  # noqa: PLR2004
        fallen = np.where((np.arange(DAYS) >= DAYS - 60) & (np.arange(_TEMPLATES)[:, None] % 50 == 0), 0.5, 1.0)
        level = chance.lognormal(2.5, 1.5, (_TEMPLATES, 1))
        self._drawn = chance.poisson(level * week * fallen).astype(np.float64)

    def counts(self, rows: npt.NDArray[np.intp]) -> Floats:
        """Counts of some accounts; the same whenever they are asked for."""
        times = 1 + rows // _TEMPLATES % 5
        return np.asarray(self._drawn[rows % _TEMPLATES] * times[:, None])


class Watch:
    """Seconds by part of the work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Add what is done inside to a part."""
        begin = time.perf_counter()
        yield
        self.seconds[part] += time.perf_counter() - begin


def detect(accounts: Accounts, detection: Detection) -> dict[str, float]:
    """Run both passes over all accounts; seconds of each part."""
    watch, fleets, alarmed = Watch(), accounts.fleets, 0
    first = FleetPass(fleets, DAYS, detection)
    for rows in batches(fleets, _BATCH):
        counts = accounts.counts(rows)
        with watch.on("fleet_seconds"):
            first.add(counts, fleets[rows], None)
    with watch.on("fleet_seconds"):
        large = first.large()
    for rows in batches(fleets, _BATCH):
        counts = accounts.counts(rows)
        with watch.on("expect_seconds"):
            expected = expect(counts, fleets[rows], None, detection, large)
        with watch.on("statistic_seconds"):
            fallen, _ = falls(counts, expected, detection), rises(counts, expected, detection)
        with watch.on("log_seconds"):
            np.log(counts + 1.0)
        alarmed += int((fallen.statistic[:, -1] >= detection.fall_threshold).sum())
    return {**watch.seconds, "alarmed": alarmed, "peak_mb": peak_mb()}


def measure(accounts: int, fleet_size: int) -> dict[str, float]:
    """Measure a size in this process."""
    return detect(Accounts(accounts, fleet_size), Detection())


def main() -> None:
    """Measure at a quarter of the size and at the whole, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=40_000)
    parser.add_argument("--fleet-size", type=int, default=50_000, help="accounts that are compared with each other")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if min(asked.accounts // _GROWTH, asked.fleet_size) < 1:
        parser.error(f"at least {_GROWTH} accounts, and one in a fleet")
    quarter = in_fresh_process(measure, asked.accounts // _GROWTH, asked.fleet_size)
    whole = in_fresh_process(measure, asked.accounts, asked.fleet_size)
    seconds, before = (
        run["fleet_seconds"] + run["expect_seconds"] + run["statistic_seconds"] for run in (whole, quarter)
    )
    result = {
        "ratio_to_log": round(seconds / whole["log_seconds"], 1),
        "seconds": round(seconds, 3),
        "exponent": exponent(before, seconds, _GROWTH),
        "peak_mb": round(whole["peak_mb"]),
        **{name: round(whole[name], 3) for name in whole if name.endswith("_seconds")},
        "nanoseconds_a_cell": round(seconds / asked.accounts / DAYS * 1e9, 1),
        "alarmed": whole["alarmed"],
        "accounts": asked.accounts,
        "days": DAYS,
        "fleet_size": asked.fleet_size,
    }
    show(result, as_json=asked.json)


if __name__ == "__main__":
    main()
