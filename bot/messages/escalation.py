"""What is said where nobody claims an alert: to the manager, and in the messages that stand already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messages import words
from bot.messages.escape import mrkdwn
from bot.messages.message import Note, Text
from bot.messages.placing import under_headline

if TYPE_CHECKING:
    from datetime import date

    from bot.messages.message import Message


def to_manager(alert: Message, waited: str, owner: str | None, *, manager: bool) -> Message:
    """Say to the owner's manager that nobody has claimed an alert, above the alert itself.

    `waited`: "nobody has claimed it for 24 hours of working time". `owner`: None where the account has none.
    `manager`: whether there is one; else this stands in the fallback channel, and says so.
    """
    whose = f"Its owner is *{mrkdwn(owner)}*." if owner else "The account has no owner in the CRM."
    instead = (
        "" if manager else " The CRM names no manager to turn to." if owner else " There is no manager to turn to."
    )
    line = Text(f"*Escalated: {mrkdwn(waited)}.* {whose}{instead}")
    summary = f"Escalated, {mrkdwn(waited)}: {alert.summary}"
    return replace(under_headline(alert, line), summary=summary)


def told_manager(message: Message, waited: str, manager: str | None, on: date) -> Message:
    """Say in a message that stands already to whom it was escalated; None: to the fallback channel."""
    whom = mrkdwn(manager) if manager else "the fallback channel, as the CRM names no manager"
    return under_headline(message, Note((f"Escalated to {whom} on {words.day(on)}: {mrkdwn(waited)}",)))
