"""What is done with an alert, and what the person who pressed is told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.episode import Outcome, Phase
from bot.messages.choices import Verb, outcome_word
from bot.messages.escape import link, mention, mrkdwn
from bot.messages.speech import ENGLISH, msg

if TYPE_CHECKING:
    from datetime import date, datetime

    from bot.core.episodes import Episode, Step
    from bot.desk.acting import TaskMade
    from bot.messages.choices import Choice
    from bot.messages.speech import Speech
    from bot.messages.views.acts import Alert

UNKNOWN: Final = msg("This alert is no longer known here: there is nothing to claim.")


class Episodes(Protocol):
    """The episodes of the state store. What acts on one raises UnknownEpisodeError where it is not there."""

    def claim_episode(self, episode_id: str, user: str, now: datetime) -> Step:
        """Let a person take an episode on; the first one wins. Enqueues what is to be said of it.

        `notify` of the step tells the one who won.
        """

    def snooze_episode(self, episode_id: str, user: str, until: date, reason: str | None, now: datetime) -> Step:
        """Silence an episode until a day of the company; as above."""

    def close_episode(self, episode_id: str, user: str, outcome: Outcome, reason: str | None, now: datetime) -> Step:
        """Say what became of an episode; the first one wins; as above."""

    def today(self, now: datetime) -> date:
        """Return which day it is for the company."""

    def alert(self, episode_id: str) -> Alert | None:
        """Return what a modal about an episode may say; None: there is no such episode."""


def claim_reply(step: Step, user: str, speech: Speech = ENGLISH) -> str | None:
    """Say what the person who pressed needs to know; None where the edited message says it all."""
    episode = step.episode
    if episode is None:
        return speech.t(UNKNOWN)
    if (over := _over(episode, speech)) is not None:
        return over
    if step.notify:
        return None
    if episode.claimed_by == user:
        return speech.t("You have already claimed this.")
    if episode.claimed_by is None:
        return speech.t("This alert cannot be claimed now.")
    return speech.t("Already claimed by {person}.", person=mention(episode.claimed_by))


def _over(episode: Episode, speech: Speech) -> str | None:
    if episode.outcome is not None:
        return speech.t(
            "Already closed as {outcome} by {person}.",
            outcome=outcome_word(episode.outcome, speech),
            person=mention(episode.closed_by),
        )
    if episode.phase is Phase.RESOLVED:
        return speech.t("This alert is over: nothing is left to claim.")
    return None


def choose(episodes: Episodes, choice: Choice, user: str, now: datetime) -> Step:
    """Do with an episode what somebody chose from its menu: to snooze it for some days, or to close it."""
    if choice.verb is Verb.SNOOZE:
        until = episodes.today(now) + timedelta(days=int(choice.argument))
        return episodes.snooze_episode(choice.episode_id, user, until, None, now)
    return episodes.close_episode(choice.episode_id, user, Outcome(choice.argument), None, now)


def choice_reply(step: Step, speech: Speech = ENGLISH) -> str | None:
    """Say why what was chosen was not done; None where the edited message says it all."""
    if step.notify:
        return None
    over = _over(step.episode, speech) if step.episode is not None and step.episode.outcome is not None else None
    return over or speech.t("Nothing was changed: {reason}.", reason=mrkdwn(step.detail))


def task_reply(made: TaskMade, speech: Speech = ENGLISH) -> str:
    """Say what became of a task that somebody wanted."""
    if made.problem is not None:
        return speech.t("No task was made: {reason}", reason=mrkdwn(made.problem))
    where = link(speech.t("open it"), made.url) if made.url else speech.t("it stands under the account")
    if made.had:
        return speech.t("Salesforce has had this task already: {where}.", where=where)
    return speech.t("The task stands in Salesforce: {where}.", where=where)
