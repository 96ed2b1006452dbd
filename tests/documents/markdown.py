"""Reading the documents: their tables, code and fenced blocks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
"""Text of every document by its file's name."""


def section(name: str, heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", DOCS[name], re.DOTALL | re.MULTILINE)
    assert found, f"docs/{name} has no heading '{heading}'"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Cells of every table row that is no head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {index + step for index, line in enumerate(lines) if line.startswith("|---") for step in (-1, 0)}
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for index, line in enumerate(lines)
        if index not in heads
    ]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def code(cell: str) -> str:
    (only,) = codes(cell)
    return only


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def after(name: str, marker: str, language: str) -> str:
    """First block after an HTML comment."""
    return blocks(DOCS[name].split(f"<!-- {marker} -->")[1], language)[0]
