"""The Bolt app: routes what people do in Slack to the code that answers it, and answers when that fails."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.messages.blocks import to_blocks
from bot.messages.revise import ACT, CLAIM, choice_of
from bot.slack.actions import UNKNOWN, choice_reply, choose, claim_reply, tell
from bot.slack.client import web_client
from bot.slack.commands import reply
from bot.state.acts import UnknownEpisodeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from slack_bolt import Ack

    from bot.core.episodes import Step
    from bot.messages.message import Message
    from bot.slack.actions import Episodes
    from bot.slack.client import SlackAccess
    from bot.slack.commands import Accounts, Wording

WORKERS: Final = 32
"""Bolt's own five starve as soon as five people wait for something slow."""

_log = structlog.get_logger(__name__)


def make_app(
    access: SlackAccess,
    accounts: Accounts,
    episodes: Episodes,
    wording: Wording,
    *,
    wake: Callable[[], None],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> App:
    """Make the app; nothing is asked of Slack yet. `wake` lets the sender run at once.

    Every listener reads and writes the state store alone and is done before its acknowledgement: Bolt then hands
    the answer on without its 10 ms poll. What takes longer goes to the outbox.
    """
    executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack")
    desk = _Desk(access.command, episodes, wake, clock, executor)
    app = _bolt(access, executor)

    # Bolt gives listeners what their parameters are named after.
    def command(ack: Ack, body: dict[str, Any]) -> None:
        ack(_ephemeral(reply(body.get("text") or "", access.command, accounts, wording)))

    def claim(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        desk.claim(body, action)
        ack()

    def act(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        desk.act(body, action)
        ack()

    def other_action(ack: Ack) -> None:
        ack()  # a button that only opens a link, say: unacknowledged, Slack would mark it as failed

    def failed(error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        return desk.failed(error, body)

    app.command(access.command)(command)
    app.action({"type": "block_actions", "action_id": CLAIM})(claim)
    app.action({"type": "block_actions", "action_id": ACT})(act)
    app.action({"type": "block_actions", "action_id": re.compile("")})(other_action)
    app.error(failed)
    return app


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the listeners share."""

    command: str
    episodes: Episodes
    wake: Callable[[], None]
    clock: Callable[[], datetime]
    executor: ThreadPoolExecutor

    def claim(self, body: dict[str, Any], action: dict[str, Any]) -> None:
        """Let the person who pressed take the episode on, or tell them why not."""
        user = body["user"]["id"]
        self._done(
            body,
            lambda: self.episodes.claim_episode(action.get("value") or "", user, self.clock()),
            lambda step: claim_reply(step, user),
        )

    def act(self, body: dict[str, Any], action: dict[str, Any]) -> None:
        """Snooze or close the episode as chosen, or tell the person why that was not done."""
        choice, user = choice_of((action.get("selected_option") or {}).get("value") or ""), body["user"]["id"]
        if choice is None:
            self.tell(body, UNKNOWN)
            return
        self._done(body, lambda: choose(self.episodes, choice, user, self.clock()), choice_reply)

    def _done(self, body: dict[str, Any], act: Callable[[], Step], reply_to: Callable[[Step], str | None]) -> None:
        try:
            step = act()
        except UnknownEpisodeError:
            self.tell(body, UNKNOWN)
            return
        if step.notify:
            self.wake()
        if (said := reply_to(step)) is not None:
            self.tell(body, said)

    def tell(self, body: dict[str, Any], text: str) -> None:
        """Tell the person who acted, beside the acknowledgement: it must not wait for another request."""
        if response_url := body.get("response_url"):
            self.executor.submit(tell, response_url, text).add_done_callback(_log_failure)

    def failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        """Say that it did not work, and under which reference the log tells why."""
        if isinstance(error, BoltUnhandledRequestError):
            return _unhandled(body, self.command)
        reference = secrets.token_hex(4)
        _log.error("slack request failed", reference=reference, what=_what(body), exc_info=error)
        said = f"Sorry, that did not work. Whoever runs Headroom finds the reason in its log under `{reference}`."
        if "command" in body:
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": said})
        self.tell(body, said)
        return BoltResponse(status=200, body="")


def _log_failure(told: Future[None]) -> None:
    if (error := told.exception()) is not None:
        _log.error("answer not delivered", exc_info=error)


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


def _ephemeral(message: Message) -> dict[str, Any]:
    return {"response_type": "ephemeral", "text": message.summary, "blocks": to_blocks(message)}


def _unhandled(body: dict[str, Any], command: str) -> BoltResponse | None:
    """Answer what this app has no use for. None leaves Bolt's 404: Slack then tells the person that it failed."""
    _log.info("slack request without a listener", what=_what(body))
    if "command" in body:
        said = f"Headroom answers to `{command}`, not to `{body['command']}`."
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": said})
    if body.get("type") == "event_callback":
        # Nobody waits for it, and Slack would send it three times more.
        return BoltResponse(status=200, body="")
    return None


def _what(body: dict[str, Any]) -> str:
    """Name a request for the log, without what anybody typed."""
    event = body.get("event")
    kind = event.get("type") if isinstance(event, dict) else None
    return str(body.get("command") or kind or body.get("type") or "unknown")
