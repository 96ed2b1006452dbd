"""The example of docs/connectors.md is put in place, registered and run; the contract asserts the rest of it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.errors import SettingsError
from bot.load import load_all
from connectors import registry
from tests.connectors.usage.contract import MAKERS
from tests.connectors.usage.documented import put_in_place
from tests.documents.markdown import ROOT, after

if TYPE_CHECKING:
    from pathlib import Path

CODE = after("connectors.md", "example: source", "python")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, str] = {}
    put_in_place(found)
    for kind, name in found.items():
        monkeypatch.setitem(registry.SOURCES, kind, name)


def test_the_line_of_the_page_registers_the_file_of_the_page(registered: None) -> None:
    module = registry.connector("tally")
    assert module.Settings.model_fields.keys() == {"host", "api_key"}


def test_the_settings_of_the_page_are_read_and_their_faults_told_with_their_place(
    registered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY_API_KEY", "x")
    entry = after("connectors.md", "example: settings", "yaml")
    path = tmp_path / "headroom.yaml"
    path.write_text(f"company: Acme\n{entry}deliver: {{directory: messages}}\n", encoding="utf-8")
    (source,) = load_all(path).settings.sources
    assert (source.name, source.type) == ("billing", "tally")
    path.write_text(path.read_text(encoding="utf-8").replace("https://tally.acme.com", "tally"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"headroom\.yaml:5:\d+: sources\.0\.host: 'tally' is no address"):
        load_all(path)


def test_the_parameter_of_the_page_is_the_one_of_the_contract() -> None:
    text = (ROOT / "tests" / "connectors" / "usage" / "contract.py").read_text(encoding="utf-8")
    assert after("connectors.md", "example: parameter", "python").strip() in text
    (maker,) = (maker for maker in MAKERS if maker.name == "tally")
    assert maker.over_the_wire


def test_the_file_of_the_page_is_short_and_as_clean_as_the_others() -> None:
    lines = [line for line in CODE.splitlines() if line.strip() and not line.startswith(("import", "from", "    from"))]
    assert len(lines) <= 70
    # Docstrings are what the page itself says; `Any` keeps the patience of the tests out of it.
    ignored = ["--extend-ignore", "D101,D102,D103,D107,ANN401"]
    command = [sys.executable, "-m", "ruff", "check", *ignored, "--stdin-filename", "connectors/usage/tally.py", "-"]
    done = subprocess.run(command, input=CODE, text=True, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
