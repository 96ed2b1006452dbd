"""Where something is put into a message that was written before, and how it says whom it was meant for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.message import Headline, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.messages.message import Block, Message

_ABOUT: Final = "meant_for"
_ROLE: Final = "; "
"""Stands between whom a message was meant for, and why it comes to where it stands."""


def under_headline(message: Message, block: Block) -> Message:
    """Put a block under the headline, before all others; at the top where there is no headline."""
    headed = bool(message.blocks) and isinstance(message.blocks[0], Headline)
    return replace(message, blocks=(*message.blocks[:headed], block, *message.blocks[headed:]))


def meant_for(message: Message, told: str, role: str = "") -> Message:
    """Say whom a message was meant for and why that failed, and why it comes here; both are escaped mrkdwn."""
    return under_headline(message, Note((_ROLE.join(filter(None, (told, role))),), about=_ABOUT))


def meant_note(message: Message) -> Note | None:
    """Return what a message says of whom it was meant for; None: it says nothing."""
    return next(_meant_notes(message), None)


def whom_it_was_meant_for(message: Message) -> str:
    """Return whom a message says that it was meant for and why that failed, without its role; empty: it does not."""
    note = meant_note(message)
    said = " ".join(note.parts) if note else ""
    return said.rpartition(_ROLE)[0] or said


def without_meant_for(message: Message) -> Message:
    """Drop what says whom a message was meant for."""
    dropped = list(_meant_notes(message))
    return replace(message, blocks=tuple(block for block in message.blocks if block not in dropped))


def _meant_notes(message: Message) -> Iterator[Note]:
    return (block for block in message.blocks if isinstance(block, Note) and block.about == _ABOUT)
