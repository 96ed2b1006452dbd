"""Channels by name: their ids, and whether customer data may go there."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.errors import DeliveryError
from bot.messages.speech import msg
from bot.slack.calls import UNKNOWN_METHOD, RefusedError, call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from slack_sdk import WebClient

    from bot.slack.calls import Meter

_log = structlog.get_logger(__name__)

CHECKED_FOR: Final = 600.0
"""For how many seconds a channel that was looked at needs no second look."""
LISTED_FOR: Final = 120.0
"""For how many seconds after its last page a list of channels serves the next look-up, too."""
_PAGE: Final = 999
_ID: Final = re.compile(r"[CGD][A-Z0-9]+")

Json = dict[str, Any]


class SharedChannelError(DeliveryError):
    """The channel is shared with another company, and the settings do not allow it. `channel_id`: which it is."""

    def __init__(self, name: str, channel_id: str = "") -> None:
        self.channel_id = channel_id
        self.why = msg("which is shared with another company; slack.shared_channels may allow it")
        super().__init__(f"{name}, {self.why}", permanent=True)


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
        meter: Meter | None = None,
    ) -> None:
        self._client = client
        self._meter = meter
        self._known = known
        self._shared = frozenset(shared)
        self._clock = clock
        self._checked: dict[str, tuple[str, float]] = {}
        self._list = _List(self._page, clock)

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
            raise SharedChannelError(destination, str(info.get("id") or ""))

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
        listed = self._list.find(name)
        if listed is None:
            raise RefusedError(destination, "channel_not_found")
        return listed

    def _ask(self, channel: str) -> Json:
        answer = call(self._client.conversations_info, writes=False, meter=self._meter, channel=channel)
        info: Json = answer["channel"]
        return info

    def _page(self, cursor: str) -> Json:
        return call(
            self._client.conversations_list,
            writes=False,
            meter=self._meter,
            types="public_channel,private_channel",
            limit=_PAGE,
            cursor=cursor,
        )


class _List:
    """The workspace's channels, read page by page as far as names are asked for. Safe between threads."""

    def __init__(self, page: Callable[[str], Json], clock: Callable[[], float]) -> None:
        self._page = page
        self._clock = clock
        self._reading = threading.Lock()
        self._known: dict[str, Json] = {}
        self._cursor: str | None = ""
        self._until = 0.0

    def find(self, name: str) -> Json | None:
        """Return what the list says of a channel; None: there is none of that name. Raises DeliveryErrors."""
        with self._reading:
            if self._clock() >= self._until:
                self._known, self._cursor = {}, ""
            while name not in self._known and self._cursor is not None:
                self._read_on(self._cursor)
            return self._known.get(name)

    def _read_on(self, cursor: str) -> None:
        page = self._page(cursor)
        for channel in page["channels"]:
            for name in {channel.get("name"), channel.get("name_normalized")} - {None}:
                self._known.setdefault(name, dict(channel))
        self._cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        self._until = self._clock() + LISTED_FOR
