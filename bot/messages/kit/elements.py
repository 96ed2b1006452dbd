"""Block elements: buttons, menus, pickers, inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.messages.kit.objects import (
    ACTION_ID,
    CONFIRM,
    DISPATCH,
    FILTER,
    LINK_OPTION,
    MARKED_OPTION,
    OPTION_GROUP,
    PLAIN_OPTION,
    RICH_TEXT,
    SLACK_FILE,
    URL,
    WORKFLOW,
    plain,
)
from bot.messages.kit.shapes import ByType, Each, Flag, Num, Obj, Str, by_type, obj

if TYPE_CHECKING:
    from bot.messages.kit.shapes import Shape

_STYLE: Final = Str(values=("primary", "danger"))
_LABEL: Final = Str(most=75)
_IDS: Final = Each(Str(least=1), least=1)
_ACTION: Final[dict[str, Shape]] = {"action_id": ACTION_ID}
_CONFIRMED: Final[dict[str, Shape]] = {**_ACTION, "confirm": CONFIRM}
_FOCUSED: Final[dict[str, Shape]] = {**_CONFIRMED, "focus_on_load": Flag()}
_MENU: Final[dict[str, Shape]] = {**_FOCUSED, "placeholder": plain(150)}
_SEVERAL: Final[dict[str, Shape]] = {**_MENU, "max_selected_items": Num(least=1)}
_TYPED: Final[dict[str, Shape]] = {
    **_ACTION,
    "placeholder": plain(150),
    "focus_on_load": Flag(),
    "dispatch_action_config": DISPATCH,
}
_CHOICES: Final[dict[str, Shape]] = {
    "options": Each(PLAIN_OPTION, most=100, least=1),
    "option_groups": Each(OPTION_GROUP, most=100, least=1),
}
_SPEAKING: Final[dict[str, Shape]] = {"default_to_current_conversation": Flag(), "filter": FILTER}


def _choosing(optional: dict[str, Shape]) -> Obj:
    names = tuple(_CHOICES)
    return obj({}, {**optional, **_CHOICES}, either=names, not_both=names)


_BUTTON: Final = obj(
    {"text": plain(75)},
    {
        **_CONFIRMED,
        "url": URL,
        "value": Str(most=2000),
        "style": _STYLE,
        "accessibility_label": _LABEL,
        "visible_to_user_ids": _IDS,
    },
)
IMAGE: Final = by_type(
    image=obj(
        {"alt_text": Str(most=2000)},
        {"image_url": URL, "slack_file": SLACK_FILE},
        either=("image_url", "slack_file"),
        not_both=("image_url", "slack_file"),
    )
)
_BUTTONS: Final = by_type(
    button=_BUTTON,
    workflow_button=obj(
        {"text": plain(75), "workflow": WORKFLOW}, {**_ACTION, "style": _STYLE, "accessibility_label": _LABEL}
    ),
)
_MENUS: Final = by_type(
    static_select=_choosing({**_MENU, "initial_option": PLAIN_OPTION}),
    external_select=obj({}, {**_MENU, "initial_option": PLAIN_OPTION, "min_query_length": Num(least=0)}),
    users_select=obj({}, {**_MENU, "initial_user": Str()}),
    conversations_select=obj({}, {**_MENU, **_SPEAKING, "initial_conversation": Str(), "response_url_enabled": Flag()}),
    channels_select=obj({}, {**_MENU, "initial_channel": Str(), "response_url_enabled": Flag()}),
    multi_static_select=_choosing({**_SEVERAL, "initial_options": Each(PLAIN_OPTION, least=1)}),
    multi_external_select=obj(
        {}, {**_SEVERAL, "initial_options": Each(PLAIN_OPTION, least=1), "min_query_length": Num(least=0)}
    ),
    multi_users_select=obj({}, {**_SEVERAL, "initial_users": _IDS}),
    multi_conversations_select=obj({}, {**_SEVERAL, **_SPEAKING, "initial_conversations": _IDS}),
    multi_channels_select=obj({}, {**_SEVERAL, "initial_channels": _IDS}),
    overflow=obj({"options": Each(LINK_OPTION, most=5, least=1)}, _CONFIRMED),
)
_BOXES: Final = by_type(
    checkboxes=obj(
        {"options": Each(MARKED_OPTION, most=10, least=1)},
        {**_FOCUSED, "initial_options": Each(MARKED_OPTION, most=10, least=1)},
    ),
    radio_buttons=obj(
        {"options": Each(MARKED_OPTION, most=10, least=1)}, {**_FOCUSED, "initial_option": MARKED_OPTION}
    ),
)
_PICKERS: Final = by_type(
    datepicker=obj({}, {**_MENU, "initial_date": Str(most=10)}),
    timepicker=obj({}, {**_MENU, "initial_time": Str(most=5), "timezone": Str()}),
)
_MOMENT: Final = by_type(datetimepicker=obj({}, {**_FOCUSED, "initial_date_time": Num(least=0)}))
_RICH_INPUT: Final = by_type(
    rich_text_input=obj({}, {**_TYPED, "initial_value": by_type(rich_text=RICH_TEXT)}),
)
_INPUTS: Final = by_type(
    plain_text_input=obj(
        {},
        {
            **_TYPED,
            "initial_value": Str(most=3000),
            "multiline": Flag(),
            "min_length": Num(least=0, most=3000),
            "max_length": Num(least=1, most=3000),
        },
    ),
    email_text_input=obj({}, {**_TYPED, "initial_value": Str()}),
    url_text_input=obj({}, {**_TYPED, "initial_value": Str()}),
    number_input=obj(
        {"is_decimal_allowed": Flag()},
        {**_TYPED, "initial_value": Str(), "min_value": Str(), "max_value": Str()},
    ),
    file_input=obj({}, {**_ACTION, "filetypes": Each(Str(), least=1), "max_files": Num(least=1, most=10)}),
)


def _join(*unions: ByType) -> ByType:
    return ByType({kind: shape for union in unions for kind, shape in union.kinds.items()})


ACCESSORIES: Final = _join(_BUTTONS, IMAGE, _MENUS, _BOXES, _PICKERS)
ACTIONS: Final = _join(_BUTTONS, _MENUS, _BOXES, _PICKERS, _MOMENT, _RICH_INPUT)
INPUTS: Final = _join(
    ByType({kind: shape for kind, shape in _MENUS.kinds.items() if kind != "overflow"}),
    _BOXES,
    _PICKERS,
    _MOMENT,
    _RICH_INPUT,
    _INPUTS,
)
BUTTON: Final = by_type(button=_BUTTON)
_FEEDBACK: Final = obj({"text": plain(75), "value": Str(most=2000)}, {"accessibility_label": _LABEL})
CONTEXT_ACTIONS: Final = by_type(
    feedback_buttons=obj({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, _ACTION),
    icon_button=obj(
        {"icon": Str(least=1), "text": plain(75)},
        {**_CONFIRMED, "value": Str(most=2000), "accessibility_label": _LABEL, "visible_to_user_ids": _IDS},
    ),
)
