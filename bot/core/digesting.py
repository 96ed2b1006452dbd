"""What a digest compares and counts: what moved since the last one, what changed in a book, what comes up. Pure.

What is decided where it could be otherwise:
- An account is at stake with the most that one of its alerts says: two alerts may be about the same money.
- Amounts of different currencies are never added up; an account whose currency changed leaves one and comes to the
  other.
- What is not known is in no sum and is counted beside it. A band that becomes unknown, or known, is no change of a
  book: nothing is known to have happened.
- A deadline that is past gives way to the next one: that is how time goes, and no news.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.book import Sums, sums
from bot.core.preferences import Rhythm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import tzinfo

    from bot.core.preferences import Preferences

WEEKS: Final = 12
"""How many weeks ahead renewals are told of."""
BY_ITSELF: Final = "resolved"
"""How an alert ended that nobody closed."""

_LOW, _TIGHT, _FULL = 0.5, 0.8, 1.0  # of what was bought: hardly used, near the limit, beyond it
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Held:
    """What one account has at stake."""

    amount: float | None
    """None: it is at stake, and nobody knows how much."""
    currency: str | None = None


@dataclass(slots=True)
class Moved:
    """How what is at stake moved, in one currency: `before` + `opened` + `changed` - all of `closed` = `now`."""

    currency: str | None
    before: float = 0.0
    opened: float = 0.0
    """Of accounts that were not at stake before."""
    changed: float = 0.0
    """Of accounts that were and are: more, or less."""
    closed: dict[str, float] = field(default_factory=dict)
    """By outcome, of accounts that are not at stake any more."""
    now: float = 0.0
    unknown: int = 0
    """Accounts that are at stake now with an unknown amount."""


def movement(before: Mapping[str, Held], now: Mapping[str, Held], outcomes: Mapping[str, str]) -> tuple[Moved, ...]:
    """Return how what is at stake moved between two days, a currency each, the largest first.

    `before` and `now`: by account. `outcomes`: how it ended, of accounts that are not at stake any more.
    """
    found: dict[str | None, Moved] = {}

    def of(currency: str | None) -> Moved:
        return found.setdefault(currency, Moved(currency))

    for account, held in before.items():
        amount, left = held.amount or 0.0, of(held.currency)
        left.before += amount
        if account not in now:
            outcome = outcomes.get(account, BY_ITSELF)
            left.closed[outcome] = left.closed.get(outcome, 0.0) + amount
        else:
            left.changed -= amount
    for account, held in now.items():
        amount, there = held.amount or 0.0, of(held.currency)
        there.now += amount
        there.unknown += held.amount is None
        if account in before:
            there.changed += amount
        else:
            there.opened += amount
    return tuple(sorted(found.values(), key=lambda one: (-max(one.now, one.before), one.currency or "")))


class Band(StrEnum):
    """How much of what was bought is used."""

    LOW = "low"
    FAIR = "fair"
    TIGHT = "tight"
    OVER = "over"


def band_of(utilization: float | None) -> Band | None:
    """Return the band of a utilization; None: unknown."""
    if utilization is None:
        return None
    if utilization < _LOW:
        return Band.LOW
    return Band.FAIR if utilization < _TIGHT else Band.TIGHT if utilization <= _FULL else Band.OVER


@dataclass(frozen=True, slots=True)
class State:
    """One account, as a digest compares it with the day before."""

    health_band: str | None = None
    """red | yellow | green."""
    utilization: float | None = None
    """Of the fullest contract line."""
    deadline: date | None = None
    """The earlier of the last day to give notice and the end."""


class What(StrEnum):
    """What changed about an account."""

    HEALTH = "health"
    UTILIZATION = "utilization"
    DEADLINE = "deadline"
    ENDED = "ended"
    """An alert is over."""
    CLAIMED = "claimed"
    """Somebody else took an alert on."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    account_id: str
    what: What
    before: str | date | None
    """The band or day that was, or the rule of the alert."""
    after: str | date | None
    """The band or day that is; what became of the alert; the Slack user who took it on."""
    share: float | None = None
    """The utilization that is."""

    @property
    def severity(self) -> str:
        """How much it matters, as that of an alert."""
        if self.what in {What.ENDED, What.CLAIMED}:
            return "low"
        return "high" if self.after in {"red", Band.LOW, Band.OVER} else "medium"


def book_changes(before: Mapping[str, State], now: Mapping[str, State], today: date) -> Iterator[Change]:
    """Yield what changed about the accounts of both days, by account."""
    for account_id in sorted(before.keys() & now.keys()):
        yield from _changes(account_id, before[account_id], now[account_id], today)


def _changes(account_id: str, was: State, now: State, today: date) -> Iterator[Change]:
    if was.health_band and now.health_band and was.health_band != now.health_band:
        yield Change(account_id, What.HEALTH, was.health_band, now.health_band)
    fullness = band_of(was.utilization), band_of(now.utilization)
    if fullness[0] and fullness[1] and fullness[0] is not fullness[1]:
        yield Change(account_id, What.UTILIZATION, *fullness, now.utilization)
    if now.deadline and now.deadline != was.deadline and not (was.deadline and was.deadline < today):
        yield Change(account_id, What.DEADLINE, was.deadline, now.deadline)


@dataclass(frozen=True, slots=True)
class Week:
    """The renewals of one week."""

    begins: date
    """A Monday."""
    accounts: int
    arr: Sums


def by_week(due: Iterable[tuple[date, str | None, float | None]], today: date, weeks: int = WEEKS) -> tuple[Week, ...]:
    """Return the renewals of so many weeks from that of `today` on, weeks without any too.

    `due`: deadline, currency and ARR of each account; those outside are left out, and those before `today`.
    """
    first = today - timedelta(days=today.weekday())
    found: defaultdict[date, list[tuple[str | None, float | None]]] = defaultdict(list)
    for day, currency, arr in due:
        if day >= today:
            found[day - timedelta(days=day.weekday())].append((currency, arr))
    mondays = (first + _WEEK * number for number in range(weeks))
    return tuple(Week(monday, len(found[monday]), sums(found[monday])) for monday in mondays)


def digest_at(chosen: Preferences, zone: tzinfo, now: datetime) -> datetime | None:
    """Return when somebody wants their digest that is written now; None: at once.

    What is written after the time of the day that they chose comes at once; after that of their day of the week, a week
    later. Who wants none gets what was held back as if nothing was chosen: else it would be lost.
    """
    if chosen.digest is Rhythm.NEVER or (chosen.digest is Rhythm.DAILY and chosen.digest_time is None):
        return None
    local = now.astimezone(zone)
    days = (chosen.digest_day - local.weekday()) % 7 if chosen.digest is Rhythm.WEEKLY else 0
    wanted = datetime.combine(local.date() + timedelta(days=days), chosen.digest_time or time(), zone)
    if wanted > local:
        return wanted.astimezone(UTC)
    if chosen.digest is Rhythm.DAILY or chosen.digest_time is None:
        return None
    return datetime.combine(wanted.date() + _WEEK, chosen.digest_time, zone).astimezone(UTC)
