"""`headroom init`: the files to begin with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from bot.errors import HeadroomError
from bot.shipped import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

_FILES: Final = {
    "headroom.yaml": "headroom.example.yaml",
    "rules.yaml": "rules.yaml",
    "rules_test.yaml": "rules_test.yaml",
    "slack_manifest.yaml": "slack_manifest.yaml",
}


def write_starter(folder: Path) -> list[Path]:
    """Write the files into a folder; return their paths. Raises HeadroomError where one is there or cannot be made."""
    there = [name for name in _FILES if os.path.lexists(folder / name)]
    if there:
        raise HeadroomError(f"{folder} already holds {', '.join(there)}; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in _FILES.items():
            # "x": what came to stand there meanwhile is somebody else's.
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write((CONFIG / source).read_text(encoding="utf-8"))
    except OSError as error:
        raise HeadroomError(f"{error.filename or folder}: cannot be written: {error.strerror}") from error
    return [folder / name for name in _FILES]
