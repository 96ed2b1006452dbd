"""What people and channels want to hear of besides, and what they do not want to hear of. Pure.

What is decided where it could be otherwise:
- Who subscribes is told besides those whom rules and routes name, and nobody twice.
- Of one destination a mute goes before a subscription, however narrow either is.
- A wish for any kind is one for alerts about accounts: those about Headroom itself have to be named.
- A segment that nobody knows is in no wish that names one.
- A muted person does not stand in for somebody else either.
- An alert that nobody would be left to hear goes to the fallback channel, whatever that has muted. Alerts about
  Headroom itself always reach the fallback channel where they are meant for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.addressing import Addressee
from bot.core.routing import fits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from bot.core.routing import Facts

OPERATIONS: Final = "operations"
"""Kind of the alerts about Headroom itself."""


class Verb(StrEnum):
    """What is wished for."""

    SUBSCRIBE = "subscribe"
    MUTE = "mute"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One wish of a person or a channel."""

    target: str
    """The destination that it is for: `person:<person_id>` or `#channel`."""
    verb: Verb
    kind: str = ""
    """Kind of alerts; empty: any about accounts."""
    segment: str = ""
    """Segment of accounts, in any capitals and with `*` for anything; empty: any."""
    by_user: str = ""
    """Slack user id of who wished it; empty: whoever runs Headroom."""
    at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two wishes the same."""
        return self.target, self.verb, self.kind, self.segment

    def opposite(self) -> Subscription:
        """Return the wish that says the contrary."""
        return replace(self, verb=Verb.MUTE if self.verb is Verb.SUBSCRIBE else Verb.SUBSCRIBE)

    def means(self, facts: Facts) -> bool:
        """Tell whether an alert is one of those that are meant."""
        kind = facts.kind == self.kind if self.kind else facts.kind != OPERATIONS
        return kind and (not self.segment or (facts.segment is not None and fits(self.segment, facts.segment)))


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears an alert in the end."""

    addressees: tuple[Addressee, ...]
    """At least one, where there was one at first."""
    silenced: tuple[str, ...] = ()
    """Destinations that were left out where that would have left nobody: the fallback channel stands in for them."""


def hearers(
    meant: Sequence[Addressee],
    facts: Facts,
    wishes: Collection[Subscription],
    fallback: str,
    admitted: Callable[[Subscription], bool],
) -> Heard:
    """Return who hears an alert: those who are meant, and who subscribed, without who muted it.

    `wishes`: of everybody. `fallback`: the channel of what has no other place. `admitted` tells whether the alert may
    be shown for the sake of a subscription.
    """
    wanted = [one for one in wishes if one.means(facts)]
    muted = {one.target for one in wanted if one.verb is Verb.MUTE}
    if facts.kind == OPERATIONS:
        muted.discard(fallback)
    subscribed = (one for one in wanted if one.verb is Verb.SUBSCRIBE and one.target not in muted)
    left = [_without(one, muted) for one in meant if one.destination not in muted]
    there = {one.destination for one in left}
    besides = dict.fromkeys(one.target for one in subscribed if one.target not in there and admitted(one))
    heard = (*left, *map(Addressee, besides))
    if heard or not meant:
        return Heard(heard)
    return Heard((Addressee(fallback),), tuple(one.destination for one in meant))


def _without(addressee: Addressee, muted: Collection[str]) -> Addressee:
    chain = tuple(one for one in addressee.chain if one not in muted)
    return addressee if chain == addressee.chain else replace(addressee, chain=chain)
