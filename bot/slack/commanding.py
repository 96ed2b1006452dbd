"""The listeners of the slash command, and of the choices under an answer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.desk.asking import Question
from bot.messages.choices import RUN
from bot.slack.floor import channel_of

if TYPE_CHECKING:
    from slack_bolt import Ack, App

    from bot.desk.asking import Answer, Asker
    from bot.slack.floor import Floor

Json = dict[str, Any]


def commanding(app: App, floor: Floor) -> None:
    """Listen to the slash command and to RUN."""

    # Bolt gives listeners what their parameters are named after.
    def command(ack: Ack, body: Json) -> None:
        floor.answer(ack, body, partial(asked, floor, body, body.get("text") or ""))

    def run(ack: Ack, body: Json, action: Json) -> None:
        words = (action.get("selected_option") or {}).get("value") or action.get("value") or ""
        floor.answer_beside(body, partial(_pressed, floor, body, words), instead=_is_own(body))
        ack()

    app.command(floor.command)(command)
    app.action({"type": "block_actions", "action_id": RUN})(run)


def asked(floor: Floor, body: Json, text: str, asker: Asker) -> Answer:
    """Answer what somebody typed, or could have typed."""
    return floor.commands.answer(Question(text, asker, floor.command, floor.clock(), channel_of(body)))


def _pressed(floor: Floor, body: Json, words: str, asker: Asker) -> Answer:
    # A name or a reason that stands in a choice may end in "share": nobody has typed it.
    return replace(asked(floor, body, words, asker), share=False)


def _is_own(body: Json) -> bool:
    # Only what nobody else sees is replaced: a card in a channel stays for the others.
    return bool((body.get("container") or {}).get("is_ephemeral"))
