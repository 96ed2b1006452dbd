"""`headroom init`: the files to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.errors import HeadroomError
from bot.shipped import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

_FILES: Final = {
    "headroom.yaml": "headroom.example.yaml",
    "rules.yaml": "rules.yaml",
    "slack_manifest.yaml": "slack_manifest.yaml",
}


def write_starter(folder: Path) -> list[Path]:
    """Write the files into a folder; return their paths. Raises HeadroomError where one is there already."""
    there = [name for name in _FILES if (folder / name).exists()]
    if there:
        raise HeadroomError(f"{folder} already holds {', '.join(there)}; nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in _FILES.items():
        (folder / name).write_text((CONFIG / source).read_text(encoding="utf-8"), encoding="utf-8")
    return [folder / name for name in _FILES]
