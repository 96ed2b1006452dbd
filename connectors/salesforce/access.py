"""Who may see which accounts: Salesforce's own answer, kept for ten minutes. In doubt nobody sees anything."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from simple_salesforce.format import format_soql

from connectors.base import Readable, SourceError, SourceSettingsError
from connectors.http import Patience
from connectors.salesforce.asking import ask
from connectors.salesforce.failures import as_source_errors
from connectors.salesforce.ids import counted, in_portions, is_record_id
from connectors.salesforce.opening import open_client, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from simple_salesforce.api import Salesforce

    from connectors.salesforce.session import SalesforceSession
    from connectors.salesforce.settings import Settings

KEPT_SECONDS: Final = 600.0
"""How long an answer is believed."""
REST_SECONDS: Final = 600.0
"""How long nothing is asked where asking again would not help: a login that is refused, a budget that is spent."""
AT_A_TIME: Final = 200
"""Records that Salesforce answers for in one query."""
_PATIENCE: Final = Patience(connect=3.0, read=10.0, attempts=2, longest_wait=1.0)
"""Somebody waits for the answer in Slack."""
_MOST_KEPT: Final = 200_000
_USERS: Final = "SELECT Id FROM User WHERE Email = {} AND IsActive = true LIMIT 2"
_ACCESS: Final = "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = {} AND RecordId IN {}"

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")


class _ClosedError(Exception):
    """Nothing can be shown to this person; says why."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Who in Salesforce has an address: an Id, or why nobody has it."""

    user: str | None
    closed: str = ""


@dataclass(slots=True)
class Access:
    """May a person read these accounts? Asked of one org; safe to be used by several threads.

    A person is the one active user of Salesforce with the address; two of them are nobody. The answer is Salesforce's
    for profile, sharing and hierarchy; of restriction rules it knows nothing, as UserRecordAccess does not.
    """

    name: str
    settings: Settings
    certificates: Path | None = None
    clock: Callable[[], float] = time.monotonic
    """Seconds; to be replaced in tests."""
    patience: Patience | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    # A lock of its own: who asks for what is kept is not to wait for a login.
    _opening: threading.Lock = field(default_factory=threading.Lock, init=False)
    _salesforce: Salesforce | None = field(default=None, init=False)
    _session: SalesforceSession | None = field(default=None, init=False)
    _users: dict[str, tuple[float, _Person]] = field(default_factory=dict, init=False)
    _answers: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict, init=False)
    _resting: tuple[float, str] | None = field(default=None, init=False)

    def readable(self, email: str, account_ids: Collection[str]) -> Readable:
        """Return which of the accounts the person with this address may read; never raises SourceError.

        Accounts whose ids are none of Salesforce's, and those that the org does not have, nobody may read.
        """
        wanted = [one for one in dict.fromkeys(account_ids) if is_record_id(one)]
        try:
            user = self._user(email.strip())
            allowed = self._allowed(user, list(dict.fromkeys(map(counted, wanted))))
        except _ClosedError as closed:
            return Readable(closed=str(closed))
        except SourceError as error:
            return Readable(closed=f"Salesforce could not be asked what you may see: {error.problem}")
        return Readable(frozenset(one for one in wanted if counted(one) in allowed))

    def kept(self, email: str, account_ids: Collection[str]) -> Readable | None:
        """Return the same from memory, asking nobody; None where it is not known of each of the accounts."""
        person = self._kept_person(email.strip().casefold())
        if person is None:
            return None
        if person.user is None:
            return Readable(closed=person.closed)
        wanted = [one for one in dict.fromkeys(account_ids) if is_record_id(one)]
        fresh = self._kept_answers(person.user, map(counted, wanted))
        if any(answer is None for answer in fresh.values()):
            return None
        return Readable(frozenset(one for one in wanted if fresh[counted(one)]))

    def _user(self, email: str) -> str:
        if not email:
            raise _ClosedError("your address is not known, so that Salesforce cannot be asked what you may see")
        person = self._person(email)
        if person.user is None:
            raise _ClosedError(person.closed)
        return person.user

    def _person(self, email: str) -> _Person:
        key = email.casefold()
        if (kept := self._kept_person(key)) is not None:
            return kept
        person = self._asked_person(email)
        with self._lock:
            self._users = _pruned(self._users, self.clock() - KEPT_SECONDS)
            self._users[key] = (self.clock(), person)
        return person

    def _kept_person(self, key: str) -> _Person | None:
        with self._lock:
            kept = self._users.get(key)
        return kept[1] if kept is not None and self._holds(kept[0]) else None

    def _asked_person(self, email: str) -> _Person:
        with self._asking() as salesforce:
            found = ask(salesforce, self.name, "looking up a user", format_soql(_USERS, email))
        if not found:
            return _Person(None, f"Salesforce has no active user with the address {email}")
        if len(found) > 1:
            return _Person(None, f"Salesforce has several active users with the address {email}; it must be one")
        return _Person(str(found[0]["Id"]))

    def _allowed(self, user: str, ids: Sequence[str]) -> set[str]:
        """Return those of the ids, fifteen characters each, that the user may read."""
        fresh = {one: reads for one, reads in self._kept_answers(user, ids).items() if reads is not None}
        for portion in in_portions([one for one in ids if one not in fresh], AT_A_TIME):
            fresh.update(self._asked_access(user, portion))
        return {one for one, reads in fresh.items() if reads}

    def _kept_answers(self, user: str, ids: Iterable[str]) -> dict[str, bool | None]:
        """Return what is still believed of each record; None where nothing is."""
        with self._lock:
            kept = {one: self._answers.get((user, one)) for one in ids}
        return {one: answer[1] if answer and self._holds(answer[0]) else None for one, answer in kept.items()}

    def _asked_access(self, user: str, ids: Sequence[str]) -> dict[str, bool]:
        with self._asking() as salesforce:
            query = format_soql(_ACCESS, user, list(ids))
            found = ask(salesforce, self.name, "asking what a user may read", query)
        told = {counted(str(record.get("RecordId"))): record.get("HasReadAccess") is True for record in found}
        # A record that the org does not speak of is not there: nobody reads it.
        answers = {one: told.get(one, False) for one in ids}
        with self._lock:
            self._answers = _pruned(self._answers, self.clock() - KEPT_SECONDS)
            self._answers.update({(user, one): (self.clock(), reads) for one, reads in answers.items()})
        return answers

    def _holds(self, since: float) -> bool:
        return self.clock() - since < KEPT_SECONDS

    @contextmanager
    def _asking(self) -> Iterator[Salesforce]:
        """Lend the way to the org; where asking again would not help, nothing is asked for a while."""
        try:
            with as_source_errors(self.name, "asking what a user may see"):
                yield self._client()
        except SourceError as error:
            self._note(error)
            raise

    def _client(self) -> Salesforce:
        with self._opening:
            if (why := self._at_rest()) is not None:
                raise SourceError(self.name, why)
            if self._salesforce is None:
                self._session = open_session(self.name, self.settings, self.certificates, self.patience or _PATIENCE)
                self._salesforce = open_client(self._session, self.settings.api_version)
            return self._salesforce

    def _at_rest(self) -> str | None:
        return self._resting[1] if self._resting is not None and self.clock() < self._resting[0] else None

    def _note(self, error: SourceError) -> None:
        with self._opening:
            ended = self._session is not None and self._session.ended is not None
            if ended:
                # A session that has ended stays so; the next one may find another day, or a mended login.
                self._session = self._salesforce = None
            if self._at_rest() is None and (ended or isinstance(error, SourceSettingsError)):
                self._resting = (self.clock() + REST_SECONDS, error.problem)


def _pruned(kept: dict[_Key, tuple[float, _Answer]], since: float) -> dict[_Key, tuple[float, _Answer]]:
    """Return what is kept, without what is too old where it has become much."""
    if len(kept) < _MOST_KEPT:
        return kept
    young = {key: entry for key, entry in kept.items() if entry[0] > since}
    return young if len(young) < _MOST_KEPT else {}
