"""The filters of a Home, and the words that its parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.book import Whose
from bot.core.preferences import CHOOSABLE
from bot.messages.escape import plain
from bot.messages.home.looking import ANY, BANDS
from bot.messages.message import Button, Buttons, Menu, Menus
from bot.messages.phrases import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.messages.home.sheet import Sheet
    from bot.messages.message import Block
    from bot.messages.speech import Speech

FILTER: Final = "home_filter_"
"""How actions of filters begin; what is filtered by follows."""
PAGE: Final = "home_page"
REFRESH: Final = "home_refresh"
PREFERENCES: Final = "home_preferences"
MARKS: Final[Mapping[str, str]] = {"red": "🔴", "yellow": "🟡", "green": "🟢"}
"""Of a band of health; the word stands beside it, for those who do not tell the colours apart."""

_VALUE_MOST: Final = 150
_SEGMENTS_MOST: Final = 98
"""Of a menu's hundred choices: one is any, one what is chosen."""


def controls(sheet: Sheet, speech: Speech) -> Iterator[Block]:
    """Make the filters, with what is chosen in each, and the buttons beside them."""
    looking = sheet.looking
    whose = tuple((title(one, speech), one.value) for one in Whose)
    kinds = ((speech.t("Any alert"), ANY), *((kind_word(kind, speech), kind) for kind in CHOOSABLE))
    bands = ((speech.t("Any health"), ANY), *((f"{MARKS[band]} {word(band, speech)}", band) for band in BANDS))
    yield Menus(
        (
            Menu(speech.t("Whose"), f"{FILTER}whose", whose, sheet.whose.value),
            Menu(speech.t("Segment"), f"{FILTER}segment", _segments(sheet, speech), looking.segment or ANY),
            Menu(speech.t("Alerts"), f"{FILTER}kind", kinds, looking.kind or ANY),
            Menu(speech.t("Health"), f"{FILTER}band", bands, looking.band or ANY),
        )
    )
    yield Buttons((refresh(speech), Button(speech.t("Preferences"), PREFERENCES)))


def refresh(speech: Speech) -> Button:
    """Make the button that brings a Home up to date."""
    return Button(speech.t("Refresh"), REFRESH)


def _segments(sheet: Sheet, speech: Speech) -> tuple[tuple[str, str], ...]:
    names = [name for name in sheet.segments if 0 < len(name) <= _VALUE_MOST][:_SEGMENTS_MOST]
    chosen = sheet.looking.segment
    if chosen and chosen not in names:
        names.append(chosen)
    return ((speech.t("Any segment"), ANY), *((plain(name), name) for name in names))


def kind_word(kind: str, speech: Speech) -> str:
    """Write a kind of alerts as people do."""
    known = {
        "churn_risk": speech.t("Churn risk"),
        "upsell": speech.t("Upsell"),
        "renewal": speech.t("Renewal"),
        "operations": speech.t("Operations"),
    }
    return known.get(kind, kind.replace("_", " "))


def title(whose: Whose, speech: Speech) -> str:
    """Say whose accounts are shown."""
    return {
        Whose.MINE: speech.t("My accounts"),
        Whose.TEAM: speech.t("My team’s accounts"),
        Whose.ALL: speech.t("All accounts"),
    }[whose]
