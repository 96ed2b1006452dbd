"""`prefs`: what somebody chose for themselves, and changing it by typing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.choices import ChoiceError, chosen, told
from bot.desk.asking import Answer
from bot.messages.escape import mrkdwn
from bot.messages.message import Headline, Message, Text
from bot.messages.preferences import preferences_message, problem_in
from bot.messages.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.core.preferences import Preferences
    from bot.desk.asking import Asker, Question
    from bot.messages.preferences import Company
    from bot.state.rows import SlackIdentity

_PAIR: Final = re.compile(r"([A-Za-z_]+)\s*=\s*")


class Choices(Protocol):
    """What people chose: the state store."""

    def preferences(self, user_id: str) -> Preferences:
        """Return what a Slack user chose."""

    def choose(
        self,
        user_id: str,
        change: Callable[[Preferences], Preferences],
        now: datetime,
        person_id: str | None = None,
    ) -> Preferences:
        """Change what a Slack user chose, and return it. What `change` raises changes nothing.

        `person_id`: who that is in the CRM, where known.
        """

    def slack_identity(self, person_id: str) -> SlackIdentity | None:
        """Return who a person is in Slack; None where that was never looked up."""


@dataclass(frozen=True, slots=True)
class PrefsCommand:
    """Shows what somebody chose for themselves, and changes it."""

    choices: Choices
    company: Company
    changed: Callable[[str], None]
    """Is told whose preferences were changed: what is kept of that user is of before."""
    name: str = "prefs"
    usage: str = "prefs [quiet=18:00-08:00 digest=weekly …]"
    purpose: str = "quiet hours, digest, language: what comes to you, and when"

    def answer(self, question: Question) -> Answer:
        """Show the preferences of who asks, after changing what was typed as `key=value`."""
        asker, speech = question.asker, question.asker.speech
        asker.sight.readable(())  # guests and members of other companies have nothing to choose
        user = self.user_of(asker)
        if not user:
            return _nobody(speech)
        if not question.text:
            return self._shown(self.choices.preferences(user), question, speech)
        wanted = pairs_of(question.text)
        try:
            # Before the transaction: a value that cannot be taken locks nothing.
            chosen(self.choices.preferences(user), wanted, self.company.languages)
        except ChoiceError as error:
            return _refused(error, speech)
        after = self.choices.choose(
            user,
            lambda before: chosen(before, wanted, self.company.languages),
            question.now,
            asker.person.person_id if asker.person is not None else None,
        )
        self.changed(user)
        spoken = Speech(after.language or speech.language, after.zone(None) or speech.zone)
        return self._shown(after, question, spoken)

    def user_of(self, asker: Asker) -> str:
        """Return the Slack user id that the choices of who asks are kept under; empty where there is none."""
        if asker.user or asker.person is None:
            return asker.user
        identity = self.choices.slack_identity(asker.person.person_id)
        return (identity.user_id or "") if identity is not None else ""

    def _shown(self, preferences: Preferences, question: Question, speech: Speech) -> Answer:
        typed = f"{question.command} {self.name}"
        message = preferences_message(preferences, self.company, typed, speech)
        return Answer(message, {"preferences": told(preferences)})


def pairs_of(text: str) -> dict[str, str]:
    """Read `key=value key=value`; a value goes on to the next key. What stands before the first key is a key alone."""
    parts = _PAIR.split(text)
    pairs = {key.lower(): value.strip(" ,;") for key, value in zip(parts[1::2], parts[2::2], strict=True)}
    if parts[0].strip():
        # `quiet 18:00-08:00` is what people type, too.
        key, _, value = parts[0].strip().partition(" ")
        pairs = {key.lower(): value.strip(" ,;"), **pairs}
    return pairs


def _nobody(speech: Speech) -> Answer:
    title = speech.t("Nobody in Slack is known by this")
    told_why = speech.t(
        "Preferences are those of a member of the workspace. Say who asks by `--as EMAIL`; that person has to have "
        "used Headroom in Slack, or to have got a message of it, once."
    )
    return Answer(
        Message("answer", mrkdwn(title), (Headline(title), Text(told_why))), {"preferences": None}, found=False
    )


def _refused(error: ChoiceError, speech: Speech) -> Answer:
    title = speech.t("Nothing was changed")
    problems = {key: problem_in(problem, speech) for key, problem in error.problems.items()}
    lines = "\n".join(f"• {mrkdwn(key)}: {mrkdwn(problem)}" for key, problem in problems.items())
    message = Message("answer", mrkdwn(title), (Headline(title), Text(lines)))
    return Answer(message, {"preferences": None, "problems": problems}, found=False)
