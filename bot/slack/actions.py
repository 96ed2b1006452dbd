"""The buttons: who takes an alert on, and what the others are told."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bot.core.episodes import Outcome, Phase, word
from bot.messages.revise import SNOOZE
from bot.slack.client import webhook_client

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.episodes import Episode, Step

UNKNOWN: Final = "This alert is no longer known here: there is nothing to claim."

_log = structlog.get_logger(__name__)


class Episodes(Protocol):
    """The episodes of the state store."""

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        """Let a person take an episode on; the first one wins. Enqueues what is to be said of it.

        `notify` of the step tells the one who won. Raises UnknownEpisodeError.
        """

    def snooze_episode(self, episode_id: str, user: str, days: int, now: datetime) -> Step:
        """Silence an episode for so many days of the company; as above."""

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, now: datetime) -> Step:
        """Say what became of an episode; the first one wins; as above."""


def claim_reply(step: Step, user: str) -> str | None:
    """Say what the person who pressed needs to know; None where the edited message says it all."""
    episode = step.episode
    if episode is None:
        return UNKNOWN
    if (over := _over(episode)) is not None:
        return over
    if step.notify:
        return None
    if episode.claimed_by == user:
        return "You have already claimed this."
    if episode.claimed_by is None:
        return "This alert cannot be claimed now."
    return f"Already claimed by <@{episode.claimed_by}>."


def _over(episode: Episode) -> str | None:
    if episode.outcome is not None:
        return f"Already closed as {word(episode.outcome)} by <@{episode.closed_by}>."
    return "This alert is over: nothing is left to claim." if episode.phase is Phase.RESOLVED else None


def choose(episodes: Episodes, choice: tuple[str, str, str], user: str, now: datetime) -> Step:
    """Do with an episode what somebody chose from its menu. Raises UnknownEpisodeError."""
    episode_id, verb, argument = choice
    if verb == SNOOZE:
        return episodes.snooze_episode(episode_id, user, int(argument), now)
    return episodes.close_episode(episode_id, user, Outcome(argument), now)


def choice_reply(step: Step) -> str | None:
    """Say why what was chosen was not done; None where the edited message says it all."""
    if step.notify:
        return None
    over = _over(step.episode) if step.episode is not None and step.episode.outcome is not None else None
    return over or f"Nothing was changed: {step.detail}."


def tell(response_url: str, text: str) -> None:
    """Tell one person something through the response URL of what they did.

    It has no address of its own to be repeated to: where it fails, that is logged and no more.
    """
    try:
        answer = webhook_client(response_url).send(text=text, response_type="ephemeral", replace_original=False)
    except (OSError, HTTPException) as error:
        _log.warning("answer not delivered", error=str(error))
        return
    if answer.status_code != 200:  # noqa: PLR2004 - HTTP's OK
        _log.warning("answer refused", status=answer.status_code, body=answer.body)
