"""Who hears the news of a night beside those whom rules and routes name, and who does not want to.

What people subscribe to is shown to them as far as the CRM lets them see it: it is asked once a person, of all the
accounts that they could hear of tonight. Where it cannot tell, they hear nothing of what they only subscribed to.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.core.addressing import PERSON
from bot.core.preferences import CHOOSABLE
from bot.core.subscriptions import OPERATIONS, Heard, Subscription, Verb, hearers
from bot.messages.escape import mrkdwn
from bot.messages.placing import meant_for
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from bot.core.addressing import Addressee
    from bot.core.preferences import Preferences
    from bot.core.routing import Facts
    from bot.messages.message import Message
    from bot.state.rows import Person

    Readers = Callable[[Person, Collection[str]], frozenset[str]]
    """Returns which of some accounts a person may see; none where that cannot be told. Raises nothing."""


_log = structlog.get_logger(__name__)


def nobody_reads(person: Person, account_ids: Collection[str]) -> frozenset[str]:
    """Let nobody see anything."""
    del person, account_ids
    return frozenset()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people and channels wish to hear of or not, and what they may see."""

    subscriptions: tuple[Subscription, ...] = ()
    readers: Readers = nobody_reads
    in_slack: Mapping[str, str] = field(default_factory=dict)
    """Slack user ids, and who that is in the CRM: who speaks for a channel."""

    def of_subject(self, meant: Sequence[Addressee], facts: Facts, fallback: str) -> Heard:
        """Return who hears an alert of those who are meant alone, like a manager who is turned to."""
        return hearers(meant, facts, self.subscriptions, fallback, lambda _: False)


def muted_kinds(chosen: Mapping[str, Preferences]) -> tuple[Subscription, ...]:
    """Return what people left out of their direct messages, as the mutes that they are; `chosen` by person."""
    return tuple(
        Subscription(f"{PERSON}{person_id}", Verb.MUTE, kind)
        for person_id, preferences in sorted(chosen.items())
        for kind in CHOOSABLE
        if not preferences.wants(kind)
    )


@dataclass(frozen=True, slots=True)
class Hearing:
    """The wishes of one night, with what may be shown for their sake."""

    wishes: Wishes
    fallback: str
    shown: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By person, the accounts that they may see of those that they could hear of."""

    @classmethod
    def of(
        cls, wishes: Wishes, people: Mapping[str, Person], fallback: str, news: Iterable[tuple[str, Facts]]
    ) -> Hearing:
        """Ask what may be shown; `news`: the subjects of the night's alerts, with what is known of each."""
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        subscribed = [one for one in wishes.subscriptions if one.verb is Verb.SUBSCRIBE]
        for one in subscribed:
            if not _runs_headroom(one) and _reader(one, wishes) not in people:
                _log.warning("a subscription shows nothing: the CRM knows nobody for it", target=one.target)
        for subject, facts in news if subscribed else ():
            for one in subscribed:
                if facts.kind != OPERATIONS and one.means(facts) and (reader := _reader(one, wishes)):
                    wanted[reader].add(subject)
        shown = {
            reader: _shown(people.get(reader), subjects, wishes.readers) for reader, subjects in sorted(wanted.items())
        }
        return cls(wishes, fallback, shown)

    def of_alert(self, meant: Sequence[Addressee], facts: Facts, subject: str) -> Heard:
        """Return who hears an alert."""
        return hearers(
            meant, facts, self.wishes.subscriptions, self.fallback, lambda one: self._admits(one, facts, subject)
        )

    def _admits(self, wish: Subscription, facts: Facts, subject: str) -> bool:
        if facts.kind == OPERATIONS or _runs_headroom(wish):
            return True  # no account is shown, or to those who see everything anyway
        reader = _reader(wish, self.wishes)
        return reader is not None and subject in self.shown.get(reader, frozenset())


def _runs_headroom(wish: Subscription) -> bool:
    return not wish.by_user and not wish.target.startswith(PERSON)


def _reader(wish: Subscription, wishes: Wishes) -> str | None:
    """Return whose eyes a wish is for: the person's own, or for a channel who asked for it."""
    if wish.target.startswith(PERSON):
        return wish.target.removeprefix(PERSON)
    return wishes.in_slack.get(wish.by_user)


def _shown(person: Person | None, subjects: Collection[str], readers: Readers) -> frozenset[str]:
    if person is None or not person.active:
        return frozenset()
    return readers(person, sorted(subjects)) & frozenset(subjects)


def silenced(message: Message, destinations: Sequence[str], people: Mapping[str, Person]) -> Message:
    """Say in whose place a message stands: of those who muted it, where nobody else would hear."""
    if not destinations:
        return message
    names = ", ".join(_name(one, people) for one in destinations)
    speech = speech_of(message)
    told = speech.t("Meant for {names}, who muted this", names=mrkdwn(names))
    return meant_for(message, told, speech.t("nobody else would hear it"))


def _name(destination: str, people: Mapping[str, Person]) -> str:
    person = people.get(destination.removeprefix(PERSON))
    return person.name if person is not None else destination
