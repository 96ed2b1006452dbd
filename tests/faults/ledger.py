"""What the stand-in Slack wrote down, and reading it back: the truth about a run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import Entry

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


class Ledger(list[Entry]):
    """A journal that is on the disk before the act that it tells of is answered."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("ab")

    def append(self, entry: Entry) -> None:
        """Write an entry down."""
        self._file.write(json.dumps(entry.as_json()).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        super().append(entry)


@dataclass(frozen=True, slots=True)
class Said:
    """One accepted act at Slack."""

    number: int
    kind: str
    """post | update | delete"""
    at: float
    channel: str
    """A channel like `#cs-risk`, or the name of the person whose direct messages these are."""
    ts: str
    text: str
    id: str | None
    """The id in the metadata of the message."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came in."""

    at: float
    done: float
    method: str
    replica: str
    channel: str
    status: int | None
    """None: the connection was broken."""
    outcome: str
    """What it was singled out for; empty: nothing."""
    text: str
    id: str | None = None
    """The id in the metadata of the message."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a replica did to the state."""

    at: float
    """When it began to claim, or had told everybody to wait."""
    replica: str
    what: str
    """claimed: a notice; held: all of a kind, as Slack asked to wait."""
    kind: str
    """What is claimed or held: post or update."""
    id: str = ""
    """That of the message that was claimed."""


def read_journal(path: Path) -> list[Said]:
    """Read every accepted act, in order."""
    return [_said(entry) for entry in _lines(path)]


def _said(entry: Json) -> Said:
    name = entry["channel_name"] if entry["user"] else f"#{entry['channel_name']}"
    return Said(entry["number"], entry["kind"], entry["at"], name, entry["ts"], entry["text"], id_in(entry["metadata"]))


def id_in(metadata: object) -> str | None:
    """Return the id in a message's metadata, which may be JSON or text."""
    found = json.loads(metadata) if isinstance(metadata, str) else metadata
    payload = found.get("event_payload") if isinstance(found, dict) else None
    return payload.get("id") if isinstance(payload, dict) else None


def write_event(folder: Path, event: Event) -> None:
    """Note what a replica did; several processes may at once."""
    with (folder / "events.jsonl").open("ab", buffering=0) as file:
        file.write(json.dumps(asdict(event)).encode() + b"\n")


def read_events(folder: Path) -> list[Event]:
    """Read what the replicas did, in order."""
    return [Event(**entry) for entry in _lines(folder / "events.jsonl")]


def read_requests(path: Path) -> list[Request]:
    """Read every request, in the order in which they were answered."""
    return [Request(**entry) for entry in _lines(path)]


def _lines(path: Path) -> list[Json]:
    # The last line of a process that was killed may be cut off; what is cut off was not acknowledged either.
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []
