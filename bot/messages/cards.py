"""Messages as cards for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.measure import Measurement
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text as RichText

from bot.messages import grids
from bot.messages.blocks import band, bar, chosen_label
from bot.messages.charts import sparkline
from bot.messages.escape import is_https, plain
from bot.messages.message import Buttons, Chart, Divider, Fields, Headline, Menus, Meters, Note, Table, Text
from bot.messages.spans import spans
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from bot.messages.message import Block, Button, Cell, Message
    from bot.messages.spans import Span
    from bot.messages.speech import Speech

_BORDERS: Final = {"churn_risk": "red", "upsell": "green", "renewal": "blue", "operations": "yellow"}
_COLOURS: Final = {"unknown": "dim", "over": "red", "tight": "yellow", "easy": "cyan"}
_WIDTH_MOST: Final = 96
_WIDE_MOST: Final = 180
"""With a table in it."""
_UNBOUND: Final = 10_000
_BAR_CELLS: Final = 16


def card(message: Message, destination: str | None = None) -> RenderableType:
    """Make a card: headline, sentences, bars, fields, buttons as [Claim]; the destination stands in its frame."""
    speech = speech_of(message)
    parts = [part for block in message.blocks for part in _drawn_for(block, speech)]
    return Panel(
        Group(*parts),
        title=RichText(destination, style="bold") if destination else None,
        title_align="left",
        border_style=_BORDERS.get(message.kind, "bright_black"),
        box=box.ROUNDED,
        padding=(0, 1),
        width=_WIDE_MOST if any(isinstance(block, Table) for block in message.blocks) else _WIDTH_MOST,
    )


def _drawn_for(block: Block, speech: Speech) -> Iterator[RenderableType]:
    return _bars(block, speech) if isinstance(block, Meters) else _drawn(block)


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
    table = RichTable.grid(padding=(0, 3, 0, 0))
    cells = [RichText.assemble(_rich(label, "dim"), "\n", _rich(value)) for label, value in block.pairs]
    for left, right in zip(cells[::2], [*cells[1::2], RichText()], strict=False):
        table.add_row(left, right)
    yield Padding(table, (1, 0, 0, 0))


def _bars(block: Meters, speech: Speech) -> Iterator[RenderableType]:
    table = RichTable.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for meter in block.meters:
        drawn = RichText(bar(meter.share, _BAR_CELLS), style=_COLOURS[band(meter.share)])
        table.add_row(drawn, speech.percent(meter.share), RichText(meter.label, style="bold"), RichText(meter.text))
    if block.more:
        table.add_row("", "", RichText(speech.more(block.more), style="dim"))
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


@_drawn.register(Menus)
def _(block: Menus) -> Iterator[RenderableType]:
    shown = [RichText(f"[{chosen_label(menu)} ▾]", style="reverse") for menu in block.menus if menu.choices]
    yield Padding(RichText("  ").join(shown), (1, 0, 0, 0))


@_drawn.register(Chart)
def _(block: Chart) -> Iterator[RenderableType]:
    drawn = RichText("\n").join(RichText(line, style="cyan", no_wrap=True) for line in sparkline(block.spec))
    yield Padding(Group(drawn, RichText(block.alt, style="dim")), (1, 0, 0, 0))


@_drawn.register(Table)
def _(block: Table) -> Iterator[RenderableType]:
    yield Padding(_Grid(block), (1, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class _Grid:
    """A table where it fits into the terminal, else a line a row: columns of three letters tell nobody anything."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._table()
        if Measurement.get(console, options.update_width(_UNBOUND), table).maximum <= options.max_width:
            yield table
        else:
            yield from map(_rich, grids.lines(self.table))

    def _table(self) -> RichTable:
        table = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1), header_style="dim", show_edge=False)
        for column in self.table.columns:
            table.add_column(RichText(column.label), justify="right" if column.right else "left")
        for row in self.table.rows:
            cells = [RichText(plain(cell.text), style=_cell_style(cell)) for cell in row.cells]
            table.add_row(*cells, style="bold" if row.heading else None)
        return table


def _cell_style(cell: Cell) -> Style:
    return Style(link=cell.url if is_https(cell.url) else None)


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
