"""A brief in Slack: a card with the essentials, and the parts as answers in its thread.

Each message stays within what Slack takes; a part that is too long goes on in the next message, and of very long lists
the first items are shown with the number of the others, which the file and the canvas hold in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.messages.blocks import to_blocks
from bot.messages.escape import link, mrkdwn, short
from bot.messages.kit.blocks import BLOCKS_MOST
from bot.messages.limits import total_text
from bot.messages.message import Button, Buttons, Divider, Fields, Headline, Message, Note, Text
from bot.messages.split import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.messages.brief.document import Document, Fact, Point, Section
    from bot.messages.message import Block
    from bot.messages.speech import Speech

KIND: Final = "renewal"

_HEADLINE_MOST: Final = 150
_TEXT_MOST: Final = 8_000
"""Characters of one message: well below what Slack has refused."""
_POINTS_MOST: Final = 12
_POINT_MOST: Final = 700
_CARD_METERS: Final = 5
_SUMMARY_MOST: Final = 600
_GAPS_MOST: Final = 25
_FACT_MOST: Final = 300


def card(
    document: Document, speech: Speech, texts: tuple[str, str, str] | None = None, buttons: Sequence[Button] = ()
) -> Message:
    """Write the essentials. `texts`: title, body and summary of a template, for those of the document."""
    title, body, summary = texts or (document.title, mrkdwn(document.verdict), mrkdwn(_summary(document)))
    blocks: list[Block] = [Headline(short(title, _HEADLINE_MOST)), Text(body)]
    blocks += _meters(document)
    blocks.append(_fields(document.glance))
    blocks += [Text(f"• {_point(one)}") for one in _now(document)]
    if buttons:
        blocks.append(Buttons(tuple(buttons)))
    blocks.append(Note((mrkdwn(document.dated), _known(document, speech))))
    return speech.write(Message(KIND, cut(summary, _SUMMARY_MOST), tuple(blocks)))


def thread(document: Document, speech: Speech) -> tuple[Message, ...]:
    """Write the parts, as many to a message as it takes."""
    groups = [list(_section(section, speech)) for section in document.sections]
    groups.append(list(_gaps(document, speech)))
    return tuple(_message(document, number, blocks, speech) for number, blocks in enumerate(_packed(groups), start=1))


def _message(document: Document, number: int, blocks: Sequence[Block], speech: Speech) -> Message:
    named = speech.t("{title}, part {number}", title=mrkdwn(document.title), number=number)
    return speech.write(Message(KIND, cut(named, _SUMMARY_MOST), tuple(blocks)))


def _summary(document: Document) -> str:
    return f"{document.title}. {document.verdict}"


def _meters(document: Document) -> Iterator[Block]:
    for section in document.sections:
        if section.meters is not None:
            shown = section.meters.meters[:_CARD_METERS]
            yield type(section.meters)(shown, section.meters.more + len(section.meters.meters) - len(shown))


def _now(document: Document) -> list[Point]:
    """Return the step that is to be taken now."""
    return [one for section in document.sections if section.key == "steps" for one in section.points if one.urgent]


def _known(document: Document, speech: Speech) -> str:
    if not document.gaps:
        return mrkdwn(document.no_gaps)
    return mrkdwn(speech.many("One thing is not known.", "{count} things are not known.", len(document.gaps)))


def _section(section: Section, speech: Speech) -> Iterator[Block]:
    yield Text(f"*{mrkdwn(section.title)}*")
    if section.text:
        yield Text(mrkdwn(section.text))
    if section.chart is not None:
        yield section.chart
    if section.meters is not None:
        yield section.meters
    if section.facts:
        yield _fields(section.facts)
    yield from _list([_point(point) for point in section.points], _POINTS_MOST, speech)
    days = dict.fromkeys(speech.day(fact.as_of) for fact in section.facts if fact.as_of is not None)
    if days:
        yield Note((mrkdwn(speech.t("As of {days}", days=", ".join(days))),))
    yield Divider()


def _gaps(document: Document, speech: Speech) -> Iterator[Block]:
    yield Text(f"*{mrkdwn(document.gaps_title)}*")
    if not document.gaps:
        yield Text(mrkdwn(document.no_gaps))
    yield from _list([mrkdwn(short(gap, _FACT_MOST)) for gap in document.gaps], _GAPS_MOST, speech)


def _list(items: Sequence[str], most: int, speech: Speech) -> Iterator[Block]:
    if items:
        more = mrkdwn(speech.more(len(items) - most))
        yield Text("\n".join([*(f"• {item}" for item in items[:most]), *filter(None, (more,))]))


def _fields(facts: Iterable[Fact]) -> Fields:
    return Fields(tuple((mrkdwn(fact.label), link(short(fact.text, _FACT_MOST), fact.url)) for fact in facts))


def _point(point: Point) -> str:
    text = link(short(point.text, _POINT_MOST), point.url)
    return f"{text}\n\u2003↳ {mrkdwn(short(point.more, _POINT_MOST))}" if point.more else text


def _packed(groups: Sequence[Sequence[Block]]) -> Iterator[list[Block]]:
    """Fill messages with parts, each part whole where it fits into one message; no message ends in a line."""
    held: list[Block] = []
    for piece in (piece for group in groups for piece in _pieces(group)):
        if held and not _fits([*held, *piece]):
            yield _trimmed(held)
            held = []
        held.extend(piece)
    if held:
        yield _trimmed(held)


def _pieces(group: Sequence[Block]) -> Iterator[list[Block]]:
    piece: list[Block] = []
    for block in group:
        if piece and not _fits([*piece, block]):
            yield piece
            piece = []
        piece.append(block)
    if piece:
        yield piece


def _fits(blocks: Sequence[Block]) -> bool:
    made = to_blocks(Message(KIND, "", tuple(blocks)))
    return len(made) < BLOCKS_MOST["message"] and total_text(made) <= _TEXT_MOST


def _trimmed(blocks: list[Block]) -> list[Block]:
    return blocks[:-1] if isinstance(blocks[-1], Divider) else blocks
