"""What the listeners of all rooms share: who asks, how an answer gets back, and work that may take longer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from bot.desk.asking import Answer, ClosedError, MustAskError
from bot.errors import DeliveryError
from bot.messages.blocks import to_blocks
from bot.messages.escape import mrkdwn
from bot.messages.message import Headline, Message, Table, Text
from bot.messages.speech import ENGLISH
from bot.slack.channels import SharedChannelError
from bot.slack.responding import Heard, respond
from bot.slack.uploading import charts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from slack_bolt import Ack
    from slack_sdk import WebClient

    from bot.desk.asking import Asker
    from bot.desk.commands import Commands
    from bot.messages.speech import Speech
    from bot.slack.askers import Askers
    from bot.slack.channels import Channels
    from bot.slack.uploading import Pictures

Json = dict[str, Any]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Floor:
    """What listeners work with. `client` asks once and never repeats by itself."""

    command: str
    """What people type: `/headroom`."""
    client: WebClient
    askers: Askers
    channels: Channels
    commands: Commands
    clock: Callable[[], datetime]
    wake: Callable[[], None]
    """Lets the sender run at once: something new is in the outbox."""
    executor: Executor
    pictures: Pictures | None = None
    """Shows the charts of answers; None: their words stand for them."""

    def later(self, work: Callable[[], object], body: Json | None = None) -> None:
        """Do something after the acknowledgement. Where it fails the log tells, and the person of `body` is told."""
        self.executor.submit(work).add_done_callback(partial(self._ended, body or {}))

    def tell(self, body: Json, text: str) -> None:
        """Tell the person who acted, beside the acknowledgement: it must not wait for another request."""
        if response_url := body.get("response_url"):
            self.later(partial(respond, response_url, {"text": text}))

    def answer(self, ack: Ack, body: Json, work: Callable[[Asker], Answer]) -> None:
        """Answer a command: within the acknowledgement where all is known, else through its response URL."""
        try:
            answer = self._answered(self.askers.kept(user_of(body)), work)
        except MustAskError:
            ack()
            self.later(partial(self._answer_later, body, work), body)
            return
        # What shows a picture may have to draw and upload it first; what Slack may refuse needs a second try.
        pictured = self.pictures is not None and charts_of(answer.message)
        if answer.share or pictured or classic(answer.message) != answer.message:
            ack()
            self.later(partial(self._give, body, answer), body)
        else:
            ack(ephemeral(answer.message))

    def answer_beside(self, body: Json, work: Callable[[Asker], Answer], *, instead: bool = False) -> None:
        """Answer a press or a choice through its response URL; `instead` of the message that was pressed in."""
        self.later(partial(self._answer_later, body, work, instead=instead), body)

    def asker(self, user: str) -> Asker:
        """Return who somebody is, asking Slack where it has to: not before an acknowledgement. Raises ClosedError."""
        return self.askers.asked(user)

    def _answer_later(self, body: Json, work: Callable[[Asker], Answer], *, instead: bool = False) -> None:
        try:
            answer = self._answered(self.askers.asked(user_of(body)), work)
        except ClosedError as error:
            answer = Answer(closed(error, ENGLISH))
        self._give(body, answer, instead=instead)

    def _answered(self, asker: Asker, work: Callable[[Asker], Answer]) -> Answer:
        try:
            return work(asker)
        except ClosedError as error:
            return Answer(closed(error, asker.speech), found=False)

    def _give(self, body: Json, answer: Answer, *, instead: bool = False) -> None:
        response_url = body.get("response_url")
        if not response_url:
            return
        for way in self._ways(answer.message):
            said = self._shared(body, way) if answer.share else ephemeral(way)
            if respond(response_url, {**said, "replace_original": instead}) is not Heard.REFUSED:
                return

    def _ways(self, message: Message) -> Iterator[Message]:
        """Yield a message as it is to be tried, each way only after Slack refused the one before."""
        yield from self.pictures.ways(message) if self.pictures else (message,)
        if (plain := classic(message)) != message:
            _log.warning("Slack refused newer blocks; slack.newer_blocks may be turned off")
            yield plain

    def speech(self, body: Json) -> Speech:
        """Return how things are said to whoever acted, as far as that is known by now."""
        try:
            return self.askers.kept(user_of(body)).speech
        except MustAskError:
            return ENGLISH

    def _shared(self, body: Json, message: Message) -> Json:
        """Return what everybody in the channel is told; what is no secret between companies stays none."""
        channel = channel_of(body)
        try:
            self.channels.resolve(channel)
        except DeliveryError as error:
            _log.info("not shared", channel=channel, problem=error.problem)
            outside = isinstance(error, SharedChannelError)
            speech = self.speech(body)
            why = speech.t("this channel is shared with another company") if outside else error.problem
            told = speech.t("Not shared: {reason}. Only you see this.", reason=mrkdwn(why))
            return ephemeral(Message(message.kind, message.summary, (Text(told), *message.blocks)))
        return {**ephemeral(message), "response_type": "in_channel"}

    def _ended(self, body: Json, done: Future[object]) -> None:
        if (error := done.exception()) is None:
            return
        said = self.failure(error, body)
        if response_url := body.get("response_url"):
            self.executor.submit(respond, response_url, {"text": said})

    def failure(self, error: BaseException, body: Json) -> str:
        """Log what went wrong, and return what the person is told: under which reference the log tells why."""
        reference = secrets.token_hex(4)
        _log.error("slack request failed", reference=reference, what=what(body), exc_info=error)
        return self.speech(body).t(
            "Sorry, that did not work. Whoever runs Headroom finds the reason in its log under `{reference}`.",
            reference=reference,
        )


def ephemeral(message: Message) -> Json:
    """Write a message as an answer that only the person who asked sees."""
    return {"response_type": "ephemeral", "text": message.summary, "blocks": to_blocks(message)}


def classic(message: Message) -> Message:
    """Return a message with the blocks that every workspace takes in the place of newer ones."""
    blocks = (replace(block, native=False) if isinstance(block, Table) else block for block in message.blocks)
    return replace(message, blocks=tuple(blocks))


def closed(error: ClosedError, speech: Speech) -> Message:
    """Say why nothing is shown."""
    title = speech.t("Nothing can be shown to you")
    why = speech.t("The reason: {reason}.", reason=mrkdwn(str(error)))
    return Message("answer", title, (Headline(title), Text(why)))


def user_of(body: Json) -> str:
    """Return who acted, in any of the shapes that Slack tells it in."""
    user = body.get("user")
    if isinstance(user, dict):
        return str(user.get("id") or "")
    return str(body.get("user_id") or user or "")


def channel_of(body: Json) -> str:
    """Return the channel in which somebody acted; empty where there was none."""
    channel = body.get("channel")
    if isinstance(channel, dict):
        return str(channel.get("id") or "")
    return str(body.get("channel_id") or channel or "")


def what(body: Json) -> str:
    """Name a request for the log, without what anybody typed."""
    event = body.get("event")
    kind = event.get("type") if isinstance(event, dict) else None
    return str(body.get("command") or kind or body.get("type") or "unknown")
