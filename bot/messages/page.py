"""Messages as one HTML page that stands alone and looks like Slack, light or dark as the reader's system is."""

from __future__ import annotations

from functools import singledispatch
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.messages.blocks import band, more
from bot.messages.escape import is_https
from bot.messages.message import Buttons, Divider, Fields, Headline, Meters, Note, Text
from bot.messages.spans import spans
from bot.messages.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Block, Button, Message, Meter
    from bot.messages.spans import Span


def page(messages: Sequence[tuple[str, Message]], title: str = "Headroom: messages") -> str:
    """Write messages with their destinations as an HTML document without scripts or anything from elsewhere."""
    style = files("bot.messages").joinpath("page.css").read_text(encoding="utf-8")
    cards = "\n".join(_card(destination, message) for destination, message in messages)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{cards}\n</main>\n</body>\n</html>\n"
    )


def _card(destination: str, message: Message) -> str:
    inner = "\n".join(part for block in message.blocks for part in _written(block))
    return (
        f'<article class="{escape(message.kind)}">\n<div class="where" dir="auto">{escape(destination)}</div>\n'
        '<div class="post"><div class="face" aria-hidden="true">H</div>\n'
        f'<div class="text"><div class="who">Headroom <span class="app">APP</span></div>\n{inner}\n</div></div>\n'
        "</article>"
    )


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


@_written.register(Meters)
def _(block: Meters) -> Iterator[str]:
    rows = "".join(map(_meter, block.meters))
    rest = f'<tr><td></td><td></td><td class="more">{more(block.more)}</td></tr>' if block.more else ""
    yield f'<table class="meters">{rows}{rest}</table>'


@_written.register(Note)
def _(block: Note) -> Iterator[str]:
    parts = " · ".join(f"<span>{_html(part)}</span>" for part in block.parts if part)
    yield f'<div class="note">{parts}</div>'


@_written.register(Buttons)
def _(block: Buttons) -> Iterator[str]:
    menu = f'<span class="button">{escape(block.menu.label)} ▾</span>' if block.menu else ""
    yield f'<div class="buttons">{"".join(map(_button, block.buttons))}{menu}</div>'


@_written.register(Divider)
def _(_block: Divider) -> Iterator[str]:
    yield "<hr>"


def _meter(meter: Meter) -> str:
    width = 0.0 if meter.share is None else min(max(meter.share, 0.0), 1.0) * 100
    kind = band(meter.share)
    return (
        f'<tr><td><div class="bar {kind}"><i style="width:{width:.1f}%"></i></div></td>'
        f'<td class="share">{escape(percent(meter.share))}</td>'
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
