"""Briefs in Slack: all parts in a direct message and its thread, or as a canvas where the app may write one.

A canvas is one person's and is written anew when that person asks again: who else may see the account is for the CRM
to say when they ask themselves. Where no canvas can be made (no scope, a plan without them) the thread stands in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from bot.desk.asking import Answer
from bot.desk.prep import CANVAS, WHOLE
from bot.errors import DeliveryError
from bot.messages.blocks import to_blocks
from bot.messages.brief.markdown import CANVAS_CELLS, markdown
from bot.messages.brief.slack import KIND, card, thread
from bot.messages.escape import link, mrkdwn, short
from bot.messages.message import Message, Text
from bot.slack.calls import call

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from slack_bolt import Ack, App

    from bot.desk.asking import Asker
    from bot.desk.prep import Prepared
    from bot.slack.floor import Floor

Json = dict[str, Any]

_log = structlog.get_logger(__name__)

CANVAS_MOST: Final = 1_048_576
"""Characters that a canvas may be written with, as Slack says: 1 MiB."""
_TITLE_MOST: Final = 150
_KIND: Final = "canvas"
_GONE: Final = ("canvas_not_found", "canvas_deleted", "not_found")


class Uploads(Protocol):
    """Remembers which canvas is whose: the state store."""

    def uploads(self, keys: Collection[str]) -> dict[str, str]:
        """Return the file ids of those keys that are known."""

    def remember_upload(self, key: str, kind: str, file_id: str) -> None:
        """Keep where something lies."""

    def forget_uploads(self, keys: Collection[str]) -> None:
        """Forget files that are gone."""


class Whole(Protocol):
    """Makes whole briefs."""

    def whole(self, text: str, asker: Asker) -> Prepared | None:
        """Make the brief of an account; None where the asker may not see it, or there is none."""


def briefing(briefs: Whole, uploads: Uploads) -> Callable[[App, Floor], None]:
    """Return the room that listens to the buttons under briefs."""

    def room(app: App, floor: Floor) -> None:
        _Briefing(floor, briefs, uploads).listen(app)

    return room


@dataclass(slots=True)
class _Briefing:
    floor: Floor
    briefs: Whole
    uploads: Uploads
    _complained: threading.Event = field(default_factory=threading.Event)

    def listen(self, app: App) -> None:
        # Bolt gives listeners what their parameters are named after.
        def whole(ack: Ack, body: Json, action: Json) -> None:
            self.floor.answer_beside(body, partial(self.send, str(action.get("value") or "")))
            ack()

        def canvas(ack: Ack, body: Json, action: Json) -> None:
            self.floor.answer_beside(body, partial(self.write, str(action.get("value") or "")))
            ack()

        app.action({"type": "block_actions", "action_id": WHOLE})(whole)
        app.action({"type": "block_actions", "action_id": CANVAS})(canvas)

    def send(self, account_id: str, asker: Asker) -> Answer:
        """Send a brief to the person who asked: a card, and its parts as answers to it."""
        prepared = self.briefs.whole(account_id, asker)
        if prepared is None:
            return _nothing(asker)
        self._post(prepared, asker)
        return _told(asker, asker.speech.t("The brief is in your direct messages."))

    def write(self, account_id: str, asker: Asker) -> Answer:
        """Write a brief as a canvas of the person who asked; as a message and its thread where that cannot be done."""
        prepared = self.briefs.whole(account_id, asker)
        if prepared is None:
            return _nothing(asker)
        try:
            address = self._canvas(prepared, asker)
        except DeliveryError as error:
            self._complain(error)
            self._post(prepared, asker)
            return _told(asker, asker.speech.t("No canvas could be written; the brief is in your direct messages."))
        named = link(short(prepared.document.title, _TITLE_MOST), address)
        return _told(asker, asker.speech.t("The canvas is ready: {link}", link=named))

    def _post(self, prepared: Prepared, asker: Asker) -> None:
        opened: Json = call(self.floor.client.conversations_open, writes=False, users=asker.user)["channel"]
        head = self._say(opened["id"], card(prepared.document, asker.speech))
        for part in thread(prepared.document, asker.speech):
            self._say(opened["id"], part, head)

    def _say(self, channel: str, message: Message, thread_ts: str | None = None) -> str:
        said = call(
            self.floor.client.chat_postMessage,
            writes=True,
            channel=channel,
            text=message.summary,
            blocks=to_blocks(message),
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(said["ts"])

    def _canvas(self, prepared: Prepared, asker: Asker) -> str:
        """Write the person's canvas of this account, and return its address. Raises DeliveryError."""
        text = markdown(prepared.document, asker.speech, cells_most=CANVAS_CELLS)
        if len(text) > CANVAS_MOST:
            raise DeliveryError(f"the brief has {len(text):,} characters, more than a canvas takes", permanent=True)
        key = f"canvas:{prepared.brief.account.account_id}:{asker.user}"
        content = {"type": "markdown", "markdown": text}
        canvas_id = self._rewritten(key, content) or self._new(key, prepared, content)
        client = self.floor.client
        call(client.canvases_access_set, writes=False, canvas_id=canvas_id, access_level="read", user_ids=[asker.user])
        home: Json = call(client.auth_test, writes=False)
        return address_of(home, canvas_id)

    def _rewritten(self, key: str, content: Json) -> str | None:
        known = self.uploads.uploads((key,)).get(key)
        if known is None:
            return None
        change = {"operation": "replace", "document_content": content}
        try:
            call(self.floor.client.canvases_edit, writes=False, canvas_id=known, changes=[change])
        except DeliveryError as error:
            if not any(word in error.problem for word in _GONE):
                raise
            self.uploads.forget_uploads((key,))
            return None
        return known

    def _new(self, key: str, prepared: Prepared, content: Json) -> str:
        client, title = self.floor.client, short(prepared.document.title, _TITLE_MOST)
        # A second one after an unclear end is seen by nobody: it is shared with nobody yet.
        made = call(client.canvases_create, writes=False, title=title, document_content=content)
        canvas_id = str(made["canvas_id"])
        self.uploads.remember_upload(key, _KIND, canvas_id)
        return canvas_id

    def _complain(self, error: DeliveryError) -> None:
        # Once: what a missing scope does to every brief needs no line for each of them.
        if not self._complained.is_set():
            self._complained.set()
            _log.warning("briefs are sent as messages instead of canvases", problem=error.problem)


def address_of(home: Json, canvas_id: str) -> str:
    """Return where a canvas is read; `home`: the workspace, as auth.test tells of it."""
    return f"{str(home['url']).rstrip('/')}/docs/{home['team_id']}/{canvas_id}"


def _told(asker: Asker, text: str) -> Answer:
    return Answer(asker.speech.write(Message(KIND, text, (Text(text),))))


def _nothing(asker: Asker) -> Answer:
    text = mrkdwn(asker.speech.t("There is no such account, or you may not see it."))
    return Answer(asker.speech.write(Message(KIND, text, (Text(text),))), found=False)
