"""A store on SQLite with a clock that stands, for the sender and its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.state.store import Store, open_store
from tests.slack.scripted import Server, scripted_slack
from tests.state.samples import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/headroom.db", clock) as opened:
        yield opened


@pytest.fixture
def slack() -> Iterator[Server]:
    with scripted_slack() as server:
        yield server
