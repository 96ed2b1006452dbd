"""What is said where nobody claims an alert: to the manager, and in the messages that stand already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messages import phrases
from bot.messages.escape import mrkdwn
from bot.messages.message import Note, Text
from bot.messages.placing import under_headline
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from datetime import date

    from bot.messages.message import Message
    from bot.messages.speech import Speech


def to_manager(alert: Message, waited: str, owner: str | None, *, manager: bool) -> Message:
    """Say to the owner's manager that nobody has claimed an alert, above the alert itself, in its language.

    `waited`: "nobody has claimed it for 24 hours of working time". `owner`: None where the account has none.
    `manager`: whether there is one; else this stands in the fallback channel, and says so.
    """
    speech = speech_of(alert)
    since = mrkdwn(phrases.said(waited, speech))
    said = " ".join(filter(None, (_whose(owner, speech), "" if manager else _nobody(owner, speech))))
    line = Text(f"*{speech.t('Escalated: {waited}.', waited=since)}* {said}")
    summary = speech.t("Escalated, {waited}: {alert}", waited=since, alert=alert.summary)
    return replace(under_headline(alert, line), summary=summary)


def _whose(owner: str | None, speech: Speech) -> str:
    if owner:
        return speech.t("Its owner is *{name}*.", name=mrkdwn(owner))
    return speech.t("The account has no owner in the CRM.")


def _nobody(owner: str | None, speech: Speech) -> str:
    return speech.t("The CRM names no manager to turn to.") if owner else speech.t("There is no manager to turn to.")


def told_manager(message: Message, waited: str, manager: str | None, on: date) -> Message:
    """Say in a message that stands already to whom it was escalated; None: to the fallback channel."""
    speech = speech_of(message)
    whom = mrkdwn(manager) if manager else speech.t("the fallback channel, as the CRM names no manager")
    since = mrkdwn(phrases.said(waited, speech))
    said = speech.t("Escalated to {whom} on {day}: {waited}", whom=whom, day=speech.day(on), waited=since)
    return under_headline(message, Note((said,)))
