"""The attention budget of one night: what is left out of a person's messages, and the digest that has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bot.core.attention import spread
from bot.errors import TemplateError
from bot.messages.digest import KIND, Entry, headline_of
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text
from bot.messages.revise import HEADLINE_MOST
from bot.state.keys import notice_id
from bot.state.rows import Act, Audit, Notice

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from bot.notices.cards import Cards
    from bot.notices.drafts import Draft
    from bot.notices.manners import Clocks
    from bot.state.digests import Said

_log = structlog.get_logger(__name__)

DIGESTED: Final = "digested"
"""Verb of the audit for what is said in a digest only."""

_TODAY: Final = timedelta(days=2)
"""Nothing older belongs to a person's day ..."""
_DEFERRED: Final = timedelta(days=14)
"""... unless quiet hours deferred it: over a weekend and the holidays around it."""


class Past(Protocol):
    """What people were told lately: the state store."""

    def said_to_people(self, since: datetime) -> Sequence[Said]:
        """Return every post to a person that was enqueued since a moment."""

    def enqueued(self, notice_ids: Collection[str]) -> frozenset[str]:
        """Return which of some notices stand in the outbox."""

    def digested_of(self, subjects: Collection[str]) -> frozenset[tuple[str, str, str]]:
        """Return what of some subjects ever went into digests: episode, transition and destination."""


class NothingSaid:
    """Nobody was told anything."""

    def said_to_people(self, since: datetime) -> Sequence[Said]:
        """Return nothing."""
        del since
        return ()

    def enqueued(self, notice_ids: Collection[str]) -> frozenset[str]:
        """Return nothing."""
        del notice_ids
        return frozenset()

    def digested_of(self, subjects: Collection[str]) -> frozenset[tuple[str, str, str]]:
        """Return nothing."""
        del subjects
        return frozenset()


@dataclass(frozen=True, slots=True)
class Budgeted:
    """What the budget made of the news of a night."""

    left_out: frozenset[str] = frozenset()
    """Ids of notices that are not sent."""
    digests: tuple[Notice, ...] = ()
    audit: tuple[Audit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Today:
    """What each person was told on the day that it is for them."""

    clocks: Clocks
    now: datetime
    said: Sequence[Said]
    digests: Counter[str]
    """How many digests of each name there are."""

    @classmethod
    def of(cls, clocks: Clocks, now: datetime, said: Sequence[Said]) -> _Today:
        return cls(clocks, now, said, Counter(one.episode_id for one in said if one.kind == KIND))

    def day(self, draft: Draft) -> date:
        """Return the day on which somebody is told what is written now."""
        return self.clocks.day(draft.person_id, self.now)

    def spoken(self, drafts: Sequence[Draft]) -> Mapping[str, int]:
        """Count the alerts of that day, by destination."""
        wanted = {draft.notice.destination: (draft.person_id, self.day(draft)) for draft in drafts}
        count: Counter[str] = Counter()
        for one in self.said:
            person_id, day = wanted.get(one.destination, ("", None))
            if one.counts and day is not None and self.clocks.day(person_id, one.created_at) == day:
                count[one.destination] += 1
        return count


def within_budget(drafts: Sequence[Draft], past: Past, cards: Cards, clocks: Clocks, now: datetime) -> Budgeted:
    """Leave out what goes beyond the attention of those it is for, and write the digests that have it.

    What stands in the outbox already is none of tonight's; what a digest had before is not said again.
    """
    counting = [draft for draft in drafts if draft.counts(clocks.people)]
    if not counting:
        return Budgeted()
    there = past.enqueued({draft.notice.notice_id for draft in counting})
    known = past.digested_of({draft.notice.subject for draft in counting})
    before = {draft.notice.notice_id for draft in counting if _key(draft) in known}
    new = [draft for draft in counting if draft.notice.notice_id not in there | before]
    said = past.said_to_people(now - (_DEFERRED if clocks.manners.quiet else _TODAY))
    today = _Today.of(clocks, now, said)
    decided = spread([draft.alert() for draft in new], today.spoken(new), clocks.manners.per_day)
    by_id = {draft.notice.notice_id: draft for draft in new}
    left_out = before | {alert.key for some in decided.digests.values() for alert in some}
    digests = [
        _Digest([by_id[alert.key] for alert in some], today, cards) for _, some in sorted(decided.digests.items())
    ]
    lines = tuple(line for digest in digests for line in digest.audit())
    return Budgeted(frozenset(left_out), tuple(digest.notice() for digest in digests), lines)


def _key(draft: Draft) -> tuple[str, str, str]:
    return draft.notice.episode_id, draft.notice.transition, draft.notice.destination


@dataclass(frozen=True, slots=True)
class _Digest:
    """One person's digest of one day, or what came to it later."""

    drafts: Sequence[Draft]
    """What matters most first; at least one."""
    today: _Today
    cards: Cards

    @property
    def _destination(self) -> str:
        return self.drafts[0].notice.destination

    @property
    def _day(self) -> date:
        return self.today.day(self.drafts[0])

    @property
    def _id(self) -> str:
        return f"{KIND}:{self._destination}:{self._day}"

    @property
    def _transition(self) -> str:
        earlier = self.today.digests[self._id]
        return KIND if not earlier else f"{KIND}-{earlier + 1}"

    def notice(self) -> Notice:
        clocks, first = self.today.clocks, self.drafts[0]
        return Notice(
            notice_id=notice_id(self._id, self._transition, self._destination, Act.POST),
            episode_id=self._id,
            transition=self._transition,
            destination=self._destination,
            act=Act.POST,
            kind=KIND,
            subject=self._destination,
            message=self._message(),
            created_at=self.today.now,
            not_before=clocks.not_before(first.person_id, self.today.now),
        )

    def audit(self) -> list[Audit]:
        per_day = self.today.clocks.manners.per_day
        return [
            Audit(
                at=self.today.now,
                actor="headroom",
                verb=DIGESTED,
                subject=draft.notice.subject,
                detail={
                    "rule": draft.episode.rule,
                    "version": draft.episode.rule_version,
                    "episode": draft.episode.episode_id,
                    "transition": draft.notice.transition,
                    "destination": self._destination,
                    "digest": self._id,
                    "reason": f"more than {per_day} alerts on {self._day}: it stands in the digest",
                },
            )
            for draft in self.drafts
        ]

    def _message(self) -> Message:
        manners = self.today.clocks.manners
        reason = f"At most {manners.per_day} alerts a day come one by one; these are the rest."
        entries = [self._entry(draft) for draft in self.drafts]
        try:
            return self.cards.templates.digest(entries, reason, self._day, self.cards.company, manners.command)
        except TemplateError as error:
            _log.error("template failed", template=KIND, destination=self._destination, problem=str(error))
            self.cards.problems.append(f"digest for {self._destination}: {error}")
            return _plain_digest(entries)

    def _entry(self, draft: Draft) -> Entry:
        view = draft.view
        currency = view.metrics.get("currency") if view is not None else None
        return Entry(
            headline=headline_of(draft.notice.message),
            name=self.cards.name(draft.notice.subject),
            url=view.url if view is not None else None,
            severity=draft.episode.severity,
            at_stake=draft.episode.at_stake,
            currency=currency if isinstance(currency, str) else None,
        )


def _plain_digest(entries: Sequence[Entry]) -> Message:
    title = f"{len(entries):,} more alerts"
    lines = "\n".join(f"• {mrkdwn(short(entry.headline, 110))}" for entry in entries[:50])
    return Message(KIND, mrkdwn(title), (Headline(short(title, HEADLINE_MOST)), Text(lines)))
