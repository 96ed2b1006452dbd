"""The process that draws: what it does wrong costs one chart."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from bot.charts.worker import Drawer, DrawingError, can_draw
from tests.charts import villains
from tests.charts.specs import CALLS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_chart_is_drawn_in_another_process_which_is_ended_at_the_end() -> None:
    drawer = Drawer(timeout=60)
    try:
        assert drawer(CALLS, "en")[:4] == b"\x89PNG"
        process = drawer._process
        assert process is not None
        assert process.is_alive()
        began = time.monotonic()
        assert drawer(CALLS, "de")[:4] == b"\x89PNG"  # warm
        assert time.monotonic() - began < 3
    finally:
        drawer.close()
    assert drawer._process is None


def test_a_worker_that_hangs_costs_its_time_and_is_replaced() -> None:
    drawer = Drawer(timeout=1.5, work=villains.hangs)
    began = time.monotonic()
    with pytest.raises(DrawingError, match=r"longer than 1\.5 s"):
        drawer(CALLS, "en")
    assert time.monotonic() - began < 4
    assert drawer._process is None


def test_a_worker_that_always_dies_is_tried_twice() -> None:
    drawer = Drawer(timeout=30, work=villains.dies)
    with pytest.raises(DrawingError, match="has ended"):
        drawer(CALLS, "en")
    drawer.close()


def test_a_worker_that_died_is_replaced_for_the_chart_that_was_wanted(tmp_path: Path) -> None:
    drawer = Drawer([tmp_path / "asked"], timeout=30, work=villains.dies_once)
    assert drawer(CALLS, "en") == b"drawn"
    drawer.close()


def test_one_that_ended_for_want_of_work_is_started_anew() -> None:
    drawer = Drawer(timeout=30, work=villains.stops_idle)
    first = drawer(CALLS, "en")
    time.sleep(0.2)
    assert drawer(CALLS, "en") != first
    drawer.close()


def _modules_of(module: str) -> str:
    code = f"import sys, {module}; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_matplotlib_is_imported_by_nobody_but_the_one_who_draws() -> None:
    assert can_draw()
    assert "matplotlib" not in _modules_of("bot.cli, bot.front, bot.messages.page")


def test_a_worker_that_starts_slowly_is_waited_for_by_the_next_chart() -> None:
    drawer = Drawer(timeout=0.4, work=villains.starts_slowly)
    with pytest.raises(DrawingError, match="still starting"):
        drawer(CALLS, "en")
    process = drawer._process
    time.sleep(1.5)
    assert drawer(CALLS, "en") == b"drawn"
    assert drawer._process is process
    drawer.close()
