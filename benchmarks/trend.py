"""How early methods find a fall of use, each at one false alarm a series-year.

    python benchmarks/trend.py --series FILE.csv.gz --seed 1 --json

Chunks of measured daily series, falls planted into them at random days; each method's one threshold is calibrated on
half of the series and scored on the other, and the other way round. `docs/trend.md` tells the protocol and the figures.
Without `--series` the ten series in `benchmarks/data` are taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table as Shown

from benchmarks.trending.loading import DAYS, SeriesError, cut, read_series, turn_of_year
from benchmarks.trending.methods import Headroom, Scored
from benchmarks.trending.peers import PEERS
from benchmarks.trending.planting import FALLS, RISES, plant, scenarios, thinned, with_gap
from benchmarks.trending.scoring import calibrate, false_alarms, figures, halves, held_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.trending.loading import Chunks
    from benchmarks.trending.scoring import Method

OURS: Final = "headroom"
SERIES: Final = Path(__file__).parent / "data" / "cran_daily.csv.gz"
COPIES: Final = 4
_WIDE: Final = 200
"""Columns where there is no terminal to tell: a file scrolls."""
_THIN: Final = 5.0
_GAP: Final = 4
_GAPS: Final = 4
"""Places of a gap tried in each chunk."""


class Benchmark:
    """One run: chunks, a split in halves and what is planted, all from one seed."""

    def __init__(self, chunks: Chunks, seed: int, copies: int) -> None:
        self.chunks, self._seed, self._copies = chunks, seed, copies
        self.masked = turn_of_year(chunks.first)
        self.split = halves(chunks.names, self._chance("halves"))
        self.falls = plant(chunks.counts, FALLS, copies, self._chance("falls"), up=False)

    def _chance(self, what: str) -> np.random.Generator:
        # What one part draws must not hang on which other parts were asked for.
        return np.random.default_rng([self._seed, *what.encode()])

    def method(self, name: str) -> dict[str, Any]:
        """Score a method of the table."""
        method: Method = self._ours(OURS) if name == OURS else Scored(name, PEERS[name], self.chunks)
        return figures(name, held_out(method, self.falls, self.split), FALLS)

    def _ours(self, name: str) -> Headroom:
        return Headroom(name, self.chunks.counts, self.chunks.others, self.masked)

    def without_fleet(self) -> dict[str, Any]:
        """Score ours as if each series stood alone."""
        alone = Headroom("without_fleet", self.chunks.counts, None, self.masked)
        return figures(alone.name, held_out(alone, self.falls, self.split), FALLS)

    def without_calendar(self) -> dict[str, Any]:
        """Score ours where no country is known, so that the turn of the year counts as any other days."""
        plain = Headroom("without_calendar", self.chunks.counts, self.chunks.others, None)
        return figures(plain.name, held_out(plain, self.falls, self.split), FALLS)

    def thinned(self) -> dict[str, Any]:
        """Score ours on series of 5 events a day within the fleet as it is."""
        return self._thinned("thinned", self.chunks.others)

    def thinned_fleet(self) -> dict[str, Any]:
        """Score ours where the whole fleet has 5 events a day."""
        chance = self._chance("fleet")
        return self._thinned("thinned_fleet", tuple(thinned(each, _THIN, chance) for each in self.chunks.others))

    def _thinned(self, name: str, others: tuple[Any, ...]) -> dict[str, Any]:
        chance = self._chance("thinned")
        counts = thinned(self.chunks.counts, _THIN, chance)
        planted = plant(counts, FALLS, self._copies, chance, up=False)
        return figures(name, held_out(Headroom(name, counts, others, self.masked), planted, self.split), FALLS)

    def rises(self) -> dict[str, Any]:
        """Score ours on rises."""
        planted = plant(self.chunks.counts, RISES, self._copies, self._chance("rises"), up=True)
        ours = Headroom("rises", self.chunks.counts, self.chunks.others, self.masked, rising=True)
        return figures("rises", held_out(ours, planted, self.split), RISES)

    def gap(self) -> dict[str, Any]:
        """Count the alarms of ours with four days missing, beside those without."""
        chance, ours = self._chance("gap"), self._ours("gap")
        rows = np.arange(len(self.chunks))
        copies = [with_gap(self.chunks.counts, _GAP, chance) for _ in range(_GAPS)]
        rates = []
        for calibrating, scoring in (self.split, self.split[::-1]):
            threshold = calibrate(ours, calibrating)
            without = false_alarms(ours.unplanted(threshold), scoring)
            gapped = np.mean([false_alarms(ours.alarms(copy, rows, threshold), scoring) for copy in copies])
            rates.append((without, float(gapped), int(scoring.sum())))
        years = sum(weight for *_, weight in rates)
        before, after = (sum(rate[side] * rate[2] for rate in rates) / years for side in (0, 1))
        return {
            "name": "gap",
            "false_alarms": round(after, 3),
            "false_alarms_without_gap": round(before, 3),
            "alarms_added": round((after - before) * len(rows), 2),
        }


VARIANTS: Final = ("without_fleet", "without_calendar", "thinned", "thinned_fleet", "rises", "gap")


def run(benchmark: Benchmark, names: Sequence[str], variants: Sequence[str]) -> dict[str, Any]:
    """Score methods and variants, with a bar on standard error."""
    works: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
        *(("methods", name, lambda name=name: benchmark.method(name)) for name in names),
        *(("variants", name, getattr(benchmark, name)) for name in variants),
    ]
    result: dict[str, Any] = {"methods": [], "variants": []}
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(works))
        for kind, name, work in works:
            bar.update(task, description=name)
            result[kind].append(work())
            bar.advance(task)
    return result


def show(result: dict[str, Any]) -> None:
    """Print tables for a person."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    for title, rows, percents in (
        (
            "Falls",
            result["methods"] + [row for row in result["variants"] if row["name"] not in {"rises", "gap"}],
            FALLS,
        ),
        ("Rises", [row for row in result["variants"] if row["name"] == "rises"], RISES),
    ):
        if rows:
            console.print(_table(title, rows, percents))
    for row in result["variants"]:
        if row["name"] == "gap":
            console.print(
                f"A 4-day gap in each series-year: {row['false_alarms']} alarms a series-year, "
                f"{row['false_alarms_without_gap']} without it: {row['alarms_added']:+} over all chunks."
            )
    console.print(f"{result['series']} series, {result['chunks']} chunks of {DAYS} days, seed {result['seed']}.")


def _table(title: str, rows: list[dict[str, Any]], percents: tuple[int, ...]) -> Shown:
    table = Shown(title=f"{title}: share found within 14 / 28 days, median delay in days")
    for name in ("", "false a year", "RM60", *scenarios(percents)):
        table.add_column(name, justify="left" if not name else "right")
    for row in sorted(rows, key=lambda row: float(row["rm60"])):
        cells = [
            f"{row['found14'][name]:.2f} / {row['found28'][name]:.2f}, "
            + ("-" if row["median_delay"][name] is None else f"{row['median_delay'][name]:g}")
            for name in scenarios(percents)
        ]
        table.add_row(row["name"], f"{row['false_alarms']:.2f}", f"{row['rm60']:.1f}", *cells)
    return table


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path, default=SERIES, help="CSV (.gz) of series,source,day,count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", action="append", choices=[OURS, *PEERS], help="score this method only; may be repeated"
    )
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, help="of headroom (default: all of them)")
    parser.add_argument("--copies", type=int, default=COPIES, help="days at which each scenario is planted in a chunk")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.copies < 1 or asked.seed < 0:
        parser.error("--copies is at least 1, --seed at least 0")
    try:
        chunks = cut(read_series(asked.series))
    except SeriesError as problem:
        parser.exit(2, f"{problem}\n")
    names = asked.only or [OURS, *PEERS]
    variants = (VARIANTS if OURS in names else ()) if asked.variants is None else asked.variants
    result = run(Benchmark(chunks, asked.seed, asked.copies), names, variants)
    result |= {"series": len(set(chunks.names)), "chunks": len(chunks), "seed": asked.seed, "copies": asked.copies}
    if asked.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
