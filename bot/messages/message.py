"""A message before it is anybody's format: typed blocks that Block Kit, a terminal and a page are made from.

Text in `Text`, `Fields` and `Note` is mrkdwn that has been escaped (see `bot.messages.render`); text in
`Headline`, `Meter.label` and `Button.label` is plain. `form` names the kind of block in JSON: a headline and a
paragraph hold the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bot.core.chart import Spec  # noqa: TC001  # pydantic reads it to turn messages into JSON and back


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
    about: Literal["", "meant_for", "in_short"] = field(default="", kw_only=True)
    """What it says, where a later change has to find it again: in any language, by this and not by its words."""
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
    chosen: str = ""
    """Value of the choice that is shown as made; empty: none is, and the label stands there."""


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons, and after them a menu."""

    buttons: tuple[Button, ...]
    menu: Menu | None = None
    form: Literal["buttons"] = field(default="buttons", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Menus:
    """Things to choose from side by side, like the filters of a list; each with an action of its own."""

    menus: tuple[Menu, ...]
    form: Literal["menus"] = field(default="menus", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of figures, and the words that tell the same. Title and words are plain text."""

    key: str
    """Names the picture: the same key, the same picture."""
    title: str
    alt: str
    spec: Annotated[Spec, Field(discriminator="form")]
    """What it shows: whoever can draw, draws this."""
    language: str = "en"
    """Of the words in the picture."""
    file: str | None = None
    """Slack's id of the picture; None: it is not there, and the words stand for it."""
    native: bool = False
    """Whether Slack is to draw it itself."""
    form: Literal["chart"] = field(default="chart", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Column:
    """What a table has of each of its rows. Plain text."""

    label: str
    right: bool = False
    """Figures stand under each other's last digit."""
    said: str = "{}"
    """The cell where rows are lines, with what it needs to be understood there: `{} used`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a table. Plain: whoever writes it makes it safe."""

    text: str = ""
    """Empty: nothing is to be said."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a cell a column."""

    cells: tuple[Cell, ...]
    heading: bool = False
    """Whether it tells of the rows under it; its cells stand for themselves."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the same kind: a table where there is room for one, else a line a row."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    native: bool = False
    """Whether Slack is to show it as a table of its own; a message may have one of them."""
    form: Literal["table"] = field(default="table", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Divider:
    """A thin line between parts."""

    form: Literal["divider"] = field(default="divider", kw_only=True, repr=False)


Block = Headline | Text | Fields | Meters | Note | Buttons | Menus | Chart | Table | Divider


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, in whatever format."""

    kind: str
    """churn_risk | upsell | renewal | operations | digest | answer"""
    summary: str
    """The whole message in one escaped line: the notification on a phone, the fallback for readers."""
    blocks: tuple[Annotated[Block, Field(discriminator="form")], ...]
    language: str = "en"
    """The language that it is written in: whatever is changed in it later is said in the same."""
    zone: str = "UTC"
    """IANA name of the time zone that its moments are written in."""


MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
"""Turns a message into JSON and back: the outbox keeps messages in this form."""
