"""Channels by name: their ids, and whether customer data may go there."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.errors import DeliveryError
from bot.slack.calls import UNKNOWN_METHOD, RefusedError, call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from slack_sdk import WebClient

_log = structlog.get_logger(__name__)

CHECKED_FOR: Final = 600.0
"""For how many seconds a channel that was looked at needs no second look."""
_PAGE: Final = 999
_ID: Final = re.compile(r"[CGD][A-Z0-9]+")

Json = dict[str, Any]


class SharedChannelError(DeliveryError):
    """The channel is shared with another company, and the settings do not allow it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}, which is shared with another company; slack.shared_channels may allow it", permanent=True
        )


class Channels:
    """Finds the id of a channel, and refuses channels that are shared with other companies or archived.

    `known` gives the channel that an earlier message to a destination went to; `shared` names the channels that may
    carry customer data although another company reads them.
    """

    def __init__(
        self,
        client: WebClient,
        known: Callable[[str], str | None] = lambda _: None,
        shared: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._known = known
        self._shared = frozenset(shared)
        self._clock = clock
        self._checked: dict[str, tuple[str, float]] = {}

    def resolve(self, destination: str) -> str:
        """Return the id of a channel, given as `#name` or id.

        Raises RefusedError and SharedChannelError where nothing may be posted there.
        """
        channel, until = self._checked.get(destination, ("", 0.0))
        if channel and self._clock() < until:
            return channel
        try:
            info = self._info(destination)
        except RefusedError as error:
            if error.code != UNKNOWN_METHOD:
                raise
            _log.warning("the server cannot tell about channels: posting unchecked", channel=destination)
            return destination
        self._admit(destination, info)
        self._checked[destination] = (info["id"], self._clock() + CHECKED_FOR)
        return str(info["id"])

    def forget(self, destination: str) -> None:
        """Look the channel up anew next time: Slack refused what was remembered."""
        self._checked.pop(destination, None)

    def _admit(self, destination: str, info: Json) -> None:
        if info.get("is_archived"):
            raise RefusedError(destination, "is_archived")
        outside = info.get("is_ext_shared") or info.get("is_pending_ext_shared")
        if outside and not {destination, f"#{info.get('name')}"} & self._shared:
            raise SharedChannelError(destination)

    def _info(self, destination: str) -> Json:
        if _ID.fullmatch(destination):
            return self._ask(destination)
        name = destination.removeprefix("#")
        known = self._known(destination)
        if known is not None:
            try:
                info = self._ask(known)
            except RefusedError:
                info = {}
            # A channel that was given another name is not the one that the settings mean.
            if name in {info.get("name"), info.get("name_normalized")}:
                return info
        return self._search(destination, name)

    def _ask(self, channel: str) -> Json:
        info: Json = call(self._client.conversations_info, writes=False, channel=channel)["channel"]
        return info

    def _search(self, destination: str, name: str) -> Json:
        cursor = ""
        while True:
            page = call(
                self._client.conversations_list,
                writes=False,
                types="public_channel,private_channel",
                limit=_PAGE,
                cursor=cursor,
            )
            for channel in page["channels"]:
                if name in {channel.get("name"), channel.get("name_normalized")}:
                    return dict(channel)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                raise RefusedError(destination, "channel_not_found")
