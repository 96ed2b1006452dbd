"""A card says whose use it counts beside the account's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.messages.compose import account_answer
from bot.messages.context import Account
from bot.messages.message import Note
from tests.state.samples import ACME


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (None, None),
        (0, None),
        (1, "includes the use of 1 subsidiary"),
        (12, "includes the use of 12 subsidiaries"),
    ],
)
def test_a_card_tells_how_many_subsidiaries_it_includes(count: int | None, expected: str | None) -> None:
    view = replace(ACME, metrics={**ACME.metrics, "subsidiaries_included": count})
    (note,) = [block for block in account_answer(Account.of(view, {}), view, ()) if isinstance(block, Note)]
    assert next((part for part in note.parts if "subsidiar" in part), None) == expected
