"""Messages as cards for a terminal."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text as RichText

from bot.messages.blocks import band, bar, more
from bot.messages.escape import is_https
from bot.messages.message import Buttons, Divider, Fields, Headline, Meters, Note, Text
from bot.messages.spans import spans
from bot.messages.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from bot.messages.message import Block, Button, Message
    from bot.messages.spans import Span

_BORDERS: Final = {"churn_risk": "red", "upsell": "green", "renewal": "blue", "operations": "yellow"}
_COLOURS: Final = {"unknown": "dim", "over": "red", "tight": "yellow", "easy": "cyan"}
_WIDTH_MOST: Final = 96
_BAR_CELLS: Final = 16


def card(message: Message, destination: str | None = None) -> RenderableType:
    """Make a card: headline, sentences, bars, fields, buttons as [Claim]; the destination stands in its frame."""
    parts = [part for block in message.blocks for part in _drawn(block)]
    return Panel(
        Group(*parts),
        title=RichText(destination, style="bold") if destination else None,
        title_align="left",
        border_style=_BORDERS.get(message.kind, "bright_black"),
        box=box.ROUNDED,
        padding=(0, 1),
        width=_WIDTH_MOST,
    )


@singledispatch
def _drawn(block: Block) -> Iterator[RenderableType]:
    raise TypeError(f"no form in a terminal for {type(block).__name__}")


@_drawn.register(Headline)
def _(block: Headline) -> Iterator[RenderableType]:
    yield RichText(block.text, style="bold")


@_drawn.register(Text)
def _(block: Text) -> Iterator[RenderableType]:
    yield _rich(block.text)


@_drawn.register(Fields)
def _(block: Fields) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 3, 0, 0))
    cells = [RichText.assemble(_rich(label, "dim"), "\n", _rich(value)) for label, value in block.pairs]
    for left, right in zip(cells[::2], [*cells[1::2], RichText()], strict=False):
        table.add_row(left, right)
    yield Padding(table, (1, 0, 0, 0))


@_drawn.register(Meters)
def _(block: Meters) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for meter in block.meters:
        drawn = RichText(bar(meter.share, _BAR_CELLS), style=_COLOURS[band(meter.share)])
        table.add_row(drawn, percent(meter.share), RichText(meter.label, style="bold"), RichText(meter.text))
    if block.more:
        table.add_row("", "", RichText(more(block.more), style="dim"))
    yield Padding(table, (1, 0, 0, 0))


@_drawn.register(Note)
def _(block: Note) -> Iterator[RenderableType]:
    line = RichText(" · ").join(_rich(part) for part in block.parts if part)
    line.stylize("dim")
    yield Padding(line, (1, 0, 0, 0))


@_drawn.register(Buttons)
def _(block: Buttons) -> Iterator[RenderableType]:
    menu = [RichText(f"[{block.menu.label} ▾]", style="reverse")] if block.menu else []
    yield Padding(RichText("  ").join([*map(_button, block.buttons), *menu]), (1, 0, 0, 0))


@_drawn.register(Divider)
def _(_block: Divider) -> Iterator[RenderableType]:
    yield Rule(style="dim")


def _button(button: Button) -> RichText:
    style = Style.parse("bold reverse" if button.style == "primary" else "reverse")
    if button.url and is_https(button.url):
        style += Style(link=button.url)
    return RichText(f"[{button.label}]", style=style)


def _rich(mrkdwn: str, style: str = "") -> RichText:
    return (
        RichText(style=style).join([]) if not mrkdwn else RichText.assemble(*map(_styled, spans(mrkdwn)), style=style)
    )


def _styled(span: Span) -> RichText:
    look = Style(
        bold=span.bold or None,
        italic=span.italic or None,
        strike=span.strike or None,
        color="cyan" if span.mention or span.code else None,
        link=span.url if is_https(span.url) else None,
    )
    return RichText(span.text, style=look)
