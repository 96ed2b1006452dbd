"""How the stand-in Salesforce answers: bodies, refusals in its form, versions of its API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from bot.sandbox.salesforce_answers import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    Handler = Callable[[Request], Awaitable[Response]]
    Table = Mapping[str, Mapping[str, Handler]]
    """What answers, by path and by method."""

VERSIONS: Final = range(31, 68)
"""Versions of the API that the stand-in answers."""
_FIRST_OF_2015: Final = 32
_VERSION: Final = re.compile(r"(\d{2,3})\.0")
_JSON: Final = "application/json;charset=UTF-8"
NOT_THERE: Final = (404, "NOT_FOUND", "The requested resource does not exist")


class RefusedError(Exception):
    """A request that is refused, in Salesforce's form: a list of error codes and messages."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, json.dumps([{"message": message, "errorCode": code}]))


def json_response(body: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(json.dumps(body), status, media_type=_JSON)


def scripted_response(answer: Answer) -> Response:
    """Answer with what was scripted."""
    return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.content_type)


def label_of(version: int) -> str:
    """Return the season that a version of the API came with: 67 is Summer '26."""
    seasons = ("Winter", "Spring", "Summer")
    years, season = divmod(version - _FIRST_OF_2015, len(seasons))
    return f"{seasons[season]} '{15 + years}"


def version_of(request: Request, *, since: int = VERSIONS[0]) -> str:
    """Return the version that the address names, like `67.0`. Raises RefusedError for one before `since`."""
    version = str(request.path_params["version"])
    found = _VERSION.fullmatch(version)
    if found is None or int(found[1]) not in VERSIONS or int(found[1]) < since:
        raise RefusedError(*NOT_THERE)
    return version


async def json_object(request: Request) -> dict[str, Any]:
    """Return the object that a request carries. Raises RefusedError for anything else."""
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise RefusedError(400, "JSON_PARSER_ERROR", f"The HTTP entity body is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise RefusedError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no object")
    return body
