"""docs/home.md on preferences does what it says: in the terminal, on a state store."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from bot.cli import app
from bot.core.choices import KEYS, chosen
from bot.core.preferences import NOTHING_CHOSEN
from bot.state.rows import SlackIdentity
from bot.state.store import open_store
from tests.documents.markdown import blocks, code, codes, rows, section
from tests.loading import QUICK
from tests.nights import new_state
from tests.state.samples import DANA, judgement

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


PAGE = section("home.md", "Preferences")


def test_every_key_is_described_with_values_that_are_taken() -> None:
    described = {code(row[0]): codes(row[1]) for row in rows(PAGE)}
    assert tuple(described) == KEYS
    for key, values in described.items():
        for value in values:
            chosen(NOTHING_CHOSEN, {key: value}, ("en",))


def test_the_commands_of_the_page_change_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADROOM_CONFIG", raising=False)
    (tmp_path / "headroom.yaml").write_text(QUICK)
    (tmp_path / "rules.yaml").write_text("[]\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "headroom.db").write_bytes(new_state())
    with open_store("sqlite:///data/headroom.db") as store:
        store.commit(judgement(people=(DANA,)))
        store.remember_slack(DANA.person_id, SlackIdentity("U1", "D1", datetime.now(UTC)))
    for line in blocks(PAGE, "")[0].splitlines():
        done = CliRunner().invoke(app, [*shlex.split(line)[1:], "--json"])
        assert done.exit_code == 0, done.output
    assert (
        json.loads(done.stdout)["preferences"] | {"quiet": "18:00-08:00", "digest": "weekly"}
        == json.loads(done.stdout)["preferences"]
    )
    nobody = CliRunner().invoke(app, ["prefs", "--as", "otto@ours.example"])
    assert (nobody.exit_code, "no active person" in nobody.output) == (2, True)
    refused = CliRunner().invoke(app, ["prefs", "--as", "dana@ours.example", "--set", "quiet=late"])
    assert refused.exit_code == 2
