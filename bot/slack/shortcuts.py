"""The shortcuts "Look up account": one from anywhere, one on a message that speaks of an account."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as TooLateError
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from bot.desk.asking import Answer, ClosedError, MustAskError, Question
from bot.desk.lookup import not_found
from bot.desk.mentions import mentioned
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.views.lookup import ACCOUNT, LOOK_UP_VIEW, look_up_modal, looking_modal, shown_modal
from bot.messages.views.slack import faults, filled, options
from bot.slack.floor import channel_of, closed, user_of
from bot.slack.modals import instead, open_modal, show_in_modal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from concurrent.futures import Future

    from slack_bolt import Ack, App

    from bot.desk.asking import Asker
    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.messages.views.modal import Modal
    from bot.slack.floor import Floor
    from bot.state.rows import AccountView

Json = dict[str, Any]

LOOK_UP: Final = "look_up_account"
"""Callback id of the shortcut from anywhere, as the manifest names it."""
LOOK_UP_IN_MESSAGE: Final = "look_up_account_in_message"
"""Callback id of the shortcut on a message."""
OFFERED: Final = 20
"""So many accounts are offered while somebody types."""

_LOOKED_THROUGH: Final = 60
_PATIENCE: Final = 2.2
"""Seconds: what is offered has to travel within the acknowledgement, for which Slack waits three."""
_OVERTAKING: Final = 0.7
"""Seconds that an acknowledgement may need to reach Slack."""
_LABEL_MOST: Final = 75

_log = structlog.get_logger(__name__)


class Accounts(Protocol):
    """The accounts of the state store."""

    def find_account(self, text: str) -> AccountView | None:
        """Find the account that this name, id or domain means; None where none or several could be meant."""

    def could_mean(self, text: str) -> Sequence[tuple[int, AccountView]]:
        """Return every account that a text could mean, with the rank of what fits of it: best first."""

    def account(self, account_id: str) -> AccountView | None:
        """Return the account of exactly this id."""

    def suggest(self, text: str, limit: int = 5) -> Sequence[tuple[str, str]]:
        """Return the nearest accounts, id and name, nearest first."""

    def named(self, keys: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the ids of the accounts of some folded names, by name."""


def shortcuts(accounts: Accounts) -> Callable[[App, Floor], None]:
    """Return the room that listens to the shortcuts."""

    def room(app: App, floor: Floor) -> None:
        _Shortcuts(floor, accounts).listen(app)

    return room


@dataclass(frozen=True, slots=True)
class _Shortcuts:
    floor: Floor
    accounts: Accounts

    def listen(self, app: App) -> None:
        # Bolt gives listeners what their parameters are named after.
        def from_anywhere(ack: Ack, body: Json) -> None:
            self.ask(body)
            ack()

        def on_message(ack: Ack, body: Json) -> None:
            self.read(body)
            ack()

        def typed(ack: Ack, body: Json) -> None:
            ack(options(self.offered(body, str(body.get("value") or ""))))

        def chosen(ack: Ack, body: Json, view: Json) -> None:
            ack(self.shown(body, view))

        app.global_shortcut(LOOK_UP)(from_anywhere)
        app.message_shortcut(LOOK_UP_IN_MESSAGE)(on_message)
        app.options({"action_id": ACCOUNT})(typed)
        app.view_submission(LOOK_UP_VIEW)(chosen)

    def ask(self, body: Json, said: str = "") -> None:
        """Open the modal; `said` (mrkdwn) stands above its field."""
        # Who it is gets known while they type: what they are offered hangs on it.
        open_modal(self.floor, body, look_up_modal(self.floor.speech(body), said), partial(self._meet, body))

    def _meet(self, body: Json, _view_id: str) -> None:
        try:
            self.floor.asker(user_of(body))
        except ClosedError as error:
            _log.info("not known who looks an account up", problem=str(error))

    # while somebody types

    def offered(self, body: Json, text: str) -> list[tuple[str, str]]:
        """Return label and id of the accounts that come near and may be seen; none where that is not known in time."""
        try:
            return self._near(text, self.floor.askers.kept(user_of(body)))
        except MustAskError:
            asking = self.floor.executor.submit(lambda: self._near(text, self.floor.asker(user_of(body))))
        except ClosedError:
            return []
        try:
            return asking.result(_PATIENCE)
        except TooLateError:
            # It goes on, and the next letter finds its answer.
            return []
        except ClosedError:
            return []

    def _near(self, text: str, asker: Asker) -> list[tuple[str, str]]:
        found = self.accounts.find_account(text)
        ids = dict.fromkeys([*([found.account_id] if found else []), *self._suggested(text)])
        readable = asker.sight.readable(list(ids))
        shown = [one for one in ids if one in readable][:OFFERED]
        views = [view for one in shown if (view := self.accounts.account(one)) is not None]
        return [(_label(view, views), view.account_id) for view in views]

    def _suggested(self, text: str) -> list[str]:
        return [account_id for account_id, _ in self.accounts.suggest(text, _LOOKED_THROUGH)]

    # when somebody has chosen

    def shown(self, body: Json, view: Json) -> Json:
        """Return the acknowledgement that shows the account, or says that it takes a moment."""
        speech, wanted = self.floor.speech(body), filled(view).get(ACCOUNT)
        if not wanted:
            return faults({ACCOUNT: speech.t("Choose an account.")})
        try:
            asker = self.floor.askers.kept(user_of(body))
            return instead(shown_modal(self._told(wanted, asker), asker.speech))
        except MustAskError:
            asking = self.floor.executor.submit(self._asked, user_of(body), wanted, speech)
        except ClosedError as error:
            return instead(shown_modal(closed(error, speech), speech))
        try:
            return instead(asking.result(_PATIENCE))
        except TooLateError:
            self.floor.later(partial(self._show_later, str(view.get("id") or ""), asking), body)
            return instead(looking_modal(speech))

    def _asked(self, user: str, wanted: str, speech: Speech) -> Modal:
        try:
            asker = self.floor.asker(user)
            return shown_modal(self._told(wanted, asker), asker.speech)
        except ClosedError as error:
            return shown_modal(closed(error, speech), speech)

    def _show_later(self, view_id: str, asking: Future[Modal]) -> None:
        modal = asking.result()
        # The acknowledgement that says to wait is on its way: what overtakes it would be written over by it.
        time.sleep(_OVERTAKING)
        show_in_modal(self.floor, view_id, modal)

    def _told(self, account_id: str, asker: Asker) -> Message:
        question = Question(account_id, asker, self.floor.command, self.floor.clock())
        return self.floor.commands.account.answer(question).message

    # what a message speaks of

    def read(self, body: Json) -> None:
        """Show the account that a message speaks of; of several one may choose; without any the modal asks."""
        message = body.get("message")
        ids = mentioned(_text_of(message if isinstance(message, dict) else {}), self.accounts)
        # The same way for all: what may not be seen is as if the message did not name it.
        self.floor.later(partial(self._read, body, ids), body)

    def _read(self, body: Json, ids: Sequence[str]) -> None:
        try:
            seen = self.floor.asker(user_of(body)).sight.readable(ids)
        except ClosedError:
            # The answer says why nothing is shown, whatever the message names.
            self.floor.answer_beside(body, partial(self._of_message, body, ids))
            return
        if known := [one for one in ids if one in seen]:
            self.floor.answer_beside(body, partial(self._of_message, body, known))
        else:
            self.ask(body, mrkdwn(self.floor.speech(body).t("The message names no account that is known here.")))

    def _of_message(self, body: Json, ids: Sequence[str], asker: Asker) -> Answer:
        readable = asker.sight.readable(ids)
        views = [view for one in ids if one in readable and (view := self.accounts.account(one)) is not None]
        if len(views) == 1:
            question = Question(views[0].account_id, asker, self.floor.command, self.floor.clock(), channel_of(body))
            return self.floor.commands.account.answer(question)
        near = [(view.account_id, _label(view, views)) for view in views]
        # What may not be seen is not even counted.
        return Answer(not_found(asker.speech.t("this message"), near, "", asker.speech), found=False)


def _text_of(message: Json) -> str:
    """Return everything that a message says: its text, and that of what other apps have attached."""
    parts = [message.get("text")]
    attachments = message.get("attachments")
    for one in attachments if isinstance(attachments, list) else ():
        if isinstance(one, dict):
            parts += [one.get(name) for name in ("title", "title_link", "text", "fallback")]
    return "\n".join(part for part in parts if isinstance(part, str))


def _label(view: AccountView, among: Sequence[AccountView]) -> str:
    """Name an account, with its domain where another one has the same name."""
    if sum(1 for one in among if one.name == view.name) == 1:
        return short(plain(view.name), _LABEL_MOST)
    other = view.domain or view.account_id
    return short(f"{short(plain(view.name), _LABEL_MOST - 30)} ({plain(other)})", _LABEL_MOST)
