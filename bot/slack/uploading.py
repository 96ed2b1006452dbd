"""Pictures of a message: each is drawn and uploaded once, and shown by the id of its file.

A message never waits for them for more than some seconds, is never said twice for them and never lost: wherever a
picture cannot be had, the words stand that tell the same. An upload whose answer was lost is made again: the file that
nobody knows of is in no channel, and seen by nobody.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import structlog

from bot.errors import DeliveryError, HeadroomError
from bot.messages.blocks import to_blocks
from bot.messages.limits import validate
from bot.messages.message import Chart
from bot.slack.calls import RefusedError, SlackAuthError, call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from slack_sdk import WebClient

    from bot.core.chart import Spec
    from bot.messages.message import Message
    from bot.slack.calls import Meter

_log = structlog.get_logger(__name__)

Said = TypeVar("Said")

CHART: Final = "chart"
SECONDS: Final = 8.0
"""For so long a message waits for its pictures to be drawn; what is not under way by then is told in words."""
PAUSE: Final = 2.0
"""Slack takes a moment to look a new file over; before that it refuses the message that shows it."""
TIMEOUT: Final = 3
"""Seconds of each call that uploads."""
_OFF: Final = 600.0
"""Seconds for which no picture is tried after several in a row have failed."""
_FAILURES: Final = 3
_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format"})


class Uploads(Protocol):
    """Remembers which file holds which picture: the state store."""

    def uploads(self, keys: Collection[str]) -> dict[str, str]:
        """Return the file ids of those keys that were uploaded."""

    def remember_upload(self, key: str, kind: str, file_id: str) -> None:
        """Keep where a picture lies."""

    def forget_uploads(self, keys: Collection[str]) -> None:
        """Forget files that are gone."""


class Pictures:
    """Shows the charts of messages. Safe to use from several threads."""

    def __init__(  # each is a part of its own
        self,
        client: WebClient,
        uploads: Uploads,
        draw: Callable[[Spec, str], bytes] | None,
        *,
        native: bool = False,
        meter: Meter | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """`client`: makes each call once, and waits TIMEOUT seconds for it. `draw`: None where nobody can.

        `native`: Slack is asked to draw itself.
        """
        self._client = client
        self._uploads = uploads
        self._draw = draw
        self._native = native
        self._meter = meter
        self._sleep = sleep
        self._failures = 0
        self._off_until = 0.0
        self._unscoped = False

    def ways(self, message: Message) -> Iterator[Message]:
        """Yield a message as it is to be tried, each only after Slack refused the one before for its blocks.

        As figures that Slack draws itself, where that is wanted; with pictures; with them once more, a moment later;
        and with words in their place.
        """
        if not charts_of(message):
            yield message
            return
        if self._native and (native := _as_figures(message)) is not None:
            yield native
        shown, fresh = self._shown(message)
        if shown != message:
            yield shown
            if fresh:
                self._sleep(PAUSE)
                yield shown
            else:
                # A file that was there before may be gone by now: it is uploaded anew.
                self._forget(message)
                anew, _ = self._shown(message)
                self._sleep(PAUSE)
                if anew != message:
                    yield anew
            self._forget(message)
            keys = [chart.key for chart in charts_of(message)]
            _log.warning("Slack does not show a picture; its words stand in its place", pictures=keys)
        yield message

    def _shown(self, message: Message) -> tuple[Message, bool]:
        """Return the message with its pictures, as far as they can be had in time, and whether any is new."""
        deadline = time.monotonic() + SECONDS
        try:
            known = self._uploads.uploads([chart.key for chart in charts_of(message)])
            new = self._uploaded([chart for chart in charts_of(message) if chart.key not in known], deadline)
        except Exception:  # noqa: BLE001  # whatever it is: no picture is worth the message
            _log.exception("pictures failed in an unforeseen way")
            return message, False
        return _with_files(message, known | new), bool(new)

    def _uploaded(self, charts: Collection[Chart], deadline: float) -> dict[str, str]:
        made: dict[str, str] = {}
        if self._draw is None:
            return made
        for chart in charts:
            if self._unscoped or time.monotonic() < self._off_until or time.monotonic() >= deadline:
                break
            if chart.key in made:
                continue
            try:
                made[chart.key] = self._upload(chart, self._draw(chart.spec, chart.language), deadline)
                self._failures = 0
            except HeadroomError as error:
                self._failed(error)
        return made

    def _upload(self, chart: Chart, png: bytes, deadline: float) -> str:
        if time.monotonic() >= deadline:
            raise DeliveryError("drawing took so long that the message cannot wait for the upload", permanent=False)
        # Without a channel: what shows it decides who sees it. The name says nothing of a customer.
        answer = call(
            self._client.files_upload_v2,
            writes=False,
            meter=self._meter,
            file=png,
            filename=f"{chart.key}.png",
            title=chart.title,
        )
        file_id = _id_in(answer)
        self._uploads.remember_upload(chart.key, CHART, file_id)
        return file_id

    def _failed(self, error: HeadroomError) -> None:
        if isinstance(error, SlackAuthError) and error.code == "missing_scope":
            # Said once: each message would say it again until somebody installs the app anew and starts this one.
            self._unscoped = True
            _log.warning("no pictures: add the scope 'files:write' to the app and install it again")
            return
        self._failures += 1
        waits = error.retry_after if isinstance(error, DeliveryError) else None
        if waits is not None or self._failures >= _FAILURES:
            self._off_until = time.monotonic() + (waits if waits is not None else _OFF)
            self._failures = 0
        _log.warning("a picture could not be made; its words stand in its place", problem=str(error)[:300])

    def _forget(self, message: Message) -> None:
        self._uploads.forget_uploads([chart.key for chart in charts_of(message)])


def first_taken(ways: Iterator[Message], say: Callable[[Message], Said]) -> Said:
    """Say a message in the first way that Slack takes: that it refuses the blocks says that nothing stands there.

    Raises whatever `say` does, a refusal of the blocks where there is no other way.
    """
    way = next(ways)
    while True:
        try:
            return say(way)
        except RefusedError as error:
            following = next(ways, None) if error.code in _REFUSED else None
            if following is None:
                raise
            way = following


def charts_of(message: Message) -> list[Chart]:
    """Return the charts of a message."""
    return [block for block in message.blocks if isinstance(block, Chart)]


def _with_files(message: Message, files: dict[str, str]) -> Message:
    blocks = (
        replace(block, file=files.get(block.key)) if isinstance(block, Chart) else block for block in message.blocks
    )
    return replace(message, blocks=tuple(blocks))


def _as_figures(message: Message) -> Message | None:
    """Return the message with charts that Slack draws; None where it would not take it so."""
    blocks = (replace(block, native=True) if isinstance(block, Chart) else block for block in message.blocks)
    made = replace(message, blocks=tuple(blocks))
    return None if validate(to_blocks(made)) else made


def _id_in(answer: dict[str, Any]) -> str:
    files = answer.get("files")
    file_id = files[0].get("id") if isinstance(files, list) and files and isinstance(files[0], dict) else None
    if not isinstance(file_id, str):
        raise DeliveryError("files.completeUploadExternal: Slack did not say which file it is", permanent=False)
    return file_id
