"""A store on SQLite with a clock that stands, for the sender and its neighbours."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from bot.state.engine import migrate
from bot.state.store import Store, open_store
from tests.slack.scripted import Server, scripted_slack
from tests.state.samples import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that tests copy."""
    path = tmp_path_factory.mktemp("migrated") / "headroom.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(tmp_path: Path, clock: Clock, migrated: Path) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "headroom.db")
    with open_store(f"sqlite:///{tmp_path}/headroom.db", clock) as opened:
        # What is tested here does not hang on the disk, and waiting for it would take most of the time.
        event.listen(opened._engine, "connect", lambda one, _: one.execute("PRAGMA synchronous = OFF"))
        opened._engine.dispose()
        yield opened


@pytest.fixture
def slack() -> Iterator[Server]:
    with scripted_slack() as server:
        yield server
