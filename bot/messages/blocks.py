"""Messages in the forms that programs take: classic Block Kit, and plain text."""

from __future__ import annotations

from collections import Counter
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from bot.messages import grids
from bot.messages.charts import data_visualization, sparkline
from bot.messages.escape import is_https, mrkdwn, short, tidied
from bot.messages.message import (
    Button,
    Buttons,
    Chart,
    Divider,
    Fields,
    Headline,
    Menu,
    Menus,
    Meter,
    Meters,
    Note,
    Table,
    Text,
)
from bot.messages.spans import plain_text
from bot.messages.speech import Speech, speech_of
from bot.messages.split import cut, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.messages.message import Block, Message

Json = dict[str, Any]
_Item = TypeVar("_Item")

BAR_CELLS: Final = 10
_TIGHT: Final = 0.8  # from here, sales people look for an expansion
_SECTION_MOST: Final = 3000
_FIELD_MOST: Final = 2000
_FIELDS_MOST: Final = 10
_CONTEXT_MOST: Final = 10
_ACTIONS_MOST: Final = 25
_OPTIONS_MOST: Final = 100
_HEADER_MOST: Final = 150
_LABEL_MOST: Final = 75
_ALT_MOST: Final = 2000
_FIGURE_SPACE: Final = "\u2007"  # as wide as a digit: the percentages stand under each other


def to_blocks(message: Message) -> list[Json]:
    """Write a message as classic Block Kit blocks.

    Long text is split or cut to fit. Blocks carry no block_id: Slack makes one for each, anew for each edit.
    """
    speech = speech_of(message)
    return [made for block in message.blocks for made in _made_for(block, speech)]


def to_text(message: Message) -> str:
    """Write a message as plain text, for logs and files."""
    speech = speech_of(message)
    return "\n".join(line for block in message.blocks for line in _told_to(block, speech)).strip()


def bar(share: float | None, cells: int = BAR_CELLS) -> str:
    """Draw a share as a bar of so many cells: full from 100 %, empty at 0 only, a thin line where it is unknown."""
    if share is None:
        return "─" * cells
    filled = round(min(max(share, 0), 1) * cells)
    if 0 < share < 1:
        filled = min(max(filled, 1), cells - 1)
    return "▓" * filled + "░" * (cells - filled)


def band(share: float | None) -> Literal["unknown", "over", "tight", "easy"]:
    """Tell how a share is coloured: over the contract, near its limit, or neither."""
    if share is None:
        return "unknown"
    return "over" if share > 1 else "tight" if share >= _TIGHT else "easy"


def chosen_label(menu: Menu) -> str:
    """Return what a menu shows while it is closed: the choice that is made, else its label."""
    return next((label for label, value in menu.choices if menu.chosen and value == menu.chosen), menu.label)


def _mrkdwn(text: str) -> Json:
    # verbatim: a name that looks like a domain or a channel stays a name.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": short(tidied(text), most) or "…", "emoji": True}


def _made_for(block: Block, speech: Speech) -> Iterator[Json]:
    # Bars are the one kind of block whose figures are written here, and not by whoever made the message.
    return _bars(block, speech) if isinstance(block, Meters) else _made(block)


@singledispatch
def _made(block: Block) -> Iterator[Json]:
    raise TypeError(f"no form in Block Kit for {type(block).__name__}")


@_made.register(Headline)
def _(block: Headline) -> Iterator[Json]:
    yield {"type": "header", "text": _plain(block.text, _HEADER_MOST)}


@_made.register(Text)
def _(block: Text) -> Iterator[Json]:
    for part in parts(block.text, _SECTION_MOST):
        yield {"type": "section", "text": _mrkdwn(part)}


@_made.register(Fields)
def _(block: Fields) -> Iterator[Json]:
    fields = [_mrkdwn(cut(f"*{label}*\n{value}", _FIELD_MOST)) for label, value in block.pairs]
    for some in _in_groups(fields, _FIELDS_MOST):
        yield {"type": "section", "fields": some}


def _bars(block: Meters, speech: Speech) -> Iterator[Json]:
    # rich_text takes every character for itself: product names need no escape here.
    rows = [_row(meter, speech) for meter in block.meters]
    if block.more:
        rows.append([{"type": "text", "text": speech.more(block.more), "style": {"italic": True}}])
    if rows:
        yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": _lines(rows)}]}


def _row(meter: Meter, speech: Speech) -> list[Json]:
    figure = speech.percent(meter.share)
    return [
        {"type": "text", "text": f"{bar(meter.share)} {figure.rjust(5, _FIGURE_SPACE)}  "},
        {"type": "text", "text": meter.label or speech.unknown, "style": {"bold": True}},
        {"type": "text", "text": f"  {meter.text}"},
    ]


def _lines(rows: Sequence[list[Json]]) -> list[Json]:
    for row in rows[:-1]:
        row.append({"type": "text", "text": "\n"})
    return [element for row in rows for element in row]


@_made.register(Note)
def _(block: Note) -> Iterator[Json]:
    elements = [_mrkdwn(cut(part, _SECTION_MOST)) for part in block.parts if part]
    for some in _in_groups(elements, _CONTEXT_MOST):
        yield {"type": "context", "elements": some}


@_made.register(Buttons)
def _(block: Buttons) -> Iterator[Json]:
    elements = [*_elements(block.buttons), *([_select(block.menu)] if block.menu else [])]
    for some in _in_groups(elements, _ACTIONS_MOST):
        yield {"type": "actions", "elements": some}


@_made.register(Menus)
def _(block: Menus) -> Iterator[Json]:
    for some in _in_groups([_select(menu) for menu in block.menus if menu.choices], _ACTIONS_MOST):
        yield {"type": "actions", "elements": some}


@_made.register(Chart)
def _(block: Chart) -> Iterator[Json]:
    if block.native and (drawn := data_visualization(block)) is not None:
        # What Slack draws has no text of its own for those who do not see it.
        yield drawn
    elif block.file is not None:
        picture = {"type": "image", "slack_file": {"id": block.file}, "alt_text": short(tidied(block.alt), _ALT_MOST)}
        yield {**picture, "title": _plain(block.title, _ALT_MOST)}
        return
    yield {"type": "context", "elements": [_mrkdwn(cut(mrkdwn(block.alt), _SECTION_MOST))]}


@_made.register(Table)
def _(block: Table) -> Iterator[Json]:
    if block.native:
        yield grids.native(block)
        return
    for part in parts("\n".join(grids.lines(block)), _SECTION_MOST):
        yield {"type": "section", "text": _mrkdwn(part)}


@_made.register(Divider)
def _(_block: Divider) -> Iterator[Json]:
    yield {"type": "divider"}


def _elements(buttons: Sequence[Button]) -> Iterator[Json]:
    """Make buttons; one action twice in a row becomes `action` and `action:2`, as Slack wants them to differ."""
    count: Counter[str] = Counter()
    for button in buttons:
        count[button.action] += 1
        number = count[button.action]
        yield _element(button, button.action if number == 1 else f"{button.action}:{number}")


def _element(button: Button, action_id: str) -> Json:
    made: Json = {"type": "button", "text": _plain(button.label, _LABEL_MOST), "action_id": action_id}
    if button.value:
        made["value"] = button.value
    if button.url and is_https(button.url):
        made["url"] = button.url
    if button.style:
        made["style"] = button.style
    return made


def _select(menu: Menu) -> Json:
    options = [{"text": _plain(label, _LABEL_MOST), "value": value} for label, value in menu.choices[:_OPTIONS_MOST]]
    placeholder = _plain(menu.label, _LABEL_MOST)
    made = {"type": "static_select", "placeholder": placeholder, "action_id": menu.action, "options": options}
    chosen = next((option for option in options if menu.chosen and option["value"] == menu.chosen), None)
    return {**made, "initial_option": chosen} if chosen else made


def _in_groups(items: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _told_to(block: Block, speech: Speech) -> Iterator[str]:
    return _bars_told(block, speech) if isinstance(block, Meters) else _told(block)


@singledispatch
def _told(block: Block) -> Iterator[str]:
    raise TypeError(f"no form in plain text for {type(block).__name__}")


@_told.register(Headline)
def _(block: Headline) -> Iterator[str]:
    yield block.text


@_told.register(Text)
def _(block: Text) -> Iterator[str]:
    yield plain_text(block.text)


@_told.register(Fields)
def _(block: Fields) -> Iterator[str]:
    yield from (f"{plain_text(label)}: {plain_text(value)}" for label, value in block.pairs)


def _bars_told(block: Meters, speech: Speech) -> Iterator[str]:
    for meter in block.meters:
        yield f"{bar(meter.share)} {speech.percent(meter.share)}  {meter.label}  {meter.text}"
    if block.more:
        yield speech.more(block.more)


@_told.register(Note)
def _(block: Note) -> Iterator[str]:
    yield " · ".join(plain_text(part) for part in block.parts if part)


@_told.register(Buttons)
def _(block: Buttons) -> Iterator[str]:
    menu = [f"[{block.menu.label} ▾]"] if block.menu else []
    yield "  ".join([*(f"[{one.label}]" + (f" {one.url}" if one.url else "") for one in block.buttons), *menu])


@_told.register(Menus)
def _(block: Menus) -> Iterator[str]:
    yield "  ".join(f"[{chosen_label(menu)} ▾]" for menu in block.menus if menu.choices)


@_told.register(Chart)
def _(block: Chart) -> Iterator[str]:
    yield from (block.alt, *sparkline(block.spec))


@_told.register(Table)
def _(block: Table) -> Iterator[str]:
    yield from grids.text_rows(block)


@_told.register(Divider)
def _(_block: Divider) -> Iterator[str]:
    yield "-" * 20
