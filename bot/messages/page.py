"""Messages as one HTML page that stands alone and looks like Slack, light or dark as the reader's system is."""

from __future__ import annotations

from base64 import b64encode
from functools import singledispatch
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.messages.blocks import band, chosen_label
from bot.messages.charts import sparkline
from bot.messages.escape import is_https, plain
from bot.messages.message import Buttons, Chart, Divider, Fields, Headline, Menus, Meters, Note, Table, Text
from bot.messages.spans import spans
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.messages.message import Block, Button, Cell, Column, Message, Meter, Row
    from bot.messages.spans import Span
    from bot.messages.speech import Speech


def page(
    messages: Sequence[tuple[str, Message]],
    title: str = "Headroom: messages",
    draw: Callable[[Chart], bytes | None] = lambda _: None,
) -> str:
    """Write messages with their destinations as an HTML document without scripts or anything from elsewhere.

    `draw` makes the PNG of a chart; a chart that it answers None for is shown as lines of bars.
    """
    style = files("bot.messages").joinpath("page.css").read_text(encoding="utf-8")
    cards = "\n".join(_card(destination, message, draw) for destination, message in messages)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{cards}\n</main>\n</body>\n</html>\n"
    )


def _card(destination: str, message: Message, draw: Callable[[Chart], bytes | None]) -> str:
    speech = speech_of(message)
    parts = (
        [_figure(block, draw(block))] if isinstance(block, Chart) else list(_written_for(block, speech))
        for block in message.blocks
    )
    inner = "\n".join(part for some in parts for part in some)
    return (
        f'<article class="{escape(message.kind)}" lang="{escape(message.language.replace("_", "-"))}">\n'
        f'<div class="where" dir="auto">{escape(destination)}</div>\n'
        '<div class="post"><div class="face" aria-hidden="true">H</div>\n'
        f'<div class="text"><div class="who">Headroom <span class="app">APP</span></div>\n{inner}\n</div></div>\n'
        "</article>"
    )


def _written_for(block: Block, speech: Speech) -> Iterator[str]:
    return _bars(block, speech) if isinstance(block, Meters) else _written(block)


@singledispatch
def _written(block: Block) -> Iterator[str]:
    raise TypeError(f"no form in HTML for {type(block).__name__}")


@_written.register(Headline)
def _(block: Headline) -> Iterator[str]:
    yield f'<h2 dir="auto">{escape(block.text)}</h2>'


@_written.register(Text)
def _(block: Text) -> Iterator[str]:
    yield f"<p>{_html(block.text)}</p>"


@_written.register(Fields)
def _(block: Fields) -> Iterator[str]:
    pairs = "".join(f"<div><dt>{_html(label)}</dt><dd>{_html(value)}</dd></div>" for label, value in block.pairs)
    yield f'<dl class="fields">{pairs}</dl>'


def _bars(block: Meters, speech: Speech) -> Iterator[str]:
    rows = "".join(_meter(meter, speech) for meter in block.meters)
    rest = f'<tr><td></td><td></td><td class="more">{speech.more(block.more)}</td></tr>' if block.more else ""
    yield f'<table class="meters">{rows}{rest}</table>'


@_written.register(Note)
def _(block: Note) -> Iterator[str]:
    parts = " · ".join(f"<span>{_html(part)}</span>" for part in block.parts if part)
    yield f'<div class="note">{parts}</div>'


@_written.register(Buttons)
def _(block: Buttons) -> Iterator[str]:
    menu = f'<span class="button">{escape(block.menu.label)} ▾</span>' if block.menu else ""
    yield f'<div class="buttons">{"".join(map(_button, block.buttons))}{menu}</div>'


@_written.register(Menus)
def _(block: Menus) -> Iterator[str]:
    shown = "".join(f'<span class="button">{escape(chosen_label(one))} ▾</span>' for one in block.menus if one.choices)
    yield f'<div class="buttons">{shown}</div>'


@_written.register(Chart)
def _(block: Chart) -> Iterator[str]:
    yield _figure(block, None)


def _figure(chart: Chart, picture: bytes | None) -> str:
    """Show a chart: its picture where there is one, else as lines of bars; its words in either case."""
    title, alt = escape(chart.title), escape(chart.alt)
    if picture is None:
        lines = "\n".join(sparkline(chart.spec))
        drawn = f"<pre>{escape(lines)}</pre>"
    else:
        # Within the page itself: it stands alone wherever it is taken.
        data = b64encode(picture).decode("ascii")
        drawn = f'<img src="data:image/png;base64,{data}" width="1600" height="800" alt="{alt}">'
    # The words begin with the title.
    caption = f'<span dir="auto">{alt if picture is None else title}</span>'
    return f'<figure class="chart">{drawn}<figcaption>{caption}</figcaption></figure>'


@_written.register(Table)
def _(block: Table) -> Iterator[str]:
    labels = "".join(f"<th{_side(column)}>{escape(column.label)}</th>" for column in block.columns)
    rows = "".join(_table_row(row, block.columns) for row in block.rows)
    yield f'<table class="list"><thead><tr>{labels}</tr></thead><tbody>{rows}</tbody></table>'


def _table_row(row: Row, columns: Sequence[Column]) -> str:
    kind = ' class="heading"' if row.heading else ""
    cells = "".join(
        f'<td{_side(column)} dir="auto">{_linked(cell)}</td>' for cell, column in zip(row.cells, columns, strict=True)
    )
    return f"<tr{kind}>{cells}</tr>"


def _side(column: Column) -> str:
    return ' class="right"' if column.right else ""


def _linked(cell: Cell) -> str:
    text = escape(plain(cell.text))
    if cell.url and is_https(cell.url):
        return f'<a href="{escape(cell.url)}" rel="noopener noreferrer">{text}</a>'
    return text


@_written.register(Divider)
def _(_block: Divider) -> Iterator[str]:
    yield "<hr>"


def _meter(meter: Meter, speech: Speech) -> str:
    width = 0.0 if meter.share is None else min(max(meter.share, 0.0), 1.0) * 100
    kind = band(meter.share)
    return (
        f'<tr><td><div class="bar {kind}"><i style="width:{width:.1f}%"></i></div></td>'
        f'<td class="share">{escape(speech.percent(meter.share))}</td>'
        f'<td><b dir="auto">{escape(meter.label)}</b> {escape(meter.text)}</td></tr>'
    )


def _button(button: Button) -> str:
    look = f"button {button.style}" if button.style in {"primary", "danger"} else "button"
    label = escape(button.label)
    if button.url and is_https(button.url):
        return f'<a class="{look}" href="{escape(button.url)}" rel="noopener noreferrer">{label}</a>'
    return f'<span class="{look}">{label}</span>'


def _html(mrkdwn: str) -> str:
    return "".join(map(_span, spans(mrkdwn)))


def _span(span: Span) -> str:
    text = escape(span.text).replace("\n", "<br>")
    for tag, wanted in (("code", span.code), ("s", span.strike), ("em", span.italic), ("strong", span.bold)):
        text = f"<{tag}>{text}</{tag}>" if wanted else text
    if span.url and is_https(span.url):
        return f'<a href="{escape(span.url)}" rel="noopener noreferrer">{text}</a>'
    return f'<span class="mention">{text}</span>' if span.mention else text
