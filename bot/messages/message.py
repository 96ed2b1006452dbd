"""A message before it is anybody's format: typed blocks that Block Kit, a terminal and a page are made from.

Text in `Text`, `Fields` and `Note` is mrkdwn that has been escaped (see `bot.messages.render`); text in
`Headline`, `Meter.label` and `Button.label` is plain. `form` names the kind of block in JSON: a headline and a
paragraph hold the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict in one sentence, with the number that matters. Plain text."""

    text: str
    form: Literal["headline"] = field(default="headline", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    form: Literal["text"] = field(default="text", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of label and value, shown in two columns."""

    pairs: tuple[tuple[str, str], ...]
    form: Literal["fields"] = field(default="fields", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Meter:
    """One contract line as a bar: used of contracted."""

    label: str
    share: float | None
    """Used / contracted; None is unknown and shown as such."""
    text: str
    """The figures in words, like "412 of 1,000 seats". Plain text."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Bars, one a contract line."""

    meters: tuple[Meter, ...]
    more: int = 0
    """How many further lines there are that are not shown."""
    form: Literal["meters"] = field(default="meters", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: as-of, sources, why."""

    parts: tuple[str, ...]
    form: Literal["note"] = field(default="note", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: an action with a value, or a link (https only)."""

    label: str
    action: str
    value: str = ""
    url: str | None = None
    style: str | None = None  # primary | danger


@dataclass(frozen=True, slots=True)
class Menu:
    """Something to choose from: an action with the value of the choice."""

    label: str
    action: str
    choices: tuple[tuple[str, str], ...]
    """Label and value of each. Plain text."""


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons, and after them a menu."""

    buttons: tuple[Button, ...]
    menu: Menu | None = None
    form: Literal["buttons"] = field(default="buttons", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Divider:
    """A thin line between parts."""

    form: Literal["divider"] = field(default="divider", kw_only=True, repr=False)


Block = Headline | Text | Fields | Meters | Note | Buttons | Divider


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, in whatever format."""

    kind: str
    """churn_risk | upsell | renewal | operations | digest | answer"""
    summary: str
    """The whole message in one escaped line: the notification on a phone, the fallback for readers."""
    blocks: tuple[Annotated[Block, Field(discriminator="form")], ...]


MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
"""Turns a message into JSON and back: the outbox keeps messages in this form."""
