"""A modal before it is anybody's format: blocks as in a message, and fields to fill in.

All texts are plain: labels, hints and choices stand in plain_text, where nothing can ping or link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, time

    from bot.messages.message import Block


@dataclass(frozen=True, slots=True)
class Write:
    """A text of `least` to `most` characters; in several lines where `lines`."""

    name: str
    label: str
    placeholder: str = ""
    initial: str = ""
    least: int = 0
    most: int = 3000
    lines: bool = False
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """One of several choices, each a label and a value; shown as a list of buttons up to ten, as a menu beyond."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    initial: str | None = None
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    name: str
    label: str
    initial: date | None = None
    placeholder: str = ""
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of the day, by the clock of whoever fills it in."""

    name: str
    label: str
    initial: time | None = None
    placeholder: str = ""
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Several:
    """Any of up to ten choices, each a label and a value. What comes back are their values with blanks between."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    initial: tuple[str, ...] = ()
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """One of many choices, looked for while it is typed: Slack asks the app for what comes near, under `name`."""

    name: str
    label: str
    placeholder: str = ""
    least: int = 1
    """So many characters are typed before anything is looked for."""
    optional: bool = False
    hint: str = ""


Input = Write | Pick | Day | Clock | Several | Search


@dataclass(frozen=True, slots=True)
class Modal:
    """What is asked, or only shown where no field and no `submit` is there."""

    callback: str
    """Under which name the answer comes back."""
    title: str
    parts: tuple[Block | Input, ...]
    submit: str = ""
    close: str = ""
    private: str = ""
    """What comes back with the answer, unseen; others can read it, so no secrets: at most 3,000 characters."""
    language: str = "en"
    """The language of its words, as Babel knows it."""
