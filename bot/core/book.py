"""Whose accounts a list is about: somebody's own, their team's, or all. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from bot.core.attention import Alert, ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Whose(StrEnum):
    """Whose accounts are meant, as people type it."""

    MINE = "mine"
    """Those that somebody owns, or is the CSM of."""
    TEAM = "team"
    ALL = "all"
    """Those that the person who asks may see."""


def team_of(person_id: str, managers: Mapping[str, str | None]) -> frozenset[str]:
    """Return a person and everybody below them; where nobody is, everybody with the same manager.

    `managers`: by person who their manager is. Chains that go in a circle end where they began.
    """
    reports: defaultdict[str, list[str]] = defaultdict(list)
    for one, manager in managers.items():
        if manager is not None and manager != one:
            reports[manager].append(one)
    found, new = {person_id}, [person_id]
    while new:
        below = {one for manager in new for one in reports.get(manager, ())} - found
        found |= below
        new = sorted(below)
    manager = managers.get(person_id)
    return frozenset(found if len(found) > 1 or manager is None else (*found, *reports[manager]))


@dataclass(frozen=True, slots=True)
class Sums:
    """What amounts add up to: a sum a currency, as amounts of different currencies have none."""

    amounts: tuple[tuple[str | None, float], ...]
    """Currency and sum, the currency with the most amounts first; None: the CRM names no currency."""
    unknown: int
    """How many amounts are not known and in no sum."""


def sums(amounts: Iterable[tuple[str | None, float | None]]) -> Sums:
    """Add up amounts, each with its currency."""
    by_currency: defaultdict[str | None, list[float]] = defaultdict(list)
    unknown = 0
    for currency, amount in amounts:
        if amount is not None:
            by_currency[currency].append(amount)
        else:
            unknown += 1
    order = sorted(by_currency.items(), key=lambda item: (-len(item[1]), item[0] is None, item[0] or ""))
    return Sums(tuple((currency, sum(found)) for currency, found in order), unknown)


@dataclass(frozen=True, slots=True)
class Stake:
    """One alert as it is ranked."""

    key: str
    account: str
    severity: str
    at_stake: float | None
    currency: str | None
    days_left: float | None
    """Until the account's deadline."""


def most_urgent_first(stakes: Sequence[Stake]) -> tuple[str, ...]:
    """Return the keys of alerts by at stake x urgency, as `bot.core.attention` ranks them.

    Amounts of several currencies are each measured by the median of their currency: without rates nobody knows which
    of two is larger.
    """
    known: defaultdict[str | None, list[float]] = defaultdict(list)
    for stake in stakes:
        if stake.at_stake is not None:
            known[stake.currency].append(stake.at_stake)
    scales = {currency: abs(median(amounts)) or 1.0 for currency, amounts in known.items()} if len(known) > 1 else {}
    alerts = [
        Alert(
            stake.key,
            "",
            stake.severity,
            None if stake.at_stake is None else stake.at_stake / scales.get(stake.currency, 1.0),
            stake.days_left,
        )
        for stake in stakes
    ]
    return tuple(alert.key for alert in ranked(alerts, among=alerts))


def at_stake(stakes: Iterable[Stake]) -> Sums:
    """Add up what is at stake: an account with several alerts counts once, with the largest amount of them."""
    largest: dict[str, tuple[str | None, float | None]] = {}
    for stake in stakes:
        _, before = largest.get(stake.account, (None, None))
        if before is None or (stake.at_stake is not None and stake.at_stake > before):
            largest[stake.account] = (stake.currency, stake.at_stake)
    return sums(largest.values())
