"""A Home as Slack's view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.messages.blocks import to_blocks

if TYPE_CHECKING:
    from bot.messages.message import Message

Json = dict[str, Any]

CALLBACK: Final = "headroom_home"
_BLOCKS_MOST: Final = 100
_KEPT_MOST: Final = 3000


def home_view(message: Message, kept: str = "") -> Json:
    """Write a Home as views.publish takes it. `kept` comes back with everything that is pressed in it.

    What a view cannot hold any more is left out at the end; its last block, which tells how fresh it is, stays.
    """
    blocks = to_blocks(message)
    if len(blocks) > _BLOCKS_MOST:
        blocks = [*blocks[: _BLOCKS_MOST - 1], blocks[-1]]
    view: Json = {"type": "home", "callback_id": CALLBACK, "blocks": blocks}
    return {**view, "private_metadata": kept} if 0 < len(kept) <= _KEPT_MOST else view
