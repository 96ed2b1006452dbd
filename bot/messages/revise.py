"""Messages that stand in Slack already, changed in place: claimed, snoozed, closed, resolved."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Outcome, Phase, word
from bot.messages import words
from bot.messages.escape import mention, mrkdwn, short
from bot.messages.message import Button, Buttons, Headline, Menu, Message, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from bot.core.episodes import Episode
    from bot.messages.message import Block

CLAIM: Final = "claim"
"""Action of the button with which somebody takes an episode on; its value is the episode's id."""
ACT: Final = "act_on_episode"
"""Action of the menu with which somebody snoozes or closes an episode; `choice_of` reads its values."""
HEADLINE_MOST: Final = 150

SNOOZE, CLOSE = "snooze", "close"
_SNOOZES: Final = (("Snooze for a week", 7), ("Snooze for two weeks", 14), ("Snooze for a month", 30))
_OUTCOMES: Final[Mapping[str, tuple[Outcome, ...]]] = {
    "churn_risk": (Outcome.RECOVERED, Outcome.RENEWED, Outcome.LOST, Outcome.FALSE_ALARM),
    "upsell": (Outcome.EXPANDED, Outcome.LOST, Outcome.FALSE_ALARM),
    "renewal": (Outcome.RENEWED, Outcome.EXPANDED, Outcome.LOST, Outcome.FALSE_ALARM),
    "operations": (Outcome.RECOVERED, Outcome.FALSE_ALARM),
}
_DONE: Final = "✅ "
_STATE: Final = re.compile(r" \((?:claimed|snoozed|closed|resolved)\)$")


def acts_menu(episode_id: str, kind: str) -> Menu:
    """Make the menu under an alert: when to hear of it again, or what became of it."""
    snoozes = [(label, f"{episode_id}|{SNOOZE}|{days}") for label, days in _SNOOZES]
    outcomes = _OUTCOMES.get(kind, tuple(Outcome))
    return Menu("Later or done", ACT, (*snoozes, *((_ending(one), f"{episode_id}|{CLOSE}|{one}") for one in outcomes)))


def _ending(outcome: Outcome) -> str:
    return "False alarm" if outcome is Outcome.FALSE_ALARM else f"Done: {word(outcome)}"


def choice_of(value: str) -> tuple[str, str, str] | None:
    """Read a value of the menu: the episode's id, SNOOZE or CLOSE, and how many days or which outcome."""
    parts = value.split("|")
    if len(parts) != len(("episode", "verb", "argument")):
        return None
    episode_id, verb, argument = parts
    known = argument.isdigit() if verb == SNOOZE else argument in set(Outcome)
    return (episode_id, verb, argument) if verb in {SNOOZE, CLOSE} and known else None


def revised(message: Message, episode: Episode, reason: str = "") -> Message:
    """Bring a message up to what has become of its episode. `reason`: why it ended."""
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
    when = f" on {words.day(on)}" if on else ""
    return _changed(message, f"Claimed by {mention(user)}{when}.", "claimed", lambda _: True)


def snoozed(message: Message, episode: Episode) -> Message:
    """Say until when an episode is silent, and who wants it so."""
    why = f": {mrkdwn(episode.snooze_reason)}" if episode.snooze_reason else "."
    line = f"Snoozed until {words.day(episode.snoozed_until)} by {mention(episode.snoozed_by)}{why}"
    return _changed(message, line, "snoozed", lambda _: True)


def resolved(message: Message, on: date, reason: str = "") -> Message:
    """Say that it is over and why, mark the headline, and take the claim button away. Its outcome may be told yet."""
    why = f": {mrkdwn(reason)}" if reason else ""
    marked = replace(message, blocks=tuple(map(_done, message.blocks)))
    return _changed(marked, f"Resolved on {words.day(on)}{why}.", "resolved", lambda verb: verb == CLOSE)


def closed(message: Message, episode: Episode) -> Message:
    """Say what became of an episode and who said so; there is nothing left to do."""
    why = f": {mrkdwn(episode.close_reason)}" if episode.close_reason else "."
    by, when = mention(episode.closed_by), words.day(episode.closed_at)
    marked = replace(message, blocks=tuple(map(_done, message.blocks)))
    return _changed(marked, f"Closed as {word(episode.outcome)} by {by} on {when}{why}", "closed", lambda _: False)


def _changed(message: Message, line: str, state: str, may: Callable[[str], bool]) -> Message:
    blocks = tuple(_pressable(message.blocks, may))
    # Right under the headline: what has become of it comes before the reasons.
    place = 1 if blocks and isinstance(blocks[0], Headline) else 0
    below = blocks[place:]
    if below and isinstance(below[0], Text) and below[0].text.startswith(f"{state.capitalize()} "):
        below = below[1:]  # changed so before: the later word counts
    summary = _STATE.sub("", message.summary)
    return replace(message, summary=f"{summary} ({state})", blocks=(*blocks[:place], Text(line), *below))


def _pressable(blocks: tuple[Block, ...], may: Callable[[str], bool]) -> Iterator[Block]:
    """Leave the buttons but the one to claim with, and of the menu what may still be done."""
    for block in blocks:
        if not isinstance(block, Buttons):
            yield block
            continue
        left = Buttons(tuple(button for button in block.buttons if not _claims(button)), _left(block.menu, may))
        if left.buttons or left.menu:
            yield left


def _left(menu: Menu | None, may: Callable[[str], bool]) -> Menu | None:
    if menu is None or menu.action != ACT:
        return menu
    choices = tuple((label, value) for label, value in menu.choices if (way := choice_of(value)) and may(way[1]))
    return replace(menu, choices=choices) if choices else None


def _claims(button: Button) -> bool:
    return button.action == CLAIM


def _done(block: Block) -> Block:
    if not isinstance(block, Headline) or block.text.startswith(_DONE):
        return block
    return Headline(short(_DONE + block.text, HEADLINE_MOST))
