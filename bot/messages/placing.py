"""Where something is put into a message that was written before, and how it says whom it was meant for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.message import Headline, Note

if TYPE_CHECKING:
    from bot.messages.message import Block, Message


MEANT_FOR: Final = "Meant for "
"""Beginning of the note in a message that stands in another place than it was meant for."""


def under_headline(message: Message, block: Block) -> Message:
    """Put a block under the headline, before all others; at the top where there is no headline."""
    headed = bool(message.blocks) and isinstance(message.blocks[0], Headline)
    return replace(message, blocks=(*message.blocks[:headed], block, *message.blocks[headed:]))


def meant_note(block: Block) -> str | None:
    """Return what a block says of whom the message was meant for; None: it does not."""
    parts = block.parts if isinstance(block, Note) else ()
    return next((part for part in parts if part.startswith(MEANT_FOR)), None)


def without_meant_for(message: Message) -> Message:
    """Drop what says whom a message was meant for."""
    return replace(message, blocks=tuple(block for block in message.blocks if meant_note(block) is None))
