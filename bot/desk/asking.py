"""A question, who asks it, and the answer: the same for Slack and for the terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.errors import HeadroomError
from bot.messages.speech import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from bot.messages.message import Message
    from bot.messages.speech import Speech
    from bot.state.rows import Person


class MustAskError(Exception):
    """Only the CRM or Slack can tell, and asking takes longer than an answer may: ask with a sight that does."""


class ClosedError(HeadroomError):
    """Nothing can be shown to this person; says why."""


class Sight(Protocol):
    """Which accounts somebody may see."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        """Return those of the accounts that may be shown.

        Raises MustAskError where that is not known without asking, ClosedError where nothing may be shown at all.
        """


class Everything:
    """Sees every account: who may read the state store itself has no secrets kept from them."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        """Return all of them."""
        return frozenset(account_ids)


EVERYTHING = Everything()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks."""

    sight: Sight = EVERYTHING
    person: Person | None = None
    """Who that is in the CRM, where known."""
    user: str = ""
    """The Slack user id; empty in the terminal."""
    speech: Speech = ENGLISH
    closed: str = ""
    """Why this person has no business here, where that is so: a guest, or somebody of another company."""
    asks: bool = True
    """Whether there is time to ask the CRM or Slack; else whoever has to raises MustAskError."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed after the word of a command, and by whom."""

    text: str
    asker: Asker
    command: str
    """What people type before the words: `/headroom`, `headroom`."""
    now: datetime
    channel: str = ""
    """The Slack channel that it was typed in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question."""

    message: Message
    data: Mapping[str, object] = field(default_factory=dict)
    """What the message shows, as plain JSON values."""
    found: bool = True
    """False where there is no such account, rule or word: the message says so."""
    share: bool = False
    """Whether everybody in the channel is to see it."""


class Command(Protocol):
    """One word that people can type, and who answers it."""

    @property
    def name(self) -> str:
        """Return the word, in small letters: `renewals`."""

    @property
    def usage(self) -> str:
        """Return how it is written, without the command: `renewals [30|60|90|120] [mine|team|all]`."""

    @property
    def purpose(self) -> str:
        """Return what it is for, in a few words, as help shows it."""

    def answer(self, question: Question) -> Answer:
        """Answer; MustAskError and ClosedError of the asker's sight go to the caller."""
