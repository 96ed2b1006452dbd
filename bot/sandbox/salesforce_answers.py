"""Answers that can be given instead of the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer given instead of the real one."""

    status: int
    body: str = ""
    content_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


INVALID_SESSION: Final = Answer(401, '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]')
HTML_401: Final = Answer(
    401, "<html><head><title>Sign in</title></head><body>Unauthorized</body></html>", "text/html;charset=UTF-8"
)
UNAVAILABLE: Final = Answer(503, "<html><body>Service Unavailable</body></html>", "text/html;charset=UTF-8")
LIMIT_EXCEEDED: Final = Answer(
    403, '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
)
