"""Messages that stand in Slack already, changed in place: claimed, resolved."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages import words
from bot.messages.escape import mention, mrkdwn, short
from bot.messages.message import Button, Buttons, Headline, Message, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bot.messages.message import Block

CLAIM: Final = "claim"
"""Action of the button with which somebody takes an episode on; its value is the episode's id."""
HEADLINE_MOST: Final = 150
_DONE: Final = "✅ "
_STATE: Final = re.compile(r" \((?:claimed|resolved)\)$")


def claimed(message: Message, user: str | None, on: date | None) -> Message:
    """Say who has taken the episode on, and take the claim button away. `user` is a Slack user id."""
    when = f" on {words.day(on)}" if on else ""
    return _changed(message, f"Claimed by {mention(user)}{when}.", "claimed")


def resolved(message: Message, on: date, reason: str = "") -> Message:
    """Say that it is over and why, mark the headline, and take the claim button away."""
    why = f": {mrkdwn(reason)}" if reason else ""
    marked = replace(message, blocks=tuple(map(_done, message.blocks)))
    return _changed(marked, f"Resolved on {words.day(on)}{why}.", "resolved")


def _changed(message: Message, line: str, word: str) -> Message:
    blocks = tuple(_unclaimable(message.blocks))
    # Right under the headline: what has become of it comes before the reasons.
    place = 1 if blocks and isinstance(blocks[0], Headline) else 0
    below = blocks[place:]
    if below and isinstance(below[0], Text) and below[0].text.startswith(f"{word.capitalize()} "):
        below = below[1:]  # changed so before: the later word counts
    summary = _STATE.sub("", message.summary)
    return replace(message, summary=f"{summary} ({word})", blocks=(*blocks[:place], Text(line), *below))


def _unclaimable(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        if not isinstance(block, Buttons):
            yield block
            continue
        left = tuple(button for button in block.buttons if not _claims(button))
        if left:
            yield Buttons(left)


def _claims(button: Button) -> bool:
    return button.action == CLAIM


def _done(block: Block) -> Block:
    if not isinstance(block, Headline) or block.text.startswith(_DONE):
        return block
    return Headline(short(_DONE + block.text, HEADLINE_MOST))
