"""Blocks, and on which surfaces they may stand."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from bot.messages.kit.elements import ACCESSORIES, ACTIONS, BUTTON, CONTEXT_ACTIONS, IMAGE, INPUTS
from bot.messages.kit.objects import RICH_TEXT, SLACK_FILE, URL, plain, text
from bot.messages.kit.shapes import ByType, Each, Flag, Num, Obj, Str, by_type, obj

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.messages.kit.shapes import Shape

Surface = Literal["message", "modal", "home"]

BLOCKS_MOST: Final[Mapping[Surface, int]] = MappingProxyType({"message": 50, "modal": 100, "home": 100})


def _block(
    required: Mapping[str, Shape],
    optional: Mapping[str, Shape] | None = None,
    *,
    either: tuple[str, ...] = (),
    not_both: tuple[str, ...] = (),
) -> Obj:
    return obj(required, {"block_id": Str(most=255), **(optional or {})}, either=either, not_both=not_both)


_CELL: Final = by_type(
    raw_text=obj({"text": Str(least=1)}),
    raw_number=obj({"value": Num(fraction=True), "text": Str(least=1)}),
    rich_text=RICH_TEXT,
)
_COLUMN: Final = obj({}, {"align": Str(values=("left", "center", "right")), "is_wrapped": Flag()})
_POINT: Final = obj({"label": Str(most=20, least=1), "value": Num(fraction=True)})
_SERIES: Final = Each(obj({"name": Str(most=20, least=1), "data": Each(_POINT, most=20, least=1)}), most=12, least=1)
_AXES: Final = obj(
    {"categories": Each(Str(most=20, least=1), most=20, least=1)},
    {"x_label": Str(most=50), "y_label": Str(most=50)},
)
_PLOT: Final = obj({"series": _SERIES, "axis_config": _AXES})
_CHART: Final = by_type(line=_PLOT, bar=_PLOT, area=_PLOT, pie=obj({"segments": Each(_POINT, most=12, least=1)}))
_PICTURE: Final = IMAGE.kinds["image"]
_CARD: Final = _block(
    {},
    {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": Each(BUTTON, most=5, least=1),
    },
    either=("hero_image", "title", "actions", "body"),
)

_EVERYWHERE: Final = by_type(
    section=_block(
        {},
        {
            "text": text(3000),
            "fields": Each(text(2000), most=10, least=1),
            "accessory": ACCESSORIES,
            "expand": Flag(),
        },
        either=("text", "fields"),
    ),
    header=_block({"text": plain(150)}, {"level": Num(least=1, most=6)}),
    divider=_block({}),
    context=_block({"elements": Each(ByType({**IMAGE.kinds, **text(3000).kinds}), most=10, least=1)}),
    actions=_block({"elements": Each(ACTIONS, most=25, least=1)}),
    image=_block(
        {"alt_text": Str(most=2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        either=_PICTURE.either,
        not_both=_PICTURE.not_both,
    ),
    input=_block(
        {"label": plain(2000), "element": INPUTS},
        {"hint": plain(2000), "optional": Flag(), "dispatch_action": Flag()},
    ),
    rich_text=RICH_TEXT,
    video=_block(
        {"alt_text": Str(), "title": plain(199), "video_url": Str(least=1), "thumbnail_url": Str(least=1)},
        {
            "author_name": Str(most=49),
            "description": plain(200),
            "provider_icon_url": Str(),
            "provider_name": Str(),
            "title_url": Str(),
        },
    ),
).kinds
_TABLE: Final = by_type(
    table=_block(
        {"rows": Each(Each(_CELL, most=20, least=1), most=100, least=1)},
        {"column_settings": Each(_COLUMN, most=20)},
    )
).kinds
_MESSAGE_ONLY: Final = by_type(
    markdown=_block({"text": Str(most=12000, least=1)}),
    file=_block({"external_id": Str(), "source": Str(values=("remote",))}),
    context_actions=_block({"elements": Each(CONTEXT_ACTIONS, most=5, least=1)}),
    data_visualization=_block({"title": Str(most=50, least=1), "chart": _CHART}),
    card=_CARD,
    carousel=_block({"elements": Each(by_type(card=_CARD), most=10, least=1)}),
    container=_block(
        {"child_blocks": Each(ByType({**_EVERYWHERE, **_TABLE}), most=10, least=1)},
        {
            "title": plain(150),
            "rich_text_title": by_type(rich_text=RICH_TEXT),
            "subtitle": text(150),
            "width": Str(values=("narrow", "standard", "wide", "full")),
            "icon": IMAGE,
            "is_collapsible": Flag(),
            "default_collapsed": Flag(),
            "has_header_divider": Flag(),
        },
        either=("title", "rich_text_title"),
    ),
).kinds
_MODAL_ONLY: Final = by_type(
    alert=_block({"text": text(3000)}, {"level": Str(values=("default", "info", "warning", "error", "success"))})
).kinds

BLOCKS: Final[Mapping[Surface, ByType]] = MappingProxyType(
    {
        "message": ByType({**_EVERYWHERE, **_TABLE, **_MESSAGE_ONLY}),
        "modal": ByType({**_EVERYWHERE, **_MODAL_ONLY}),
        "home": ByType({**_EVERYWHERE, **_TABLE}),
    }
)
"""Which blocks a surface takes. A message takes inputs too; a modal and a Home tab take no message-only blocks."""

AT_MOST: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {"table": (1, "only_one_table_allowed"), "data_visualization": (2, "failed_constraint")}
)
"""Blocks of which a message holds only so many, and the code of the refusal."""
