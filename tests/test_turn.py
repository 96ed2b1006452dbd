"""One night at a time on the same data."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from bot.errors import HeadroomError
from bot.turn import BusyError, own_turn

if TYPE_CHECKING:
    from pathlib import Path


def nothing() -> None:
    pass


def test_the_second_waits_until_the_first_is_done(tmp_path: Path) -> None:
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with own_turn(tmp_path, waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with own_turn(tmp_path, nothing):
        thread.start()
        assert waits.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_who_has_waited_long_enough_is_told_so(tmp_path: Path) -> None:
    with own_turn(tmp_path, nothing), pytest.raises(BusyError, match="another run of Headroom is at work"):  # noqa: SIM117  # one inside of the other
        with own_turn(tmp_path, nothing, patience=0):
            pass


def test_who_waits_may_be_told_to_stop(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with own_turn(tmp_path, nothing), pytest.raises(KeyboardInterrupt), own_turn(tmp_path, stop):
        pass


def test_the_turn_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    code = "import os, sys, pathlib; from bot.turn import own_turn; t = own_turn(pathlib.Path(sys.argv[1]), print);"
    subprocess.run([sys.executable, "-c", f"{code} t.__enter__(); os._exit(9)", str(tmp_path)], check=False)
    with own_turn(tmp_path, nothing, patience=0):
        assert (tmp_path / "night.lock").exists()


def test_a_folder_that_cannot_be_written_to_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(HeadroomError, match="cannot be written to"), own_turn(tmp_path / "data", nothing):
        pass
