"""`headroom wording`: how far a language's catalogue has come."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.messages.wording import FOLDER
from bot.out import print_json, tables
from bot.shipped import TEMPLATES
from bot.wording.catalogue import State, state_of, write_catalogue
from bot.wording.texts import texts

if TYPE_CHECKING:
    from bot.wording.texts import Found

_CODE: Final = Path(__file__).parent.parent
"""The program: its texts are read out of its files."""


def show_wording(language: str, folder: Path | None, *, write: bool, as_json: bool) -> bool:
    """Tell what a catalogue lacks, or write it to be translated; False where it lacks anything and was not written.

    `folder`: a user's templates; their texts are wanted beside those that ship. Raises TemplateError for a catalogue
    with faults, and where that is no language.
    """
    found = texts(_CODE, [TEMPLATES] if folder is None else [folder, TEMPLATES])
    place = folder or TEMPLATES
    if write:
        write_catalogue(place, language, found)
    state = _state(place, language, found)
    if as_json:
        print_json(asdict(state))
    else:
        _print(state, place, each=not write)
    return write or not state.lacking


def _state(place: Path, language: str, found: list[Found]) -> State:
    path = place / FOLDER / f"{language.replace('-', '_')}.po"
    if path.is_file():
        return state_of(path, found)
    wanted = dict.fromkeys(one.source if isinstance(one.source, str) else one.source[0] for one in found)
    return State(path.stem, len(wanted), tuple(wanted), ())


def _print(state: State, place: Path, *, each: bool) -> None:
    console = tables()
    # What was just written stands in the file, where it is translated.
    lines = [*(f"lacks: {text}" for text in state.lacking), *(f"idle: {text}" for text in state.idle)] if each else []
    for line in lines:
        console.print(line, markup=False, highlight=False)
    done = state.texts - len(state.lacking)
    console.print(
        f"{place / FOLDER / state.language}.po: {done:,} of {state.texts:,} texts, {len(state.idle):,} idle",
        markup=False,
        highlight=False,
    )
