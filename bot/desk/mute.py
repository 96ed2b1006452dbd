"""`mute upsell`: to hear less; and how to end that. Nothing is silenced for everybody by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.subscriptions import Verb
from bot.desk.subscribe import EndCommand, WishCommand

if TYPE_CHECKING:
    from bot.desk.wishes import Reader


def muting(reader: Reader, fallback: str) -> tuple[WishCommand, EndCommand]:
    """Make `mute` and `unmute`; `fallback` is the channel of what nobody else would hear."""
    return (
        WishCommand(reader, Verb.MUTE, "mute", "hear less; alone: what holds", fallback),
        EndCommand(reader, Verb.MUTE, "unmute", "end that"),
    )
