"""Puts together who draws charts and who uploads them, as the settings say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import structlog

from bot.charts.worker import Drawer, can_draw
from bot.errors import HeadroomError
from bot.shipped import TEMPLATES
from bot.slack.uploading import TIMEOUT, Pictures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from slack_sdk import WebClient

    from bot.charts.worker import Draw
    from bot.load import Loaded
    from bot.messages.message import Chart
    from bot.state.store import Store

_log = structlog.get_logger(__name__)


def charts_wanted(loaded: Loaded) -> bool:
    """Tell whether alerts carry charts."""
    slack = loaded.settings.slack
    return slack is None or slack.charts


def pictures_wanted(loaded: Loaded) -> bool:
    """Tell whether answers in Slack carry pictures."""
    slack = loaded.settings.slack
    return slack is not None and slack.charts and (can_draw() or slack.newer_blocks)


def make_drawer(loaded: Loaded) -> Drawer | None:
    """Return who draws charts, in a process that starts with the first; None where none are wanted or can be drawn."""
    if not charts_wanted(loaded):
        return None
    if not can_draw():
        _log.info("charts are told in words: matplotlib is not installed; the extra 'charts' brings it")
        return None
    own = loaded.settings.templates
    return _drawer((loaded.folder / own, TEMPLATES) if own is not None else (TEMPLATES,))


@cache
def _drawer(folders: tuple[Path, ...]) -> Drawer:
    # One for the sender and the listeners together: each has a process of its own.
    return Drawer(folders)


def drawn(draw: Draw | None) -> Callable[[Chart], bytes | None]:
    """Return what makes the picture of a chart for a page; None where it cannot be made: its words stand there."""

    def picture(chart: Chart) -> bytes | None:
        if draw is None:
            return None
        try:
            return draw(chart.spec, chart.language)
        except HeadroomError as error:
            _log.warning("a picture could not be made", problem=str(error)[:300])
            return None

    return picture


def make_pictures(loaded: Loaded, store: Store, client: WebClient) -> Pictures | None:
    """Return who shows the charts of messages in Slack; None where their words are to stand for them.

    `client` is for uploads alone: its timeout is made as short as a message may wait.
    """
    slack = loaded.settings.slack
    if slack is None or not slack.charts:
        return None
    client.timeout = TIMEOUT
    return Pictures(client, store, make_drawer(loaded), native=slack.newer_blocks, meter=store)
