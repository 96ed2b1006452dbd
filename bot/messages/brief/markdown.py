"""A brief as Markdown: a file for people, and what Slack makes a canvas of.

Whatever a source typed is escaped, so that a name can neither make a link, a heading, a mention nor a table's column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bot.messages.escape import is_https

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bot.messages.brief.document import Document, Fact, Point, Section, Table
    from bot.messages.speech import Speech

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!@]|&(?=#?\w+;))")
# A list within a list: an item that begins like one.
_AT_START: Final = re.compile(r"^(\d*)([-+.)])(?=\s|$)")


CANVAS_CELLS: Final = 300
"""Cells of one table in a canvas: Slack is told to refuse larger ones."""


def markdown(document: Document, speech: Speech, cells_most: int | None = None) -> str:
    """Write the whole brief, its sections in order, and at the end what is not known.

    A table of more than `cells_most` cells goes on in another one; None: tables may be of any length.
    """
    return "\n".join(_document(document, speech, cells_most)).rstrip() + "\n"


def _document(document: Document, speech: Speech, cells_most: int | None) -> Iterator[str]:
    yield f"# {escaped(document.title)}"
    yield ""
    yield f"**{escaped(document.verdict)}**"
    yield ""
    yield f"{escaped(document.dated)}. {_linked(speech.t('Open the account'), document.url)}"
    for section in document.sections:
        yield ""
        yield from _section(section, speech, cells_most)
    yield ""
    yield f"## {escaped(document.gaps_title)}"
    yield ""
    yield from (f"- {escaped(gap)}" for gap in document.gaps)
    if not document.gaps:
        yield escaped(document.no_gaps)


def _section(section: Section, speech: Speech, cells_most: int | None) -> Iterator[str]:
    yield f"## {escaped(section.title)}"
    yield ""
    if section.text:
        yield escaped(section.text)
        yield ""
    if section.chart is not None:
        yield f"*{escaped(section.chart.alt)}*"
        yield ""
    if section.facts:
        yield from _facts(section.facts, speech)
        yield ""
    if section.table is not None:
        yield from _table(section.table, cells_most)
        yield ""
    for point in section.points:
        yield from _point(point)


def _facts(facts: Sequence[Fact], speech: Speech) -> Iterator[str]:
    yield f"| | | {escaped(speech.t('As of'))} |"
    yield "|---|---|---|"
    for fact in facts:
        yield f"| {escaped(fact.label)} | {_linked(fact.text, fact.url)} | {_day(fact.as_of, speech)} |"


def _day(day: date | None, speech: Speech) -> str:
    return "" if day is None else escaped(speech.day(day))


def _table(table: Table, cells_most: int | None) -> Iterator[str]:
    rows = len(table.rows)
    most = rows if cells_most is None else max(cells_most // len(table.head) - 1, 1)
    for start in range(0, rows, most):
        if start:
            yield ""
        yield f"| {' | '.join(map(escaped, table.head))} |"
        yield f"|{'---|' * len(table.head)}"
        for row, url in list(zip(table.rows, table.urls, strict=True))[start : start + most]:
            yield f"| {' | '.join((_linked(row[0], url), *map(escaped, row[1:])))} |"


def _point(point: Point) -> Iterator[str]:
    text = _linked(point.text, point.url)
    yield f"- **{text}**" if point.urgent else f"- {text}"
    if point.more:
        yield f"  - {escaped(point.more)}"


def escaped(text: str) -> str:
    """Make plain text stand for itself in one line of Markdown."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _AT_START.sub(r"\1\\\2", line)


def _linked(text: str, url: str | None) -> str:
    if url is None or not is_https(url):
        return escaped(text)
    address = quote(url, safe="%/:?#[]@!$&'*+,;=-._~")
    return f"[{escaped(text)}]({address})"
