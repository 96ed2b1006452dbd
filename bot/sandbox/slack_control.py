"""The controls of the stand-in Slack, over HTTP: what people do in it, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.slack_faults import Fault, Outcome
from bot.sandbox.slack_state import SlackError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.sandbox.slack_interactions import Interaction
    from bot.sandbox.slack_world import SlackWorld

_LONGEST_WAIT: Final = 30.0


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Act(_Order):
    user: str
    channel: str
    wait: float = Field(default=0.0, ge=0, le=_LONGEST_WAIT)
    """Seconds to wait for something to be shown after the acknowledgement."""


class _Slash(_Act):
    text: str = ""


class _Press(_Act):
    ts: str
    action_id: str
    value: str | None = None


class _FaultOrder(_Order):
    outcome: Outcome
    method: str = "chat.postMessage"
    times: int = Field(default=1, ge=1, le=10_000)
    accepted: bool = False
    error: str = "internal_error"
    status: int = Field(default=500, ge=500, le=599)
    retry_after: int = Field(default=1, ge=0)
    seconds: float = Field(default=5.0, ge=0, le=120)


class _SocketOrder(_Order):
    act: Literal["refresh", "drop", "freeze"]


def control_routes(world: SlackWorld) -> list[Route]:
    """Make the routes below `/control`: slash, press, faults, sockets, journal, workspace. All of them speak JSON."""
    posts: dict[str, Callable[[SlackWorld, bytes], Awaitable[Response]]] = {
        "slash": _slash,
        "press": _press,
        "faults": _faults,
        "sockets": _sockets,
    }

    async def journal(request: Request) -> Response:
        """Entries after the number `since`."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return JSONResponse({"error": "since: a number"}, 400)
        return JSONResponse({"entries": [entry.as_json() for entry in world.journal[int(since) :]]})

    async def workspace(_request: Request) -> Response:
        with world.lock:
            users = [user.as_json() for user in world.rooms.users.values()]
            channels = [channel.as_json() for channel in world.rooms.channels.values()]
        return JSONResponse({"users": users, "channels": channels, "sockets": world.sockets.count})

    return [
        *(Route(f"/control/{name}", _guarded(world, act), methods=["POST"]) for name, act in posts.items()),
        Route("/control/journal", journal, methods=["GET"]),
        Route("/control/workspace", workspace, methods=["GET"]),
    ]


def _guarded(
    world: SlackWorld, act: Callable[[SlackWorld, bytes], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return await act(world, await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        except SlackError as error:
            return JSONResponse(error.as_json(), 404)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)

    return guarded


async def _slash(world: SlackWorld, body: bytes) -> Response:
    order = _Slash.model_validate_json(body)
    return await _acted(order, partial(world.slash_command, order.user, order.text, order.channel))


async def _press(world: SlackWorld, body: bytes) -> Response:
    order = _Press.model_validate_json(body)
    return await _acted(order, partial(world.press, order.user, order.channel, order.ts, order.action_id, order.value))


async def _acted(order: _Act, act: Callable[[], Interaction]) -> Response:
    # In a thread: the acknowledgement arrives over this very loop.
    interaction = await run_in_threadpool(act)
    if order.wait:
        await run_in_threadpool(interaction.wait, 1, order.wait)
    return JSONResponse(interaction.as_json())


async def _faults(world: SlackWorld, body: bytes) -> Response:
    order = _FaultOrder.model_validate_json(body)
    fault = Fault(order.outcome, order.accepted, order.error, order.status, order.retry_after, order.seconds)
    world.faults.next(fault, times=order.times, method=order.method)
    return JSONResponse({"pending": world.faults.pending})


async def _sockets(world: SlackWorld, body: bytes) -> Response:
    order = _SocketOrder.model_validate_json(body)
    return JSONResponse({"connections": await run_in_threadpool(getattr(world.sockets, order.act))})
