"""A message that is longer than Slack takes: its head, and the rest as answers in its thread. Nothing is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.blocks import to_blocks
from bot.messages.escape import mrkdwn
from bot.messages.kit.blocks import BLOCKS_MOST
from bot.messages.limits import OWN_TEXT_MOST, total_text
from bot.messages.message import Headline, Text
from bot.messages.speech import speech_of
from bot.messages.split import cut, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Block, Message

_CHANGES: Final = 1_000
"""Characters that are left free for what becomes of it: who claimed it, and why it was closed."""
_TEXT_MOST: Final = OWN_TEXT_MOST - _CHANGES
_BLOCKS_MOST: Final = BLOCKS_MOST["message"] - 5
_PIECE: Final = 2_900
"""What is moved to the thread goes in pieces that fit into one section each."""
_SUMMARY_MOST: Final = 300


def spread(message: Message) -> tuple[Message, ...]:
    """Return a message that Slack takes, and those that stand in its thread; one that fits is returned alone.

    Text is split where a reader would, never inside an entity or `<...>`. What is no text stays in the head: there are
    the bars, the fields and the buttons.
    """
    if _fits(message.blocks, message):
        return (message,)
    speech = speech_of(message)
    going_on = Text(f"_{speech.t('It goes on in the thread.')}_")
    head, rest = _parted(message, going_on)
    summary = cut(speech.t("{title} (continued)", title=mrkdwn(_title(message))), _SUMMARY_MOST)
    pages = (replace(message, summary=summary, blocks=page) for page in _pages(rest, message))
    return (replace(message, blocks=tuple(head)), *pages)


def _fits(blocks: Sequence[Block], message: Message) -> bool:
    made = to_blocks(replace(message, blocks=tuple(blocks)))
    return total_text(made) <= _TEXT_MOST and len(made) <= _BLOCKS_MOST


def _parted(message: Message, going_on: Block) -> tuple[list[Block], list[Block]]:
    """Part the blocks: pieces of text stay in the head for as long as there is room beside all that is no text."""
    kept: list[Block] = [block for block in message.blocks if not isinstance(block, Text)]
    head: list[Block] = []
    rest: list[Block] = []
    for block in message.blocks:
        if not isinstance(block, Text):
            head.append(block)
            continue
        for piece in _pieces(block):
            # After the first piece that is moved all others follow it: nobody reads a text out of its order.
            if not rest and _fits([*kept, piece, going_on], message):
                head.append(piece)
                kept.append(piece)
            else:
                if not rest:
                    head.append(going_on)
                rest.append(piece)
    return head, rest


def _pieces(block: Text) -> Iterator[Text]:
    yield from map(Text, parts(block.text, _PIECE))


def _pages(rest: Sequence[Block], message: Message) -> Iterator[tuple[Block, ...]]:
    page: list[Block] = []
    for block in rest:
        if page and not _fits([*page, block], message):
            yield tuple(page)
            page = []
        page.append(block)
    if page:
        yield tuple(page)


def _title(message: Message) -> str:
    return next((block.text for block in message.blocks if isinstance(block, Headline)), "")
