"""What one weekly digest says: gathered from the state store, as far as its reader may see it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.book import Stake, at_stake, most_urgent_first
from bot.core.digesting import BY_ITSELF, Held, by_week, movement
from bot.core.episode import Phase
from bot.core.guarding.rules import CHURN, UPSELL
from bot.messages.digest import Entry, headline_of
from bot.messages.digests.weekly import Alerted, Unclaimed, Weekly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from bot.core.digesting import Week
    from bot.digests.targets import Target
    from bot.messages.message import Message
    from bot.notices.hearing import Readers
    from bot.state.digesting import Booked, StandingAlert
    from bot.state.rows import AccountView, Run
    from bot.state.store import Store

_TOLD_MOST: Final = 150
"""Alerts of a kind whose headline is looked up: a digest and its thread show no more."""
_OWNERS_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a digest says, and what the next one compares with."""

    told: Weekly
    stakes: Mapping[str, tuple[float | None, str | None]]
    """Amount and currency by account."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gathers for one reader."""

    store: Store
    kinds: Mapping[str, str]
    """Kind of each rule, of those that speak of accounts."""
    readers: Readers
    target: Target
    as_of: date

    def gather(self, last: Sequence[Run], company: str, command: str) -> Gathered | None:
        """Return what there is to say; None where the reader may see none of the accounts. `last`: the run before."""
        book = self._book()
        if not book:
            return None
        alerts = [one for one in self.store.standing_alerts(self.kinds, self.target.people) if one.account_id in book]
        risks, upsells = (self._ranked(alerts, kind) for kind in (CHURN, UPSELL))
        held = _held(risks)
        before = self._before(last, book)
        told = Weekly(
            whose=self.target.whose,
            risks=self._told(risks),
            upsells=self._told(upsells),
            weeks=self._weeks(book),
            undated=sum(1 for one in book.values() if one.deadline_on is None),
            at_stake=at_stake(map(self._stake, risks)),
            moved=movement(before, held, self._outcomes(before.keys() - held.keys(), last)),
            since=last[0].as_of if last else None,
            arr=_arr(book.values()),
            unclaimed=self._unclaimed(alerts),
            as_of=self.as_of,
            company=company,
            command=command,
        )
        return Gathered(told, {account: (one.amount, one.currency) for account, one in held.items()})

    def _book(self) -> dict[str, Booked]:
        """Return the accounts that are meant, as far as the reader may see them."""
        book = {one.account_id: one for one in self.store.book(self.target.people) if self.target.holds(one.segment)}
        if self.target.reader is None or not book:
            return book
        shown = self.readers(self.target.reader, sorted(book))
        return {account_id: one for account_id, one in book.items() if account_id in shown}

    def _before(self, last: Sequence[Run], book: Mapping[str, Booked]) -> dict[str, Held]:
        """Return what was at stake then. What a reader sees no more is left out: how it ended is not for them."""
        before = _before(last)
        out_of_sight = self.store.views(before.keys() - book.keys()) if self.target.reader is not None else {}
        return {account: held for account, held in before.items() if account not in out_of_sight}

    def _stake(self, alert: StandingAlert) -> Stake:
        left = None if alert.deadline_on is None else (alert.deadline_on - self.as_of).days
        return Stake(alert.episode_id, alert.account_id, alert.severity, alert.at_stake, alert.currency, left)

    def _ranked(self, alerts: Sequence[StandingAlert], kind: str) -> list[StandingAlert]:
        by_id = {one.episode_id: one for one in alerts if self.kinds[one.rule] == kind}
        return [by_id[key] for key in most_urgent_first([self._stake(one) for one in by_id.values()])]

    def _told(self, alerts: Sequence[StandingAlert]) -> list[Alerted]:
        some = alerts[:_TOLD_MOST]
        said = self.store.newest_posts([one.episode_id for one in some])
        views = self.store.views([one.account_id for one in some])
        return [_alerted(one, said.get(one.episode_id), views.get(one.account_id)) for one in alerts]

    def _weeks(self, book: Mapping[str, Booked]) -> tuple[Week, ...]:
        coming = ((one.deadline_on, one.currency, one.arr) for one in book.values() if one.deadline_on)
        return by_week(coming, self.as_of)

    def _outcomes(self, accounts: Iterable[str], last: Sequence[Run]) -> dict[str, str]:
        """Return how it ended of accounts that are not at stake any more: what was said of the last risk to end."""
        return {account: self._outcome(account, last[0]) for account in accounts} if last else {}

    def _outcome(self, account: str, last: Run) -> str:
        ended = [
            (moment, str(one.outcome))
            for one in self.store.episodes_of(account)
            if self.kinds.get(one.rule) == CHURN and one.outcome is not None
            if (moment := max(filter(None, (one.closed_at, one.resolved_at)), default=None)) is not None
            and moment >= last.started
        ]
        return max(ended)[1] if ended else BY_ITSELF

    def _unclaimed(self, alerts: Sequence[StandingAlert]) -> tuple[Unclaimed, ...]:
        by_owner: defaultdict[str | None, list[StandingAlert]] = defaultdict(list)
        for alert in alerts:
            by_owner[alert.owner_id].append(alert)
        names = {key: one.name for key, one in self.store.some_people([key for key in by_owner if key]).items()}
        found = [self._of_owner(names.get(owner or "", owner), some) for owner, some in by_owner.items()]
        waiting = [one for one in found if one.unclaimed]
        return tuple(sorted(waiting, key=lambda one: (-one.unclaimed, one.owner or ""))[:_OWNERS_MOST])

    def _of_owner(self, name: str | None, alerts: Sequence[StandingAlert]) -> Unclaimed:
        unclaimed = [one for one in alerts if one.phase is Phase.FIRING]
        return Unclaimed(name, len(unclaimed), len(alerts), at_stake(map(self._stake, unclaimed)))


def _alerted(alert: StandingAlert, said: Message | None, view: AccountView | None) -> Alerted:
    headline = headline_of(said) if said is not None else f"{alert.name}: {alert.rule}"
    url = view.url if view is not None else None
    entry = Entry(headline, alert.name, url, alert.severity, alert.at_stake, alert.currency)
    return Alerted(entry, alert.claimed_by if alert.phase is Phase.CLAIMED else None)


def _held(risks: Iterable[StandingAlert]) -> dict[str, Held]:
    """Return what each account has at stake: the most that one of its alerts says."""
    found: dict[str, Held] = {}
    for alert in risks:
        known = found.get(alert.account_id)
        larger = alert.at_stake is not None and (known is None or known.amount is None or alert.at_stake > known.amount)
        if known is None or larger:
            found[alert.account_id] = Held(alert.at_stake, alert.currency)
    return found


def _before(last: Sequence[Run]) -> dict[str, Held]:
    kept = last[0].summary.get("at_stake") if last else None
    if not isinstance(kept, dict):
        return {}
    return {str(account): Held(amount, currency) for account, (amount, currency) in kept.items()}


def _arr(book: Iterable[Booked]) -> dict[str | None, float]:
    found: defaultdict[str | None, float] = defaultdict(float)
    for one in book:
        if one.arr is not None:
            found[one.currency] += one.arr
    return dict(found)
