"""What somebody sees in the stand-in Slack, as lines of a terminal: messages, the Home tab and modals."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.messages.spans import plain_text
from bot.sandbox.slack_views import is_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.sandbox.slack_state import Json

_MENTION: Final = re.compile(r"@(U[0-9A-Z]+)\b")
_CHOOSING: Final = frozenset({"static_select", "radio_buttons", "checkboxes"})
_FORMS: Final[Mapping[str, str]] = {
    "datepicker": "a day, YYYY-MM-DD",
    "timepicker": "a time, HH:MM",
    "external_select": "some letters to look for",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be pressed, or one choice of a menu."""

    label: str
    action_id: str
    value: str | None


@dataclass(slots=True)
class Screen:
    """Lines as they are shown, and what of them can be pressed: numbered from one."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Of people by id: Slack shows a mention as a name."""
    lines: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def message(self, message: Mapping[str, Any]) -> None:
        """Add a message in Slack's form: its blocks, or its text where it has none."""
        blocks = message.get("blocks") or ()
        if blocks:
            self.blocks(blocks)
        else:
            self.lines += map(self._named, plain_text(str(message.get("text", ""))).splitlines())

    def blocks(self, blocks: Iterable[Json]) -> None:
        """Add blocks of a message or a view; fields to fill in are left out, see `fields`."""
        for block in blocks:
            self.lines += [self._named(line) for line in _WRITTEN.get(block["type"], _nothing)(block)]
            for element in _elements(block):
                self._pressable(element)

    def _named(self, line: str) -> str:
        return _MENTION.sub(lambda found: f"@{self.names.get(found[1], found[1])}", line)

    def _pressable(self, element: Json) -> None:
        if element.get("url"):
            self.lines.append(f"  {_text(element['text'])}: {element['url']}")
        elif element["type"] == "static_select":
            chosen = element.get("initial_option") or {}
            label = _text(element.get("placeholder") or chosen.get("text"))
            said = [self._number(_text(option["text"]), element, option["value"]) for option in element["options"]]
            self.lines.append(f"  {label}: {'  '.join(said)}")
        elif "text" in element:
            self.lines.append(f"  {self._number(_text(element['text']), element, element.get('value'))}")

    def _number(self, label: str, element: Json, value: str | None) -> str:
        self.targets.append(Target(label, element["action_id"], value))
        return f"[{len(self.targets)}] {label}"


def fields(blocks: Iterable[Json]) -> Iterator[str]:
    """Tell what a modal asks for: the name to fill it in by, its label, and what it takes."""
    for block in blocks:
        if is_input(block):
            element = block["element"]
            optional = ", may be left out" if block.get("optional") else ""
            initial = _initial(element)
            now = f", now: {initial}" if initial else ""
            yield f"  {block['block_id']} = {_text(block['label'])} ({_takes(element)}{optional}{now})"
            if hint := _text(block.get("hint")):
                yield f"      {hint}"


def _takes(element: Json) -> str:
    if element["type"] in _CHOOSING:
        said = ", ".join(f"{option['value']}: {_text(option['text'])}" for option in element["options"])
        return f"any of {said}" if element["type"] == "checkboxes" else f"one of {said}"
    return _FORMS.get(element["type"], "words")


def _initial(element: Json) -> str:
    if chosen := element.get("initial_options"):
        return " ".join(option["value"] for option in chosen)
    if chosen := element.get("initial_option"):
        return str(chosen["value"])
    return str(element.get("initial_value") or element.get("initial_date") or element.get("initial_time") or "")


def _elements(block: Json) -> Iterator[Json]:
    """Yield what of a block can be pressed."""
    elements = block.get("elements", ()) if block["type"] == "actions" else ()
    for element in (*elements, block.get("accessory")):
        if isinstance(element, dict) and "action_id" in element:
            yield element


def _text(words: object) -> str:
    if not isinstance(words, dict):
        return ""
    said = str(words.get("text", ""))
    return plain_text(said) if words.get("type") == "mrkdwn" else said


def _nothing(_block: Json) -> list[str]:
    return []


def _header(block: Json) -> list[str]:
    return ["", _text(block["text"])]


def _section(block: Json) -> list[str]:
    said = [_text(block.get("text")), *(_text(one).replace("\n", ": ") for one in block.get("fields", ()))]
    return [f"  {line}" for text in said for line in text.splitlines()]


def _context(block: Json) -> list[str]:
    return ["  " + " · ".join(filter(None, map(_text, block["elements"])))]


def _image(block: Json) -> list[str]:
    return [f"  (picture) {block['alt_text']}"]


def _rich_text(block: Json) -> list[str]:
    return [f"  {line}" for line in _spoken(block).splitlines()]


def _spoken(element: Json) -> str:
    """Return what somebody reads of rich text, however deep it lies."""
    inner = "".join(map(_spoken, element.get("elements", ())))
    return inner + str(element.get("text") or element.get("url") or "")


def _table(block: Json) -> list[str]:
    return ["  " + " | ".join(_cell(cell) for cell in row) for row in block["rows"]]


def _cell(cell: Json) -> str:
    return _spoken(cell).strip() or "-"


def _divider(_block: Json) -> list[str]:
    return ["  " + "─" * 40]


_WRITTEN: Final[Mapping[str, Callable[[Json], Sequence[str]]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "image": _image,
    "rich_text": _rich_text,
    "table": _table,
    "divider": _divider,
}
