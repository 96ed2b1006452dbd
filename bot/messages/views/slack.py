"""Modals as Slack's views, and what comes back from them."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from bot.messages.blocks import to_blocks
from bot.messages.escape import plain, short
from bot.messages.message import Message
from bot.messages.views.modal import Clock, Day, Pick, Search, Several, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.messages.message import Block
    from bot.messages.views.modal import Input, Modal

Json = dict[str, Any]

TITLE_MOST: Final = 24
"""Of a title, and of the words on the two buttons."""
_LABEL_MOST: Final = 2000
_PLACEHOLDER_MOST: Final = 150
_OPTION_MOST: Final = 75
_BUTTONS_MOST: Final = 10
_OPTIONS_MOST: Final = 100


def to_view(modal: Modal) -> Json:
    """Write a modal as a view for views.open, views.update and `response_action`."""
    view: Json = {
        "type": "modal",
        "callback_id": modal.callback,
        "title": _plain(modal.title, TITLE_MOST),
        "blocks": [made for part in modal.parts for made in _written(part, modal)],
    }
    if modal.submit:
        view["submit"] = _plain(modal.submit, TITLE_MOST)
    if modal.close:
        view["close"] = _plain(modal.close, TITLE_MOST)
    if modal.private:
        view["private_metadata"] = modal.private
    return view


def options(choices: Iterable[tuple[str, str]]) -> Json:
    """Write what comes near a typed text as the answer to a block_suggestion; each a label and a value."""
    return {"options": _options(list(choices)[:_OPTIONS_MOST])}


def faults(found: Mapping[str, str]) -> Json:
    """Write what is wrong with the fields of a modal, by their names, as the acknowledgement that keeps it open."""
    return {"response_action": "errors", "errors": dict(found)}


def filled(view: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what was filled in, by the name of the field; None where it was left empty.

    Anything that is not as `to_view` makes it is left out: views of other shapes come, too.
    """
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    if not isinstance(values, dict):
        return {}
    return {name: _value(part[name]) for name, part in values.items() if isinstance(part, dict) and name in part}


def _value(element: object) -> str | None:
    if not isinstance(element, dict):
        return None
    several = element.get("selected_options")
    if isinstance(several, list):
        return " ".join(str(one["value"]) for one in several if isinstance(one, dict) and "value" in one) or None
    option = element.get("selected_option")
    plainly = (element.get(name) for name in ("value", "selected_date", "selected_time"))
    value = option.get("value") if isinstance(option, dict) else next(filter(None, plainly), None)
    return value.strip() or None if isinstance(value, str) else None


def _written(part: Block | Input, modal: Modal) -> list[Json]:
    match part:
        case Write() | Pick() | Day() | Clock() | Several() | Search():
            return [_made(part)]
        case _:
            return to_blocks(Message("modal", "", (part,), language=modal.language))


@singledispatch
def _made(part: Input) -> Json:
    raise TypeError(f"no form in a modal for {type(part).__name__}")


@_made.register(Write)
def _(part: Write) -> Json:
    element: Json = {"type": "plain_text_input", "multiline": part.lines, "max_length": part.most}
    if part.least:
        element["min_length"] = part.least
    if part.initial:
        element["initial_value"] = part.initial[: part.most]
    return _input(part, element, part.placeholder)


@_made.register(Pick)
def _(part: Pick) -> Json:
    made = _options(part.choices[:_OPTIONS_MOST])
    element: Json = {"type": "radio_buttons" if len(made) <= _BUTTONS_MOST else "static_select", "options": made}
    initial = next((option for option in made if option["value"] == part.initial), None)
    if initial is not None:
        element["initial_option"] = initial
    return _input(part, element)


@_made.register(Day)
def _(part: Day) -> Json:
    element: Json = {"type": "datepicker"}
    if part.initial is not None:
        element["initial_date"] = part.initial.isoformat()
    return _input(part, element, part.placeholder)


@_made.register(Clock)
def _(part: Clock) -> Json:
    element: Json = {"type": "timepicker"}
    if part.initial is not None:
        element["initial_time"] = f"{part.initial:%H:%M}"
    return _input(part, element, part.placeholder)


@_made.register(Several)
def _(part: Several) -> Json:
    made = _options(part.choices[:_BUTTONS_MOST])
    element: Json = {"type": "checkboxes", "options": made}
    initial = [option for option in made if option["value"] in part.initial]
    if initial:
        element["initial_options"] = initial
    return _input(part, element)


@_made.register(Search)
def _(part: Search) -> Json:
    return _input(part, {"type": "external_select", "min_query_length": part.least}, part.placeholder)


def _input(part: Input, element: Json, placeholder: str = "") -> Json:
    # One name for block and element: errors are told by the first, suggestions asked for by the second.
    element["action_id"] = part.name
    if placeholder:
        element["placeholder"] = _plain(placeholder, _PLACEHOLDER_MOST)
    block: Json = {
        "type": "input",
        "block_id": part.name,
        "label": _plain(part.label, _LABEL_MOST),
        "element": element,
        "optional": part.optional,
    }
    if part.hint:
        block["hint"] = _plain(part.hint, _LABEL_MOST)
    return block


def _options(choices: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"text": _plain(label, _OPTION_MOST), "value": value} for label, value in choices]


def _plain(text: str, most: int) -> Json:
    # Cleaned before it is cut: isolates of right-to-left text count, too.
    return {"type": "plain_text", "text": short(plain(text), most) or "…", "emoji": True}
