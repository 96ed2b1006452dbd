"""The modals of an alert: until when to be silent, what became of it, why it was a false alarm.

None of them names the account: a modal has to open before anybody could be asked what the person may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.acts import SNOOZE_MOST, snooze_fault
from bot.core.episode import Outcome
from bot.messages.choices import outcome_word, outcomes_of
from bot.messages.escape import mrkdwn
from bot.messages.message import Text
from bot.messages.views.modal import Day, Modal, Pick, Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.messages.speech import Speech

SNOOZE_VIEW: Final = "snooze_until"
CLOSE_VIEW: Final = "close_with_note"
FALSE_ALARM_VIEW: Final = "false_alarm"
SAID_VIEW: Final = "said"

UNTIL, OUTCOME, REASON = "until", "outcome", "reason"
"""Names of the fields."""
REASON_MOST: Final = 500
_FIRST_GUESS: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Alert:
    """What a modal asks about, as far as it may be said to anybody."""

    episode_id: str
    rule: str
    kind: str
    """Decides which outcomes are offered."""


def snooze_modal(alert: Alert, today: date, speech: Speech) -> Modal:
    """Ask until when an alert is to be silent, and why."""
    return Modal(
        SNOOZE_VIEW,
        speech.t("Snooze"),
        (
            Text(
                speech.t(
                    "The alert (rule {rule}) is silent before that day. If it still holds then, it is said again.",
                    rule=mrkdwn(alert.rule),
                )
            ),
            Day(UNTIL, speech.t("Until"), today + _FIRST_GUESS, hint=_until_when(today, speech)),
            _reason(speech, speech.t("Why"), optional=True),
        ),
        submit=speech.t("Snooze"),
        close=speech.t("Cancel"),
        private=alert.episode_id,
        language=speech.language,
    )


def close_modal(alert: Alert, speech: Speech) -> Modal:
    """Ask what became of an alert, with a note."""
    outcomes = tuple((outcome_word(one, speech).capitalize(), str(one)) for one in outcomes_of(alert.kind))
    return Modal(
        CLOSE_VIEW,
        speech.t("Done"),
        (
            _closes(alert, speech),
            Pick(OUTCOME, speech.t("What became of it?"), outcomes),
            _reason(speech, speech.t("Note"), optional=True),
        ),
        submit=speech.t("Close the alert"),
        close=speech.t("Cancel"),
        private=alert.episode_id,
        language=speech.language,
    )


def false_alarm_modal(alert: Alert, speech: Speech) -> Modal:
    """Ask why an alert was a false alarm."""
    hint = speech.t("The share of false alarms of each rule is counted: your reason helps to mend the rule.")
    return Modal(
        FALSE_ALARM_VIEW,
        speech.t("False alarm"),
        (_closes(alert, speech), _reason(speech, speech.t("What was wrong?"), optional=False, hint=hint)),
        submit=speech.t("Close the alert"),
        close=speech.t("Cancel"),
        private=alert.episode_id,
        language=speech.language,
    )


def said_modal(title: str, text: str, speech: Speech) -> Modal:
    """Say something in place of a modal that was filled in; `text` is mrkdwn."""
    return Modal(SAID_VIEW, title, (Text(text),), close=speech.t("Close"), language=speech.language)


def until_of(fields: Mapping[str, str | None], today: date, speech: Speech) -> tuple[date | None, dict[str, str]]:
    """Read the day of the snooze modal; with what is wrong with it, by field."""
    try:
        until = date.fromisoformat(fields.get(UNTIL) or "")
    except ValueError:
        return None, {UNTIL: speech.t("Choose a day.")}
    if snooze_fault(until, today) is None:
        return until, {}
    return None, {UNTIL: _until_when(today, speech)}


def outcome_of(fields: Mapping[str, str | None], speech: Speech) -> tuple[Outcome | None, dict[str, str]]:
    """Read the outcome of the close modal; with what is wrong with it, by field."""
    chosen = fields.get(OUTCOME)
    if chosen not in set(Outcome):
        return None, {OUTCOME: speech.t("Choose what became of it.")}
    return Outcome(chosen), {}


def reason_of(fields: Mapping[str, str | None]) -> str | None:
    """Read the reason as one line; None where none was given."""
    reason = " ".join((fields.get(REASON) or "").split())
    return reason[:REASON_MOST] or None


def _until_when(today: date, speech: Speech) -> str:
    first, last = today + timedelta(days=1), today + SNOOZE_MOST
    return speech.t(
        "A day from {first} to {last}: not in the past, at most a year.", first=speech.day(first), last=speech.day(last)
    )


def _closes(alert: Alert, speech: Speech) -> Text:
    told = speech.t("The alert (rule {rule}) is silent from then on, for everybody.", rule=mrkdwn(alert.rule))
    return Text(told)


def _reason(speech: Speech, label: str, *, optional: bool, hint: str = "") -> Write:
    placeholder = speech.t("Stands in the message, for everybody to read")
    return Write(REASON, label, placeholder, most=REASON_MOST, lines=True, optional=optional, hint=hint)
