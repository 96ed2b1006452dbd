"""What changed about each owner's accounts since the night before: what a daily digest has besides."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from bot.core.book import Stake, most_urgent_first
from bot.core.digesting import BY_ITSELF, Change, State, What, book_changes
from bot.core.episode import Phase
from bot.core.verdicts import figure
from bot.messages.digests.daily import Changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.episode import Episode
    from bot.state.rows import AccountView


@dataclass(frozen=True, slots=True)
class Yesterday:
    """How things stood after the night before."""

    day: date | None = None
    """The day that was judged then; None: nothing is compared."""
    book: Mapping[str, State] = field(default_factory=dict)
    """By account."""
    acted: Sequence[Episode] = ()
    """Open episodes that somebody claimed or closed since."""
    in_slack: Mapping[str, str] = field(default_factory=dict)
    """Slack user ids, and who that is in the CRM."""


@dataclass(frozen=True, slots=True)
class Also:
    """What digests have beside what was held back."""

    changes: Mapping[str, Sequence[Changed]] = field(default_factory=dict)
    """By person, what matters most first."""
    since: date | None = None


def also(yesterday: Yesterday, accounts: Mapping[str, AccountView], ended: Iterable[Episode], today: date) -> Also:
    """Return what changed since `yesterday`, by owner; `accounts` are those of tonight, `ended` what ended tonight."""
    if yesterday.day is None:
        return Also()
    now = {account_id: state_of(view) for account_id, view in accounts.items()}
    found = [*book_changes(yesterday.book, now, today), *_of_alerts(yesterday, accounts, ended)]
    by_owner: defaultdict[str, list[Change]] = defaultdict(list)
    for change in found:
        if (owner := accounts[change.account_id].owner_id) is not None:
            by_owner[owner].append(change)
    ranked = {owner: tuple(_ranked(changes, accounts)) for owner, changes in by_owner.items()}
    return Also(ranked, yesterday.day)


def state_of(view: AccountView) -> State:
    """Return an account as digests compare it."""
    band, used, deadline = (view.metrics.get(name) for name in ("health_band", "peak_utilization", "deadline"))
    return State(
        band if isinstance(band, str) else None, figure(used), deadline if isinstance(deadline, date) else None
    )


def _of_alerts(yesterday: Yesterday, accounts: Mapping[str, AccountView], ended: Iterable[Episode]) -> Iterator[Change]:
    """Yield alerts that are over and those that somebody else took on; what the owner did is no news to the owner."""
    for episode in yesterday.acted:
        view = accounts.get(episode.subject)
        if view is None:
            continue
        if episode.phase is Phase.CLOSED and yesterday.in_slack.get(episode.closed_by or "") != view.owner_id:
            yield Change(episode.subject, What.ENDED, episode.rule, str(episode.outcome))
        elif episode.phase is Phase.CLAIMED and yesterday.in_slack.get(episode.claimed_by or "") != view.owner_id:
            yield Change(episode.subject, What.CLAIMED, episode.rule, episode.claimed_by)
    for episode in ended:
        # What somebody had closed was told of then.
        if episode.subject in accounts and episode.announced and episode.fired_at and episode.outcome is None:
            yield Change(episode.subject, What.ENDED, episode.rule, BY_ITSELF)


def _ranked(changes: Sequence[Change], accounts: Mapping[str, AccountView]) -> Iterator[Changed]:
    stakes = [_stake(str(number), change, accounts[change.account_id]) for number, change in enumerate(changes)]
    for key in most_urgent_first(stakes):
        change = changes[int(key)]
        view = accounts[change.account_id]
        yield Changed(change, view.name, view.url)


def _stake(key: str, change: Change, view: AccountView) -> Stake:
    m = view.metrics
    currency = m.get("currency")
    return Stake(
        key,
        change.account_id,
        change.severity,
        figure(m.get("arr")),
        currency if isinstance(currency, str) else None,
        figure(m.get("days_to_deadline")),
    )
