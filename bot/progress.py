"""Progress bars on standard error for long work, where somebody is looking."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from bot.house import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Show one bar a stage, on a terminal only; they vanish when the work is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("starting", total=None)

        def say(what: str, done: int, out_of: int) -> None:
            bars.update(task, description=what, completed=done, total=out_of)

        yield Progress(say)
