"""The shipped templates, and the switch that rewrites the snapshots."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.messages.blocks import to_blocks
from bot.messages.render import Templates
from tests.messages.making import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.messages.message import Message

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates([SHIPPED])


@pytest.fixture
def snapshot() -> Callable[[str, Message], None]:
    """Compare a message's blocks with the stored ones; HEADROOM_WRITE_SNAPSHOTS=1 stores them instead."""

    def compare(name: str, message: Message) -> None:
        made = {"text": message.summary, "blocks": to_blocks(message)}
        path = SNAPSHOTS / f"{name}.json"
        if os.environ.get("HEADROOM_WRITE_SNAPSHOTS") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        assert made == json.loads(path.read_text(encoding="utf-8"))

    return compare
