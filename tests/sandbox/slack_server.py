"""One server for all the worlds of a test module: starting and stopping one takes longer than most tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.sandbox.serve import serving
from bot.sandbox.slack import SlackWorld, slack_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send


class Server:
    """Serves whichever world was shown last."""

    def __init__(self) -> None:
        self.address = ""
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        await self._app(scope, receive, send)

    def show(self, world: SlackWorld) -> str:
        """Serve this world from now on; returns the address."""
        self._app = slack_app(world)
        world.address = self.address
        return self.address


@contextmanager
def slack_server() -> Iterator[Server]:
    """Run the server until the block ends."""
    server = Server()
    with serving(server) as server.address:
        yield server
