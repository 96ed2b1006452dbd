"""What has to be true after every run, read from Slack's own journal, its requests and the state database."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tests.faults.company import FALLBACK
from tests.faults.ledger import Event, Request, Said, read_events, read_journal, read_requests
from tests.faults.oracle import expected
from tests.faults.plan import LOCKED, Answer
from tests.faults.standin import RETRY_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from tests.faults.oracle import Expected

_TOO_MANY: Final = 429
_RESOLVED: Final = "(resolved)"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is not as it was promised."""

    kind: str
    """lost | doubled | unexpected | order | final | pace | retry-after | backlog | rig"""
    what: str


@dataclass
class Message:
    """A message in the end: when it was said, and what it says now."""

    said: Said
    text: str
    deleted: bool = False


@dataclass
class Evidence:
    """All that is known of a run."""

    folder: Path
    days: Sequence[date]
    statuses: dict[str, int]
    """Notices by status, from the database."""
    knew: bool = True
    """Whether whoever was asked to wait lived to tell the others."""
    messages: list[Message] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.messages = standing(read_journal(self.folder / "journal.jsonl"))
        self.requests = read_requests(self.folder / "requests.jsonl")
        self.events = read_events(self.folder)

    def refused(self) -> list[Request]:
        """Return what Slack refused in so many words."""
        return [one for one in self.requests if one.outcome.startswith(f"{Answer.NO}:")]


def standing(journal: Iterable[Said]) -> list[Message]:
    """Play the journal back: every message that was posted, with what it says in the end."""
    found: dict[tuple[str, str], Message] = {}
    for act in journal:
        key = (act.channel, act.ts)
        if act.kind == "post":
            found[key] = Message(act, act.text)
        elif act.kind == "update":
            found[key].text = act.text
        elif act.kind == "delete":
            found[key].deleted = True
    return list(found.values())


def violations(evidence: Evidence) -> list[Violation]:
    """Return everything that is not as it was promised."""
    wanted = expected(evidence.folder, evidence.days)
    places = [(one, _messages_of(one, evidence)) for one in wanted]
    return [
        *_lost_or_doubled(places),
        *_ids(evidence.messages),
        *_unexpected(places, evidence.messages),
        *_order(places),
        *_final(places, evidence),
        *_pace(evidence),
        *_backlog(evidence),
    ]


def _messages_of(one: Expected, evidence: Evidence) -> list[Message]:
    """Find the messages that say what was expected, where it belongs or, refused there, in the fallback channel."""
    turned_away = any(_says(one, refused.text) and refused.channel == one.destination for refused in evidence.refused())
    places = {one.destination, FALLBACK} if turned_away else {one.destination}
    return [
        message
        for message in evidence.messages
        if message.said.channel in places and not message.deleted and _says(one, message.said.text)
    ]


def _says(one: Expected, text: str) -> bool:
    return text.startswith(one.account) and all(mark in text for mark in one.marks)


def _lost_or_doubled(places: list[tuple[Expected, list[Message]]]) -> list[Violation]:
    found = []
    for one, messages in places:
        what = f"{one.account} {one.rule} {one.transition} at {one.destination}"
        if not messages:
            found.append(Violation("lost", what))
        elif len(messages) > 1:
            found.append(Violation("doubled", f"{what}: {len(messages)} times"))
    return found


def _ids(messages: Iterable[Message]) -> list[Violation]:
    ids = Counter(message.said.id for message in messages if message.said.id and not message.deleted)
    return [Violation("doubled", f"id {key} stands {count} times") for key, count in ids.items() if count > 1]


def _unexpected(places: list[tuple[Expected, list[Message]]], messages: Iterable[Message]) -> list[Violation]:
    known = {(message.said.channel, message.said.ts) for _, found in places for message in found}
    return [
        Violation("unexpected", f"{message.said.text} at {message.said.channel}")
        for message in messages
        if (message.said.channel, message.said.ts) not in known and not message.deleted
    ]


def _order(places: list[tuple[Expected, list[Message]]]) -> list[Violation]:
    by_episode: dict[tuple[str, str, str], list[Said]] = defaultdict(list)
    for one, messages in places:
        by_episode[one.account, one.rule, one.destination] += [message.said for message in messages]
    return [
        Violation("order", f"'{second.text}' was said before '{first.text}'")
        for said in by_episode.values()
        for first, second in pairwise(said)
        if second.number < first.number and second.channel == first.channel
    ]


def _final(places: list[tuple[Expected, list[Message]]], evidence: Evidence) -> list[Violation]:
    # Slack may refuse for good to change a message: then it stands as it was, and the audit tells of it.
    locked = {one.channel for one in evidence.refused() if one.outcome == f"{Answer.NO}:{LOCKED}"}
    found = []
    for one, messages in places:
        for message in messages:
            over = _RESOLVED in message.text
            if over != (one.resolved_on is not None) and message.said.channel not in locked:
                found.append(Violation("final", f"'{message.text}' at {message.said.channel}: resolved is {not over}"))
    return found


def _pace(evidence: Evidence) -> list[Violation]:
    found = []
    for asked in (one for one in evidence.requests if one.status == _TOO_MANY):
        if asked.outcome != Answer.RATE_LIMITED:
            found.append(Violation("pace", f"{asked.method} to {asked.channel} came too soon"))
        else:
            found += _too_early(asked, evidence)
    return found


def _too_early(asked: Request, evidence: Evidence) -> list[Violation]:
    """Find who claimed a message although everybody had been told to wait. What was claimed before is under way."""
    kind = _KINDS[asked.method]
    events = [one for one in evidence.events if one.at >= asked.at and one.kind == kind]
    told = next((one for one in events if one.what == "held" and one.replica == asked.replica), None)
    if told is None:
        # Who is hit on having been asked to wait may take that with it.
        return [Violation("retry-after", f"{asked.replica} told nobody")] if evidence.knew else []
    until = asked.done + RETRY_AFTER
    early = [one for one in events if one.what == "claimed" and told.at < one.at < until]
    return [Violation("retry-after", f"claimed {until - one.at:.1f} s too early") for one in early]


def _backlog(evidence: Evidence) -> list[Violation]:
    open_ones = {status: count for status, count in evidence.statuses.items() if status not in _CLOSED and count}
    found = [Violation("backlog", f"{count} notices are {status}") for status, count in open_ones.items()]
    given_up, refused = evidence.statuses.get("failed", 0), len(evidence.refused())
    if given_up > refused:
        found.append(Violation("lost", f"{given_up} notices were given up, {refused} were refused"))
    return found


_KINDS: Final = {"chat.postMessage": "post", "chat.update": "update"}
"""What is held where a method is limited."""
_CLOSED: Final = frozenset({"sent", "failed", "superseded"})
