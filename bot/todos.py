"""Alerts that somebody claimed, as things to do in the CRM: each once, whatever becomes of the alert or the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.episode import Phase
from bot.core.verdicts import Scope, Truth
from bot.messages import words
from bot.messages.evidence import compared
from connectors.writeback import Todo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.episode import Episode
    from bot.state.rows import AccountView, Person
    from bot.state.store import Store

TASK_WRITTEN: Final = "task-written"
"""Verb of the audit: a task stands in the CRM, or stood there until somebody deleted it."""


@dataclass(frozen=True, slots=True)
class Todos:
    """Finds them, from the state store alone."""

    store: Store

    def new(self, source: str) -> tuple[Todo, ...]:
        """Return the claimed alerts of accounts that have not become a task of this source yet, by id."""
        claimed = [one for one in self.store.open_episodes().values() if one.phase is Phase.CLAIMED]
        return tuple(self._todos(sorted(claimed, key=lambda one: one.episode_id), source))

    def of(self, episode: Episode) -> Todo | None:
        """Return an alert as a thing to do, whether it has become one or not; None where it is about no account."""
        view = self.store.account(episode.subject)
        return self._todo(episode, view) if view is not None else None

    def _todos(self, claimed: list[Episode], source: str) -> Iterator[Todo]:
        for episode in claimed:
            view = self.store.account(episode.subject)
            if view is not None and not self._has_been(episode, source):
                yield self._todo(episode, view)

    def _has_been(self, episode: Episode, source: str) -> bool:
        lines = self.store.audit(episode.subject, limit=None)
        return any(
            (line.verb, line.detail.get("source"), line.detail.get("episode"))
            == (TASK_WRITTEN, source, episode.episode_id)
            for line in lines
        )

    def _todo(self, episode: Episode, view: AccountView) -> Todo:
        who = self._claimer(episode)
        currency = view.metrics.get("currency")
        told = {
            "account": view.name,
            "alert": episode.rule,
            "severity": episode.severity,
            "at_stake": words.money(episode.at_stake, currency),
            "claimed_by": who.name if who is not None else episode.claimed_by or "somebody",
            "as_of": str(episode.evidence_on or view.as_of),
        }
        owner = who.person_id if who is not None else view.csm_id or view.owner_id
        text = "\n".join(_lines(episode, view, told))
        return Todo(episode.episode_id, view.account_id, view.name, owner, told, text)

    def _claimer(self, episode: Episode) -> Person | None:
        return self.store.person_in_slack(episode.claimed_by) if episode.claimed_by else None


def _lines(episode: Episode, view: AccountView, told: dict[str, str]) -> Iterator[str]:
    """Say what it is about, what was seen and who has taken it on, a line each."""
    yield f"{told['alert']} ({told['severity']}) at {told['account']}, as of {told['as_of']}"
    currency = view.metrics.get("currency")
    for evidence in episode.evidence:
        if evidence.truth is Truth.TRUE:
            seen = compared(evidence, Scope.ACCOUNT, currency if isinstance(currency, str) else None)
            yield from map(str, seen)
    if episode.at_stake is not None:
        yield f"At stake: {told['at_stake']}"
    since = f" on {episode.claimed_at:%Y-%m-%d %H:%M} UTC" if episode.claimed_at is not None else ""
    yield f"Claimed in Slack by {told['claimed_by']}{since}"
