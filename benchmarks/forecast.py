"""How far the forecast of use by the end of a term is off, and how often its interval holds what came.

    python benchmarks/forecast.py --seed 1 --json
    python benchmarks/forecast.py --series FILE.csv.gz        # columns series, source, day, count; empty = missing
    python benchmarks/forecast.py --fit                       # widths calibrated on all series, for settings.py

Many origins a series; the widths of the intervals are calibrated on one half of the series and scored on the other,
then the halves change places. `as_shipped` are the figures of the widths in the settings, on all series.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.forecasting.cases import cut, incomplete, load, shortened, thinned
from benchmarks.forecasting.made import MADE, made
from benchmarks.forecasting.methods import calibrated
from benchmarks.forecasting.scores import Scores, score, summary
from bot.core.forecasting.settings import ForecastSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from benchmarks.forecasting.cases import Cases

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent
DATA = ROOT / "data"
HISTORY = 400
YEARS = 820
"""Days of history of the variant that knows two years."""
LEAST_SERIES = 4
"""Fewer can't be halved: the widths shipped are scored instead."""


def variants(series: dict[str, Any], history: int, seed: int) -> dict[str, Cases]:
    """Cases of the series as they are, and changed in ways that customers' are."""
    plain = cut(series, history, seed)
    return {
        "as they are": plain,
        "short histories": shortened(plain, seed),
        "thinned to 5 a day": thinned(plain, seed),
        "last days incomplete": incomplete(plain, seed),
        "two years known": cut(series, YEARS, seed),
    }


def calibrating(cases: dict[str, Cases]) -> list[Cases]:
    """Return the variants that widths are calibrated on."""
    return [cases[name] for name in ("as they are", "short histories", "thinned to 5 a day")]


def halves(cases: Cases, seed: int) -> tuple[list[str], list[str]] | None:
    """Split the series; None where there are too few."""
    names = [str(name) for name in np.unique(cases.series)]
    if len(names) < LEAST_SERIES:
        return None
    mixed = [names[place] for place in np.random.default_rng([seed, 6]).permutation(len(names))]
    return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def held_out(cases: dict[str, Cases], seed: int) -> dict[str, Any]:
    """Score each half with widths from the other; empty where the series can't be halved."""
    split = halves(cases["as they are"], seed)
    if split is None:
        return {}
    parts: dict[str, list[Scores]] = {name: [] for name in cases}
    for tuning, scoring in tracked((split, split[::-1]), "held-out halves"):
        settings = calibrated([each.of(tuning) for each in calibrating(cases)], ForecastSettings())
        for name, each in cases.items():
            parts[name].append(score(each.of(scoring), each.of(tuning), settings))
    return {name: summary(scores) for name, scores in parts.items()}


def as_shipped(cases: dict[str, Cases], asked: argparse.Namespace) -> dict[str, Any]:
    """Score all series, and made-up ones, with the widths of the settings."""
    everything = cases | {kind: cut(made(kind, asked.made, asked.seed), asked.history, asked.seed) for kind in MADE}
    scored = tracked(everything.items(), "as shipped")
    return {name: summary([score(each, None, ForecastSettings())]) for name, each in scored}


def tracked(works: Collection[T], what: str) -> Iterable[T]:
    """Show a bar on standard error, where somebody is looking."""
    console = Console(stderr=True)
    return track(works, what, console=console, transient=True, disable=not console.is_terminal)


def tables(result: dict[str, Any], console: Console) -> None:
    """Print what was measured."""
    for variant, methods in result["held_out"].items():
        console.print(table(f"{variant}: held out", methods))
    shipped = [method | {"name": variant} for variant, (method, *_) in result["as_shipped"].items()]
    console.print(table("headroom with the widths it ships: all series", shipped))


def table(title: str, methods: list[dict[str, Any]]) -> Table:
    """One row a method, the horizons side by side."""
    days = [row["days"] for row in methods[0]["horizons"]]
    made_of = Table(title=title, title_justify="left")
    made_of.add_column("error / run rate, after days")
    for day in days:
        made_of.add_column(str(day), justify="right")
    made_of.add_column("in the interval")
    for day in days:
        made_of.add_column(str(day), justify="right")
    for method in methods:
        cells = (shown(row[key]) for key in ("error_ratio", "coverage") for row in method["horizons"])
        half = len(days)
        texts = list(cells)
        made_of.add_row(method["name"], *texts[:half], "", *texts[half:])
    return made_of


def shown(value: float | None) -> str:
    """Two places; nothing where there is nothing."""
    return "" if value is None else f"{value:.2f}"


def default_series() -> Path:
    """Return the series that come with the benchmarks."""
    return next(iter(sorted(DATA.glob("*.csv.gz"))), DATA / "series.csv.gz")


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path, default=default_series(), help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=HISTORY, help="days known before each origin, at most")
    parser.add_argument("--made", type=int, default=60, help="series of each made-up kind")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fit", action="store_true", help="print widths calibrated on all series")
    asked = parser.parse_args()
    try:
        cases = variants(load(asked.series), asked.history, asked.seed)
    except (OSError, ValueError) as error:
        sys.exit(f"forecast: {error}")
    if asked.fit:
        print(calibrated(calibrating(cases), ForecastSettings()).widths)
        return
    plain = cases["as they are"]
    result: dict[str, Any] = {
        "series": len(np.unique(plain.series)),
        "cases": len(plain),
        "seed": asked.seed,
        "held_out": held_out(cases, asked.seed),
        "as_shipped": as_shipped(cases, asked),
    }
    result["methods"] = (result["held_out"] or result["as_shipped"])["as they are"]
    if not result["held_out"]:
        print(f"forecast: {result['series']} series can't be halved; no held-out figures", file=sys.stderr)
    if asked.json:
        print(json.dumps(result))
    else:
        tables(result, Console())


if __name__ == "__main__":
    main()
