"""Who asks in Slack: the address behind a user id, and what the CRM lets that person see.

Nobody from outside of the workspace, and no guest, is shown anything: in a channel that is shared with another company
its members can type commands, too.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.desk.asking import EVERYTHING, Asker, ClosedError, MustAskError
from bot.errors import DeliveryError
from bot.messages import phrases
from bot.messages.speech import ENGLISH
from bot.slack.calls import call
from bot.slack.members import Workspace, address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from slack_sdk import WebClient

    from bot.messages.speech import Speech
    from bot.state.rows import Person

KEPT_SECONDS: Final = 600.0
"""For how long it is believed who somebody is."""
_MOST_KEPT: Final = 20_000

Json = dict[str, Any]


class Access(Protocol):
    """Which accounts the person with an address may see."""

    def kept(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        """Return those that may be seen. Raises MustAskError where that is not known, ClosedError as `asked` does."""

    def asked(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        """Return the same, asking the CRM where it has to. Raises ClosedError where nothing may be shown."""


class Known(Protocol):
    """What the state store knows of people."""

    def person_in_slack(self, user_id: str) -> Person | None:
        """Return the person of the CRM who was found to be this Slack user."""

    def person_of_email(self, email: str) -> Person | None:
        """Return the active person of the CRM with this address; None where there is none, or several."""


@dataclass(frozen=True, slots=True)
class Who:
    """A member of the workspace, as Slack told."""

    email: str = ""
    closed: str = ""
    """Why nothing is shown to them; empty: they belong here."""
    zone: str = "UTC"
    locale: str = ""
    """As Slack writes it: `en-US`. Empty: not told."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about a member."""

    at: float
    who: Who
    person: Person | None
    speech: Speech


class Askers:
    """Tells who asks. Safe between threads."""

    def __init__(
        self,
        client: WebClient,
        known: Known,
        access: Access | None,
        speech_of: Callable[[str, Who], Speech] = lambda _user, _who: ENGLISH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`access`: None where no CRM can tell; every member of the workspace may then see everything.

        `speech_of` tells how things are said to a user id, given what Slack told.
        """
        self._client = client
        self._known = known
        self._access = access
        self._speech_of = speech_of
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Found] = {}
        self._workspace = Workspace(client)

    def kept(self, user: str) -> Asker:
        """Return who asks, from memory. Raises MustAskError; so does the sight of who is returned."""
        found = self._remembered(user)
        if found is None:
            raise MustAskError
        return self._asker(user, found, asks=False)

    def asked(self, user: str) -> Asker:
        """Return who asks, asking Slack where it has to; the sight of who is returned asks the CRM.

        Raises ClosedError where Slack does not tell.
        """
        return self._asker(user, self._remembered(user) or self._looked_up(user), asks=True)

    def forget(self, user: str) -> None:
        """Ask anew next time: what is kept of a person has changed."""
        with self._lock:
            self._kept.pop(user, None)

    def _asker(self, user: str, found: _Found, *, asks: bool) -> Asker:
        closed = phrases.said(found.who.closed, found.speech)
        sight = _Sight(found.who.email, closed, self._access, found.speech, asks)
        return Asker(sight, found.person, user, found.speech, closed=closed, asks=asks)

    def _remembered(self, user: str) -> _Found | None:
        with self._lock:
            found = self._kept.get(user)
        return found if found is not None and self._clock() - found.at < KEPT_SECONDS else None

    def _looked_up(self, user: str) -> _Found:
        who = self._who(user)
        found = _Found(self._clock(), who, self._person(user, who), self._speech_of(user, who))
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[user] = found
        return found

    def _person(self, user: str, who: Who) -> Person | None:
        seen = self._known.person_in_slack(user)
        if not who.email:
            return seen
        # Who was found to be this user may be so no longer: the address that is theirs today decides.
        if seen is not None and seen.active and (seen.email or "").casefold() == who.email.casefold():
            return seen
        return self._known.person_of_email(who.email)

    def _who(self, user: str) -> Who:
        try:
            found: Json = call(self._client.users_info, writes=False, user=user, include_locale=True)["user"]
            closed = _closed(found, self._workspace)
        except DeliveryError as error:
            raise ClosedError(f"Slack could not be asked who you are: {error.problem}") from error
        return Who(
            email=address_of(found),
            closed=closed,
            zone=str(found.get("tz") or "UTC"),
            locale=str(found.get("locale") or ""),
        )


def _closed(user: Json, workspace: Workspace) -> str:
    if user.get("deleted") or user.get("is_bot"):
        return "this is nobody who could be shown anything"
    if not workspace.holds(user):
        return "you are not a member of this workspace"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "you are a guest of this workspace"
    return ""


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a member may see; `asks` where the CRM may be asked."""

    email: str
    closed: str
    access: Access | None
    speech: Speech
    asks: bool

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        if self.closed:
            raise ClosedError(self.closed)
        if self.access is None:
            return EVERYTHING.readable(account_ids)
        tell = self.access.asked if self.asks else self.access.kept
        try:
            return tell(self.email, account_ids)
        except ClosedError as error:
            raise ClosedError(phrases.said(str(error), self.speech)) from error
