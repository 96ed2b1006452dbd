"""Slack's mrkdwn taken apart, for everything that shows messages without Slack: terminal, page, plain text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Span:
    """A run of unescaped text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str | None = None
    mention: bool = False


_MARKS: Final[dict[str, Callable[[Span], Span]]] = {
    "*": lambda span: replace(span, bold=True),
    "_": lambda span: replace(span, italic=True),
    "~": lambda span: replace(span, strike=True),
    "`": lambda span: replace(span, code=True),
}
_TOKEN: Final = re.compile(
    r"<(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
    # A mark opens and closes at the edge of a word, on one line, as in Slack.
    r"|(?<![\w*_~`])(?P<mark>[*_~`])(?P<inner>\S(?:[^\n]*?\S)?)(?P=mark)(?![\w*_~`])"
)


def spans(text: str) -> Iterator[Span]:
    """Take mrkdwn apart into runs of plain text with their styles."""
    yield from _spans(text, Span(""))


def plain_text(text: str) -> str:
    """Return what somebody would read of mrkdwn, unescaped and without marks; a link is followed by its address."""
    return "".join(
        f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text for span in spans(text)
    )


def _spans(text: str, style: Span) -> Iterator[Span]:
    done = 0
    for token in _TOKEN.finditer(text):
        yield from _run(text[done : token.start()], style)
        if token["mark"]:
            yield from _marked(token["mark"], token["inner"], style)
        else:
            yield _pointed(token["target"], token["label"], style)
        done = token.end()
    yield from _run(text[done:], style)


def _run(text: str, style: Span) -> Iterator[Span]:
    if text:
        yield replace(style, text=html.unescape(text))


def _marked(mark: str, inner: str, style: Span) -> Iterator[Span]:
    marked = _MARKS[mark](style)
    if marked.code:  # nothing is taken apart within code
        yield from _run(inner, marked)
    else:
        yield from _spans(inner, marked)


def _pointed(target: str, label: str | None, style: Span) -> Span:
    if target[0] in "@#!":
        sign = "@" if target[0] == "!" else target[0]
        return replace(style, text=html.unescape(label) if label else sign + target[1:], mention=True)
    address = html.unescape(target)
    return replace(style, text=html.unescape(label) if label else address, url=address)
