"""The Bolt app: the rooms of listeners, and an answer where one of them fails or none was meant."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.messages.escape import mrkdwn
from bot.slack.client import web_client
from bot.slack.floor import Floor, what

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from slack_bolt import Ack
    from slack_sdk import WebClient

    from bot.slack.client import SlackAccess

    Room = Callable[[App, Floor], None]
    """Adds its listeners to the app."""

WORKERS: Final = 32
"""Bolt's own five starve as soon as five people wait for something slow."""

Json = dict[str, Any]

_log = structlog.get_logger(__name__)


def make_app(
    access: SlackAccess,
    rooms: Sequence[Room],
    floor_on: Callable[[WebClient, Executor], Floor],
) -> App:
    """Make the app; nothing is asked of Slack yet. `floor_on` makes what the rooms share.

    Every listener reads and writes the state store alone and is done before its acknowledgement: Bolt then hands
    the answer on without its 10 ms poll. What takes longer goes to the floor's `later`, or to the outbox.
    """
    executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack")
    floor = floor_on(web_client(access), executor)
    app = _bolt(access, executor)
    for room in rooms:
        room(app, floor)

    # Bolt gives listeners what their parameters are named after.
    def other_action(ack: Ack) -> None:
        ack()  # a button that only opens a link, say: unacknowledged, Slack would mark it as failed

    def failed(error: Exception, body: Json) -> BoltResponse | None:
        return _failed(error, body, floor)

    app.action({"type": "block_actions", "action_id": re.compile("")})(other_action)
    app.error(failed)
    return app


def _failed(error: Exception, body: Json, floor: Floor) -> BoltResponse | None:
    if isinstance(error, BoltUnhandledRequestError):
        return _unhandled(body, floor)
    said = floor.failure(error, body)
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": said})
    floor.tell(body, said)
    return BoltResponse(status=200, body="")


def _bolt(access: SlackAccess, executor: ThreadPoolExecutor) -> App:
    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # With a token of its own Bolt would ask auth.test inside of the first person's three seconds.
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=access.bot_token)

    client = web_client(access)
    client.token = None  # else Bolt warns that `authorize` goes before it
    app = App(
        name="headroom",
        client=client,
        authorize=authorize,
        # Never an empty one, which everybody could sign with: without a secret no HTTP request is believed.
        signing_secret=access.signing_secret or secrets.token_hex(32),
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        token_verification_enabled=False,
        listener_executor=executor,
    )
    client.token = access.bot_token
    return app


def _unhandled(body: Json, floor: Floor) -> BoltResponse | None:
    """Answer what this app has no use for. None leaves Bolt's 404: Slack then tells the person that it failed."""
    _log.info("slack request without a listener", what=what(body))
    if "command" in body:
        said = floor.speech(body).t(
            "Headroom answers to `{command}`, not to `{typed}`.", command=floor.command, typed=mrkdwn(body["command"])
        )
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": said})
    if body.get("type") == "event_callback":
        # Nobody waits for it, and Slack would send it three times more.
        return BoltResponse(status=200, body="")
    return None
