"""Fixtures of tests that run the command in this process."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from bot.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Headroom = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Leave the log as it was: each command sets it up for itself, on a stream that is closed when its test ends."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def headroom(capfd: pytest.CaptureFixture[str]) -> Headroom:
    """Run a command in this process; return its exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            app(list(words), prog_name="headroom")
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        code = ended.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run
