"""Settings files for tests: a good one, and the faults of others."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from bot.errors import SettingsError
from bot.load import load_all

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
company: Acme
sources:
  - name: crm
    type: files
    files:
      - path: "*.csv"
        tables:
          accounts: {account_id: Id, name: Name}
deliver: {directory: out}
"""
QUICK = GOOD + "rules: rules.yaml\n"
"""Without the rules that ship: reading them takes most of the time."""


def write(folder: Path, text: str) -> Path:
    path = folder / "headroom.yaml"
    path.write_text(dedent(text))
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_all(path)
    return [str(fault).removeprefix(f"{path.parent}/") for fault in caught.value.faults]
