"""Where a person of the CRM is reached in Slack: by e-mail address, in a direct message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.errors import DeliveryError
from bot.messages.speech import msg
from bot.slack.calls import RefusedError, call
from bot.slack.members import Workspace
from bot.state.rows import SlackIdentity

if TYPE_CHECKING:
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.slack.calls import Meter
    from bot.state.rows import Person

KNOWN_FOR: Final = timedelta(days=7)
MISSED_FOR: Final = timedelta(hours=1)


class UnreachableError(DeliveryError):
    """A person cannot be reached in Slack: who, and why not. The message goes to the fallback channel."""

    def __init__(self, who: str, why: str) -> None:
        super().__init__(f"{who}, {why}", permanent=True)
        self.why = why


class PeopleStore(Protocol):
    """What is kept of people: the state store."""

    def person(self, person_id: str) -> Person | None:
        """Return a person of the CRM."""

    def slack_identity(self, person_id: str) -> SlackIdentity | None:
        """Return who a person is in Slack, as last looked up."""

    def remember_slack(self, person_id: str, identity: SlackIdentity | None) -> None:
        """Keep what a look-up found; None forgets it."""

    def now(self) -> datetime:
        """Return the time."""


def addressee(person_id: str, person: Person | None) -> Person:
    """Return the person that a message is for. Raises UnreachableError where there is none, or not any more."""
    if not person_id:
        raise UnreachableError("the account's owner", msg("but the account has none in the CRM"))
    if person is None:
        raise UnreachableError(person_id, msg("who is not among the users that the CRM delivered"))
    if not person.active:
        raise UnreachableError(person.name, msg("who is no longer active in the CRM"))
    return person


class People:
    """Finds the direct message channel of a person, and remembers it for a while."""

    def __init__(self, store: PeopleStore, client: WebClient, meter: Meter | None = None) -> None:
        self._store = store
        self._client = client
        self._meter = meter
        self._workspace = Workspace(client, meter)

    def channel_of(self, person_id: str) -> str:
        """Return the direct message channel of a person of the CRM.

        Raises UnreachableError, or a DeliveryError to try again where Slack could not be asked.
        """
        person = addressee(person_id, self._store.person(person_id))
        if not person.email:
            raise UnreachableError(person.name, msg("who has no e-mail address in the CRM"))
        identity = self._remembered(person_id) or self._look_up(person_id, person.email)
        if identity.channel is None:
            raise UnreachableError(person.name, msg("who is not in Slack"))
        return identity.channel

    def forget(self, person_id: str) -> None:
        """Look the person up anew next time: Slack refused what was remembered."""
        self._store.remember_slack(person_id, None)

    def _remembered(self, person_id: str) -> SlackIdentity | None:
        identity = self._store.slack_identity(person_id)
        if identity is None:
            return None
        valid = KNOWN_FOR if identity.channel else MISSED_FOR
        return identity if self._store.now() < identity.checked_at + valid else None

    def _look_up(self, person_id: str, email: str) -> SlackIdentity:
        user_id = self._user(email)
        channel = self._open(user_id) if user_id else None
        identity = SlackIdentity(user_id, channel, self._store.now())
        self._store.remember_slack(person_id, identity)
        return identity

    def _user(self, email: str) -> str | None:
        try:
            user = call(self._client.users_lookupByEmail, writes=False, meter=self._meter, email=email)["user"]
        except RefusedError:
            return None
        # An address that nobody has confirmed may be anybody's.
        nobody = user.get("deleted") or user.get("is_bot") or user.get("is_email_confirmed") is False
        # Members of other companies are found too, through shared channels: customer data is not for them.
        return None if nobody or not self._workspace.holds(user) else user["id"]

    def _open(self, user_id: str) -> str | None:
        try:
            opened = call(self._client.conversations_open, writes=False, meter=self._meter, users=user_id)
        except RefusedError:
            return None
        channel: str = opened["channel"]["id"]
        return channel
