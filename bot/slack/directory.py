"""A directory as the place that messages go to: the twin of Slack, for runs without a workspace.

Each message is two files in a folder named after its channel: `<notice id>.json` for programs, `.txt` for people.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.core.addressing import PERSON
from bot.errors import DeliveryError, HeadroomError
from bot.messages.blocks import to_blocks, to_text
from bot.messages.message import MESSAGE, Chart
from bot.slack.people import addressee
from bot.state.rows import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.core.chart import Spec
    from bot.messages.message import Message
    from bot.state.rows import Person

_log = structlog.get_logger(__name__)


class DirectoryTransport:
    """Writes messages into a directory. The same notice again writes the same files: nothing is ever there twice.

    `person` looks up a person of the CRM: whom Slack could not reach for want of an owner is not reached here either.
    `draw` makes the PNG of a chart: it lies beside the message as `<notice id>.png`, a second as `<notice id>-2.png`.
    """

    def __init__(
        self,
        folder: Path,
        person: Callable[[str], Person | None] | None = None,
        draw: Callable[[Spec, str], bytes] | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._person = person
        self._draw = draw

    def resolve(self, destination: str) -> str:
        """Return the name of the folder of a destination. Raises UnreachableError for nobody."""
        if not destination.startswith(PERSON):
            return _folder_name(destination.removeprefix("#"))
        person_id = destination.removeprefix(PERSON)
        if self._person is None and person_id:
            return _folder_name(f"person {person_id}")
        found = addressee(person_id, self._person(person_id) if self._person and person_id else None)
        return _folder_name(f"{found.name} {found.person_id}")

    def forget(self, destination: str) -> None:
        """Do nothing: folders are not remembered."""

    def ways(self, message: Message) -> Iterator[Message]:
        """Yield the message: a folder takes every block."""
        return iter((message,))

    def post(
        self,
        channel: str,
        message: Message,
        notice_id: str,
        thread: str | None = None,
        *,
        broadcast: bool = False,  # noqa: ARG002  # a folder shows everything to everybody
    ) -> Sent:
        """Write a message; one that is there already stays as it is."""
        sent = Sent(channel, notice_id)
        if not self._path(sent, "json").exists():
            self._write(sent, message, thread)
        return sent

    def update(self, sent: Sent, message: Message, notice_id: str) -> Sent:  # noqa: ARG002  # the place says which
        """Write a message over the one that stands there."""
        self._write(sent, message, self._thread(sent))
        return sent

    def delete(self, sent: Sent) -> None:
        """Take the files of a message away."""
        try:
            for ending in ("json", "txt", "png"):
                self._path(sent, ending).unlink(missing_ok=True)
        except OSError as error:
            raise DeliveryError(f"{self._folder}: cannot be written to: {error}", permanent=False) from error

    def find(
        self,
        channel: str,
        notice_id: str,
        since: datetime,  # noqa: ARG002  # a name needs no date
        thread: str | None = None,  # noqa: ARG002  # nor a thread
    ) -> tuple[Sent, ...]:
        """Look for the file of a notice."""
        sent = Sent(channel, notice_id)
        return (sent,) if self._path(sent, "json").exists() else ()

    def _thread(self, sent: Sent) -> str | None:
        try:
            record = json.loads(self._path(sent, "json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        thread: str | None = record.get("thread_ts")
        return thread

    def _path(self, sent: Sent, ending: str) -> Path:
        return self._folder / sent.channel / f"{_folder_name(sent.ts)}.{ending}"

    def _picture(self, sent: Sent, message: Message) -> None:
        if self._draw is None:
            return
        charts = [block for block in message.blocks if isinstance(block, Chart)]
        for number, chart in enumerate(charts, 1):
            name = f"{_folder_name(sent.ts)}{f'-{number}' if number > 1 else ''}.png"
            try:
                _replace(self._folder / sent.channel / name, self._draw(chart.spec, chart.language))
            except HeadroomError as error:
                # The words in the other two files tell the same.
                _log.warning("a picture could not be made", problem=str(error)[:300])

    def _write(self, sent: Sent, message: Message, thread: str | None) -> None:
        try:
            self._path(sent, "txt").parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path(sent, "txt"), f"{to_text(message)}\n".encode())
            self._picture(sent, message)
            # The JSON comes last: where it is, the message is whole.
            _replace(self._path(sent, "json"), _json(sent, message, thread).encode())
        except OSError as error:
            raise DeliveryError(f"{self._folder}: cannot be written to: {error}", permanent=False) from error


def _json(sent: Sent, message: Message, thread: str | None) -> str:
    place = {"channel": sent.channel, "ts": sent.ts} | ({"thread_ts": thread} if thread else {})
    record = {**place, **MESSAGE.dump_python(message, mode="json"), "slack": to_blocks(message)}
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _folder_name(text: str) -> str:
    """Make a name that is one folder on every system: a CRM may have put anything into it."""
    return re.sub(r"[^\w-]+", "-", text).strip("-")[:80] or "unnamed"
