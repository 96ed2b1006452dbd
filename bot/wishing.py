"""Puts together who takes wishes: what people subscribe to and mute."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from bot.app import access
from bot.desk.mute import muting
from bot.desk.subscribe import subscribing
from bot.desk.wishes import Reader
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.rooms import NamedRooms, SlackRooms

if TYPE_CHECKING:
    from bot.desk.asking import Command
    from bot.desk.wishes import Rooms
    from bot.load import Loaded
    from bot.state.store import Store

_NOWHERE: Final = "the folder of undeliverable messages"


def wish_commands(store: Store, loaded: Loaded) -> tuple[Command, ...]:
    """Return `subscribe`, `unsubscribe`, `mute` and `unmute`."""
    slack = loaded.settings.slack
    reader, fallback = Reader(store, _rooms(store, loaded)), slack.fallback if slack else _NOWHERE
    return (*subscribing(reader, fallback), *muting(reader, fallback))


def _rooms(store: Store, loaded: Loaded) -> Rooms:
    slack = loaded.settings.slack
    if slack is None:
        return NamedRooms()
    # When they are asked first: at the command line there need be no token, unless a channel is named.
    client = cache(lambda: web_client(access(slack)))
    return SlackRooms(client, cache(lambda: Channels(client(), store.channel_of, slack.shared_channels, meter=store)))
