"""How long the analysis of one day takes beside a bare scan of the same files, and how it grows.

    python benchmarks/analyse.py --rows 10000000 --json
    python benchmarks/analyse.py --rows 10000000 --accounts 100000 --grow --json

Builds a fact store of so many rows of daily usage through the product's own writer, in a temporary folder; that is
not timed. The scan is one DuckDB query that reads five columns of all rows of usage, with as many threads. Both are
the median of several runs in one process, taking turns. Memory is that of a process of its own that analyses once.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from benchmarks.measuring import exponent, in_fresh_process, medians, peak_mb, show
from benchmarks.sample import AS_OF, ATTRIBUTION, Size, build
from bot.facts.engine import Engine
from bot.facts.store import FactStore

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCAN: Final = """
    SELECT min(customer), max(meter), max(day), sum(quantity), count(user_id)
    FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)
"""
_GROWTH: Final = 4


def seconds_of(folder: Path, repeat: int, threads: int | None) -> dict[str, float]:
    """Median seconds of the analysis and of the scan."""
    store = FactStore(folder)
    values = {"files": [str(path) for path in store.usage_files(AS_OF)]}
    engine = Engine(store, ATTRIBUTION, threads=threads)
    with duckdb.connect() as bare:
        if threads is not None:
            bare.execute(f"SET threads = {threads}")
        works = {
            "scan_seconds": lambda: bare.execute(_SCAN, values).fetchall(),
            "seconds": lambda: engine.analyse(AS_OF),
        }
        return medians(works, repeat)


def peak_of(folder: Path, threads: int | None) -> dict[str, Any]:
    """Analyse once: the memory that it took, and of how many accounts the licence utilization was known."""
    accounts = Engine(FactStore(folder), ATTRIBUTION, threads=threads).analyse(AS_OF).accounts
    known = accounts.num_rows - accounts.column("licence_utilization").null_count
    return {"peak_mb": round(peak_mb()), "known_accounts": known}


def measure(size: Size, repeat: int, threads: int | None) -> dict[str, Any]:
    """Build a store of this size and measure time and memory; each step in a process of its own: see `peak_mb`."""
    with TemporaryDirectory(prefix="headroom-benchmark-") as name:
        folder = Path(name)
        in_fresh_process(build, folder, size)
        taken = in_fresh_process(seconds_of, folder, repeat, threads)
        peak = in_fresh_process(peak_of, folder, threads)
    return {
        "ratio_to_scan": round(taken["seconds"] / taken["scan_seconds"], 2),
        "seconds": round(taken["seconds"], 4),
        "scan_seconds": round(taken["scan_seconds"], 4),
        **peak,
        "engine": f"duckdb {duckdb.__version__}",
        "rows": size.rows,
        "accounts": size.accounts,
        "days": size.days,
    }


def growth(size: Size, repeat: int, threads: int | None) -> dict[str, float]:
    """Measure against a quarter of the accounts over the same days, and the same accounts over a quarter of the days.

    The three sizes take turns, as the works of `medians` do, so that a busy moment weighs on none of them alone.
    """
    fewer = {"accounts": size.smaller(accounts=_GROWTH), "days": size.smaller(days=_GROWTH)}
    sizes = {"whole": size, **fewer}
    with TemporaryDirectory(prefix="headroom-benchmark-") as name:
        for which, one in sizes.items():
            in_fresh_process(build, Path(name) / which, one)
        taken = in_fresh_process(seconds_by_size, Path(name), tuple(sizes), repeat, threads)
    return {
        f"exponent_in_{which}": exponent(taken[which], taken["whole"], size.rows / one.rows)
        for which, one in fewer.items()
    }


def seconds_by_size(folder: Path, names: Sequence[str], repeat: int, threads: int | None) -> dict[str, float]:
    """Median seconds of the analysis of several stores."""
    engines = {name: Engine(FactStore(folder / name), ATTRIBUTION, threads=threads) for name in names}
    return medians({name: partial(engine.analyse, AS_OF) for name, engine in engines.items()}, repeat)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure at one size, and with `--grow` at two smaller ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of daily usage, in all")
    parser.add_argument("--accounts", type=int, help="default: as many as make the rows in 90 days")
    parser.add_argument("--threads", type=int, help="of the analysis and of the scan; default: all cores")
    parser.add_argument("--repeat", type=int, default=5, help="runs that the medians are of")
    parser.add_argument("--grow", action="store_true", help="how it grows with the accounts and with the days")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    asked = parser.parse_args(arguments)
    try:
        size = Size.of(asked.rows, asked.accounts)
    except ValueError as error:
        parser.error(str(error))
    if asked.grow and min(size.accounts, size.days) < _GROWTH:
        parser.error(f"--grow wants at least {_GROWTH} accounts and {_GROWTH} days")
    result = measure(size, asked.repeat, asked.threads)
    if asked.grow:
        result |= growth(size, asked.repeat, asked.threads)
    show(result, as_json=asked.json)


if __name__ == "__main__":
    main()
