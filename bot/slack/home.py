"""The App Home: published when somebody opens it, presses something in it, or did something that changes it.

A Home takes a while: who asks and what they may see is asked of Slack and the CRM. Of two things pressed in a row the
later one counts, whichever is done first. Slack's `hash` keeps a view from being replaced by one that was made of an
older one; where another replica published meanwhile, what was pressed last here is published once more without it.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from logging import getLogger
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt.listener.listener_completion_handler import CustomListenerCompletionHandler

from bot.desk.asking import ClosedError
from bot.errors import DeliveryError
from bot.messages.compose import OPEN
from bot.messages.home.compose import closed_message, failed_message, home_message, loading_message
from bot.messages.home.filters import FILTER, PAGE, PREFERENCES, REFRESH
from bot.messages.home.looking import Looking, looking_of
from bot.messages.home.view import CALLBACK, home_view
from bot.slack.calls import RefusedError, call
from bot.slack.floor import user_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from slack_bolt import Ack, App

    from bot.desk.home import Homes
    from bot.slack.floor import Floor

Json = dict[str, Any]

_log = structlog.get_logger(__name__)

WORKERS: Final = 8
"""Homes under way at once."""
_CONFLICT: Final = "hash_conflict"
_NOT_TAKEN: Final = frozenset({"invalid_blocks", "invalid_arguments"})
"""A workspace without Slack's newer blocks says so."""
_MOST_KEPT: Final = 20_000
_NUMBERED: Final = r"(:\d+)?$"
"""How the second button of an action in a row is told apart."""


def home(homes: Homes) -> Callable[[App, Floor], None]:
    """Return the room that shows people their Home."""

    def room(app: App, floor: Floor) -> None:
        _Home(floor, homes).listen(app)

    return room


@dataclass(frozen=True, slots=True)
class _Order:
    """One publishing: whose Home, looking at what, and which view it replaces."""

    user: str
    looking: Looking
    turn: int
    replaces: str = ""
    """Slack's hash of that view; empty: whichever stands there."""
    body: Json = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class _Turns:
    """Which order of each person is the latest, and what they looked at last. Safe between threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _latest: Counter[str] = field(default_factory=Counter)
    _looking: dict[str, Looking] = field(default_factory=dict)

    def next(self, user: str, looking: Looking) -> int:
        with self._lock:
            if len(self._looking) >= _MOST_KEPT:
                # The counters stay: an order under way must not become the latest again.
                self._looking.clear()
            self._looking[user] = looking
            self._latest[user] += 1
            return self._latest[user]

    def is_latest(self, order: _Order) -> bool:
        with self._lock:
            return self._latest[order.user] == order.turn

    def looking(self, user: str) -> Looking | None:
        with self._lock:
            return self._looking.get(user)


@dataclass(frozen=True, slots=True)
class _Home:
    floor: Floor
    homes: Homes
    turns: _Turns = field(default_factory=_Turns)
    # Of its own: everybody opens their Home at nine, and the listeners of commands must not wait for the CRM then.
    pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS, thread_name_prefix="home"))

    def listen(self, app: App) -> None:
        # Bolt gives listeners what their parameters are named after.
        def opened(event: Json, body: Json) -> None:
            if event.get("tab") == "home":
                self.opened(event, body)

        def pressed(ack: Ack, body: Json, action: Json) -> None:
            self.pressed(body, action)
            ack()

        def done(body: Json) -> None:
            self.after(body)

        app.event("app_home_opened")(opened)
        for action_id in (f"^{re.escape(FILTER)}", f"^{PAGE}{_NUMBERED}", f"^{REFRESH}{_NUMBERED}"):
            app.action({"type": "block_actions", "action_id": re.compile(action_id)})(pressed)
        # What other rooms do for somebody in their Home is seen there as soon as it is done.
        app.listener_runner.listener_completion_handler = CustomListenerCompletionHandler(getLogger(__name__), done)

    def opened(self, event: Json, body: Json) -> None:
        """Show somebody their Home as they left it; something at once where nothing stands there yet."""
        view, user = event.get("view") or {}, str(event.get("user") or "")
        looking = looking_of(view.get("private_metadata") or "") if view.get("callback_id") == CALLBACK else Looking()
        self._publish_later(user, looking, str(view.get("hash") or ""), body, loading=not view)

    def pressed(self, body: Json, action: Json) -> None:
        """Show what was chosen in a filter or turned to."""
        view = body.get("view") or {}
        name = str(action.get("action_id") or "").partition(":")[0]
        value = (action.get("selected_option") or {}).get("value") or action.get("value") or ""
        choice = "page" if name == PAGE else name.removeprefix(FILTER)
        looking = looking_of(view.get("private_metadata") or "").turned(choice, str(value))
        self._publish_later(user_of(body), looking, str(view.get("hash") or ""), body)

    def after(self, body: Json) -> None:
        """Bring a Home up to what another room has just done for its owner."""
        view, user = body.get("view") or {}, user_of(body)
        if body.get("type") == "block_actions" and view.get("type") == "home":
            if not any(_is_own(action) for action in body.get("actions") or ()):
                self._publish_later(user, looking_of(view.get("private_metadata") or ""), "", body)
        elif body.get("type") == "view_submission" and (looking := self.turns.looking(user)) is not None:
            self._publish_later(user, looking, "", body)

    def _publish_later(self, user: str, looking: Looking, replaces: str, body: Json, *, loading: bool = False) -> None:
        order = _Order(user, looking, self.turns.next(user, looking), replaces, body)
        work = partial(self._publish, order, loading=loading)
        self.pool.submit(work).add_done_callback(partial(self._ended, order))

    def _publish(self, order: _Order, *, loading: bool) -> None:
        if loading:
            self._put_loading(order)
        if not self.turns.is_latest(order):
            return
        try:
            self._put(order, self._view(order, self.homes))
        except RefusedError as error:
            if not self.homes.native or error.code not in _NOT_TAKEN:
                raise
            _log.warning("table not taken, written as lines", problem=error.problem)
            self._put(order, self._view(order, replace(self.homes, native=False)))

    def _put_loading(self, order: _Order) -> None:
        try:
            self._put(order, home_view(loading_message(self.floor.speech(order.body))))
        except DeliveryError as error:
            _log.info("home not announced", problem=error.problem)  # the Home itself may get through

    def _view(self, order: _Order, homes: Homes) -> Json:
        kept = order.looking.as_text()
        try:
            asker = self.floor.asker(order.user)
        except ClosedError as error:
            return home_view(closed_message(str(error), self.homes.ask, self.floor.speech(order.body)), kept)
        try:
            sheet = homes.sheet(asker, order.looking, self.floor.clock())
        except ClosedError as error:
            return home_view(closed_message(str(error), self.homes.ask, asker.speech), kept)
        return home_view(home_message(sheet, self.floor.command, asker.speech), sheet.looking.as_text())

    def _put(self, order: _Order, view: Json) -> None:
        if not self.turns.is_latest(order):
            return
        publish = partial(call, self.floor.client.views_publish, writes=False, user_id=order.user, view=view)
        try:
            if order.replaces:
                publish(hash=order.replaces)
            else:
                publish()
        except RefusedError as error:
            if error.code != _CONFLICT:
                raise
            if self.turns.is_latest(order):
                publish()

    def _ended(self, order: _Order, done: Future[None]) -> None:
        error = done.exception()
        if isinstance(error, DeliveryError):
            # Slack itself did not take it: another view would go the same way. The next opening tries again.
            _log.warning("home not published", problem=error.problem)
        elif error is not None:
            speech = self.floor.speech(order.body)
            told = self.floor.failure(error, order.body)
            self.floor.later(
                partial(self._put, order, home_view(failed_message(told, speech), order.looking.as_text()))
            )


def _is_own(action: Json) -> bool:
    """Tell whether a press is answered by this room, which publishes by itself, or changes nothing at once."""
    name = str(action.get("action_id") or "")
    return name.startswith(FILTER) or name.partition(":")[0] in {PAGE, REFRESH, PREFERENCES, OPEN}
