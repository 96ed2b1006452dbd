"""Response URLs: the way back to whoever did something, for half an hour."""

from __future__ import annotations

from enum import Enum
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.slack.client import webhook_client

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = structlog.get_logger(__name__)

_REFUSED: Final = "invalid_blocks"


class Heard(Enum):
    """What became of an answer."""

    TAKEN = "taken"
    REFUSED = "refused"
    """For its blocks: nothing stands there, and it may be said in another way."""
    LOST = "lost"
    """Nobody knows, or nothing can be done about it."""


def respond(response_url: str, said: Mapping[str, Any]) -> Heard:
    """Say something through a response URL: to the one person, beside what stands there, unless `said` says else.

    It has no address of its own to be repeated to: where it fails, that is logged and no more.
    """
    told = {"response_type": "ephemeral", "replace_original": False, **said}
    try:
        answer = webhook_client(response_url).send_dict(told)
    except (OSError, HTTPException) as error:
        _log.warning("answer not delivered", error=str(error))
        return Heard.LOST
    refused = _REFUSED in (answer.body or "")
    if answer.status_code == 200 and not refused:  # noqa: PLR2004 - HTTP's OK
        return Heard.TAKEN
    _log.warning("answer refused", status=answer.status_code, body=answer.body)
    return Heard.REFUSED if refused else Heard.LOST
