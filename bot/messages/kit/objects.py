"""Composition objects: texts, options, confirmations, files."""

from __future__ import annotations

from typing import Final

from bot.messages.kit.shapes import ByType, Each, Flag, Num, Obj, Str, by_type, obj

URL: Final = Str(most=3000, least=1)
ACTION_ID: Final = Str(most=255)


def plain(most: int) -> ByType:
    """Shape of a plain_text object of at most so many characters."""
    return by_type(plain_text=obj({"text": Str(most=most, least=1)}, {"emoji": Flag()}))


def text(most: int) -> ByType:
    """Shape of a text object, plain_text or mrkdwn, of at most so many characters."""
    mrkdwn = obj({"text": Str(most=most, least=1)}, {"verbatim": Flag()})
    return ByType({**plain(most).kinds, **by_type(mrkdwn=mrkdwn).kinds})


CONFIRM: Final = obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": Str(values=("primary", "danger"))},
)

PLAIN_OPTION: Final = obj({"text": plain(75), "value": Str(most=150)}, {"description": plain(75)})
MARKED_OPTION: Final = obj({"text": text(75), "value": Str(most=150)}, {"description": text(75)})
LINK_OPTION: Final = obj({"text": plain(75), "value": Str(most=150)}, {"description": plain(75), "url": URL})
OPTION_GROUP: Final = obj({"label": plain(75), "options": Each(PLAIN_OPTION, most=100, least=1)})

SLACK_FILE: Final = obj({}, {"id": Str(), "url": Str()}, either=("id", "url"), not_both=("id", "url"))
FILTER: Final = obj(
    {},
    {
        "include": Each(Str(values=("im", "mpim", "private", "public")), least=1),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    },
)
DISPATCH: Final = obj(
    {
        "trigger_actions_on": Each(Str(values=("on_enter_pressed", "on_character_entered")), most=2, least=1),
    }
)
WORKFLOW: Final = obj(
    {
        "trigger": obj(
            {"url": URL},
            {"customizable_input_parameters": Each(obj({"name": Str(), "value": Str()}))},
        )
    }
)

_STYLE: Final = obj({}, {name: Flag() for name in ("bold", "italic", "strike", "underline", "code", "highlight")})


def _leaf(**required: Str | Num) -> Obj:
    return obj(required, {"style": _STYLE})


_LEAVES: Final = by_type(
    text=_leaf(text=Str(least=1)),
    link=obj({"url": Str(least=1)}, {"text": Str(), "unsafe": Flag(), "style": _STYLE}),
    user=_leaf(user_id=Str(least=1)),
    usergroup=_leaf(usergroup_id=Str(least=1)),
    team=_leaf(team_id=Str(least=1)),
    channel=_leaf(channel_id=Str(least=1)),
    emoji=obj({"name": Str(least=1)}, {"unicode": Str(), "skin_tone": Num(), "style": _STYLE}),
    broadcast=_leaf(range=Str(values=("here", "channel", "everyone"))),
    color=_leaf(value=Str(least=1)),
    date=obj(
        {"timestamp": Num(), "format": Str(least=1)},
        {"url": Str(), "fallback": Str(), "style": _STYLE},
    ),
)
_BORDER: Final = Num(least=0, most=1)
_SECTION: Final = by_type(rich_text_section=obj({"elements": Each(_LEAVES)}))
_RICH_ELEMENTS: Final = ByType(
    {
        **_SECTION.kinds,
        **by_type(
            rich_text_list=obj(
                {"elements": Each(_SECTION, least=1), "style": Str(values=("bullet", "ordered"))},
                {"indent": Num(least=0, most=8), "offset": Num(least=0), "border": _BORDER},
            ),
            rich_text_preformatted=obj({"elements": Each(_LEAVES)}, {"border": _BORDER, "language": Str()}),
            rich_text_quote=obj({"elements": Each(_LEAVES)}, {"border": _BORDER}),
        ).kinds,
    }
)
RICH_TEXT: Final = obj({"elements": Each(_RICH_ELEMENTS)}, {"block_id": Str(most=255)})
