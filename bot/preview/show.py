"""`headroom preview`: how a template looks, as card, plain text, Block Kit and page."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.rule import Rule as Line

from bot.core.located import did_you_mean
from bot.errors import HeadroomError, TemplateError
from bot.messages.blocks import to_blocks, to_text
from bot.messages.cards import card
from bot.messages.page import page
from bot.messages.speech import Speech
from bot.messages.wording import locale_of
from bot.out import cards, print_json
from bot.preview.account import subject_of
from bot.preview.edges import EDGES, TYPICAL
from bot.preview.samples import sample_of
from bot.preview.write import shown

if TYPE_CHECKING:
    from rich.console import Console

    from bot.core.verdicts import Rule
    from bot.load import Loaded
    from bot.messages.message import Message
    from bot.messages.render import Templates
    from bot.preview.subject import Subject
    from bot.preview.write import Shown

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown, and how."""

    template: str
    account: str | None = None
    """Name, domain or id of an account of the state store; None: the sample that ships."""
    edge: str = TYPICAL
    """A name of EDGES, or `all`."""
    language: str | None = None
    """None: the company's."""
    out: Path | None = None
    """Where the page is written."""
    browser: bool = False
    """Whether the page is opened."""


def show_preview(templates: Templates, loaded: Loaded | None, wanted: Wanted, *, as_json: bool) -> bool:
    """Show a template; False where it cannot be rendered or Slack would refuse it.

    Raises TemplateError where there is no such template, HeadroomError for an unknown case, language or account.
    """
    speech = _speech(wanted, loaded)
    found = _cases(templates, loaded, wanted, speech)
    told = [(f"{wanted.template}: {one.case}", message) for one in found for message in one.messages]
    _write_page(told, wanted)
    if as_json:
        print_json({"template": wanted.template, "language": speech.language, "cases": list(map(_data, found))})
    else:
        console = cards()
        for one in found:
            _print(console, one)
    return not any(one.problems for one in found)


def _cases(templates: Templates, loaded: Loaded | None, wanted: Wanted, speech: Speech) -> list[Shown]:
    if wanted.template not in templates.names():
        near = did_you_mean(wanted.template, templates.names()) or f"; known: {', '.join(templates.names())}"
        raise TemplateError(f"there is no template '{wanted.template}'{near}")
    names = list(EDGES) if wanted.edge == ALL else [wanted.edge]
    if wanted.edge not in {*EDGES, ALL}:
        raise HeadroomError(f"--edge {wanted.edge}: no such case; known: {', '.join([*EDGES, ALL])}")
    subject = _subject(loaded, wanted)
    return [shown(name, EDGES[name](subject), templates, speech) for name in names]


def _subject(loaded: Loaded | None, wanted: Wanted) -> Subject:
    rules: tuple[Rule, ...] = loaded.rules if loaded else ()
    sample = sample_of(wanted.template, rules)
    if wanted.account is None:
        return sample
    if loaded is None:
        raise HeadroomError("--account asks the state store that a settings file names; there is none here")
    return subject_of(loaded, wanted.account, sample)


def _speech(wanted: Wanted, loaded: Loaded | None) -> Speech:
    language = wanted.language or (loaded.settings.language if loaded else "en")
    if locale_of(language) is None:
        raise HeadroomError(f"--language {language}: no such language; write it like de or pt_BR")
    return Speech(language.replace("-", "_"), loaded.settings.timezone if loaded else "UTC")


def _write_page(told: list[tuple[str, Message]], wanted: Wanted) -> None:
    path = wanted.out
    if path is None and wanted.browser:
        path = Path(tempfile.mkdtemp(prefix="headroom-")) / f"{wanted.template}.html"
    if path is None:
        return
    try:
        path.write_text(page(told, f"Headroom: {wanted.template}"), encoding="utf-8")
    except OSError as error:
        raise HeadroomError(f"{path}: cannot be written: {error.strerror}") from error
    if wanted.browser:
        webbrowser.open(path.absolute().as_uri())


def _data(one: Shown) -> dict[str, Any]:
    said = [
        {"text": message.summary, "plain": to_text(message), "blocks": to_blocks(message)} for message in one.messages
    ]
    return {"case": one.case, "problems": list(one.problems), "messages": said}


def _print(console: Console, one: Shown) -> None:
    for message in one.messages:
        console.print(card(message, one.case))
        _print_text(console, "plain text", to_text(message))
        _print_text(console, "notification", message.summary)
        kit = {"text": message.summary, "blocks": to_blocks(message)}
        _print_text(console, "Block Kit", json.dumps(kit, indent=2, ensure_ascii=False))
    for problem in one.problems:
        console.print(f"{one.case}: {problem}", style="red", markup=False, highlight=False)


def _print_text(console: Console, title: str, text: str) -> None:
    console.print(Line(title, style="dim"))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
