"""Two processes on one PostgreSQL: no leader, and still nothing twice."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.acceptance.driving import expected_underuse, headlines, playing, posts, serving
from tests.state.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.sandbox.demo import Stage

pytestmark = pytest.mark.timeout(300)  # real processes, on a machine that may be busy


@pytest.fixture
def database() -> Iterator[str]:
    with running_postgres() as host:
        yield f"postgresql://postgres@/postgres?host={host}"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with playing(tmp_path, state={"env": "HEADROOM_STATE"}) as scene:
        yield scene


def waiting(database: str) -> tuple[int, int]:
    """Nights that were finished, and notices that are still on their way."""
    with psycopg.connect(database) as connection:
        (nights,) = connection.execute(
            "SELECT count(*) FROM ticks WHERE job = 'night' AND finished_at IS NOT NULL"
        ).fetchone() or (0,)
        (open_ones,) = connection.execute(
            "SELECT count(*) FROM notices WHERE status IN ('pending', 'sending', 'uncertain')"
        ).fetchone() or (0,)
    return nights, open_ones


def test_two_replicas_do_one_night_and_say_everything_once(scene: Stage, database: str) -> None:
    environment = {"HEADROOM_STATE": database}
    with serving(scene, environment), serving(scene, environment):
        deadline = time.monotonic() + 200
        while not scene.slack.journal or waiting(database) != (1, 0):
            assert time.monotonic() < deadline, waiting(database)
            time.sleep(0.5)
    ids = Counter(
        entry.metadata["event_payload"]["id"]
        for entry in scene.slack.journal
        if entry.kind == "post" and entry.metadata is not None
    )
    assert ids
    assert set(ids.values()) == {1}
    said = headlines(posts(scene, "cs-risk"))
    assert [name for name in expected_underuse(scene) if not any(name[:40] in line for line in said)] == []
