"""Arguments of the Web API: form fields carry everything as text, JSON carries values; Slack takes both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.messages.limits import POST_TEXT_MOST, UPDATE_TEXT_MOST, as_slack_says, validate
from bot.sandbox.slack_state import Content, Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRUE: Final = frozenset({"1", "true", "True"})


class Arguments(dict[str, Any]):
    """The arguments of one call."""

    def text(self, name: str, default: str = "") -> str:
        """Return a text; what is missing or null is the default."""
        value = self.get(name)
        return default if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """Return a text that must be there; raises SlackError with `error`."""
        value = self.text(name)
        if not value:
            raise SlackError(error)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a truth value: true, "true" or "1"."""
        value = self.get(name)
        return default if value is None else value is True or str(value) in _TRUE

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number between 1 and `most`; raises SlackError invalid_limit."""
        text = self.text(name, str(default))
        if not text.isdecimal():
            raise SlackError("invalid_limit")
        return min(int(text) or default, most)

    def structure(self, name: str, error: str) -> Any:  # noqa: ANN401 - any JSON may come
        """Return a structure, whether it came as JSON or as text; None where it is missing."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None


def content_of(arguments: Arguments) -> Content:
    """Read and check what a message is to say. Raises SlackError in the words of chat.postMessage."""
    blocks = blocks_of(arguments)
    attachments = arguments.structure("attachments", "invalid_attachments") or ()
    text = arguments.text("text")
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return Content(
        text=text[:POST_TEXT_MOST],  # Slack cuts what is longer, and says nothing
        blocks=blocks,
        attachments=attachments,
        metadata=_metadata(arguments),
        thread_ts=arguments.text("thread_ts") or None,
        broadcast=arguments.flag("reply_broadcast"),
    )


def update_of(arguments: Arguments, old: Content) -> Content:
    """Read and check what a message is to say from now on.

    Without `blocks` the blocks go, as they do at Slack; without `metadata` the metadata stay.
    """
    if len(arguments.text("text")) > UPDATE_TEXT_MOST:
        raise SlackError("msg_too_long")
    new = content_of(arguments)
    return Content(
        text=new.text,
        blocks=new.blocks,
        attachments=new.attachments,
        metadata=new.metadata if "metadata" in arguments else old.metadata,
        thread_ts=old.thread_ts,
        broadcast=old.broadcast,
    )


def blocks_of(arguments: Arguments) -> Sequence[Json]:
    """Read and check `blocks`. Raises SlackError invalid_blocks with everything that is wrong."""
    blocks = arguments.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return ()
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    errors = validate(blocks, at="/blocks")
    if errors:
        lines = as_slack_says(errors)
        raise SlackError(
            "msg_blocks_too_long"
            if all(error["code"] == "msg_blocks_too_long" for error in errors)
            else "invalid_blocks",
            errors=lines,
            response_metadata={"messages": [f"[ERROR] {line}" for line in lines]},
        )
    return blocks


def _metadata(arguments: Arguments) -> Json | None:
    metadata = arguments.structure("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    whole = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not whole:
        raise SlackError("invalid_metadata_schema")
    return dict(metadata)
