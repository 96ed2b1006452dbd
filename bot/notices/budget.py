"""The attention budget of one night: what is left out of a person's messages, and the digest that has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bot.core.addressing import PERSON
from bot.core.attention import spread
from bot.core.digesting import digest_at
from bot.core.preferences import NOTHING_CHOSEN, Rhythm
from bot.errors import TemplateError
from bot.messages.digest import KIND, Entry, entries_line, headline_of
from bot.messages.digests.daily import Daily, change_line, daily
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text
from bot.messages.revise import HEADLINE_MOST
from bot.notices.changes import Also
from bot.state.keys import notice_id
from bot.state.rows import Act, Audit, Notice

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from bot.core.preferences import Preferences
    from bot.messages.digests.daily import Changed
    from bot.messages.speech import Speech
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
    """How many messages of digests of each name there are."""
    also: Also

    @classmethod
    def of(cls, clocks: Clocks, now: datetime, said: Sequence[Said], also: Also) -> _Today:
        return cls(clocks, now, said, Counter(one.episode_id for one in said if one.kind == KIND), also)

    def day(self, draft: Draft) -> date:
        """Return the day on which somebody is told what is written now."""
        return self.clocks.day(draft.person_id, self.now)

    def digest_at(self, person_id: str) -> datetime | None:
        """Return when somebody is told together what is written now; None: at once."""
        chosen = digest_at(self.chosen(person_id), self.clocks.of(person_id).zone, self.now)
        return self.clocks.not_before(person_id, chosen or self.now) or chosen

    def chosen(self, person_id: str) -> Preferences:
        """Return what somebody chose for themselves."""
        return self.clocks.chosen.get(person_id, NOTHING_CHOSEN)

    def spoken(self, drafts: Sequence[Draft]) -> Mapping[str, int]:
        """Count the alerts of that day, by destination."""
        wanted = {draft.notice.destination: (draft.person_id, self.day(draft)) for draft in drafts}
        count: Counter[str] = Counter()
        for one in self.said:
            person_id, day = wanted.get(one.destination, ("", None))
            if one.counts and day is not None and self.clocks.day(person_id, one.created_at) == day:
                count[one.destination] += 1
        return count


def within_budget(
    drafts: Sequence[Draft], past: Past, cards: Cards, clocks: Clocks, now: datetime, also: Also | None = None
) -> Budgeted:
    """Leave out what goes beyond the attention of those it is for, and write the digests that have it.

    What stands in the outbox already is none of tonight's; what a digest had before is not said again. `also`: what
    digests have besides, once a day.
    """
    also = also or Also()
    counting = [draft for draft in drafts if draft.counts(clocks.people)]
    if not counting and not also.changes:
        return Budgeted()
    there = past.enqueued({draft.notice.notice_id for draft in counting})
    known = past.digested_of({draft.notice.subject for draft in counting})
    before = {draft.notice.notice_id for draft in counting if _key(draft) in known}
    new = [draft for draft in counting if draft.notice.notice_id not in there | before]
    said = past.said_to_people(now - (_DEFERRED if clocks.manners.quiet or clocks.chosen else _TODAY))
    today = _Today.of(clocks, now, said, also)
    decided = spread([draft.alert() for draft in new], today.spoken(new), clocks.manners.per_day)
    by_id = {draft.notice.notice_id: draft for draft in new}
    left_out = before | {alert.key for some in decided.digests.values() for alert in some}
    held = {person: [by_id[alert.key] for alert in some] for person, some in decided.digests.items()}
    digests = [_Digest(place, held.get(place, ()), today, cards) for place in _places(held, today, cards)]
    lines = tuple(line for digest in digests for line in digest.audit())
    return Budgeted(frozenset(left_out), tuple(one for digest in digests for one in digest.notices()), lines)


def _places(held: Collection[str], today: _Today, cards: Cards) -> list[str]:
    """Return who gets a digest: those of whom something was held back, and those who have a change to hear of."""
    changed = (f"{PERSON}{person_id}" for person_id in today.also.changes if _is_there(person_id, today))
    return sorted({*held, *(place for place in changed if _Digest(place, (), today, cards).changes)})


def _is_there(person_id: str, today: _Today) -> bool:
    person = today.clocks.people.get(person_id)
    return person is not None and person.active


def _key(draft: Draft) -> tuple[str, str, str]:
    return draft.notice.episode_id, draft.notice.transition, draft.notice.destination


@dataclass(frozen=True, slots=True)
class _Digest:
    """One person's digest of one day, or what came to it later."""

    destination: str
    drafts: Sequence[Draft]
    """What was held back, what matters most first."""
    today: _Today
    cards: Cards

    @property
    def person_id(self) -> str:
        return self.destination.removeprefix(PERSON)

    @property
    def day(self) -> date:
        """The person's day on which it is read."""
        clocks, moment = self.today.clocks, self.today.digest_at(self.person_id)
        if moment is None:
            return clocks.day(self.person_id, self.today.now)
        return moment.astimezone(clocks.of(self.person_id).zone).date()

    @property
    def name(self) -> str:
        return f"{KIND}:{self.destination}:{self.day}"

    @property
    def changes(self) -> Sequence[Changed]:
        """What changed, which the first digest of a day has; a night that is done over does not say it again."""
        daily = self.today.chosen(self.person_id).digest is Rhythm.DAILY
        wanted = daily and not self.today.digests[self.name]
        return self.today.also.changes.get(self.person_id, ()) if wanted else ()

    @property
    def _transition(self) -> str:
        earlier = self.today.digests[self.name]
        return KIND if not earlier else f"{KIND}-{earlier + 1}"

    def notices(self) -> list[Notice]:
        """Return the digest, and what stands in its thread."""
        first, *rest = self._messages()
        transition = self._transition
        # What is held back until a day of the week goes on in the thread of what was held back first.
        alone = self.today.chosen(self.person_id).digest is not Rhythm.WEEKLY or transition == KIND
        thread = [self._notice(f"{transition}-thread-{number}", one) for number, one in enumerate(rest, 1)]
        return [replace(self._notice(transition, first), broadcast=alone), *thread]

    def _notice(self, transition: str, message: Message) -> Notice:
        return Notice(
            notice_id=notice_id(self.name, transition, self.destination, Act.POST),
            episode_id=self.name,
            transition=transition,
            destination=self.destination,
            act=Act.POST,
            kind=KIND,
            subject=self.destination,
            message=message,
            created_at=self.today.now,
            not_before=self.today.digest_at(self.person_id),
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
                    "destination": self.destination,
                    "digest": self.name,
                    "reason": f"more than {per_day} alerts on {self.day}: it stands in the digest",
                },
            )
            for draft in self.drafts
        ]

    @property
    def _speech(self) -> Speech:
        return self.today.clocks.speech(self.destination)

    def _messages(self) -> tuple[Message, ...]:
        manners, also = self.today.clocks.manners, self.today.also
        entries = [self._entry(draft) for draft in self.drafts]
        told = Daily(entries, self.changes, manners.per_day, self.day, also.since, self.cards.company, manners.command)
        try:
            return daily(self.cards.templates, told, self._speech)
        except TemplateError as error:
            _log.error("template failed", template=KIND, destination=self.destination, problem=str(error))
            self.cards.problems.append(f"digest for {self.destination}: {error}")
            return (_plain_digest(told, self._speech),)

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


def _plain_digest(told: Daily, speech: Speech) -> Message:
    title = speech.many("{count} change in your accounts", "{count} changes in your accounts", len(told.changes))
    if told.entries:
        title = speech.many("{count} more alert for today", "{count} more alerts for today", len(told.entries))
    lines = [entries_line(entry, speech) for entry in told.entries[:50]]
    lines += [change_line(one, speech) for one in told.changes[:20]]
    return speech.write(Message(KIND, mrkdwn(title), (Headline(short(title, HEADLINE_MOST)), Text("\n".join(lines)))))
