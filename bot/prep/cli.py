"""`headroom prep`: the renewal brief in the terminal, as data, or as a file."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from bot.app import open_state
from bot.charts.worker import Drawer, DrawingError, can_draw
from bot.core.located import Fault, Mark
from bot.desk.asking import Asker, Question
from bot.errors import SettingsError
from bot.messages.blocks import to_blocks
from bot.messages.brief.data import data
from bot.messages.brief.html import html
from bot.messages.brief.markdown import markdown
from bot.messages.brief.slack import thread
from bot.messages.cards import card
from bot.messages.speech import Speech
from bot.out import cards, print_json
from bot.picturing import charts_wanted
from bot.preparing import prep_command
from bot.shipped import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from bot.desk.prep import Prepared, PrepCommand
    from bot.load import Loaded

_log = structlog.get_logger(__name__)

_COMMAND: Final = "headroom"
_PATIENCE: Final = 60.0
"""Seconds in which a chart is drawn: a file is worth waiting for, a message is not."""
_PAGES: Final = frozenset({".html", ".htm"})
_TEXTS: Final = frozenset({".md", ".markdown"})


def show_prep(loaded: Loaded, text: str, out: Path | None, *, as_json: bool) -> bool:
    """Print an account's brief, or write it to a file; False where there is no such account.

    Raises SettingsError for a file that is neither Markdown nor HTML, or cannot be written.
    """
    if out is not None and out.suffix.lower() not in _PAGES | _TEXTS:
        raise SettingsError([Fault(Mark("--out"), f"'{out}': wanted a file that ends in .md or .html")])
    with open_state(loaded.settings, new=False) as store:
        command = prep_command(store, loaded)
        asker = Asker(speech=Speech(zone=loaded.settings.timezone))
        prepared = command.whole(text, asker)
        if prepared is None:
            _show_answer(command, text, asker, as_json=as_json)
            return False
        if out is not None:
            _write(loaded, prepared, asker.speech, out)
        if as_json:
            print_json(data(prepared.brief, prepared.document) | ({"file": str(out)} if out else {}))
        elif out is None:
            _show_answer(command, text, asker, as_json=False)
            for part in thread(prepared.document, asker.speech):
                cards().print(card(part))
    return True


def _show_answer(command: PrepCommand, text: str, asker: Asker, *, as_json: bool) -> None:
    answer = command.answer(Question(text, asker, _COMMAND, datetime.now(UTC)))
    if as_json:
        print_json({**answer.data, "text": answer.message.summary, "blocks": to_blocks(answer.message)})
    else:
        cards().print(card(answer.message))


def _write(loaded: Loaded, prepared: Prepared, speech: Speech, out: Path) -> None:
    if out.suffix.lower() in _PAGES:
        text = html(prepared.document, speech, _picture(loaded, prepared))
    else:
        text = markdown(prepared.document, speech)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError([Fault(Mark("--out"), f"'{out}' cannot be written: {error.strerror}")]) from error


def _picture(loaded: Loaded, prepared: Prepared) -> str | None:
    """Draw the chart of a brief, as an address of data; None where there is none, or nobody can draw."""
    chart = next((one.chart for one in prepared.document.sections if one.chart is not None), None)
    if chart is None or not (charts_wanted(loaded) and can_draw()):
        return None
    own = loaded.settings.templates
    folders = [loaded.folder / own, TEMPLATES] if own is not None else [TEMPLATES]
    try:
        with closing(Drawer(folders, timeout=_PATIENCE)) as drawer:
            return f"data:image/png;base64,{b64encode(drawer(chart.spec, chart.language)).decode()}"
    except DrawingError as error:
        # The chart's words stand in the page.
        _log.warning("the brief has no picture", problem=str(error))
        return None
