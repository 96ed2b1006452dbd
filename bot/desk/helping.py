"""What can be asked, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messages.escape import mrkdwn
from bot.messages.message import Headline, Message, Note, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.desk.asking import Command
    from bot.messages.speech import Speech


def help_message(command: str, commands: Sequence[Command], speech: Speech) -> Message:
    """Say what the command can do: fits on one screen."""
    lines = [f"`{mrkdwn(f'{command} {one.usage}')}`  {mrkdwn(speech.t(one.purpose))}" for one in commands]
    lines.append(f"`{mrkdwn(command)} help`  {speech.t('this page')}")
    return Message(
        kind="answer",
        summary=speech.t("What {command} can tell", command=mrkdwn(command)),
        blocks=(
            Headline(speech.t("What would you like to know?")),
            Text("\n".join(lines)),
            Note(
                (
                    speech.t("Only you see an answer; with the word `share` at its end everybody in the channel does."),
                    speech.t("You see the accounts that the CRM lets you see."),
                )
            ),
        ),
    )
