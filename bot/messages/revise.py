"""Messages that stand in Slack already, changed in place: claimed, snoozed, closed, resolved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.messages import phrases
from bot.messages.choices import ACT, BRIEF, CLAIM, Choice, acts_menu, choice_of, outcome_word, with_task
from bot.messages.escape import mention, mrkdwn, short
from bot.messages.message import Button, Buttons, Headline, Menu, Message, Text
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from bot.core.episodes import Episode
    from bot.messages.message import Block
    from bot.messages.speech import Speech

__all__ = [
    "ACT", "BRIEF", "CLAIM", "HEADLINE_MOST", "acts_menu", "choice_of", "claimed", "closed", "resolved", "revised",
    "snoozed", "with_task",
]  # fmt: skip

HEADLINE_MOST: Final = 150

_DONE: Final = "✅ "


def revised(message: Message, episode: Episode, reason: str = "") -> Message:
    """Bring a message up to what has become of its episode, in its own language. `reason`: why it ended."""
    if episode.claimed_by or episode.phase is Phase.CLAIMED:
        message = claimed(message, episode.claimed_by, episode.claimed_at)
    if episode.phase is Phase.SNOOZED:
        message = snoozed(message, episode)
    if episode.resolved_at is not None:
        message = resolved(message, episode.resolved_at, reason)
    if episode.outcome is not None:
        message = closed(message, episode)
    return message


def claimed(message: Message, user: str | None, on: date | None) -> Message:
    """Say who has taken the episode on, and take the claim button away. `user` is a Slack user id."""
    speech = speech_of(message)
    begin = speech.t("Claimed by ")
    line = f"{begin}{mention(user)}."
    if on:
        line = f"{begin}{speech.t('{person} on {day}.', person=mention(user), day=speech.day(on))}"
    return _changed(message, (begin, line), speech.t("claimed"), lambda _: True)


def snoozed(message: Message, episode: Episode) -> Message:
    """Say until when an episode is silent, and who wants it so."""
    speech = speech_of(message)
    begin, by = speech.t("Snoozed until "), mention(episode.snoozed_by)
    line = begin + speech.t("{day} by {person}", day=speech.day(episode.snoozed_until), person=by)
    return _changed(message, (begin, line + _because(episode.snooze_reason)), speech.t("snoozed"), lambda _: True)


def resolved(message: Message, on: date, reason: str = "") -> Message:
    """Say that it is over and why, mark the headline, and take the claim button away. Its outcome may be told yet."""
    speech = speech_of(message)
    begin = speech.t("Resolved on ")
    why = f": {mrkdwn(phrases.said(reason, speech))}" if reason else ""
    marked = replace(message, blocks=tuple(map(_done, message.blocks)))
    return _changed(marked, (begin, f"{begin}{speech.day(on)}{why}."), speech.t("resolved"), lambda one: one.closes)


def closed(message: Message, episode: Episode) -> Message:
    """Say what became of an episode and who said so; there is nothing left to do."""
    speech = speech_of(message)
    begin = speech.t("Closed as ")
    line = begin + speech.t(
        "{outcome} by {person} on {day}",
        outcome=outcome_word(episode.outcome, speech),
        person=mention(episode.closed_by),
        day=speech.day(episode.closed_at),
    )
    marked = replace(message, blocks=tuple(map(_done, message.blocks)))
    return _changed(marked, (begin, line + _because(episode.close_reason)), speech.t("closed"), lambda _: False)


def _because(reason: str | None) -> str:
    return f": {mrkdwn(reason)}" if reason else "."


def _changed(message: Message, said: tuple[str, str], state: str, may: Callable[[Choice], bool]) -> Message:
    """Set a line under the headline, in place of one that begins the same; `said`: how it begins, and the line."""
    begin, line = said
    blocks = tuple(_pressable(message.blocks, may))
    # Right under the headline: what has become of it comes before the reasons.
    place = 1 if blocks and isinstance(blocks[0], Headline) else 0
    below = blocks[place:]
    if below and isinstance(below[0], Text) and below[0].text.startswith(begin):
        below = below[1:]  # changed so before: the later word counts
    summary = f"{_without_state(message.summary, speech_of(message))} ({state})"
    return replace(message, summary=summary, blocks=(*blocks[:place], Text(line), *below))


def _without_state(summary: str, speech: Speech) -> str:
    states = (speech.t("claimed"), speech.t("snoozed"), speech.t("closed"), speech.t("resolved"))
    mark = next((f" ({state})" for state in states if summary.endswith(f" ({state})")), "")
    return summary.removesuffix(mark)


def _pressable(blocks: tuple[Block, ...], may: Callable[[Choice], bool]) -> Iterator[Block]:
    """Leave the buttons but the one to claim with, and of the menu what may still be done."""
    for block in blocks:
        if not isinstance(block, Buttons):
            yield block
            continue
        left = Buttons(tuple(button for button in block.buttons if not _claims(button)), _left(block.menu, may))
        if left.buttons or left.menu:
            yield left


def _left(menu: Menu | None, may: Callable[[Choice], bool]) -> Menu | None:
    if menu is None or menu.action != ACT:
        return menu
    choices = tuple((label, value) for label, value in menu.choices if (one := choice_of(value)) and may(one))
    return replace(menu, choices=choices) if choices else None


def _claims(button: Button) -> bool:
    return button.action == CLAIM


def _done(block: Block) -> Block:
    if not isinstance(block, Headline) or block.text.startswith(_DONE):
        return block
    return Headline(short(_DONE + block.text, HEADLINE_MOST))
