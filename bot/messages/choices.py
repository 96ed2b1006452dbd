"""What can be pressed and chosen under an alert, and how a choice is written down until it is pressed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.core.acts import SNOOZE_MOST
from bot.core.episodes import Outcome
from bot.messages.message import Buttons, Menu
from bot.messages.speech import ENGLISH, speech_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.messages.message import Block, Message
    from bot.messages.speech import Speech

CLAIM: Final = "claim"
"""Action of the button with which somebody takes an episode on; its value is the episode's id."""
BRIEF: Final = "brief"
"""Action of the button that asks for the renewal brief; its value is the account's id."""
WHY: Final = "why"
"""Action of the button that asks why; its value is the account's id."""
RUN: Final = "run"
"""Action of buttons and menus that ask a question in the place of the answer that they stand in: their value is what
people could have typed."""
ACT: Final = "act_on_episode"
"""Action of the menu with which somebody snoozes or closes an episode; `choice_of` reads its values."""

_OUTCOMES: Final[Mapping[str, tuple[Outcome, ...]]] = {
    "churn_risk": (Outcome.RECOVERED, Outcome.RENEWED, Outcome.LOST, Outcome.FALSE_ALARM),
    "upsell": (Outcome.EXPANDED, Outcome.LOST, Outcome.FALSE_ALARM),
    "renewal": (Outcome.RENEWED, Outcome.EXPANDED, Outcome.LOST, Outcome.FALSE_ALARM),
    "operations": (Outcome.RECOVERED, Outcome.FALSE_ALARM),
}


class Verb(StrEnum):
    """What a choice does."""

    SNOOZE = "snooze"
    """For so many days."""
    CLOSE = "close"
    """With an outcome."""
    ASK = "ask"
    """Opens a modal: the choice needs words. One of `ASKED`."""
    TASK = "task"
    """Makes a task in the CRM."""


ASKED: Final = (Verb.SNOOZE.value, Verb.CLOSE.value, Outcome.FALSE_ALARM.value)
"""What a modal may ask: until when and why to be silent, what became of it, why it was a false alarm."""
CRM: Final = "crm"
"""Argument of the one kind of task there is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of the menu."""

    episode_id: str
    verb: Verb
    argument: str

    @property
    def closes(self) -> bool:
        """Whether it says what became of an episode: that may be told of one that is over."""
        return self.verb is Verb.CLOSE or (self.verb is Verb.ASK and self.argument != Verb.SNOOZE)

    def __str__(self) -> str:
        return f"{self.episode_id}|{self.verb}|{self.argument}"


def choice_of(value: str) -> Choice | None:
    """Read a value of the menu, of today's cards and of older ones; None: it is none."""
    parts = value.split("|")
    if len(parts) != len(("episode", "verb", "argument")):
        return None
    episode_id, verb, argument = parts
    if verb not in set(Verb) or not _fits(Verb(verb), argument):
        return None
    return Choice(episode_id, Verb(verb), argument)


def _fits(verb: Verb, argument: str) -> bool:
    if verb is Verb.SNOOZE:
        return argument.isascii() and argument.isdigit() and 0 < int(argument) <= SNOOZE_MOST.days
    known = {Verb.CLOSE: frozenset(Outcome), Verb.ASK: frozenset(ASKED), Verb.TASK: frozenset({CRM})}[verb]
    return argument in known


def acts_menu(episode_id: str, kind: str, speech: Speech = ENGLISH) -> Menu:
    """Make the menu under an alert: when to hear of it again, or what became of it. `…` opens a modal."""
    choices = [
        (speech.t("Snooze for a week"), Choice(episode_id, Verb.SNOOZE, "7")),
        (speech.t("Snooze for two weeks"), Choice(episode_id, Verb.SNOOZE, "14")),
        (speech.t("Snooze until a date…"), Choice(episode_id, Verb.ASK, Verb.SNOOZE)),
        *(
            (speech.t("Done: {outcome}", outcome=outcome_word(one, speech)), Choice(episode_id, Verb.CLOSE, one))
            for one in outcomes_of(kind)
            if one is not Outcome.FALSE_ALARM
        ),
        (speech.t("Done, with a note…"), Choice(episode_id, Verb.ASK, Verb.CLOSE)),
        (speech.t("False alarm…"), Choice(episode_id, Verb.ASK, Outcome.FALSE_ALARM)),
    ]
    return Menu(speech.t("Later or done"), ACT, tuple((label, str(choice)) for label, choice in choices))


def outcomes_of(kind: str) -> tuple[Outcome, ...]:
    """Return what may become of an alert of a kind, as people are asked."""
    return _OUTCOMES.get(kind, tuple(Outcome))


def outcome_word(outcome: Outcome | None, speech: Speech = ENGLISH) -> str:
    """Write an outcome as people do."""
    words = {
        Outcome.RECOVERED: speech.t("recovered"),
        Outcome.EXPANDED: speech.t("expanded"),
        Outcome.RENEWED: speech.t("renewed"),
        Outcome.LOST: speech.t("lost"),
        Outcome.FALSE_ALARM: speech.t("false alarm"),
    }
    return words[outcome] if outcome is not None else ""


def with_task(message: Message, episode_id: str) -> Message:
    """Offer under an alert to make a task of it in the CRM; a message without the menu stays as it is."""
    offer = (speech_of(message).t("Create a Salesforce task"), str(Choice(episode_id, Verb.TASK, CRM)))
    return replace(message, blocks=tuple(_offering(block, offer) for block in message.blocks))


def _offering(block: Block, offer: tuple[str, str]) -> Block:
    if not isinstance(block, Buttons) or block.menu is None or block.menu.action != ACT or offer in block.menu.choices:
        return block
    return replace(block, menu=replace(block.menu, choices=(*block.menu.choices, offer)))
