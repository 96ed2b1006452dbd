"""A brief as one HTML page that stands alone, prints well, and loads nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.messages.blocks import band
from bot.messages.escape import is_https

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.brief.document import Document, Fact, Point, Section, Table
    from bot.messages.message import Meter, Meters
    from bot.messages.speech import Speech


def html(document: Document, speech: Speech, picture: str | None = None) -> str:
    """Write the whole brief. `picture`: the chart as an address of data, like `data:image/png;base64,...`.

    Raises ValueError for a picture that would have to be loaded from elsewhere.
    """
    if picture is not None and not picture.startswith("data:image/png;base64,"):
        raise ValueError("a picture has to be in the page itself: wanted data:image/png;base64,...")
    style = files("bot.messages.brief").joinpath("brief.css").read_text(encoding="utf-8")
    body = "\n".join(_body(document, speech, picture))
    language = escape(document.language.replace("_", "-"))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _body(document: Document, speech: Speech, picture: str | None) -> Iterator[str]:
    yield f'<header><h1 dir="auto">{_linked(document.title, document.url)}</h1>'
    yield f'<p class="verdict" dir="auto">{escape(document.verdict)}</p>'
    yield f'<p class="dated">{escape(document.dated)}</p>'
    yield f'<dl class="glance">{"".join(map(_glance, document.glance))}</dl></header>'
    for section in document.sections:
        yield f'<section id="{escape(section.key)}"><h2>{escape(section.title)}</h2>'
        yield from _section(section, speech, picture)
        yield "</section>"
    yield f'<section id="gaps"><h2>{escape(document.gaps_title)}</h2>'
    gaps = "".join(f"<li>{escape(gap)}</li>" for gap in document.gaps)
    yield f'<ul class="gaps">{gaps}</ul></section>' if gaps else f"<p>{escape(document.no_gaps)}</p></section>"


def _glance(fact: Fact) -> str:
    return f'<div><dt>{escape(fact.label)}</dt><dd dir="auto"{_state(fact)}>{_linked(fact.text, fact.url)}</dd></div>'


def _section(section: Section, speech: Speech, picture: str | None) -> Iterator[str]:
    if section.text:
        yield f"<p>{escape(section.text)}</p>"
    if section.chart is not None:
        shown = f'<img src="{escape(picture)}" alt="{escape(section.chart.alt)}">' if picture else ""
        yield f"<figure>{shown}<figcaption>{escape(section.chart.alt)}</figcaption></figure>"
    if section.facts:
        yield _facts(section.facts, speech)
    if section.table is not None:
        yield _table(section.table, section.meters)
    if section.points:
        yield f"<ul>{''.join(map(_point, section.points))}</ul>"


def _facts(facts: Sequence[Fact], speech: Speech) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(fact.label)}</th><td dir="auto"{_state(fact)}>{_linked(fact.text, fact.url)}</td>'
        f'<td class="of">{escape(speech.day(fact.as_of)) if fact.as_of else ""}</td></tr>'
        for fact in facts
    )
    head = f'<tr><td></td><td></td><td class="of">{escape(speech.t("As of"))}</td></tr>'
    return f'<table class="facts"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _state(fact: Fact) -> str:
    return "" if fact.known else ' class="unknown"'


def _table(table: Table, meters: Meters | None) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(
        f'<tr><td dir="auto">{_linked(row[0], url)}</td>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row, url in zip(table.rows, table.urls, strict=True)
    )
    bars = _bars(meters) if meters is not None else ""
    return f'{bars}<table class="lines"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _bars(meters: Meters) -> str:
    return f'<div class="meters">{"".join(map(_bar, meters.meters))}</div>'


def _bar(meter: Meter) -> str:
    width = min(max(meter.share or 0.0, 0.0), 1.0) * 100
    return (
        f'<div class="meter"><b dir="auto">{escape(meter.label)}</b>'
        f'<span class="bar {band(meter.share)}"><i style="width:{width:.1f}%"></i></span>'
        f"<span>{escape(meter.text)}</span></div>"
    )


def _point(point: Point) -> str:
    more = f'<div class="more" dir="auto">{escape(point.more)}</div>' if point.more else ""
    mark = ' class="urgent"' if point.urgent else ""
    return f'<li dir="auto"{mark}>{_linked(point.text, point.url)}{more}</li>'


def _linked(text: str, url: str | None) -> str:
    if url is None or not is_https(url):
        return escape(text)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'
