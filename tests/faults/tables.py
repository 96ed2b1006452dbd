"""What came of the runs, as figures: for the terminal, as data, and as the tables of docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from tests.faults.plan import Act, Cell, Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.faults.lane import Result

LOST: Final = frozenset({"lost"})
DOUBLED: Final = frozenset({"doubled"})

_SAID: Final = {
    Point.TICK: "after the tick's claim",
    Point.FETCHED: "after the fetch",
    Point.TRANSACTION: "in mid-transaction",
    Point.COMMITTED: "after the commit",
    Point.SENDING: "after SENDING",
    Point.LEFT: "after the bytes left",
    Point.ANSWERED: "after the answer",
    Point.SENT: "after SENT",
    Point.RECONCILING: "during reconciliation",
    Point.UPDATING: "during an update",
    Point.MIGRATING: "during a migration",
}
_BESIDE: Final = {
    "random": "drawn by a seed, four nights, up to four hits",
    "late-apply": "Slack applies late",
    "late-history": "the history shows it late",
    "too-late-apply": "later than promised; the sweep takes the second one away",
    "too-late-history": "likewise in the history",
    "overslept": "a replica wakes in the middle of last night's night",
    "immediate-stop": "PostgreSQL stops at once, twice",
    "ended-sessions": "every session is ended, again and again",
    "full-disk": "no room on SQLite's disk",
    "held-file": "another writer holds SQLite's lock",
    "clock-ahead": "the clock jumps an hour ahead",
    "clock-back": "the clock jumps an hour back, and is mended",
    "fold-spring": "the hour that summer time skips",
    "fold-autumn": "the hour that comes twice",
}


@dataclass
class Row:
    """Runs of one kind."""

    kind: str
    what: str
    runs: int = 0
    red: int = 0
    lost: int = 0
    """Messages, not runs."""
    doubled: int = 0
    acts: str = ""

    def add(self, result: Result) -> None:
        """Count one more run."""
        self.runs += 1
        self.red += bool(result.violations)
        self.lost += count(result, LOST)
        self.doubled += count(result, DOUBLED)


def count(result: Result, kinds: frozenset[str]) -> int:
    """Count the messages of a run that were lost, or that stand more than once."""
    return sum(one.kind in kinds and not one.what.startswith("id ") for one in result.violations)


@dataclass
class Report:
    """All that came out."""

    results: Sequence[Result]
    baseline: Sequence[Result] = ()
    seconds: float = 0.0

    @property
    def red(self) -> list[Result]:
        """Runs in which something was not as promised."""
        return [result for result in self.results if result.violations]

    def rows(self) -> list[Row]:
        """Return the figures by failpoint, then those of the other runs by kind."""
        found: dict[str, Row] = {}
        acts: dict[str, Counter[Act]] = {}
        for result in self.results:
            kind = result.name.partition("/")[0]
            row = found.setdefault(kind, Row(kind, _name(kind)))
            row.add(result)
            if kind in set(Point):
                acts.setdefault(kind, Counter())[Cell.parse(result.name).act] += 1
        for kind, counted in acts.items():
            found[kind].acts = ", ".join(f"{counted[act]} {act}" for act in Act)
        return list(found.values())

    def by_point(self, results: Iterable[Result]) -> dict[str, Row]:
        """Return the figures of some runs by failpoint."""
        found: dict[str, Row] = {}
        for result in results:
            kind = result.name.removeprefix("baseline/").partition("/")[0]
            found.setdefault(kind, Row(kind, _name(kind))).add(result)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "runs": len(self.results),
            "red": len(self.red),
            "lost": sum(count(result, LOST) for result in self.results),
            "doubled": sum(count(result, DOUBLED) for result in self.results),
            "seconds": round(self.seconds, 1),
            "seconds_a_run": round(sum(one.seconds for one in self.results) / max(len(self.results), 1), 2),
            "violations": [result.as_json() for result in self.red],
            "baseline": {
                "runs": len(self.baseline),
                "lost": sum(count(result, LOST) for result in self.baseline),
                "doubled": sum(count(result, DOUBLED) for result in self.baseline),
            },
        }

    def table(self) -> Table:
        """Return what a terminal shows."""
        found = self.as_json()
        title = f"{found['runs']} runs, {found['red']} red, {found['seconds']:.0f} s"
        table = Table("", "how", "runs", "red", "lost", "doubled", title=title)
        for row in self.rows():
            table.add_row(row.what, row.acts, *map(str, (row.runs, row.red, row.lost, row.doubled)))
        return table


def _name(kind: str) -> str:
    return _SAID[Point(kind)] if kind in set(Point) else _BESIDE.get(kind, kind)


BEGIN: Final = "<!-- figures: written by `make faults` -->"
END: Final = "<!-- end of figures -->"


def page(report: Report, text: str) -> str:
    """Return the page with its figures written anew. Raises ValueError for one that has no place for them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"wanted a page with '{BEGIN}' and '{END}'")
    return "\n".join([f"{before}{BEGIN}", "", *_grid(report), "", *_beside(report), "", f"{END}{after}"])


def _grid(report: Report) -> Iterator[str]:
    grid = [result for result in report.results if in_grid(result)]
    ours, theirs = report.by_point(grid), report.by_point(report.baseline)
    yield "| failpoint | runs | hit by | broken promises | lost | doubled | baseline: runs | lost | doubled |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in report.rows():
        if row.kind in ours:
            yield _line([row.what, row.runs, row.acts, row.red, row.lost, row.doubled, *_rival(theirs.get(row.kind))])
    every, rival = Row("", "**all**"), Row("", "")
    for result in grid:
        every.add(result)
    for result in report.baseline:
        rival.add(result)
    yield _line([every.what, every.runs, "", every.red, every.lost, every.doubled, *_rival(rival)])


def _rival(row: Row | None) -> list[object]:
    return ["has none", "", ""] if row is None else [row.runs, row.lost, row.doubled]


def _beside(report: Report) -> Iterator[str]:
    yield "| beside the grid | runs | broken promises | lost | doubled |"
    yield "|---|---|---|---|---|"
    for row in report.rows():
        if row.kind not in set(Point):
            yield _line([row.what, row.runs, row.red, row.lost, row.doubled])


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def in_grid(result: Result) -> bool:
    """Tell whether a run of the product is one of the grid's cells."""
    return result.name.partition("/")[0] in set(Point)
