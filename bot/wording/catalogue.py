"""What a catalogue has, lacks and holds for nothing; writing one to begin with, or bringing it up to date."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.errors import TemplateError
from bot.messages.wording import FOLDER, locale_of, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from babel import Locale

    from bot.wording.texts import Found

_HEADER: Final = """\
# {name}: how Headroom speaks {language}. English is the source; see docs/templates.md.
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
"""What a catalogue begins with. No dates: who brings one up to date twice changes nothing the second time."""
_WIDTH: Final = 110


@dataclass(frozen=True, slots=True)
class State:
    """How far a catalogue has come."""

    language: str
    texts: int
    """How many there are to translate."""
    lacking: tuple[str, ...]
    """Texts that are said in English: not translated, or marked as doubtful (fuzzy)."""
    idle: tuple[str, ...]
    """Translations of texts that there are no more."""


def state_of(path: Path, found: Iterable[Found]) -> State:
    """Return how far a catalogue has come. Raises TemplateError for a faulty one."""
    kept = read_catalogue(path)
    wanted = {_key(one.source): one.source for one in found}
    # One text is no translation of a pair: whoever looks for a pair does not find it.
    translated = {
        key
        for message in kept
        if message.id and not message.fuzzy and _said(message.string)
        if isinstance(message.id, tuple | list) == isinstance(wanted.get(key := _key(message.id)), tuple)
    }
    held = {_key(message.id) for message in kept if message.id}
    return State(
        path.stem,
        len(wanted),
        tuple(key for key in wanted if key not in translated),
        tuple(sorted(held - set(wanted))),
    )


def write_catalogue(folder: Path, language: str, found: Iterable[Found]) -> Path:
    """Write the catalogue of a language in a folder of templates, or bring it up to date; return its file.

    What was translated is kept; texts that there are no more are left at the end, marked by `#~`. Raises TemplateError
    where that is no language, the catalogue that stands there is faulty, or none can be written there.
    """
    locale = locale_of(language)
    if locale is None:
        raise TemplateError(f"'{language}' is no language; write it like de or pt_BR")
    path = folder / FOLDER / f"{language.replace('-', '_')}.po"
    catalogue = read_catalogue(path) if path.is_file() else Catalog(locale=locale)
    catalogue.update(_template(found), no_fuzzy_matching=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_written(catalogue, path.name, locale), encoding="utf-8")
    except OSError as error:
        raise TemplateError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _written(catalogue: Catalog, name: str, locale: Locale) -> str:
    texts = BytesIO()
    write_po(texts, catalogue, width=_WIDTH, omit_header=True)
    language, plurals = (
        locale.get_display_name("en"),
        f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};",
    )
    return _HEADER.format(name=name, language=language, code=locale, plurals=plurals) + texts.getvalue().decode()


def _template(found: Iterable[Found]) -> Catalog:
    catalogue = Catalog()
    for one in found:
        # A line's number would change with every edit of the code; the file is enough to find a text.
        catalogue.add(one.source, locations=[(one.file, None)])  # type: ignore[list-item]  # Babel writes no line then
    return catalogue


def _key(source: object) -> str:
    return str(source[0]) if isinstance(source, tuple | list) else str(source)


def _said(translation: object) -> bool:
    return all(translation) if isinstance(translation, tuple | list) else bool(translation)
