from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.sandbox.serve import serving
from tests.connectors.usage import world as happening
from tests.connectors.usage.making import KEY, PostHog, Switchboard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTHOG_TEST_KEY", KEY)
    monkeypatch.setenv(happening.KEY_PLACE, happening.KEY)


@pytest.fixture(scope="session")
def switchboard() -> Iterator[Switchboard]:
    """A server whose app each test puts in."""
    board = Switchboard()
    with serving(board) as url:
        board.url = url
        yield board


@pytest.fixture
def serve(switchboard: Switchboard) -> Callable[..., PostHog]:
    """Serve these events for the length of the test."""
    return switchboard.posthog


@pytest.fixture
def world(tmp_path: Path, switchboard: Switchboard) -> happening.World:
    """Nothing has happened yet."""
    return happening.World(tmp_path, switchboard)
