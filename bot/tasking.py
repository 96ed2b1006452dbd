"""A task in the CRM for one alert, at the press of a button: through the same write-back that runs every night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.core.episode import Episode, Phase
from bot.desk.acting import TaskMade
from bot.desk.asking import ClosedError
from bot.state.acts import UnknownEpisodeError
from bot.todos import Todos

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.desk.acting import Acting
    from bot.desk.asking import Asker
    from bot.state.rows import AccountView
    from bot.state.store import Store
    from bot.writeback import Outcome, Writeback


@dataclass(frozen=True, slots=True)
class Tasking:
    """Makes tasks; each press opens connections of its own, as several may come at once."""

    store: Store
    acting: Acting
    writeback: Callable[[], Writeback]

    def make(self, episode_id: str, asker: Asker, now: datetime) -> TaskMade:
        """Make the task of an alert; where nobody has taken the alert on, who asks takes it on first.

        An alert of another person stays theirs, and so does its task. Raises UnknownEpisodeError.
        """
        episode = self.acting.episode(episode_id)
        if episode is None:
            raise UnknownEpisodeError(f"there is no episode {episode_id}")
        view = self.store.account(episode.subject)
        if (problem := _refusal(episode, view, asker)) is not None or view is None:
            return TaskMade(problem=problem)
        claimed = False
        if episode.phase is Phase.FIRING:
            step = self.acting.claim_episode(episode_id, asker.user, now)
            claimed, episode = step.notify, step.episode or episode
        todo = Todos(self.store).of(episode)
        outcomes = self.writeback().apply_task(todo, asker.user or "headroom", now) if todo is not None else ()
        return _made(episode_id, outcomes, view, claimed=claimed)


def _refusal(episode: Episode, view: AccountView | None, asker: Asker) -> str | None:
    say = asker.speech.t
    if episode.phase is Phase.PENDING:
        return say("the alert has not fired yet.")
    if episode.phase in {Phase.CLOSED, Phase.RESOLVED}:
        return say("the alert is over.")
    if view is None:
        return say("the alert is about no account of the CRM.")
    try:
        seen = asker.sight.readable((view.account_id,))
    except ClosedError as error:
        return f"{error}."
    return None if seen else say("you do not see this account in Salesforce.")


def _made(episode_id: str, outcomes: Sequence[Outcome], view: AccountView, *, claimed: bool) -> TaskMade:
    for outcome in outcomes:
        if outcome.written is not None and any(row.key == episode_id for row in outcome.written.done):
            return TaskMade(_address(view, outcome.written.ids.get(episode_id)), claimed=claimed)
        if outcome.differences.had:
            return TaskMade(_address(view, outcome.differences.ids.get(episode_id)), had=True, claimed=claimed)
    return TaskMade(claimed=claimed, problem=_problem(outcomes))


def _problem(outcomes: Sequence[Outcome]) -> str:
    told = [
        *(one.problem for one in outcomes if one.problem),
        *(refusal.message for one in outcomes for refusal in one.refused),
    ]
    return "; ".join(dict.fromkeys(told)) or "no source of the settings takes tasks."


def _address(view: AccountView, record_id: str | None) -> str | None:
    """Return where a record stands: on the host of its account's page."""
    parts = urlsplit(view.url or "")
    return f"https://{parts.netloc}/{record_id}" if parts.scheme == "https" and parts.netloc and record_id else None
