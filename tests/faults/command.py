"""The rig's command line: which runs, how many at a time, and what came of them."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults.beside import beside_the_grid, random_run
from tests.faults.lane import run_of
from tests.faults.machine import machine, play_all
from tests.faults.plan import Cell, all_cells, some, subset
from tests.faults.rival import baseline_runs
from tests.faults.sabotage import sabotaged, whole
from tests.faults.tables import Report, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.faults.lane import Lane, Result, Run

_TELL_EVERY: Final = 50
"""Runs after which a line is said where there is no terminal to show a bar on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what was asked for; 0 where all of it was as promised."""
    asked = _asked(arguments)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    # A supervisor's word ends it as Ctrl-C does: no process and no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with machine(asked.keep) as lane:
        lane.keep = asked.keep is not None
        report = Report(_play(lane, runs_of(asked), asked, console))
        report.baseline = _play(lane, baseline_runs(), asked, console) if asked.baseline else []
        report.seconds = time.monotonic() - began
    if asked.json:
        sys.stdout.write(json.dumps(report.as_json()) + "\n")
    else:
        console.print(report.table())
    if asked.write is not None:
        asked.write.write_text(page(report, asked.write.read_text()))
    return 1 if report.red else 0


def runs_of(asked: argparse.Namespace) -> list[Run]:
    """Return the runs that were asked for. Raises SystemExit for a name that none has."""
    if asked.cell:
        return [run_named(name) for name in asked.cell]
    drawn = [random_run(asked.seed + number) for number in range(asked.n)]
    if asked.cells == "all":
        return [*(run_of(cell) for cell in all_cells()), *beside_the_grid(), *drawn]
    if asked.cells == "random":
        return drawn
    return [run_of(cell) for cell in (subset(asked.n) if asked.cells == "subset" else some(asked.n, asked.seed))]


def run_named(name: str) -> Run:
    """Find a run by its name: of the grid, drawn by a seed, or beside the grid. Raises SystemExit."""
    beside = {run.name: run for run in (*beside_the_grid(), *baseline_runs(), *sabotaged(), *whole())}
    if name in beside:
        return beside[name]
    kind, _, seed = name.partition("/")
    if kind == "random" and seed.isdecimal():
        return random_run(int(seed))
    try:
        return run_of(Cell.parse(name))
    except ValueError as error:
        raise SystemExit(
            f"no run '{name}'; beside the grid there are {', '.join(run.name for run in beside_the_grid())}"
        ) from error


def _play(lane: Lane, runs: Sequence[Run], asked: argparse.Namespace, console: Console) -> list[Result]:
    results = []
    with _bar(console, len(runs)) as tell:
        for result in play_all(lane, runs, asked.jobs):
            results.append(result)
            if result.violations and result.name.partition("/")[0] != "baseline":
                _complain(console, result, asked.keep)
            tell(len(results), sum(bool(one.violations) for one in results))
    order = {run.name: number for number, run in enumerate(runs)}
    return sorted(results, key=lambda result: order[result.name])


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Callable[[int, int], None]]:
    """Show how far it has come, without a thread: processes are forked meanwhile."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal) as bar:
        task = bar.add_task("all as promised", total=total)

        def tell(done: int, red: int) -> None:
            said = f"{red} red" if red else "all as promised"
            bar.update(task, completed=done, description=said, refresh=True)
            if bar.disable and done % _TELL_EVERY == 0:
                console.print(f"{done} of {total}: {said}")

        yield tell


def _complain(console: Console, result: Result, keep: Path | None) -> None:
    console.print(f"[red]{result.name}[/red]  (again: python -m tests.faults --cell {result.name} --keep FOLDER)")
    for violation in result.violations:
        console.print(f"    {violation.kind}: {violation.what}", markup=False)
    if keep is not None and result.folder is not None:
        console.print(f"    {result.folder}", markup=False)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--cells", choices=["all", "subset", "sample", "random"], default="subset")
    parser.add_argument("--cell", action="append", metavar="NAME", help="one run, to look at it closely")
    parser.add_argument("--n", type=int, default=22, help="how many of a subset, of a sample, or drawn by seeds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--jobs", type=int, default=2 * (os.cpu_count() or 1), help="runs at a time; most of one is waiting"
    )
    parser.add_argument("--baseline", action="store_true", help="let the baseline play its part of the grid, too")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page whose tables are written anew")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the traces of every run are kept")
    return parser.parse_args(arguments)
