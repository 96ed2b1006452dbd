"""Where something is put into a message that was written before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messages.message import Headline

if TYPE_CHECKING:
    from bot.messages.message import Block, Message


def under_headline(message: Message, block: Block) -> Message:
    """Put a block under the headline, before all others; at the top where there is no headline."""
    headed = bool(message.blocks) and isinstance(message.blocks[0], Headline)
    return replace(message, blocks=(*message.blocks[:headed], block, *message.blocks[headed:]))
