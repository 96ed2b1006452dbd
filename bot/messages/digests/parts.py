"""Lists of lines under headings: the first of each in the message, the rest in its thread, and at the end a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.messages.message import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Block
    from bot.messages.speech import Speech

_PAGE_LINES: Final = 40
_PAGE_TEXT: Final = 6_500
"""Characters of lines in one message: Slack has refused messages of 11,300 in all."""
_PAGES_MOST: Final = 3
"""Messages of a thread: who wants all of a longer list asks for it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A list under a heading."""

    heading: str
    """Plain words, set in bold; empty: none."""
    lines: tuple[str, ...]
    """Escaped mrkdwn, what matters most first."""
    count: bool = True
    """Whether the heading says how many there are."""
    shown: int | None = None
    """How many lines stand in the message, where that is not as for the others."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Parts, laid out into a message and its thread."""

    blocks: tuple[Block, ...]
    thread: tuple[tuple[Block, ...], ...] = ()
    """The blocks of each message of the thread."""


def lay_out(parts: Sequence[Part], shown: int, speech: Speech) -> Laid:
    """Show so many lines of each part at most, as far as they fit into one message; the rest goes to the thread."""
    blocks: list[Block] = []
    rest: list[Part] = []
    left = _PAGE_TEXT
    for part in parts:
        if not part.lines:
            continue
        here = part.lines[: min(part.shown or shown, fitting(part.lines, left))]
        left -= sum(map(len, here))
        over = len(part.lines) - len(here)
        more = [speech.t("and {count} more, in the thread", count=speech.number(over))] if over else []
        blocks.append(Text("\n".join([*_heading(part, speech), *here, *more])))
        if over:
            rest.append(Part(part.heading, part.lines[len(here) :], count=False))
    return Laid(tuple(blocks), tuple(_pages(rest, speech)))


def _heading(part: Part, speech: Speech) -> list[str]:
    if not part.heading:
        return []
    return [f"*{part.heading}: {speech.number(len(part.lines))}*" if part.count else f"*{part.heading}*"]


def _pages(rest: Sequence[Part], speech: Speech) -> Iterator[tuple[Block, ...]]:
    for part in rest:
        lines, pages = part.lines, 0
        while lines and pages < _PAGES_MOST:
            size = max(fitting(lines[:_PAGE_LINES], _PAGE_TEXT), 1)
            here, lines, pages = lines[:size], lines[size:], pages + 1
            heading = [f"*{part.heading}*"] if part.heading else []
            last = bool(lines) and pages == _PAGES_MOST
            more = [speech.more(len(lines))] if last else []
            yield (Text("\n".join([*heading, *here, *more])),)


def fitting(texts: Sequence[str], most: int) -> int:
    """Return how many texts, a line each, have no more characters together."""
    length = 0
    for number, text in enumerate(texts):
        length += len(text) + 1
        if length > most:
            return number
    return len(texts)
