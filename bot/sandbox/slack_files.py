"""Files of the stand-in Slack: an address to upload to, the upload, its completion, and images that show a file.

As Slack does it: a file is nobody's before it is completed, that can be done once, and only a moment later may a block
show it; before that the message is refused.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.slack_state import Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from bot.sandbox.slack_args import Arguments
    from bot.sandbox.slack_world import SlackWorld

UPLOAD: Final = "upload"
"""Name under which faults of the upload itself wait: it is no method of the Web API."""
LARGEST: Final = 1_000_000_000
_IMAGES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
"""How the files begin that an image block shows."""


@dataclass(slots=True)
class SlackFile:
    """A file on its way, or there."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    ready_at: float | None = None
    """When a block may show it, in seconds since the epoch; None: not completed."""

    def as_json(self) -> Json:
        """Return the file as the completion does."""
        return {"id": self.id, "title": self.title}


@dataclass(slots=True)
class Files:
    """The files of a workspace."""

    delay: float = 0.0
    """Seconds after its completion before a block may show a file."""
    files: dict[str, SlackFile] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)

    def complete(self) -> list[SlackFile]:
        """Return the files that were completed, oldest first."""
        return [file for file in self.files.values() if file.ready_at is not None]


def get_upload_url(world: SlackWorld, arguments: Arguments) -> Json:
    """Answer files.getUploadURLExternal."""
    name, length = arguments.required("filename", "missing_argument"), arguments.text("length")
    if not length.isdecimal() or int(length) == 0:
        raise SlackError("missing_argument")
    if int(length) > LARGEST:
        raise SlackError("file_upload_size_restricted")
    if len(arguments.text("alt_txt")) > 1000:  # noqa: PLR2004  # Slack's own, for this argument alone
        raise SlackError("alt_txt_too_large")
    made = SlackFile("F" + secrets.token_hex(5).upper(), name, int(length))
    ticket = secrets.token_urlsafe(24)
    world.files.files[made.id] = made
    world.files.tickets[ticket] = made.id
    return {"upload_url": f"{world.address}/upload/v1/{ticket}", "file_id": made.id}


def complete_upload(world: SlackWorld, arguments: Arguments) -> Json:
    """Answer files.completeUploadExternal."""
    wanted = arguments.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) for one in wanted):
        raise SlackError("invalid_arguments")
    if arguments.text("channel_id"):
        world.rooms.by_id(arguments.text("channel_id"))
    files = [_waiting(world, str(one.get("id"))) for one in wanted]
    for file, one in zip(files, wanted, strict=True):
        file.title = str(one.get("title") or file.name)
        file.ready_at = world.now() + world.files.delay
    return {"files": [file.as_json() for file in files]}


def _waiting(world: SlackWorld, file_id: str) -> SlackFile:
    file = world.files.files.get(file_id)
    # What was completed once cannot be completed again.
    if file is None or file.content is None or file.ready_at is not None:
        raise SlackError("file_not_found")
    return file


def check_files(world: SlackWorld, blocks: Sequence[Json]) -> None:
    """Refuse blocks that show a file which is not there, not ready, or no image. Raises SlackError invalid_blocks."""
    wrong = [pointer for pointer, shown in _shown(blocks) if not _may_show(world, shown)]
    if wrong:
        lines = [f"invalid slack file [json-pointer:{pointer}]" for pointer in wrong]
        messages = [f"[ERROR] {line}" for line in lines]
        raise SlackError("invalid_blocks", errors=lines, response_metadata={"messages": messages})


def _shown(blocks: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    for place, block in enumerate(blocks):
        at = f"/blocks/{place}"
        holders = [(at, block), (f"{at}/accessory", block.get("accessory"))]
        elements = block.get("elements")
        if isinstance(elements, list):
            holders += [(f"{at}/elements/{number}", element) for number, element in enumerate(elements)]
        for pointer, holder in holders:
            if isinstance(holder, dict) and isinstance(holder.get("slack_file"), dict):
                yield f"{pointer}/slack_file", holder["slack_file"]


def _may_show(world: SlackWorld, shown: Json) -> bool:
    file = world.files.files.get(str(shown.get("id")))
    if file is None or file.ready_at is None or file.content is None:
        return False
    return file.ready_at <= world.now() and file.content.startswith(_IMAGES)


def file_routes(world: SlackWorld) -> list[Route]:
    """Make the route that takes the bytes of a file."""

    async def upload(request: Request) -> Response:
        content = await request.body()
        with world.lock:
            if world.faults.take(UPLOAD) is not None:
                return PlainTextResponse("upstream error", 500)
            file = world.files.files.get(world.files.tickets.get(request.path_params["ticket"], ""))
            if file is None or file.ready_at is not None:
                return PlainTextResponse("not found", 404)
            if len(content) != file.length:
                return PlainTextResponse("length does not match", 400)
            file.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    return [Route("/upload/v1/{ticket}", upload, methods=["POST"])]
