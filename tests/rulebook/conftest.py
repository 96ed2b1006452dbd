"""A folder with rules, with and without settings and a state store beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from bot.state.store import open_store
from tests.nights import new_state
from tests.rulebook.samples import TESTS, UNHAPPY
from tests.test_cli import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.state.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with rules and their tests and nothing else; it is the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    monkeypatch.delenv("HEADROOM_LOG_LEVEL", raising=False)
    (tmp_path / "rules.yaml").write_text(UNHAPPY)
    (tmp_path / "rules_test.yaml").write_text(TESTS)
    return tmp_path


@pytest.fixture
def company(folder: Path) -> Path:
    """The folder with settings beside, and a state store that has judged nothing yet."""
    (folder / "headroom.yaml").write_text(yaml.safe_dump(SETTINGS))
    (folder / "accounts.csv").write_text("Id,Name,NPS\nA1,Söhne & Co,3\nA2,Bolt,9\n")
    (folder / "data").mkdir()
    (folder / "data" / "headroom.db").write_bytes(new_state())
    return folder


@pytest.fixture
def store(company: Path) -> Iterator[Store]:
    with open_store("sqlite:///data/headroom.db") as opened:
        yield opened
