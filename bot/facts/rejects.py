"""Rows that a source delivered and that could not be read: kept as JSON lines, one file a source and day."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from connectors.base import Reject


def keep_rejects(folder: Path, source: str, day: date, rows: Iterable[Reject]) -> Path:
    """Write the refused rows of one reading, replacing those of the same source and day; return the file."""
    path = folder / "rejects" / f"source={source}" / f"{day}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    os.replace(draft, path)  # noqa: PTH105  # the atomic rename is the point, under its own name
    return path
