"""Pasted addresses of accounts in Salesforce: what is shown under them, to whom it may be shown.

The person who pasted decides what can be shown: nothing that Salesforce would not show them. Where they pasted decides
whether it is: in a channel that another company reads, nothing, unless the settings name the channel.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from bot.core.crm_links import account_link, same_org
from bot.desk.asking import ClosedError
from bot.errors import DeliveryError
from bot.messages.blocks import to_blocks
from bot.messages.escape import plain, short
from bot.messages.message import Headline, Message, Meters, Note, Text
from bot.slack.calls import RefusedError, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from slack_bolt import Ack, App

    from bot.desk.asking import Asker
    from bot.messages.message import Block
    from bot.messages.speech import Speech
    from bot.slack.floor import Floor
    from bot.state.rows import AccountView

Json = dict[str, Any]

COMPOSER: Final = "composer"
"""Where Slack says that a link comes from while its message is being written."""
MOST: Final = 5
"""So many links of one message are unfurled."""

_REMEMBERED: Final = 2_000
_TITLE_MOST: Final = 100
_SHOWN: Final = (Headline, Text, Meters, Note)

_log = structlog.get_logger(__name__)


class Accounts(Protocol):
    """The accounts of the state store."""

    def find_account(self, text: str) -> AccountView | None:
        """Find the account that this name, id or domain means; None where none or several could be meant."""


def unfurling(accounts: Accounts, say: Callable[[AccountView, Speech], Message]) -> Callable[[App, Floor], None]:
    """Return the room that listens to pasted links; `say` says where an account stands."""

    def room(app: App, floor: Floor) -> None:
        _Unfurling(floor, accounts, say).listen(app)

    return room


@dataclass(slots=True)
class Once:
    """Remembers what came already: Slack sends an event again where it does not hear of it. Safe between threads."""

    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, event_id: str) -> bool:
        """Tell whether an event comes for the first time; one without an id always does."""
        if not event_id:
            return True
        with self._lock:
            if event_id in self._seen:
                return False
            self._seen[event_id] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return True


@dataclass(frozen=True, slots=True)
class _Unfurling:
    floor: Floor
    accounts: Accounts
    say: Callable[[AccountView, Speech], Message]
    once: Once = field(default_factory=Once)

    def listen(self, app: App) -> None:
        def link_shared(ack: Ack, body: Json, event: Json) -> None:
            if self.once.first(str(body.get("event_id") or "")):
                found = self.linked(event)
                if found:
                    self.floor.later(partial(self.unfurl, body, event, found))
            ack()

        app.event("link_shared")(link_shared)

    def linked(self, event: Json) -> list[tuple[str, AccountView]]:
        """Return the addresses of an event that lead to accounts that are known, each with its account."""
        links = event.get("links")
        urls = [str(one.get("url") or "") for one in links if isinstance(one, dict)] if isinstance(links, list) else []
        return [(url, view) for url in dict.fromkeys(urls) if (view := self._account(url)) is not None][:MOST]

    def _account(self, url: str) -> AccountView | None:
        link = account_link(url)
        view = self.accounts.find_account(link.account_id) if link is not None else None
        return view if link is not None and view is not None and same_org(link, view.url) else None

    def unfurl(self, body: Json, event: Json, found: Sequence[tuple[str, AccountView]]) -> None:
        """Show what the person who pasted may see, where it may be shown."""
        writing = event.get("source") == COMPOSER
        if not writing and not self._admits(body, str(event.get("channel") or "")):
            return
        try:
            asker = self.floor.asker(str(event.get("user") or ""))
            readable = asker.sight.readable([view.account_id for _, view in found])
        except ClosedError as error:
            _log.info("nothing unfurled", problem=str(error))
            return
        shown = {url: self._shown(view, asker, writing=writing) for url, view in found if view.account_id in readable}
        if shown:
            self._send(event, shown)

    def _admits(self, body: Json, channel: str) -> bool:
        try:
            self.floor.channels.resolve(channel)
        except RefusedError as error:
            # The app need not be in a conversation to be told of its links; then Slack's own word has to do.
            unseen = error.code == "channel_not_found" and body.get("is_ext_shared_channel") is False
            _log.info("a channel could not be looked at", unfurled=unseen, problem=error.problem)
            return unseen
        except DeliveryError as error:
            _log.info("nothing unfurled", problem=error.problem)
            return False
        return True

    def _shown(self, view: AccountView, asker: Asker, *, writing: bool) -> Json:
        if writing:
            # Nobody can tell yet where it will be posted, and what is shown here could go along: the name is in the
            # preview alone, which only the person who writes sees.
            told = asker.speech.t("Headroom shows where the account stands once this is posted in your company.")
            blocks: Sequence[Block] = (Note((told,)),)
            name = short(plain(view.name), _TITLE_MOST) or "…"
            return {**_blocks(blocks, asker.speech), "preview": {"title": {"type": "plain_text", "text": name}}}
        return _blocks(list(_brief(self.say(view, asker.speech).blocks)), asker.speech)

    def _send(self, event: Json, shown: Json) -> None:
        if event.get("unfurl_id") and event.get("source"):
            where: Json = {"unfurl_id": str(event["unfurl_id"]), "source": str(event["source"])}
        else:
            where = {"channel": str(event.get("channel") or ""), "ts": str(event.get("message_ts") or "")}
        try:
            call(self.floor.client.chat_unfurl, writes=False, unfurls=shown, **where)
        except RefusedError as error:
            # The message was deleted, the link taken out of it, or somebody has removed the preview.
            _log.info("not unfurled", problem=error.problem)


def _brief(blocks: Sequence[Block]) -> Iterator[Block]:
    """Leave what says where the account stands: who takes care of it, and its alerts, are not for everybody."""
    said = False
    for block in blocks:
        if isinstance(block, _SHOWN) and not (said and isinstance(block, Text)):
            yield block
        said = said or isinstance(block, Text)


def _blocks(blocks: Sequence[Block], speech: Speech) -> Json:
    return {"blocks": to_blocks(Message("answer", "", tuple(blocks), language=speech.language, zone=speech.zone))}
