"""Nights drawn by a seed, late answers, databases that fail, clocks that fold: some of each."""

from __future__ import annotations

import pytest

from tests.faults.driving import broken, rig

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy

SOME = (
    "random/1",
    "random/2",
    "late-apply/chat.postMessage/sqlite/1",
    "late-history/chat.postMessage/postgres/2",
    "full-disk/sqlite",
    "immediate-stop/postgres/1",
    "fold-autumn/postgres/2",
)


def test_nor_when_the_database_fails_or_the_clock_folds() -> None:
    answer = rig(*(part for name in SOME for part in ("--cell", name)), "--jobs", "3")
    assert broken(answer) == {}
    assert answer["runs"] == len(SOME)
