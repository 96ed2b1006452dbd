"""Serving the app: Socket Mode by default, HTTP by setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.errors import HeadroomError
from bot.slack.client import SlackAccess, web_client
from bot.slack.socket_mode import Health, SocketMode

if TYPE_CHECKING:
    from slack_bolt import App

__all__ = ["Health", "Serving", "serve_http", "serve_socket_mode"]


class Serving(Protocol):
    """An app that is being served."""

    def health(self) -> Health:
        """Tell whether people in Slack can reach it."""

    def stop(self) -> None:
        """Finish what is being answered, then go."""


def serve_socket_mode(
    app: App, app_token: str, base_url: str | None = None, *, ping_seconds: float = 10.0
) -> SocketMode:
    """Serve an app through Socket Mode, in threads of its own; returns when it is connected, or keeps trying.

    `base_url` is the Web API's, the app's own by default. Raises HeadroomError where Slack refuses the token.
    """
    client = app.client if base_url is None else web_client(SlackAccess(app_token, base_url=base_url))
    serving = SocketMode(app, app_token, client, ping_seconds)
    serving.start()
    return serving


def serve_http(app: App, access: SlackAccess, port: int, host: str = "127.0.0.1") -> Serving:
    """Serve an app over HTTP at `/slack/events`, in threads of its own; port 0 takes any free one.

    Put a proxy that speaks TLS before it: Slack calls https addresses only. Raises HeadroomError without a signing
    secret, without the packages that it takes, or where the port is taken.
    """
    if not access.signing_secret:
        raise HeadroomError(
            "slack.signing_secret: HTTP mode needs it, to tell Slack's requests from anybody's; "
            "it stands under Basic Information of the app"
        )
    try:
        from bot.slack.http_mode import HttpMode  # noqa: PLC0415 - Socket Mode must run where the extra is missing
    except ModuleNotFoundError as error:
        raise HeadroomError(
            f"slack.mode: HTTP mode needs the package '{error.name}': pip install 'headroom[http]'; "
            "or use `mode: socket`"
        ) from None
    serving = HttpMode(app, host, port)
    serving.start()
    return serving
