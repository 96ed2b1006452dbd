"""How the benchmarks measure: medians of alternating runs, and the memory of a process of its own."""

from __future__ import annotations

import json
import math
import os
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
T = TypeVar("T")

_PEAK_UNITS_A_MB = 2**20 if sys.platform == "darwin" else 2**10  # macOS tells bytes, Linux kilobytes


def medians(works: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median seconds of each work, over `repeat` rounds after one to warm up.

    The works take turns: what else runs on the machine then weighs on all of them, and their ratios stay true.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(repeat + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def in_fresh_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` in a new interpreter that ends afterwards; arguments and result must be picklable.

    What it prints on standard output is dropped: that is for the one JSON object.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_print_nothing) as pool:
        return pool.submit(work, *args, **kwargs).result()


def _print_nothing() -> None:
    # DuckDB takes a process that was not started from a script for interactive, and draws progress bars.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def peak_mb() -> float:
    """Most memory that this process ever held, in MiB, the interpreter and its libraries included.

    Linux counts what the process that started it held at that moment: the one who asks has to be small itself.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PEAK_UNITS_A_MB


def exponent(small: float, large: float, times: float) -> float:
    """Growth of `small` to `large` as a power of the growth of the input: 1 is in proportion, 2 is quadratic."""
    return round(math.log(large / small, times), 2)


def show(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a result for a program or for a person."""
    if as_json:
        print(json.dumps(result))
        return
    width = max(map(len, result))
    for name, value in result.items():
        print(f"{name:>{width}}  {value:,}" if isinstance(value, int | float) else f"{name:>{width}}  {value}")
